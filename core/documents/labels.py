"""Labels and sentences that stand on several papers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from core.documents.papers import Document, House, Party
from core.documents.sheet import Fact, Speaker, Words
from core.documents.speech import Free, rate
from core.languages import marked as _
from core.money import Money

TITLES: Final[Mapping[str, str]] = {
    "invoice": _("Invoice"),
    "credit_note": _("Credit note"),
    "debit_note": _("Debit note"),
    "statement": _("Statement of account"),
    "receipt": _("Receipt"),
}
SETTLED: Final[Mapping[str, str]] = {
    "payment": _("Payment"),
    "credit_note": _("Credit note {reference}"),
    "withholding": _("Tax withheld, certificate {reference}"),
    "write_off": _("Written off"),
    "taken_back": _("Payment taken back"),
}
PAGES: Final = _("Page {page} of {pages}")
AMOUNT: Final = _("Amount, SSP")
DATE: Final = _("Date")


def customer_facts(speak: Speaker, party: Party) -> tuple[Fact, ...]:
    """The customer, as papers name them. Who has no name yet is called by their account."""
    facts = [speak.fact(_("Customer"), Free(party.name), strong=True)] if party.name else []
    if party.address:
        facts.append(speak.fact(_("Address"), Free(party.address)))
    if party.tin:
        facts.append(speak.fact(_("Customer's TIN"), party.tin))
    if party.number:
        facts.append(speak.fact(_("Account"), party.number))
    return tuple(facts)


def tin_words(speak: Speaker, seller: Party) -> Words:
    """The seller's tax number."""
    return speak.say(_("TIN {tin}"), tin=seller.tin) if seller.tin else ()


def how_to_pay(speak: Speaker, house: House, account: str | None, document: str | None = None) -> tuple[Words, ...]:
    """What to dial, and what to say at the counter, under a heading."""
    ways = [speak.say(_("How to pay"))]
    ways.append(speak.say(_("By MTN MoMo: dial {dial} and choose your bill."), dial=house.service_code))
    if account and document:
        sentence = _("In cash at our office: say account {account} and invoice {invoice}.")
        ways.append(speak.say(sentence, account=account, invoice=document))
    elif account:
        ways.append(speak.say(_("In cash at our office: say account {account}."), account=account))
    if house.care_phone:
        ways.append(speak.say(_("Questions? Call {care}."), care=house.care_phone))
    return tuple(ways)


def rounding_words(speak: Speaker, rule: str, currency: str) -> Words:
    """How a document's amounts were rounded: `half_even_100` in a sentence. A rule we do not know stands as it is."""
    name, _line, step = rule.rpartition("_")
    if name != "half_even" or not step.isdecimal():
        return speak.say(_("Rounding: {rule}."), rule=rule)
    return speak.say(
        _("Rounding: each tax to the piaster, the total to {step}; halves to even."),
        step=Money(int(step), currency),
    )


def rate_words(speak: Speaker, document: Document) -> Words:
    """The exchange rate a document used, and where it is from."""
    used = document.rate
    if used is None:
        return ()
    return speak.say(
        _("Exchange rate: {one} = SSP {rate}, of {day}, source: {source}."),
        one=f"{used.currency} 1",
        rate=rate(used.rate_millionths),
        day=used.day,
        source=Free(used.source),
    )
