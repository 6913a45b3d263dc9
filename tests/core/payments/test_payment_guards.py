"""What the database refuses of payments and receipts, whoever writes: each story goes around the code."""

from __future__ import annotations

import itertools

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from core.integrity import all_faults
from core.parts import Parts
from core.payments.states import MOVES
from tests.core.payments.desk import Desk
from tests.town import Town


def go_around(parts: Parts, statement: str) -> None:
    """Write past the code, as a mistaken hand would."""
    with parts.db.transaction() as tx:
        assert tx.execute(text(statement)).rowcount


@pytest.fixture
def three(momo: Desk) -> Desk:
    """A paid, a refused and a submitted payment."""
    for decision in ("approve", "reject", None):
        momo.open(500)
        momo.request()
        if decision:
            momo.decide(decision)
            momo.later(seconds=5)
    assert [momo.state(number) for number in (1, 2, 3)] == ["paid", "refused", "submitted"]
    return momo


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("UPDATE payment_intent SET state = 'submitted', ended_at = NULL WHERE state = 'refused'", "does not go from"),
        ("UPDATE payment_intent SET state = 'created' WHERE state = 'submitted'", "does not go from"),
        ("UPDATE payment_intent SET state = 'refused' WHERE state = 'paid'", "stays paid"),
        ("UPDATE payment_intent SET state = 'paid', ended_at = now() WHERE state = 'submitted'", "has no receipt"),
        ("UPDATE payment_intent SET provider_reference = 'x' WHERE state = 'paid'", "under the same number"),
        ("UPDATE payment_intent SET platform = 'x'", "keeps its terms"),
        (
            """INSERT INTO payment_intent (reference, request_key, rail, platform, customer_id, payer_phone, amount_minor,
                   currency, purpose, purpose_body, state, created_at, ended_at, asks)
               SELECT gen_random_uuid(), 'around', rail, platform, customer_id, payer_phone, amount_minor, currency,
                   purpose, purpose_body, 'paid', created_at, ended_at, asks FROM payment_intent WHERE state = 'paid'""",
            "has no receipt",
        ),
        (
            """INSERT INTO receipt (number, customer_id, entry_id, provider, provider_reference, amount_minor, currency,
                   received_at)
               SELECT '999', customer_id, entry_id, 'mtn-momo', 'around', 50000, 'SSP', received_at FROM receipt""",
            "provider_has_its_source",
        ),
        (
            """INSERT INTO receipt (number, customer_id, intent_id, entry_id, provider, provider_reference, staff_id,
                   amount_minor, currency, received_at)
               SELECT '999', customer_id, intent_id, entry_id, 'cash', 'around', (SELECT min(id) FROM staff_member),
                   50000, 'SSP', received_at FROM receipt""",
            "provider_has_its_source",
        ),
    ],
)
def test_the_database_refuses_what_no_payment_does(three: Desk, parts: Parts, statement: str, why: str) -> None:
    with pytest.raises(DBAPIError, match=why):
        go_around(parts, statement)


PAIRS = [(old, new) for old, new in itertools.product(MOVES, MOVES) if old != new]


@pytest.mark.parametrize(("old", "new"), PAIRS)
def test_the_database_knows_the_same_moves_as_the_code(momo: Desk, parts: Parts, old: str, new: str) -> None:
    intent = momo.open()
    ended = "CASE WHEN CAST(:to AS text) IN ('created', 'submitted') THEN NULL ELSE created_at END"
    move = text(f"UPDATE payment_intent SET state = :to, ended_at = {ended} WHERE id = :id")
    taken = True
    with (
        parts.db.engine.connect() as connection,
        connection.begin() as undone,
    ):  # no receipt is looked for before commit
        if old != "created":
            connection.execute(move, {"to": old, "id": intent})
        try:
            connection.execute(move, {"to": new, "id": intent})
        except DBAPIError:
            taken = False
        undone.rollback()
    assert taken == (new in MOVES[old])


def test_cash_in_the_books_without_a_receipt_of_that_amount_is_found(town: Town, parts: Parts) -> None:
    town.give(town.achol, 500)
    with parts.db.transaction() as tx:
        tx.execute(text("ALTER TABLE receipt DISABLE TRIGGER receipt_never_changed"))
        tx.execute(text("UPDATE receipt SET amount_minor = amount_minor - 100"))
        found = all_faults(tx.connection, parts.clock.now())
        assert "what came in cash is what the receipts say: the books say 50000 in SSP, the receipts 49900" in found
        tx.connection.get_transaction().rollback()


def test_a_balance_raised_by_an_entry_of_no_kind_we_know_is_found(town: Town, parts: Parts) -> None:
    with parts.db.transaction() as tx:
        entry = tx.execute(
            text("""INSERT INTO ledger_entry (key, kind, occurred_at, recorded_at, legs, body_hash, memo)
                    VALUES ('gift', 'present_for_a_cousin', now(), now(), 2, '', '{}') RETURNING id""")
        ).scalar_one()
        tx.execute(
            text("""INSERT INTO ledger_account (code, kind, currency, keeps_balance, balance_minor)
                    VALUES ('opening:SSP', 'asset', 'SSP', false, 0)""")
        )
        tx.execute(
            text("""INSERT INTO ledger_posting (entry_id, account_id, currency, amount_minor)
                    SELECT :entry, id, 'SSP', CASE code WHEN 'opening:SSP' THEN -500 ELSE 500 END FROM ledger_account
                    WHERE id = :wallet OR code = 'opening:SSP'"""),
            {"entry": entry, "wallet": town.achol.wallet_id},
        )
    with parts.db.reading() as connection:
        (fault,) = all_faults(connection, parts.clock.now())
    assert fault.startswith(f"every balance was raised by something we know: customer {town.achol.number} by entry")


def test_a_customer_with_the_wallet_of_another_is_found(town: Town, parts: Parts) -> None:
    with parts.db.transaction() as tx:
        tx.execute(
            text("UPDATE customer SET wallet_id = :theirs WHERE id = :id"),
            {"theirs": stray_wallet(parts, town), "id": town.achol.customer_id},
        )
    with parts.db.reading() as connection:
        found = all_faults(connection, parts.clock.now())
    assert found == [
        f"every customer has the wallet of their number: customer {town.achol.number} has wallet:{town.deng.number}9:SSP"
    ]


def stray_wallet(parts: Parts, town: Town) -> int:
    with parts.db.transaction() as tx:
        return int(
            tx.execute(
                text("""INSERT INTO ledger_account (code, kind, currency, keeps_balance, balance_minor, floor_minor)
                        VALUES ('wallet:' || :number || '9:SSP', 'liability', 'SSP', true, 0, 0) RETURNING id"""),
                {"number": town.deng.number},
            ).scalar_one()
        )
