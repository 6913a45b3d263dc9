"""A receipt as a sheet: half a page."""

from __future__ import annotations

from core.clock import JUBA
from core.documents.labels import PAGES, TITLES, customer_facts, tin_words
from core.documents.papers import House, PaidReceipt
from core.documents.sheet import Fact, PaperLanguage, Row, Sheet, Speaker, seller_lines
from core.documents.speech import Free
from core.languages import marked as _
from core.phones import national


def receipt_sheet(receipt: PaidReceipt, language: PaperLanguage, house: House) -> Sheet:
    """What came, from whom, by what, when, and who took it."""
    speak = Speaker(language, [receipt.amount])
    return Sheet(
        paper="a5",
        languages=speak.languages,
        title=speak.say(TITLES["receipt"]),
        number=receipt.number,
        mark=speak.say(_("Taken back: not good any more")) if receipt.voided else (),
        seller=seller_lines(house.party),
        tin=tin_words(speak, house.party),
        buyer=customer_facts(speak, receipt.customer),
        facts=_facts(speak, receipt),
        tables=(),
        sums=(Row(speak.say(_("Received, SSP")), (speak.figure(receipt.amount),), strong=True),),
        after=(),
        pay=(),
        notes=(speak.say(_("Thank you.")),),
        pages=speak.say(PAGES, page=Free("{page}"), pages=Free("{pages}")),
    )


def _facts(speak: Speaker, receipt: PaidReceipt) -> tuple[Fact, ...]:
    at = receipt.received_at.astimezone(JUBA).strftime("%d/%m/%Y %H:%M")
    by = _("in cash") if receipt.provider == "cash" else _("by MoMo")
    facts = [speak.fact(_("Date"), at), Fact(speak.say(_("Paid")), speak.say(by))]
    if receipt.phone:
        facts.append(speak.fact(_("Phone"), national(receipt.phone)))
    if receipt.reference:
        facts.append(speak.fact(_("Reference"), receipt.reference))
    if receipt.drawer_number:
        facts.append(speak.fact(_("Number in the drawer"), receipt.drawer_number))
    if receipt.check_code:
        facts.append(speak.fact(_("Code to check it by"), receipt.check_code))
    if receipt.staff:
        facts.append(speak.fact(_("Received by"), Free(receipt.staff)))
    return tuple(facts)
