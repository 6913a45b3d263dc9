"""A statement of account as a sheet."""

from __future__ import annotations

from typing import Final

from core.days import day_said
from core.documents.labels import DATE, PAGES, TITLES, customer_facts, how_to_pay, tin_words
from core.documents.papers import House, Statement
from core.documents.sheet import Grid, PaperLanguage, Row, Sheet, Speaker, seller_lines
from core.documents.speech import Free
from core.languages import marked as _
from core.money import Money

_OWES: Final = _("You owe")


def statement_sheet(statement: Statement, language: PaperLanguage, house: House) -> Sheet:
    """The opening balance, every movement, and what is owed and had at the end."""
    amounts = [movement.amount for movement in statement.movements]
    speak = Speaker(language, [*amounts, statement.opening, statement.owed, statement.have, statement.deposit])
    return Sheet(
        paper="a4",
        languages=speak.languages,
        title=speak.say(TITLES["statement"]),
        number=statement.customer.number or "",
        mark=(),
        seller=seller_lines(house.party),
        tin=tin_words(speak, house.party),
        buyer=customer_facts(speak, statement.customer),
        facts=(
            speak.fact(_("First day"), statement.first),
            speak.fact(_("Last day"), statement.last),
        ),
        tables=(_movements(speak, statement),),
        sums=_sums(speak, statement),
        after=(),
        pay=how_to_pay(speak, house, statement.customer.number) if statement.owed else (),
        notes=(
            speak.say(
                _("Amounts are in South Sudanese pounds (SSP). A minus in the last column: you have money with us.")
            ),
        ),
        pages=speak.say(PAGES, page=Free("{page}"), pages=Free("{pages}")),
    )


def _movements(speak: Speaker, statement: Statement) -> Grid:
    opening = Row(
        speak.say(_("Opening balance")), ("", "", speak.figure(statement.opening)), day_said(statement.first), (), True
    )
    closing = Row(
        speak.say(_("Closing balance")), ("", "", speak.figure(statement.closing)), day_said(statement.last), (), True
    )
    return Grid(
        lead=speak.say(DATE),
        head=speak.say(_("What happened")),
        figures=(speak.say(_("Billed")), speak.say(_("Paid or credited")), speak.say(_OWES)),
        rows=(
            opening,
            *(
                Row(
                    words=tuple(movement.words(language) for language in speak.languages),
                    figures=(
                        speak.figure(movement.debit),
                        speak.figure(movement.credit),
                        speak.figure(movement.owes),
                    ),
                    lead=day_said(movement.day),
                )
                for movement in statement.movements
            ),
            closing,
        ),
    )


def _sums(speak: Speaker, statement: Statement) -> tuple[Row, ...]:
    def line(original: str, money: Money, *, strong: bool = False) -> Row:
        return Row(speak.say(original), (speak.figure(money),), strong=strong)

    sums = [line(_("You owe on invoices, SSP"), statement.owed, strong=bool(statement.owed))]
    sums.append(line(_("You have on your balance, SSP"), statement.have))
    if statement.deposit:
        sums.append(line(_("Deposit we hold for you, SSP"), statement.deposit))
    return tuple(sums)
