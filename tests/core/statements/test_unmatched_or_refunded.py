"""Money that is given back is not taken out of the books as well, and the other way round."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from core.errors import NotPossibleNow
from core.ledger.reverse import reverse
from core.payouts.ask_refund import ask_refund
from core.payouts.cancel_payout import cancel_payout
from core.statements.unmatch import unmatch
from tests.core.statements.bank import csv_of, row, ssp


@pytest.fixture
def credited(bank, town):
    """A transfer of Achol's, matched by its reference, and more on her balance besides: (match, receipt number)."""
    bank.imports(csv_of(row(800, f"SB{town.achol.number}")))
    town.give(town.achol, 5_000)
    (found,) = bank.rows(
        "SELECT m.id, r.number FROM line_match m JOIN receipt r ON r.id = m.receipt_id WHERE m.kind = 'receipt'"
    )
    return found.id, found.number


def refund(parts, town, number, key="refund"):
    with parts.db.transaction() as tx:
        return ask_refund(
            tx,
            request_key=key,
            receipt_number=number,
            amount=ssp(800),
            reason="paid twice",
            staff_id=town.staff["mary"],
            role="manager",
            platform=None,
            now=parts.clock.now(),
            ids=parts.ids,
        )


def test_what_is_being_refunded_is_not_unmatched_until_the_refund_is_given_up(bank, credited, parts, town):
    match, number = credited
    payout = refund(parts, town, number).payout_id
    bank.is_refused(NotPossibleNow, unmatch, match_id=match, why="wrong")
    with parts.db.transaction() as tx:
        cancel_payout(tx, payout_id=payout, staff_id=town.staff["mary"], role="manager", now=parts.clock.now())
    bank.does(unmatch, match_id=match, why="wrong")
    assert town.balance(town.achol).minor == 5_000_00


def test_what_was_unmatched_is_not_refunded(bank, credited, parts, town):
    match, number = credited
    bank.does(unmatch, match_id=match, why="wrong")
    with pytest.raises(NotPossibleNow):
        refund(parts, town, number)
    assert town.balance(town.achol).minor == 5_000_00


def test_the_database_refuses_both_around_the_code(bank, credited, parts, town):
    _match, number = credited
    refund(parts, town, number)
    (entry,) = bank.rows(f"SELECT entry_id FROM receipt WHERE number = '{number}'")
    with pytest.raises(IntegrityError, match="being refunded"), parts.db.transaction() as tx:
        reverse(tx, entry_id=entry.entry_id, now=parts.clock.now(), reason="around")
    with parts.db.transaction() as tx:
        tx.execute(text("UPDATE payout SET state = 'cancelled', ended_at = now()"))
        reverse(tx, entry_id=entry.entry_id, now=parts.clock.now(), reason="around")
    with pytest.raises(IntegrityError, match="not in the books"), parts.db.transaction() as tx:
        tx.execute(
            text(
                "INSERT INTO payout (reference, request_key, kind, rail, customer_id, receipt_id, amount_minor, currency, "
                "source, reason, state, needs_second, asked_at, asks) SELECT gen_random_uuid(), 'around', kind, rail, "
                "customer_id, receipt_id, amount_minor, currency, source, reason, 'waiting', false, asked_at, 0 FROM payout"
            )
        )
    with parts.db.transaction() as tx:  # the story ends with books that agree
        tx.execute(text("SELECT 1"))
