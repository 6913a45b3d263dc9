"""An owner's list: what they take for each plan of ours, and which they do not sell."""

from __future__ import annotations

from typing import Final

from core.callers.commands import SetPrice
from core.callers.facts import Facts, PlanFact
from core.catalog.plan_words import plan_words
from core.errors import AmountOutOfRange, PlanGone, Refusal
from core.languages import marked as _
from core.languages import say
from core.money import Money
from core.owners.limits import PRICE_LEAST, PRICE_MOST
from flows.amounts import parse_amount
from flows.buy import short_price
from flows.menu import choose_again, read_nothing
from flows.refusals import sentence
from flows.session import Answer, Page, Session

OFF_KEY: Final = "1"  # below any price
MOVES: Final = [
    ("plan", "prices.list", "prices.amount"),
    ("amount", "prices.amount", "prices.sure"),
    ("set", "prices.sure", "prices.done"),
    ("back", "prices.amount", "prices.list"),
    ("back", "prices.sure", "prices.amount"),
]


def _own(plan: PlanFact, facts: Facts) -> PlanFact | None:
    """The plan as it stands on the owner's list."""
    listed = facts.seller.plans if facts.seller else ()
    return next((one for one in listed if one.version_id == plan.version_id), None)


def _plan(session: Session, facts: Facts) -> PlanFact | None:
    return next((one for one in facts.plans if one.version_id == session.data["version"]), None)


def _what(plan: PlanFact, facts: Facts) -> str:
    return plan_words(facts.tongue, plan.duration_s, plan.data_bytes)


def show_list(_session: Session, facts: Facts) -> Page:
    """Each plan of ours, at their price; a stroke where they do not sell it."""
    options = []
    for plan in facts.plans:
        own = _own(plan, facts)
        options.append((str(plan.alias), f"{_what(plan, facts)} {short_price(own.price) if own else '-'}"))
    return Page(say(facts.tongue, _("Your prices in SSP:")), tuple(options))


def read_list(_session: Session, typed: str, facts: Facts) -> Answer:
    """A plan by its number."""
    plan = next((one for one in facts.plans if str(one.alias) == typed), None)
    return Answer("plan", {"version": plan.version_id}) if plan else choose_again(facts)


def show_amount(session: Session, facts: Facts) -> Page:
    """Ask for the price."""
    plan = _plan(session, facts)
    if plan is None:
        return _gone(facts)
    head = say(facts.tongue, _("{plan}: new price, in pounds?"), plan=_what(plan, facts))
    options = ((OFF_KEY, say(facts.tongue, _("Do not sell it"))),) if _own(plan, facts) else ()
    return Page(head, options)


def read_amount(session: Session, typed: str, facts: Facts) -> Answer:
    """A price that can be paid by MoMo too, or none."""
    plan = _plan(session, facts)
    if plan is None:
        return Answer(notice=sentence(PlanGone(code=""), facts.tongue), session=Session("prices.list"))
    if typed == OFF_KEY and _own(plan, facts):
        return Answer("amount", {"price": None})
    try:
        price = parse_amount(typed)
        if not PRICE_LEAST <= price <= PRICE_MOST:
            raise AmountOutOfRange(least=PRICE_LEAST, most=PRICE_MOST)
    except Refusal as refusal:
        return Answer(notice=sentence(refusal, facts.tongue))
    return Answer("amount", {"price": price.minor})


def _price(session: Session) -> Money | None:
    minor = session.data.get("price")
    return None if minor is None else Money(minor, "SSP")


def show_sure(session: Session, facts: Facts) -> Page:
    """Show what was understood."""
    plan, price = _plan(session, facts), _price(session)
    if plan is None:
        return _gone(facts)
    text = _("Sell {plan} no more?") if price is None else _("{plan} for {price} from now on?")
    head = say(facts.tongue, text, plan=_what(plan, facts), price=price)
    return Page(head, (("1", say(facts.tongue, _("Yes"))),))


def read_sure(session: Session, typed: str, facts: Facts) -> Answer:
    """Yes sets it."""
    if _plan(session, facts) is None:
        return Answer(notice=sentence(PlanGone(code=""), facts.tongue), session=Session("prices.list"))
    return (
        Answer("set", command=SetPrice(session.data["version"], _price(session)))
        if typed == "1"
        else choose_again(facts)
    )


def show_done(_session: Session, facts: Facts) -> Page:
    """It holds for every sale from now on."""
    return Page(say(facts.tongue, _("Your price list is changed, for all who sell and buy.")), ends=True)


def _gone(facts: Facts) -> Page:
    return Page(sentence(PlanGone(code=""), facts.tongue), (("1", say(facts.tongue, _("Prices"))),))


STATES: Final = {
    "prices.list": (show_list, read_list),
    "prices.amount": (show_amount, read_amount),
    "prices.sure": (show_sure, read_sure),
    "prices.done": (show_done, read_nothing),
}
