"""An invoice, a credit note or a debit note as a sheet."""

from __future__ import annotations

from core.days import Period, day_said
from core.documents.labels import (
    AMOUNT,
    DATE,
    PAGES,
    SETTLED,
    TITLES,
    customer_facts,
    how_to_pay,
    rate_words,
    rounding_words,
    tin_words,
)
from core.documents.papers import Document, DocumentLine, DocumentTax, House
from core.documents.sheet import Fact, Grid, PaperLanguage, Row, Sheet, Speaker, Words, seller_lines
from core.documents.speech import Free, percent
from core.languages import marked as _


def document_sheet(document: Document, language: PaperLanguage, house: House) -> Sheet:
    """All of it: who, what for, by which taxes, what of it is settled, and how to pay the rest."""
    amounts = [line.amount for line in document.lines] + [part.amount for part in document.settled]
    for tax in document.taxes:
        amounts += [tax.base, tax.amount]
    speak = Speaker(language, [*amounts, document.net, document.tax, document.total])
    settled = _settled(speak, document)
    is_paid = document.due is not None and not document.due
    return Sheet(
        paper="a4",
        languages=speak.languages,
        title=speak.say(TITLES[document.kind]),
        number=document.number,
        mark=speak.say(_("Paid in full")) if is_paid else (),
        seller=seller_lines(document.seller),
        tin=tin_words(speak, document.seller),
        buyer=customer_facts(speak, document.buyer),
        facts=_facts(speak, document),
        tables=tuple(table for table in (_lines(speak, document), _taxes(speak, document)) if table.rows),
        sums=_sums(speak, document),
        after=(settled,) if settled.rows else (),
        pay=how_to_pay(speak, house, document.buyer.number, document.number) if document.due else (),
        notes=tuple(note for note in _notes(speak, document) if note),
        pages=speak.say(PAGES, page=Free("{page}"), pages=Free("{pages}")),
    )


def _facts(speak: Speaker, document: Document) -> tuple[Fact, ...]:
    facts = [speak.fact(_("Issued on"), document.issued_on)]
    if document.due is not None:
        facts.append(speak.fact(_("To be paid by"), document.due_on, strong=bool(document.due)))
    if document.corrects:
        facts.append(speak.fact(_("Corrects"), document.corrects))
    if document.reason:
        facts.append(speak.fact(_("Reason"), Free(document.reason)))
    if document.service:
        facts.append(speak.fact(_("Service"), document.service.number))
        facts.append(speak.fact(_("Place"), Free(document.service.place)))
    if document.period:
        facts.append(speak.fact(_("First day"), document.period.first))
        facts.append(speak.fact(_("Last day"), document.period.last))
    return tuple(facts)


def _lines(speak: Speaker, document: Document) -> Grid:
    return Grid(
        lead=speak.same("#"),
        head=speak.say(_("What for")),
        figures=(speak.say(AMOUNT),),
        rows=tuple(
            Row(
                words=tuple(line.words(language) for language in speak.languages),
                figures=(speak.figure(line.amount),),
                lead=str(position),
                note=_days(speak, line, document.period),
            )
            for position, line in enumerate(document.lines, 1)
        ),
    )


def _days(speak: Speaker, line: DocumentLine, period: Period | None) -> Words:
    """The days of a line, where they are others than the document's."""
    if line.days is None or line.days == period:
        return ()
    return speak.say(_("{first} to {last}"), first=line.days.first, last=line.days.last)


def _taxes(speak: Speaker, document: Document) -> Grid:
    return Grid(
        lead=(),
        head=speak.say(_("Tax")),
        figures=(speak.say(_("Tax rate")), speak.say(_("On the amount")), speak.say(AMOUNT)),
        rows=tuple(
            Row(
                words=tuple(tax.name(language) for language in speak.languages),
                figures=(percent(tax.rate_millionths), speak.figure(tax.base), speak.figure(tax.charged)),
                note=_tax_note(speak, tax),
            )
            for tax in document.taxes
        ),
    )


def _tax_note(speak: Speaker, tax: DocumentTax) -> Words:
    if tax.exemption is not None:
        return speak.say(
            _("Not charged, {amount}: exempt, certificate {certificate}"),
            amount=tax.amount,
            certificate=tax.exemption,
        )
    if tax.inclusive:
        return speak.say(_("Held in the prices above"))
    return speak.say(_("On the net amount and the taxes before it")) if tax.compound else ()


def _sums(speak: Speaker, document: Document) -> tuple[Row, ...]:
    def line(original: str, figure: str, *, strong: bool = False) -> Row:
        return Row(speak.say(original), (figure,), strong=strong)

    sums = []
    if document.taxes or document.rounding:
        sums.append(line(_("Net, without tax"), speak.figure(document.net)))
        sums.append(line(_("Tax"), speak.figure(document.tax)))
    if document.rounding:
        sums.append(line(_("Rounding"), speak.figure(document.rounding)))
    if document.due is None:
        return (*sums, line(_("Total credited, SSP"), speak.figure(document.total), strong=True))
    sums.append(line(_("Total, SSP"), speak.figure(document.total), strong=True))
    if document.settled:
        sums.append(line(_("Settled"), speak.figure(document.due - document.total)))
        sums.append(line(_("Still to pay, SSP"), speak.figure(document.due), strong=True))
    return tuple(sums)


def _settled(speak: Speaker, document: Document) -> Grid:
    return Grid(
        lead=speak.say(DATE),
        head=speak.say(_("Settled by")),
        figures=(speak.say(AMOUNT),),
        rows=tuple(
            Row(
                words=speak.say(SETTLED[part.kind], reference=part.reference or ""),
                figures=(speak.figure(part.amount),),
                lead=day_said(part.day),
            )
            for part in document.settled
        ),
    )


def _notes(speak: Speaker, document: Document) -> tuple[Words, ...]:
    return (
        rate_words(speak, document),
        rounding_words(speak, document.rounding_rule, document.total.currency),
    )
