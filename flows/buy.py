"""Buying a Wi-Fi token, for oneself or another phone, from the balance or by MoMo, at the prices of a network.

Where all networks sell the same at the same prices the plan is chosen first. Where they do not, the network is; what
is dialled for a plan then still means it, and the network is asked for next.
"""

from __future__ import annotations

from typing import Final

from core.callers.commands import BuyToken
from core.callers.facts import Facts, HotspotFact, PlanFact
from core.catalog.plan_words import plan_words
from core.errors import NoHotspot, PlanGone, Refusal
from core.languages import marked as _
from core.languages import say
from core.money import Money
from core.phones import can_pay_by_momo, national, parse_phone
from flows.menu import choose_again, read_nothing
from flows.refusals import sentence
from flows.session import Answer, Page, Session
from flows.top_up import approve_page, confirm_words, payer_page, payer_phone

MOVES: Final = [
    ("at_network", ["buy.network", "buy.plan"], "buy.plan"),
    ("plan_at_one_network", "buy.plan", "buy.who"),
    ("plan", ["buy.network", "buy.plan"], "buy.hotspot"),
    ("hotspot", "buy.hotspot", "buy.who"),
    ("me", "buy.who", "buy.pay"),
    ("other", "buy.who", "buy.phone"),
    ("phone", "buy.phone", "buy.pay"),
    ("pay_by_balance", "buy.pay", "buy.done"),
    ("pay_by_momo", "buy.pay", "buy.sent"),
    ("pay_by_other", "buy.pay", "buy.payer"),
    ("payer", "buy.payer", "buy.confirm"),
    ("pay_by_momo", "buy.confirm", "buy.sent"),
    ("back", "buy.hotspot", "buy.plan"),
    ("back", "buy.who", "buy.plan"),
    ("back", "buy.phone", "buy.who"),
    ("back", "buy.pay", "buy.who"),
    ("back", ["buy.payer", "buy.confirm"], "buy.pay"),
]


def _plan(session: Session, facts: Facts) -> PlanFact | None:
    """At another price than was shown it is still the plan; paying is refused then, with the price of now."""
    plans = facts.plans_at(session.data.get("hotspot"))
    return next((plan for plan in plans if plan.version_id == session.data["version"]), None)


def _spot_with(code: str, facts: Facts) -> HotspotFact | None:
    return next((spot for spot in facts.hotspots if str(spot.code) == code), None)


def _hotspot(session: Session, facts: Facts) -> HotspotFact | None:
    return next((spot for spot in facts.hotspots if spot.hotspot_id == session.data["hotspot"]), None)


def _what(session: Session, facts: Facts) -> str:
    """What is being bought, in a few words."""
    plan = _plan(session, facts)
    return plan_words(facts.tongue, plan.duration_s, plan.data_bytes) if plan else "-"


def _price(session: Session) -> Money:
    return Money(session.data["price"], "SSP")


def show_network(_session: Session, facts: Facts) -> Page:
    """The networks before the plans: each has its own list."""
    return _networks_page(facts)


def read_network(_session: Session, typed: str, facts: Facts) -> Answer:
    """A network by the code on its poster; or a plan by its number, as people dial it where networks are alike."""
    spot = _spot_with(typed, facts)
    if spot is not None:
        return Answer("at_network", {"at": spot.hotspot_id})
    plan = next((plan for plan in facts.plans if str(plan.alias) == typed), None)
    return _plan_chosen("plan", plan, {"at": None}) if plan else choose_again(facts)


def show_plan(session: Session, facts: Facts) -> Page:
    """The plans on sale, each by the number that is its own for ever; at a network's prices, once it is chosen."""
    options = tuple(
        (str(plan.alias), f"{plan_words(facts.tongue, plan.duration_s, plan.data_bytes)} {short_price(plan.price)}")
        for plan in facts.plans_at(session.data.get("at"))
    )
    return Page(say(facts.tongue, _("Wi-Fi, price in SSP:")), options)


def short_price(price: Money) -> str:
    """A price in a list whose head names the currency."""
    return str(price).removeprefix(f"{price.currency} ")


def read_plan(session: Session, typed: str, facts: Facts) -> Answer:
    """A plan by its number, or a network by the code on its poster. With one network only nobody is asked which."""
    at = session.data.get("at")
    plan = next((plan for plan in facts.plans_at(at) if str(plan.alias) == typed), None)
    if plan is None:
        spot = _spot_with(typed, facts) if len(facts.hotspots) > 1 else None
        return Answer("at_network", {"at": spot.hotspot_id}) if spot else choose_again(facts)
    if not facts.hotspots:
        return Answer(notice=sentence(NoHotspot(), facts.tongue))
    only = at if at is not None else facts.hotspots[0].hotspot_id if len(facts.hotspots) == 1 else None
    if only is not None:
        return _plan_chosen("plan_at_one_network", plan, {"hotspot": only})
    return _plan_chosen("plan", plan, {"hotspot": None})


def _plan_chosen(trigger: str, plan: PlanFact, more: dict[str, int | None]) -> Answer:
    return Answer(trigger, {"version": plan.version_id, "price": plan.price.minor} | more)


def show_hotspot(_session: Session, facts: Facts) -> Page:
    """The networks, once a plan is chosen."""
    return _networks_page(facts)


def _networks_page(facts: Facts) -> Page:
    """The networks, last used first, each by the code on its poster."""
    options = tuple((str(spot.code), name_of(spot, facts)) for spot in facts.hotspots)
    return Page(say(facts.tongue, _("Which Wi-Fi?")), options)


def name_of(spot: HotspotFact, facts: Facts) -> str:
    """A network's name; one that is off now says so before anybody pays for it."""
    return say(facts.tongue, _("{ssid} (off now)"), ssid=spot.ssid) if spot.off else spot.ssid


def read_hotspot(session: Session, typed: str, facts: Facts) -> Answer:
    """A network by its code. The plan costs there what it costs there, if it is sold there."""
    spot = _spot_with(typed, facts)
    if spot is None:
        return choose_again(facts)
    plans = facts.plans_at(spot.hotspot_id)
    plan = next((plan for plan in plans if plan.version_id == session.data["version"]), None)
    if plan is None:
        return _back_to_the_list(spot.hotspot_id, facts)
    return Answer("hotspot", {"hotspot": spot.hotspot_id, "price": plan.price.minor})


def show_who(session: Session, facts: Facts) -> Page:
    """For the caller's own phone or another?"""
    if _plan(session, facts) is None:
        return _gone_page(facts)
    spot = _hotspot(session, facts)
    head = say(
        facts.tongue,
        _("{plan}, {ssid}. For whom?"),
        plan=_what(session, facts),
        ssid=name_of(spot, facts) if spot else "",
    )
    return Page(head, (("1", say(facts.tongue, _("For me"))), ("2", say(facts.tongue, _("For another phone")))))


def read_who(session: Session, typed: str, facts: Facts) -> Answer:
    """Me, or another."""
    if _plan(session, facts) is None:
        return _plan_gone(session, facts)
    if typed == "1":
        return Answer("me", {"recipient": facts.phone})
    if typed == "2":
        return Answer("other")
    # A poster's code, dialled where the one network open left nothing to choose: it is chosen, the question stands.
    only = facts.hotspots[0] if len(facts.hotspots) == 1 else None
    return Answer() if only and typed == str(only.code) else choose_again(facts)


def show_phone(_session: Session, facts: Facts) -> Page:
    """Ask for the other phone."""
    return Page(say(facts.tongue, _("Phone number of the other? The code goes there by SMS.")))


def read_phone(_session: Session, typed: str, facts: Facts) -> Answer:
    """A mobile number here."""
    try:
        return Answer("phone", {"recipient": parse_phone(typed)})
    except Refusal as refusal:
        return Answer(notice=sentence(refusal, facts.tongue))


def show_pay(session: Session, facts: Facts) -> Page:
    """How to pay: from the balance where it covers the price, or by MoMo. Choosing is agreeing."""
    if _plan(session, facts) is None:
        return _gone_page(facts)
    price, customer = _price(session), facts.customer
    options = []
    if customer and customer.balance >= price:
        options.append(("1", say(facts.tongue, _("From balance"))))
    options.append(("2", say(facts.tongue, _("By MoMo"))))
    if can_pay_by_momo(facts.phone):
        options.append(("3", say(facts.tongue, _("MoMo of another"))))
    head = say(facts.tongue, _("{plan}: pay {price}?"), plan=_what(session, facts), price=price)
    if session.data["recipient"] != facts.phone:
        head += " " + say(
            facts.tongue, _("For {phone}."), phone=national(session.data["recipient"], spaced=facts.tongue != "ar")
        )
    return Page(head, tuple(options))


def read_pay(session: Session, typed: str, facts: Facts) -> Answer:
    """The way of paying sends the purchase, at the price that was shown."""
    if _plan(session, facts) is None:
        return _plan_gone(session, facts)
    covered = facts.customer is not None and facts.customer.balance >= _price(session)
    if typed == "1" and covered:
        return Answer("pay_by_balance", command=_purchase(session, "balance", facts.phone))
    if typed == "2" and can_pay_by_momo(facts.phone):
        return Answer("pay_by_momo", {"payer": facts.phone}, _purchase(session, "momo", facts.phone))
    if typed in ("2", "3"):
        return Answer("pay_by_other")
    return choose_again(facts)


def _plan_gone(session: Session, facts: Facts) -> Answer:
    """Withdrawn, or sold at another price of ours since it was shown: back to what is on sale now."""
    return _back_to_the_list(session.data["hotspot"], facts)


def _back_to_the_list(hotspot_id: int, facts: Facts) -> Answer:
    at = {"at": hotspot_id} if facts.prices_differ else {}
    return Answer(notice=sentence(PlanGone(code=""), facts.tongue), session=Session("buy.plan", 0, at))


def _gone_page(facts: Facts) -> Page:
    """The same, where a dropped call is gone on with. Whatever is answered leads to what is on sale."""
    return Page(sentence(PlanGone(code=""), facts.tongue), (("1", say(facts.tongue, _("Buy Wi-Fi"))),))


def _purchase(session: Session, pay_with: str, payer: str) -> BuyToken:
    return BuyToken(
        version_id=session.data["version"],
        price=_price(session),
        hotspot_id=session.data["hotspot"],
        recipient=session.data["recipient"],
        pay_with="momo" if pay_with == "momo" else "balance",
        payer=payer,
    )


def show_payer(_session: Session, facts: Facts) -> Page:
    """Ask whose wallet pays."""
    return payer_page(facts)


def read_payer(_session: Session, typed: str, facts: Facts) -> Answer:
    """A number that can pay by MoMo."""
    try:
        return Answer("payer", {"payer": payer_phone(typed, facts)})
    except Refusal as refusal:
        return Answer(notice=sentence(refusal, facts.tongue))


def show_confirm(session: Session, facts: Facts) -> Page:
    """A mistyped number would prompt a stranger: show it first."""
    head = confirm_words(_price(session), session.data["payer"], facts)
    return Page(head, (("1", say(facts.tongue, _("Yes"))),))


def read_confirm(session: Session, typed: str, facts: Facts) -> Answer:
    """Yes sends the prompt."""
    if typed != "1":
        return choose_again(facts)
    if _plan(session, facts) is None:
        return _plan_gone(session, facts)
    return Answer("pay_by_momo", command=_purchase(session, "momo", session.data["payer"]))


def show_sent(session: Session, facts: Facts) -> Page:
    """Nothing is paid yet."""
    return approve_page(_price(session), session.data["payer"], facts)


def show_done(session: Session, facts: Facts) -> Page:
    """Paid from the balance: the code is on its way."""
    text = say(
        facts.tongue,
        _("Paid {price} from your balance. The code for {plan} comes by SMS to {phone}."),
        price=_price(session),
        plan=_what(session, facts),
        phone=national(session.data["recipient"], spaced=facts.tongue != "ar"),
    )
    return Page(text, ends=True)


STATES: Final = {
    "buy.network": (show_network, read_network),
    "buy.plan": (show_plan, read_plan),
    "buy.hotspot": (show_hotspot, read_hotspot),
    "buy.who": (show_who, read_who),
    "buy.phone": (show_phone, read_phone),
    "buy.pay": (show_pay, read_pay),
    "buy.payer": (show_payer, read_payer),
    "buy.confirm": (show_confirm, read_confirm),
    "buy.sent": (show_sent, read_nothing),
    "buy.done": (show_done, read_nothing),
}
