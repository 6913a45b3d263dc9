"""Paying in other ways than MoMo, receipts, and topping up by itself."""

from __future__ import annotations

import re
from typing import Final

from core.callers.commands import AgreeAutoTopUp, CheckReceipt, ClaimPayment, StopAutoTopUp, TextReceipts
from core.callers.facts import Facts, PayToFact
from core.errors import AmountOutOfRange, NotMomoPhone, Refusal
from core.ids import check_digit_is_right, payment_reference
from core.languages import marked as _
from core.languages import say
from core.money import Money
from core.payments.limits import AUTO_BELOW_POUNDS, AUTO_TIMES_A_MONTH, MOMO_LEAST, MOMO_MOST
from core.phones import can_pay_by_momo, western_digits
from flows.amounts import parse_amount
from flows.menu import choose_again, read_nothing
from flows.refusals import sentence
from flows.screen import fits
from flows.session import Answer, Page, Session

MOVES: Final = [
    ("wallets", "payments.menu", "payments.wallet"),
    ("wallet", "payments.wallet", "payments.number"),
    ("number", "payments.number", "payments.claim"),
    ("claim", "payments.claim", "payments.claimed"),
    ("bank", "payments.menu", "payments.bank"),
    ("receipts", "payments.menu", "payments.receipts"),
    ("check", "payments.menu", "payments.code"),
    ("code", "payments.code", "payments.checked"),
    ("auto", "payments.menu", "payments.auto"),
    ("amount", "payments.auto", "payments.agree"),
    ("stop", "payments.auto", "payments.stopped"),
    ("agree", "payments.agree", "payments.agreed"),
    ("back", ["payments.wallet", "payments.code", "payments.auto"], "payments.menu"),
    ("back", ["payments.number", "payments.claim"], "payments.wallet"),
    ("back", "payments.agree", "payments.auto"),
]
WALLET_KEY: Final = "1"
BANK_KEY: Final = "2"
RECEIPTS_KEY: Final = "3"
CHECK_KEY: Final = "4"
AUTO_KEY: Final = "5"
_CHOICES: Final = {
    WALLET_KEY: (_("I paid by another wallet"), "wallets"),
    BANK_KEY: (_("Pay at the bank"), "bank"),
    RECEIPTS_KEY: (_("My receipts by SMS"), "receipts"),
    CHECK_KEY: (_("Check a receipt"), "check"),
    AUTO_KEY: (_("Top up by itself"), "auto"),
}
STOP_KEY: Final = "2"
NUMBER_CHARS_MAX: Final = 30  # of a transaction, at any wallet seen


def show_menu(_session: Session, facts: Facts) -> Page:
    """What there is beside MoMo; ways that are not set up are not shown."""
    options = tuple((key, say(facts.tongue, label)) for key, (label, _trigger) in _choices(facts).items())
    return Page(say(facts.tongue, _("Payments")), options)


def _choices(facts: Facts) -> dict[str, tuple[str, str]]:
    absent = set()
    if not _of_kind(facts, "wallet"):
        absent.add(WALLET_KEY)
    if not _of_kind(facts, "bank"):
        absent.add(BANK_KEY)
    return {key: choice for key, choice in _CHOICES.items() if key not in absent}


def _of_kind(facts: Facts, kind: str) -> list[PayToFact]:
    return [account for account in facts.pay_to if account.kind == kind]


def read_menu(_session: Session, typed: str, facts: Facts) -> Answer:
    """One of the choices that are there."""
    if typed not in _choices(facts):
        return choose_again(facts)
    command = TextReceipts() if typed == RECEIPTS_KEY else None
    return Answer(_CHOICES[typed][1], command=command)


def show_wallet(_session: Session, facts: Facts) -> Page:
    """The wallets, by numbers that are always the same."""
    options = tuple((str(account.alias), account.name) for account in _of_kind(facts, "wallet"))
    return Page(say(facts.tongue, _("Which wallet?")), options)


def read_wallet(_session: Session, typed: str, facts: Facts) -> Answer:
    """A wallet by its number."""
    wallet = next((one for one in _of_kind(facts, "wallet") if str(one.alias) == typed), None)
    return Answer("wallet", {"account": wallet.account_id}) if wallet else choose_again(facts)


def _chosen(session: Session, facts: Facts) -> PayToFact | None:
    return next((one for one in facts.pay_to if one.account_id == session.data["account"]), None)


def show_number(session: Session, facts: Facts) -> Page:
    """Where to pay to, and then the number of the transaction. In Arabic unspaced: groups of digits turn round."""
    wallet = _chosen(session, facts)
    pay_to = wallet.pay_to if wallet else ""
    if facts.tongue == "ar":
        pay_to = pay_to.replace(" ", "")
    text = _("Pay to {pay_to} by {wallet}. Then write the transaction number here.")
    return Page(say(facts.tongue, text, pay_to=pay_to, wallet=wallet.name if wallet else ""))


def read_number(_session: Session, typed: str, facts: Facts) -> Answer:
    """A number as wallets write them: letters, digits, dots, dashes, with at least one digit."""
    number = western_digits(typed).strip()
    if not re.fullmatch(rf"(?=.*\d)[A-Za-z0-9][A-Za-z0-9 ./-]{{2,{NUMBER_CHARS_MAX - 1}}}", number):
        return Answer(notice=say(facts.tongue, _("That is not a transaction number. Copy it from the wallet's SMS.")))
    return Answer("number", {"number": number})


def show_claim(session: Session, facts: Facts) -> Page:
    """What was understood, before it is looked for."""
    wallet = _chosen(session, facts)
    head = say(
        facts.tongue,
        _("{wallet}, number {number}?"),
        wallet=wallet.name if wallet else "",
        number=session.data["number"],
    )
    return Page(head, (("1", say(facts.tongue, _("Yes"))),))


def read_claim(session: Session, typed: str, facts: Facts) -> Answer:
    """Yes makes it theirs, if nobody was first."""
    if typed != "1":
        return choose_again(facts)
    return Answer("claim", command=ClaimPayment(session.data["account"], session.data["number"]))


def show_claimed(_session: Session, facts: Facts) -> Page:
    """It is looked for."""
    return Page(say(facts.tongue, _("Thank you. When we find the payment, we text you.")), ends=True)


def show_bank(_session: Session, facts: Facts) -> Page:
    """The accounts, and what to write on the slip."""
    number = payment_reference(facts.customer.number) if facts.customer else ""
    shown = [f"{bank.name}: {bank.pay_to}" for bank in _of_kind(facts, "bank")]
    said = ""
    for count in (2, 1):  # as many as one screen holds
        banks = "\n".join(shown[:count])
        said = say(facts.tongue, _("{banks}\nWrite {number} on the slip."), banks=banks, number=number)
        if fits(said):
            break
    return Page(said, ends=True)


def show_receipts(_session: Session, facts: Facts) -> Page:
    """On their way."""
    return Page(say(facts.tongue, _("Your last receipts come by SMS.")), ends=True)


def show_code(_session: Session, facts: Facts) -> Page:
    """Ask for the code on the paper."""
    return Page(say(facts.tongue, _("The check number on the receipt?")))


def read_code(_session: Session, typed: str, facts: Facts) -> Answer:
    """Digits that end on the right check digit."""
    code = re.sub(r"[\s-]", "", western_digits(typed))
    if not check_digit_is_right(code):
        return Answer(notice=say(facts.tongue, _("That is no check number. Copy it from the receipt, digits only.")))
    return Answer("code", command=CheckReceipt(code))


def show_checked(_session: Session, facts: Facts) -> Page:
    """The answer is texted: nobody asks our books within a screen."""
    return Page(say(facts.tongue, _("The answer comes by SMS.")), ends=True)


def show_auto(_session: Session, facts: Facts) -> Page:
    """How much at a time, or an end to it."""
    text = _("When your balance is below {below}, MoMo tops it up. How much each time, in pounds? 2 ends it.")
    return Page(say(facts.tongue, text, below=Money.of(AUTO_BELOW_POUNDS, "SSP")))


def read_auto(_session: Session, typed: str, facts: Facts) -> Answer:
    """An amount within bounds, or the end."""
    if typed == STOP_KEY:
        return Answer("stop", command=StopAutoTopUp())
    try:
        amount = parse_amount(typed)
        if not MOMO_LEAST <= amount <= MOMO_MOST:
            raise AmountOutOfRange(least=MOMO_LEAST, most=MOMO_MOST)
        if not can_pay_by_momo(facts.phone):
            raise NotMomoPhone(phone=facts.phone)
    except Refusal as refusal:
        return Answer(notice=sentence(refusal, facts.tongue))
    return Answer("amount", {"amount": amount.minor})


def show_agree(session: Session, facts: Facts) -> Page:
    """All that is agreed to, before it is."""
    head = say(
        facts.tongue,
        _("{amount} from this phone when the balance is low, {times} times a month at most. We text first. Agree?"),
        amount=Money(session.data["amount"], "SSP"),
        times=AUTO_TIMES_A_MONTH,
    )
    return Page(head, (("1", say(facts.tongue, _("Yes"))),))


def read_agree(session: Session, typed: str, facts: Facts) -> Answer:
    """Yes is asked of MoMo next."""
    if typed != "1":
        return choose_again(facts)
    return Answer("agree", command=AgreeAutoTopUp(Money(session.data["amount"], "SSP")))


def show_agreed(_session: Session, facts: Facts) -> Page:
    """MoMo asks for the PIN once."""
    return Page(say(facts.tongue, _("Agree to it on the phone with the MoMo PIN. We text you then.")), ends=True)


def show_stopped(_session: Session, facts: Facts) -> Page:
    """Ended."""
    return Page(say(facts.tongue, _("Ended. Nothing is topped up by itself any more.")), ends=True)


STATES: Final = {
    "payments.menu": (show_menu, read_menu),
    "payments.wallet": (show_wallet, read_wallet),
    "payments.number": (show_number, read_number),
    "payments.claim": (show_claim, read_claim),
    "payments.claimed": (show_claimed, read_nothing),
    "payments.bank": (show_bank, read_nothing),
    "payments.receipts": (show_receipts, read_nothing),
    "payments.code": (show_code, read_code),
    "payments.checked": (show_checked, read_nothing),
    "payments.auto": (show_auto, read_auto),
    "payments.agree": (show_agree, read_agree),
    "payments.agreed": (show_agreed, read_nothing),
    "payments.stopped": (show_stopped, read_nothing),
}
