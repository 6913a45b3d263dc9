"""What the caller owes: paying all or a part of it by MoMo, paying in parts, and the statement by SMS."""

from __future__ import annotations

from typing import Final

from core.billing.instalments import instalments
from core.callers.commands import PayBill, PayInParts, TextStatement
from core.callers.facts import Facts
from core.days import day_said, juba_day
from core.errors import AmountOutOfRange, NothingDue, Refusal
from core.languages import marked as _
from core.languages import say
from core.money import Money
from core.payments.limits import MOMO_LEAST, MOMO_MOST
from core.phones import can_pay_by_momo
from flows import top_up
from flows.amounts import parse_amount
from flows.buy import short_price
from flows.internet import BUY_DATA, selling
from flows.internet import first_question as about
from flows.menu import choose_again, read_nothing
from flows.my_plan import changeable, first_question
from flows.refusals import sentence
from flows.session import Answer, Page, Session

MOVES: Final = [
    ("pay", "bill.show", "bill.confirm"),
    ("pay_of_other_network", "bill.show", "bill.payer"),
    ("part", "bill.show", "bill.amount"),
    ("instalments", "bill.show", "bill.parts"),
    ("statement", "bill.show", "bill.statement"),
    ("which_service", "bill.show", "my_plan.service"),
    ("change", "bill.show", "my_plan.tariff"),
    ("pay", "bill.amount", "bill.confirm"),
    ("pay_of_other_network", "bill.amount", "bill.payer"),
    ("other_payer", "bill.confirm", "bill.payer"),
    ("payer", "bill.payer", "bill.confirm"),
    ("send", "bill.confirm", "bill.sent"),
    ("parts", "bill.parts", "bill.agree"),
    ("agree", "bill.agree", "bill.agreed"),
    ("back", ["bill.amount", "bill.payer", "bill.confirm", "bill.parts"], "bill.show"),
    ("back", "bill.agree", "bill.parts"),
]
PARTS: Final = ("2", "3", "4")


def show_bill(_session: Session, facts: Facts) -> Page:
    """What is owed and by when; what can be done about it. Who has no service and no debt is told so."""
    if _is_nobodys(facts):
        return Page(say(facts.tongue, _("You have no monthly service and owe nothing.")))
    return Page(_owed_words(facts), tuple((key, say(facts.tongue, label)) for key, label in _choices(facts).items()))


def _is_nobodys(facts: Facts) -> bool:
    return not facts.bill.due and not facts.services


def _owed_words(facts: Facts) -> str:
    bill = facts.bill
    if bill.first_due_on is None:
        renews = min(
            (one.next_bill_on for one in facts.services if one.pay == "prepaid" and one.next_bill_on), default=None
        )
        if renews is None:
            return say(facts.tongue, _("You owe nothing."))
        return say(facts.tongue, _("You owe nothing. Your plan renews on {day}."), day=day_said(renews))
    day = day_said(bill.first_due_on)
    if bill.overdue == bill.due:
        return say(facts.tongue, _("You owe {amount}, late since {day}."), amount=bill.due, day=day)
    if bill.overdue:
        return say(
            facts.tongue, _("You owe {amount}. Late since {day}: {late}."), amount=bill.due, day=day, late=bill.overdue
        )
    if bill.count > 1:
        return say(facts.tongue, _("You owe {amount}, the first due {day}."), amount=bill.due, day=day)
    return say(facts.tongue, _("You owe {amount}, due {day}."), amount=bill.due, day=day)


def _choices(facts: Facts) -> dict[str, str]:
    """What can be done now, by numbers that are always the same."""
    choices = {}
    if facts.bill.due:
        choices["1"] = _("Pay all by MoMo")
    if facts.bill.due > MOMO_LEAST:  # less than that cannot be paid in two
        choices |= {"2": _("Pay a part"), "3": _("Pay in instalments")}
    if changeable(facts):
        choices["4"] = _("Change plan")
    choices["5"] = _("Statement by SMS")
    return choices | ({"6": BUY_DATA} if selling(facts) else {})


def read_bill(_session: Session, typed: str, facts: Facts) -> Answer:
    """One of the choices that are there."""
    if _is_nobodys(facts):
        return Answer()
    if typed not in _choices(facts):
        return choose_again(facts)
    if typed == "1":
        return _pay_all(facts)
    if typed == "4":
        return first_question(facts)
    if typed == "5":
        return Answer("statement", command=TextStatement())
    if typed == "6":
        return about("data", facts)
    return Answer("part" if typed == "2" else "instalments")


def _pay_all(facts: Facts) -> Answer:
    """All that is due, or the least MoMo takes where less is due: the rest stays on the balance."""
    amount = max(facts.bill.due, MOMO_LEAST)
    if amount > MOMO_MOST:
        return Answer(notice=sentence(AmountOutOfRange(least=MOMO_LEAST, most=MOMO_MOST), facts.tongue))
    return _to_be_paid(amount, facts)


def _to_be_paid(amount: Money, facts: Facts) -> Answer:
    if can_pay_by_momo(facts.phone):
        return Answer("pay", {"amount": amount.minor, "payer": facts.phone})
    return Answer("pay_of_other_network", {"amount": amount.minor})


def show_amount(_session: Session, facts: Facts) -> Page:
    """Ask for the amount."""
    if not facts.bill.due:
        return _paid_page(facts)
    return Page(say(facts.tongue, _("You owe {amount}. How much do you pay now, in pounds?"), amount=facts.bill.due))


def read_amount(_session: Session, typed: str, facts: Facts) -> Answer:
    """An amount within bounds, and not above what is due."""
    if not facts.bill.due:
        return _paid()
    try:
        amount = parse_amount(typed)
        most = min(max(facts.bill.due, MOMO_LEAST), MOMO_MOST)
        if not MOMO_LEAST <= amount <= most:
            raise AmountOutOfRange(least=MOMO_LEAST, most=most)
    except Refusal as refusal:
        return Answer(notice=sentence(refusal, facts.tongue))
    return _to_be_paid(amount, facts)


def read_confirm(session: Session, typed: str, facts: Facts) -> Answer:
    """Yes sends the prompt."""
    if typed == "1":
        return Answer("send", command=PayBill(Money(session.data["amount"], "SSP"), session.data["payer"]))
    return Answer("other_payer") if typed == "2" else choose_again(facts)


def show_parts(_session: Session, facts: Facts) -> Page:
    """How many parts, and how much each would be."""
    if not facts.bill.due:
        return _paid_page(facts)
    options = tuple(
        (key, say(facts.tongue, _("{amount} a part"), amount=short_price(_first_part(int(key), facts)[0])))
        for key in PARTS
    )
    return Page(say(facts.tongue, _("Pay {amount} in how many parts?"), amount=facts.bill.due), options)


def _first_part(parts: int, facts: Facts) -> tuple[Money, str]:
    first = instalments(facts.bill.due, parts, juba_day(facts.now))[0]
    return first.amount, day_said(first.due_on)


def read_parts(_session: Session, typed: str, facts: Facts) -> Answer:
    """So many parts."""
    if not facts.bill.due:
        return _paid()
    return Answer("parts", {"parts": int(typed)}) if typed in PARTS else choose_again(facts)


def show_agree(session: Session, facts: Facts) -> Page:
    """The first part and its day, before anything is agreed."""
    if not facts.bill.due:
        return _paid_page(facts)
    amount, day = _first_part(session.data["parts"], facts)
    head = say(
        facts.tongue,
        _("{count} parts. The first, {amount}, by {day}, then one every 30 days. Agree?"),
        count=session.data["parts"],
        amount=amount,
        day=day,
    )
    return Page(head, (("1", say(facts.tongue, _("Yes"))),))


def read_agree(session: Session, typed: str, facts: Facts) -> Answer:
    """Yes is a word given."""
    if not facts.bill.due:
        return _paid()
    return Answer("agree", command=PayInParts(session.data["parts"])) if typed == "1" else choose_again(facts)


def _paid() -> Answer:
    """Paid since the screen before: back to the bill, which says so."""
    return Answer(session=Session("bill.show"))


def _paid_page(facts: Facts) -> Page:
    """The same, where a dropped call is gone on with. Whatever is answered leads to the bill."""
    return Page(sentence(NothingDue(), facts.tongue))


def show_agreed(_session: Session, facts: Facts) -> Page:
    """Agreed: the parts are on their way."""
    return Page(say(facts.tongue, _("Agreed. The days and amounts come by SMS.")), ends=True)


def show_statement(_session: Session, facts: Facts) -> Page:
    """On its way."""
    return Page(say(facts.tongue, _("Your statement comes by SMS.")), ends=True)


STATES: Final = {
    "bill.show": (show_bill, read_bill),
    "bill.amount": (show_amount, read_amount),
    "bill.payer": (top_up.show_payer, top_up.read_payer),
    "bill.confirm": (top_up.show_confirm, read_confirm),
    "bill.sent": (top_up.show_sent, read_nothing),
    "bill.parts": (show_parts, read_parts),
    "bill.agree": (show_agree, read_agree),
    "bill.agreed": (show_agreed, read_nothing),
    "bill.statement": (show_statement, read_nothing),
}
