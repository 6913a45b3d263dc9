"""One movement of money is credited once, by whatever way it is heard of."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from core.errors import DoesNotFit, IdClaimed
from core.money import Money
from core.payments.evidence import Evidence
from core.payments.open_intent import open_intent
from core.payments.settle import settle
from core.payments.settle_by_hand import settle_by_hand
from core.statements.credit_line import credit_line
from core.statements.unmatch import unmatch
from tests.core.statements.bank import csv_of, row, ssp
from tests.town import ACHOL


def asked_for(parts, town, pounds=500):
    with parts.db.transaction() as tx:
        intent = open_intent(
            tx,
            request_key="k",
            customer=town.achol,
            payer_phone=ACHOL,
            amount=Money.of(pounds, "SSP"),
            purpose="topup",
            purpose_body={},
            platform="p",
            now=parts.clock.now(),
            ids=parts.ids,
        ).intent_id
        reference = tx.execute(text("SELECT reference FROM payment_intent")).scalar_one()
    return intent, str(reference)


def paid(parts, intent, number="9001"):
    with parts.db.transaction() as tx:
        settle(
            tx,
            intent_id=intent,
            provider_reference=number,
            now=parts.clock.now(),
            why={},
            fulfil={"topup": lambda *_facts: None},
        )


def test_a_line_of_a_payment_that_the_machine_has_credited_since_is_no_persons(bank, parts, town):
    bank.imports(csv_of(row(500, "who", ref="9001")), "mtn-momo")
    intent, _reference = asked_for(parts, town)
    paid(parts, intent)
    line = bank.line("who")
    bank.is_refused(
        DoesNotFit, credit_line, line_id=line, customer_id=town.achol.customer_id, amount=None, why="they paid"
    )
    assert town.balance(town.achol) == ssp(500)
    with pytest.raises(IntegrityError, match="of one line"), parts.db.transaction() as tx:
        tx.execute(
            text(
                "INSERT INTO receipt (number, customer_id, entry_id, provider, provider_reference, part, "
                "statement_line_id, amount_minor, currency, received_at) SELECT 'x', customer_id, entry_id, provider, "
                "provider_reference, 2, :line, 1, 'SSP', received_at FROM receipt"
            ),
            {"line": line},
        )


def test_money_that_came_otherwise_is_credited_from_the_statement_once_a_person_has_ended_the_payment(
    bank, parts, town
):
    intent, reference = asked_for(parts, town)
    with parts.db.transaction() as tx:
        move = "INSERT INTO payment_intent_move (intent_id, from_state, to_state, at, why)"
        tx.execute(text(f"{move} SELECT id, 'created', 'unknown', now(), '{{}}' FROM payment_intent"))
        tx.execute(text("UPDATE payment_intent SET state = 'unknown', reason = 'amount_differs', ended_at = now()"))
    bank.imports(csv_of(row(400, "who", ref="9001", payer=reference)), "mtn-momo")
    values = {"line_id": bank.line("who"), "customer_id": town.achol.customer_id, "amount": None, "why": "400 came"}
    bank.is_refused(DoesNotFit, credit_line, **values)
    with parts.db.transaction() as tx:
        settle_by_hand(
            tx,
            intent_id=intent,
            outcome="refused",
            provider_reference="",
            evidence=Evidence("400 came, not 500: see the statement"),
            staff_id=town.staff["mary"],
            now=parts.clock.now(),
            fulfil={},
            code="*384*77#",
        )
    bank.does(credit_line, **values)
    assert town.balance(town.achol) == ssp(400)


def test_who_claimed_wrongly_is_not_credited_by_claiming_again(bank, parts, town):
    bank.imports(csv_of(row(500, ref="TX123456")), "gurush")
    assert bank.claims(town.achol, "TX123456").state == "credited"
    (match,) = bank.rows("SELECT id FROM line_match WHERE receipt_id IS NOT NULL")
    bank.does(unmatch, match_id=match.id, why="it was Deng who paid")
    with pytest.raises(IdClaimed):
        bank.claims(town.achol, "tx 123456")
    assert town.balance(town.achol) == ssp(0)
    assert bank.claims(town.deng, "TX123456").state == "credited"
    assert town.balance(town.deng) == ssp(500)
