"""Selling and giving tokens: what a Wi-Fi owner or a helper does at the counter."""

from __future__ import annotations

from typing import Final

from core.callers.commands import SellToken
from core.callers.facts import Facts, HotspotFact, PlanFact
from core.catalog.plan_words import plan_words
from core.errors import NotAnOwner, NotMomoPhone, NotOnList, Refusal
from core.languages import marked as _
from core.languages import say
from core.money import Money
from core.phones import can_pay_by_momo, national, parse_phone
from flows.buy import short_price
from flows.menu import choose_again, read_nothing
from flows.refusals import sentence
from flows.session import Answer, Page, Session
from flows.top_up import confirm_words

# These numbers are given once, for ever: people dial them behind the code. Helpers have the first one only.
_CHOICES: Final = {
    "1": _("Sell"),
    "2": _("Give for free"),
    "3": _("Add a Wi-Fi"),
    "4": _("My MoMo number"),
    "5": _("Sales, money"),
    "6": _("Helpers"),
    "7": _("Prices"),
    "8": _("Take back a sale"),
}
_HELPERS_KEYS: Final = frozenset({"1", "8"})
_ELSEWHERE: Final = {"3": "add_network", "5": "figures", "6": "helpers", "7": "prices", "8": "last_sales"}
MOVES: Final = [
    ("sell", "sell.menu", "sell.network"),
    ("sell_at_the_only_one", "sell.menu", "sell.plan"),
    ("add_network", "sell.menu", "owner.ssid"),
    ("name_momo", "sell.menu", "owner.momo"),
    ("figures", "sell.menu", "figures.show"),
    ("helpers", "sell.menu", "who_helps.list"),
    ("prices", "sell.menu", "prices.list"),
    ("last_sales", "sell.menu", "last_sales.list"),
    ("back", ["figures.show", "who_helps.list", "prices.list", "last_sales.list"], "sell.menu"),
    ("network", "sell.network", "sell.plan"),
    ("to_be_paid", "sell.network", "sell.pay"),
    ("plan", "sell.plan", "sell.phone"),
    ("phone", "sell.phone", "sell.pay"),
    ("phone_of_a_gift", "sell.phone", "sell.give"),
    ("sold", ["sell.network", "sell.pay"], "sell.sold"),
    ("asked", ["sell.network", "sell.pay", "sell.confirm"], "sell.asked"),
    ("other_payer", "sell.pay", "sell.payer"),
    ("payer", "sell.payer", "sell.confirm"),
    ("given", ["sell.network", "sell.give"], "sell.given"),
    ("back", "sell.menu", "menu.main"),
    ("back", ["sell.network", "sell.plan"], "sell.menu"),
    ("back", "sell.phone", "sell.plan"),
    ("back", ["sell.pay", "sell.give"], "sell.phone"),
    ("back", ["sell.payer", "sell.confirm"], "sell.pay"),
]


def _plan(session: Session, facts: Facts) -> PlanFact | None:
    plans = facts.seller.plans if facts.seller else ()
    return next((plan for plan in plans if plan.version_id == session.data["version"]), None)


def _spots(facts: Facts) -> tuple[HotspotFact, ...]:
    return facts.seller.hotspots if facts.seller else ()


def _what(session: Session, facts: Facts) -> str:
    plan = _plan(session, facts)
    return plan_words(facts.tongue, plan.duration_s, plan.data_bytes) if plan else "-"


def _price(session: Session) -> Money:
    return Money(session.data["price"], "SSP")


def _to(session: Session, facts: Facts) -> str:
    return national(session.data["recipient"], spaced=facts.tongue != "ar")


def show_menu(_session: Session, facts: Facts) -> Page:
    """What may be done at the counter."""
    may = [key for key in _CHOICES if key in _HELPERS_KEYS or (facts.seller and facts.seller.is_owner)]
    return Page(say(facts.tongue, _("My Wi-Fi")), tuple((key, say(facts.tongue, _CHOICES[key])) for key in may))


def read_menu(_session: Session, typed: str, facts: Facts) -> Answer:
    """Sell, give, or look at and change what the owner has."""
    if facts.seller is None or (typed in _CHOICES and typed not in _HELPERS_KEYS and not facts.seller.is_owner):
        return Answer(notice=sentence(NotAnOwner(), facts.tongue))
    if typed in _ELSEWHERE:
        return Answer(_ELSEWHERE[typed])
    if typed == "4":
        return Answer("name_momo", {"only": "momo"})
    if typed not in _CHOICES:
        return choose_again(facts)
    spots = _spots(facts)
    if not spots:
        return Answer(notice=say(facts.tongue, _("None of your Wi-Fi can sell yet: we connect it first.")))
    given = {"give": True} if typed == "2" else {"give": None}
    if len(spots) == 1:
        return Answer("sell_at_the_only_one", given | {"hotspot": spots[0].hotspot_id})
    return Answer("sell", given)


def show_network(_session: Session, facts: Facts) -> Page:
    """The networks of the owner, each by the code on its poster."""
    options = tuple((str(spot.code), spot.ssid) for spot in _spots(facts))
    return Page(say(facts.tongue, _("Which Wi-Fi?")), options)


def read_network(session: Session, typed: str, facts: Facts) -> Answer:
    """A network by its code; where all else was said in one text, that is done."""
    spot = next((spot for spot in _spots(facts) if str(spot.code) == typed), None)
    if spot is None:
        return choose_again(facts)
    chosen = {"hotspot": spot.hotspot_id}
    if "recipient" not in session.data:
        return Answer("network", chosen)
    whole = Session(session.state, 0, {**session.data, **chosen})
    means = session.data.get("means")
    if means is None:
        return Answer("to_be_paid", chosen)
    trigger = {"cash": "sold", "momo": "asked", "given": "given"}[means]
    return Answer(trigger, chosen, _sale(whole, means, session.data.get("payer")))


def show_plan(_session: Session, facts: Facts) -> Page:
    """The owner's list, each plan by the number that is its own for ever."""
    options = tuple(
        (str(plan.alias), f"{plan_words(facts.tongue, plan.duration_s, plan.data_bytes)} {short_price(plan.price)}")
        for plan in (facts.seller.plans if facts.seller else ())
    )
    return Page(say(facts.tongue, _("Wi-Fi, price in SSP:")), options)


def read_plan(_session: Session, typed: str, facts: Facts) -> Answer:
    """A plan by its number."""
    plans = facts.seller.plans if facts.seller else ()
    plan = next((plan for plan in plans if str(plan.alias) == typed), None)
    if plan is None:
        return choose_again(facts)
    return Answer("plan", {"version": plan.version_id, "price": plan.price.minor})


def show_phone(_session: Session, facts: Facts) -> Page:
    """Ask whom it is for."""
    return Page(say(facts.tongue, _("Phone number of the other? The code goes there by SMS.")))


def read_phone(session: Session, typed: str, facts: Facts) -> Answer:
    """A mobile number here."""
    try:
        phone = parse_phone(typed)
    except Refusal as refusal:
        return Answer(notice=sentence(refusal, facts.tongue))
    return Answer("phone_of_a_gift" if session.data.get("give") else "phone", {"recipient": phone})


def show_pay(session: Session, facts: Facts) -> Page:
    """How it is paid. Choosing is selling."""
    if _plan(session, facts) is None:
        return _gone_page(facts)
    head = say(
        facts.tongue,
        _("{plan}, {price}, for {phone}:"),
        plan=_what(session, facts),
        price=_price(session),
        phone=_to(session, facts),
    )
    options = [("1", say(facts.tongue, _("Cash")))]
    if can_pay_by_momo(session.data["recipient"]):
        options.append(("2", say(facts.tongue, _("MoMo of this phone"))))
    options.append(("3", say(facts.tongue, _("MoMo of another"))))
    return Page(head, tuple(options))


def read_pay(session: Session, typed: str, facts: Facts) -> Answer:
    """Cash sells at once; by MoMo somebody is asked."""
    if _plan(session, facts) is None:
        return _gone(facts)
    recipient = session.data["recipient"]
    if typed == "1":
        return Answer("sold", command=_sale(session, "cash", None))
    if typed == "2" and can_pay_by_momo(recipient):
        return Answer("asked", {"payer": recipient}, _sale(session, "momo", recipient))
    return Answer("other_payer") if typed == "3" else choose_again(facts)


def show_payer(_session: Session, facts: Facts) -> Page:
    """Ask whose wallet pays."""
    return Page(say(facts.tongue, _("Which MTN number pays?")))


def read_payer(_session: Session, typed: str, facts: Facts) -> Answer:
    """A number that can pay by MoMo."""
    try:
        phone = parse_phone(typed)
        if not can_pay_by_momo(phone):
            raise NotMomoPhone(phone=phone)
    except Refusal as refusal:
        return Answer(notice=sentence(refusal, facts.tongue))
    return Answer("payer", {"payer": phone})


def show_confirm(session: Session, facts: Facts) -> Page:
    """A mistyped number would prompt a stranger: show it first."""
    head = confirm_words(_price(session), session.data["payer"], facts)
    return Page(head, (("1", say(facts.tongue, _("Yes"))),))


def read_confirm(session: Session, typed: str, facts: Facts) -> Answer:
    """Yes sends the prompt."""
    if _plan(session, facts) is None:
        return _gone(facts)
    return (
        Answer("asked", command=_sale(session, "momo", session.data["payer"])) if typed == "1" else choose_again(facts)
    )


def show_give(session: Session, facts: Facts) -> Page:
    """Show what is given, before it is."""
    if _plan(session, facts) is None:
        return _gone_page(facts)
    what = say(
        facts.tongue, _("Give {plan} to {phone} for free?"), plan=_what(session, facts), phone=_to(session, facts)
    )
    return Page(what, (("1", say(facts.tongue, _("Yes"))),))


def read_give(session: Session, typed: str, facts: Facts) -> Answer:
    """Yes gives it."""
    if _plan(session, facts) is None:
        return _gone(facts)
    return Answer("given", command=_sale(session, "given", None)) if typed == "1" else choose_again(facts)


def _gone(facts: Facts) -> Answer:
    """Off the list, or at another price since it was shown: back to the list."""
    return Answer(notice=sentence(NotOnList(), facts.tongue), session=Session("sell.menu"))


def _gone_page(facts: Facts) -> Page:
    """The same, where a dropped call is gone on with. Whatever is answered leads to the menu."""
    return Page(sentence(NotOnList(), facts.tongue), (("1", say(facts.tongue, _("My Wi-Fi"))),))


def _sale(session: Session, means: str, payer: str | None) -> SellToken:
    return SellToken(
        hotspot_id=session.data["hotspot"],
        version_id=session.data["version"],
        price=_price(session),
        recipient=session.data["recipient"],
        means="momo" if means == "momo" else "cash" if means == "cash" else "given",
        payer=payer,
        campaign=session.data.get("campaign"),
    )


def show_sold(session: Session, facts: Facts) -> Page:
    """Paid in notes: the code is on its way."""
    text = _("Sold for {price}. The code for {plan} goes by SMS to {phone}.")
    return _ending(text, session, facts)


def show_asked(session: Session, facts: Facts) -> Page:
    """Nothing is paid yet."""
    payer = national(session.data["payer"], spaced=facts.tongue != "ar")
    text = _("{payer} is asked to pay {price}. Once it is paid the code goes out.")
    return Page(say(facts.tongue, text, payer=payer, price=_price(session)), ends=True)


def show_given(session: Session, facts: Facts) -> Page:
    """Given away."""
    return _ending(_("Given. The code for {plan} goes by SMS to {phone}."), session, facts)


def _ending(text: str, session: Session, facts: Facts) -> Page:
    told = {"price": _price(session), "plan": _what(session, facts), "phone": _to(session, facts)}
    return Page(say(facts.tongue, text, **told), ends=True)


STATES: Final = {
    "sell.menu": (show_menu, read_menu),
    "sell.network": (show_network, read_network),
    "sell.plan": (show_plan, read_plan),
    "sell.phone": (show_phone, read_phone),
    "sell.pay": (show_pay, read_pay),
    "sell.payer": (show_payer, read_payer),
    "sell.confirm": (show_confirm, read_confirm),
    "sell.give": (show_give, read_give),
    "sell.sold": (show_sold, read_nothing),
    "sell.asked": (show_asked, read_nothing),
    "sell.given": (show_given, read_nothing),
}
