"""What a line is: by itself where that is certain, by a person else; in parts, and taken back."""

import threading
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from core.cash.bank_cash import bank_cash, bring_from_bank
from core.catalog.set_exchange_rate import set_exchange_rate
from core.errors import (
    AboveWhatIsLeft,
    DoesNotFit,
    InsufficientBalance,
    KeyReused,
    NoExchangeRate,
    NotPossibleNow,
    ReasonMissing,
    Refusal,
)
from core.ids import payment_reference
from core.statements.accounts import AccountWords, NewAccount, open_money_account, set_mapping
from core.statements.credit_line import credit_line
from core.statements.explain_line import explain_line
from core.statements.mapping import CsvMapping
from core.statements.match_line import match_known, match_other
from core.statements.queries import line_shown, open_lines
from core.statements.references import said_in
from core.statements.unmatch import unmatch
from tests.core.statements.bank import COLUMNS, csv_of, row, ssp
from tests.town import count, everything_agrees, texts_to


def suggestions(bank, details):
    with bank.parts.db.reading() as connection:
        shown = line_shown(connection, bank.line(details), bank.bills)
    return [(guess.why, guess.certain, guess.label) for guess in shown.guesses]


@pytest.mark.parametrize(
    "written", ["SB{n}", "sb {n} thanks", "ref:SB-{n}", "for S B {n}/november", "SB {a}", "SB{s}", "{n}", " {n}. "]
)
def test_a_reference_is_found_however_people_write_it(written, town):
    number = town.achol.number
    spaced = f"{number[:3]} {number[3:]}"
    arabic = number.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
    assert number in said_in(written.format(n=number, s=spaced, a=arabic)).references


@pytest.mark.parametrize("written", ["SB{w}", "CASB{n}", "{w}", "SB{n}7"])
def test_a_number_copied_wrong_names_nobody(written, town):
    number = town.achol.number
    wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
    assert number not in said_in(written.format(n=number, w=wrong)).references


def test_a_number_among_others_in_a_text_is_only_suggested(bank, town):
    bank.imports(csv_of(row(100, f"cheque {town.achol.number} of mary")))
    assert town.balance(town.achol).minor == 0
    assert [one[:2] for one in suggestions(bank, f"cheque {town.achol.number} of mary")] == [("number_in_text", False)]


def test_two_references_in_one_line_are_for_a_person(bank, town):
    words = f"{payment_reference(town.achol.number)} and {payment_reference(town.deng.number)}"
    assert bank.imports(csv_of(row(100, words))).matched == 0
    assert {one[0] for one in suggestions(bank, words)} == {"reference"}


def test_the_number_of_a_bill_counts_when_the_amount_is_what_is_due(bank, provider, town):
    provider.begins("HOME", town.achol)
    provider.on("2026-12-01")
    provider.bills()
    (bill,) = [one for one in provider.invoices(town.achol) if one.due]
    assert bank.imports(csv_of(row(bill.due, f"pays {bill.number}", day="30/11/2026"))).matched == 1
    assert not [one for one in provider.invoices(town.achol) if one.due]
    provider.agrees()


def test_money_by_the_bank_settles_bills_and_puts_the_service_on_again(bank, provider, town):
    provider.pays(40_000)
    service = provider.begins("PREHOME", town.achol)
    provider.on("2026-12-01")
    provider.bills()
    assert provider.service(service).suspended_for == "lapsed"
    bank.imports(csv_of(row(50_000, payment_reference(town.achol.number), day="01/12/2026")))
    assert provider.service(service).state == "active"
    assert "service_back" in [template for template, _text in texts_to(bank.parts, town.achol.main_phone)]
    provider.agrees()


def test_phone_and_name_with_amount_are_suggestions_with_their_reasons(bank, provider, town):
    provider.begins("HOME", town.achol)
    provider.on("2026-12-01")
    provider.bills()
    (bill,) = [one for one in provider.invoices(town.achol) if one.due]
    bank.imports(
        csv_of(
            row(bill.due, "one", payer="Achol", day="01/12/2026"),
            row(5, "two", phone=town.deng.main_phone, day="01/12/2026"),
        )
    )
    assert [one[0] for one in suggestions(bank, "one")] == ["name_and_amount"]
    assert [one[0] for one in suggestions(bank, "two")] == ["phone"]


def test_a_person_credits_a_line_and_suspense_is_empty_again(bank, town, parts):
    bank.imports(csv_of(row(800, "who is it")))
    matched = bank.does(
        credit_line, line_id=bank.line("who is it"), customer_id=town.deng.customer_id, amount=None, why="he called"
    )
    assert matched.receipt_number
    assert town.balance(town.deng).minor == 800_00
    assert bank.stands("suspense:eco") == 0
    assert bank.stands("bank:eco") == -800_00
    everything_agrees(parts)


def test_a_line_is_split_between_two_and_never_beyond_what_it_is(bank, town, parts):
    bank.imports(csv_of(row(800, "for both")))
    line = bank.line("for both")
    for who, pounds in ((town.achol, 300), (town.deng, 500)):
        bank.does(credit_line, line_id=line, customer_id=who.customer_id, amount=ssp(pounds), why="letter")
    refusal = bank.is_refused(
        AboveWhatIsLeft, credit_line, line_id=line, customer_id=town.deng.customer_id, amount=ssp(1), why="more"
    )
    assert refusal.left == ssp(0)
    assert [one.part for one in bank.rows("SELECT part FROM receipt ORDER BY id")] == [1, 2]
    everything_agrees(parts)


def test_a_form_sent_twice_credits_once_and_with_other_contents_not_at_all(bank, town):
    bank.imports(csv_of(row(800, "who")))
    values = {"line_id": bank.line("who"), "customer_id": town.achol.customer_id, "amount": ssp(100), "why": "x"}
    first = bank.does(credit_line, request_key="form", **values)
    again = bank.does(credit_line, request_key="form", **values)
    assert (again.receipt_number, again.again) == (first.receipt_number, True)
    assert town.balance(town.achol).minor == 100_00
    bank.is_refused(KeyReused, credit_line, request_key="form", **(values | {"amount": ssp(200)}))
    bank.is_refused(KeyReused, credit_line, request_key="form", **(values | {"customer_id": town.deng.customer_id}))


def test_a_wrong_match_is_taken_back_with_a_reason_and_credited_to_who_paid(bank, town, parts):
    bank.imports(csv_of(row(800, payment_reference(town.achol.number))))
    ((match,),) = bank.rows("SELECT id FROM line_match")
    bank.is_refused(ReasonMissing, unmatch, match_id=match, why=" ")
    bank.does(unmatch, match_id=match, why="it was Deng's")
    assert town.balance(town.achol).minor == 0
    assert bank.stands("suspense:eco") == 800_00
    everything_agrees(parts)
    bank.is_refused(NotPossibleNow, unmatch, match_id=match, why="again")
    ((line,),) = bank.rows("SELECT id FROM statement_line")
    bank.does(credit_line, line_id=line, customer_id=town.deng.customer_id, amount=None, why="letter")
    assert town.balance(town.deng).minor == 800_00
    assert bank.stands("bank:eco") == -800_00
    everything_agrees(parts)


def test_money_that_was_spent_is_not_taken_back(bank, provider, town):
    provider.begins("HOME", town.achol)
    provider.on("2026-12-01")
    provider.bills()
    bank.imports(csv_of(row(36_000, payment_reference(town.achol.number), day="01/12/2026")))
    ((match,),) = bank.rows("SELECT id FROM line_match")
    bank.is_refused(InsufficientBalance, unmatch, match_id=match, why="wrong")
    provider.agrees()


def test_fees_and_our_own_movements_leave_suspense_for_their_place(bank, town, parts):
    bank.imports(csv_of(row(-40, "ledger fee"), row(-500, "to m-gurush"), row(7, "interest")))
    bank.does(match_other, line_id=bank.line("ledger fee"), what="fee", amount=None, why="")
    bank.is_refused(DoesNotFit, match_other, line_id=bank.line("interest"), what="gift", amount=None, why="x")
    bank.is_refused(ReasonMissing, match_other, line_id=bank.line("interest"), what="interest", amount=None, why="")
    bank.does(match_other, line_id=bank.line("interest"), what="interest", amount=None, why="november")
    bank.does(match_other, line_id=bank.line("to m-gurush"), what="own", amount=None, why="sweep")
    bank.imports(csv_of(row(500, ref="SWEEP1")), "gurush")
    bank.does(match_other, line_id=bank.line("SWEEP1"), what="own", amount=None, why="sweep")
    assert [bank.stands(code) for code in ("suspense:eco", "suspense:out:eco", "suspense:gurush", "transit:own")] == [
        0
    ] * 4
    assert bank.stands("fees:eco") == -40_00
    assert bank.stands("sales:interest") == 7_00
    everything_agrees(parts)


def test_money_that_went_is_no_customers(bank, town):
    bank.imports(csv_of(row(-40, "went")))
    bank.is_refused(
        DoesNotFit, credit_line, line_id=bank.line("went"), customer_id=town.achol.customer_id, amount=None, why="x"
    )


def banked(bank, slip, pounds):
    """Cash over the counter, taken to the bank; the move's id."""
    bank.town.give(bank.town.deng, pounds, key=slip)
    ((drawer,),) = bank.rows(
        "SELECT d.id FROM cash_drawer d JOIN ledger_account a ON a.code = 'cash:' || d.code || '\\:SSP'"
        " WHERE a.balance_minor < 0"
    )
    return bank.does(
        bank_cash, request_key=slip, drawer_id=drawer, bank_code="eco", amount=ssp(pounds), slip=slip, role="manager"
    ).move_id


def test_cash_that_was_banked_is_found_by_its_slip(bank, parts):
    banked(bank, "DEP-77", 5000)
    assert bank.imports(csv_of(row(5000, "cash deposit DEP-77"))).matched == 1
    assert bank.stands("transit:eco") == 0
    assert bank.stands("bank:eco") == -5000_00
    everything_agrees(parts)


def test_several_lines_are_one_deposit_and_never_more_than_it(bank, parts):
    move = banked(bank, "DEP-78", 5000)
    bank.imports(csv_of(row(2000, "first bag"), row(3000, "second bag"), row(1, "third")))
    for details in ("first bag", "second bag"):
        bank.does(match_known, line_id=bank.line(details), kind="banked", target=move, amount=None, why="two bags")
    bank.is_refused(
        AboveWhatIsLeft, match_known, line_id=bank.line("third"), kind="banked", target=move, amount=None, why="x"
    )
    assert bank.stands("transit:eco") == 0
    everything_agrees(parts)


def test_notes_brought_from_the_bank_are_found_too(bank, parts):
    bank.town.give(bank.town.deng, 100)
    ((drawer,),) = bank.rows("SELECT id FROM cash_drawer WHERE code = 'counter'")
    bank.does(bring_from_bank, drawer_id=drawer, bank_code="eco", amount=ssp(900), slip="CHQ-5", role="manager")
    assert bank.imports(csv_of(row(-900, "cheque CHQ-5 cash"))).matched == 1
    assert bank.stands("transit:eco") == 0
    everything_agrees(parts)


def test_same_amount_within_days_is_suggested_as_banked_cash(bank):
    banked(bank, "DEP-79", 5000)
    bank.imports(csv_of(row(5000, "counter deposit")))
    assert [one[0] for one in suggestions(bank, "counter deposit")] == ["amount_and_day"]


def test_a_line_whose_money_is_on_suspense_is_not_explained_away(bank):
    bank.imports(csv_of(row(5, "x")))
    bank.is_refused(NotPossibleNow, explain_line, line_id=bank.line("x"), why="never mind")


def test_open_lines_are_listed_with_their_age(bank):
    bank.imports(csv_of(row(5, "older", day="01/11/2026"), row(6, "newer")))
    with bank.parts.db.reading() as connection:
        shown = open_lines(connection, None)
    assert [(one.details, one.days_old(bank.clock.now())) for one in shown] == [("older", 22), ("newer", 3)]


def test_dollars_at_the_bank_become_pounds_at_the_rate_of_their_day(bank, town, parts):
    with parts.db.transaction() as tx:
        account = open_money_account(
            tx, NewAccount("usd", "bank", "USD", AccountWords("Eco dollars")), now=bank.clock.now()
        )
        set_mapping(tx, account, CsvMapping(columns=COLUMNS))
    bank.ids["usd"] = account
    assert bank.imports(csv_of(row(100, payment_reference(town.achol.number))), "usd").matched == 0
    line = bank.line(payment_reference(town.achol.number))
    values = {"line_id": line, "customer_id": town.achol.customer_id, "amount": None, "why": "NGO"}
    bank.is_refused(NoExchangeRate, credit_line, **values)
    bank.does(
        set_exchange_rate, day=date(2026, 11, 20), currency="USD", rate=Decimal("3000.50"), source="Bank of South Sudan"
    )
    bank.does(credit_line, **values)
    assert town.balance(town.achol).minor == 300_050_00
    assert bank.stands("bank:usd", "USD") == -100_00
    assert bank.stands("suspense:usd", "USD") == 0
    everything_agrees(parts)


def test_two_people_at_one_line_credit_it_once(bank, town, parts):
    bank.imports(csv_of(row(800, "both want it")))
    line, outcomes = bank.line("both want it"), []

    def credit(who, key):
        try:
            bank.does(credit_line, request_key=key, line_id=line, customer_id=who.customer_id, amount=ssp(800), why=key)
            outcomes.append("credited")
        except Refusal as refusal:
            outcomes.append(type(refusal).__name__)

    threads = [
        threading.Thread(target=credit, args=(who, key)) for who, key in ((town.achol, "one"), (town.deng, "two"))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["AboveWhatIsLeft", "credited"]
    assert town.balance(town.achol).minor + town.balance(town.deng).minor == 800_00
    everything_agrees(parts)


@pytest.mark.parametrize(
    "around",
    [
        "UPDATE statement_line SET amount_minor = 5",
        "UPDATE statement_line SET matched_minor = 0",
        "DELETE FROM statement_line",
        "UPDATE line_match SET amount_minor = 1",
        "DELETE FROM line_match",
        "INSERT INTO line_match (line_id, kind, amount_minor, why, at) SELECT id, 'fee', 1, 'x', now() FROM statement_line",
        """INSERT INTO line_match (line_id, kind, amount_minor, why, at, undoes_id)
           SELECT line_id, 'fee', amount_minor, 'x', now(), id FROM line_match""",
        "UPDATE money_account SET ledger_code = 'bank:mine'",
        """INSERT INTO statement_line (import_id, account_id, number, booked_on, amount_minor, currency, fingerprint,
             matched_minor) SELECT import_id, account_id, 9, booked_on, amount_minor, currency, fingerprint, 0
           FROM statement_line""",
    ],
)
def test_the_database_itself_refuses(bank, town, parts, around):
    bank.imports(csv_of(row(800, payment_reference(town.achol.number))))
    with pytest.raises(DBAPIError), parts.db.transaction() as tx:
        tx.execute(text(around))
    assert count(parts, "line_match") == 1
