"""Topping up the balance by MoMo."""

from __future__ import annotations

from typing import Final

from core.callers.commands import TopUp
from core.callers.facts import Facts
from core.errors import AmountOutOfRange, ForeignPhone, NotMomoPhone, Refusal
from core.languages import marked as _
from core.languages import say
from core.money import Money
from core.payments.limits import MOMO_LEAST, MOMO_MOST
from core.phones import can_pay_by_momo, country_code, national, parse_phone, region_of
from flows.amounts import parse_amount
from flows.menu import choose_again, read_nothing
from flows.refusals import sentence
from flows.session import Answer, Page, Session

MOVES: Final = [
    ("amount", "top_up.amount", "top_up.confirm"),
    ("amount_of_other_network", "top_up.amount", "top_up.payer"),
    ("other_payer", "top_up.confirm", "top_up.payer"),
    ("payer", "top_up.payer", "top_up.confirm"),
    ("pay", "top_up.confirm", "top_up.sent"),
    ("back", ["top_up.confirm", "top_up.payer"], "top_up.amount"),
]


def payer_phone(typed: str, facts: Facts) -> str:
    """A phone that can pay: MTN's, or one of the country where Orange Money is collected.

    Raises:
        InvalidPhone, ForeignPhone, NotMobile, NotMomoPhone.
    """
    try:
        phone = parse_phone(typed)
    except ForeignPhone as foreign:
        if facts.orange_country is None or region_of(foreign.phone) != facts.orange_country:
            raise
        return foreign.phone
    if not can_pay_by_momo(phone):
        raise NotMomoPhone(phone=phone)
    return phone


def by_orange(payer: str) -> bool:
    """Whether a payer's phone is asked by Orange Money: MTN's are numbers of this country."""
    return not payer.startswith("+211")


def show_amount(_session: Session, facts: Facts) -> Page:
    """Ask for the amount."""
    return Page(say(facts.tongue, _("How much, in pounds? {least} or more."), least=MOMO_LEAST))


def read_amount(_session: Session, typed: str, facts: Facts) -> Answer:
    """An amount within bounds."""
    try:
        amount = parse_amount(typed)
        if not MOMO_LEAST <= amount <= MOMO_MOST:
            raise AmountOutOfRange(least=MOMO_LEAST, most=MOMO_MOST)
    except Refusal as refusal:
        return Answer(notice=sentence(refusal, facts.tongue))
    if can_pay_by_momo(facts.phone):
        return Answer("amount", {"amount": amount.minor, "payer": facts.phone})
    return Answer("amount_of_other_network", {"amount": amount.minor})


def show_payer(_session: Session, facts: Facts) -> Page:
    """Ask whose wallet pays."""
    return payer_page(facts)


def payer_page(facts: Facts) -> Page:
    """The question whose wallet pays, as it stands in every flow."""
    if facts.orange_country is None:
        return Page(say(facts.tongue, _("Which MTN number pays?")))
    code = country_code(facts.orange_country)
    return Page(say(facts.tongue, _("Which MTN number pays, or Orange Money number ({code})?"), code=code))


def read_payer(_session: Session, typed: str, facts: Facts) -> Answer:
    """A number that can pay by MoMo."""
    try:
        return Answer("payer", {"payer": payer_phone(typed, facts)})
    except Refusal as refusal:
        return Answer(notice=sentence(refusal, facts.tongue))


def show_confirm(session: Session, facts: Facts) -> Page:
    """Show what was understood before anything is paid."""
    head = confirm_words(Money(session.data["amount"], "SSP"), session.data["payer"], facts)
    return Page(head, (("1", say(facts.tongue, _("Yes"))), ("2", say(facts.tongue, _("Another number")))))


def confirm_words(amount: Money, payer: str, facts: Facts) -> str:
    """The question before a phone is prompted, as it stands in every flow."""
    text = _("Pay {amount} by MoMo from {payer}?")
    if by_orange(payer):
        text = _("Pay {amount} by Orange Money from {payer}?")
    return say(facts.tongue, text, amount=amount, payer=national(payer, spaced=facts.tongue != "ar"))


def read_confirm(session: Session, typed: str, facts: Facts) -> Answer:
    """Yes sends the prompt."""
    if typed == "1":
        return Answer("pay", command=TopUp(Money(session.data["amount"], "SSP"), session.data["payer"]))
    if typed == "2":
        return Answer("other_payer")
    return choose_again(facts)


def show_sent(session: Session, facts: Facts) -> Page:
    """Nothing is paid yet: tell them where to approve it."""
    return approve_page(Money(session.data["amount"], "SSP"), session.data["payer"], facts)


def approve_page(amount: Money, payer: str, facts: Facts) -> Page:
    """The ending of every payment by mobile money."""
    text = _("Approve {amount} on {payer} with the MoMo PIN. We text you when it is paid.")
    if by_orange(payer):
        text = _("Approve {amount} by Orange Money on {payer}. We text you when it is paid.")
    said = say(facts.tongue, text, amount=amount, payer=national(payer, spaced=facts.tongue != "ar"))
    return Page(said, ends=True)


STATES: Final = {
    "top_up.amount": (show_amount, read_amount),
    "top_up.payer": (show_payer, read_payer),
    "top_up.confirm": (show_confirm, read_confirm),
    "top_up.sent": (show_sent, read_nothing),
}
