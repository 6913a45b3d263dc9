"""A customer sends in the id of a payment to a wallet without a machine of ours."""

import threading
from datetime import date

import pytest
from psycopg2 import errors as pg
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from core.errors import (
    AmountOutOfRange,
    CustomerNotActive,
    IdClaimed,
    InvalidTransactionId,
    KeyReused,
    NotFound,
    NotPossibleNow,
    ReasonMissing,
    Refusal,
    TooManyTries,
)
from core.statements.accounts import close_money_account, open_wallets
from core.statements.claim_payment import CLAIMS_A_DAY_MAX, CLAIMS_AN_HOUR_MAX, claims_of
from core.statements.decide_claim import Seen, credit_claim, refuse_claim
from core.statements.unmatch import unmatch
from tests.core.statements.bank import csv_of, row, ssp
from tests.town import count, everything_agrees, texts_to


def told(bank, who):
    return [template for template, _text in texts_to(bank.parts, who.main_phone)]


def test_an_id_waits_until_the_statement_comes_and_is_credited_by_itself(bank, town, parts):
    claimed = bank.claims(town.achol, " tx-123 456 ", said=500)
    assert (claimed.state, claimed.reference, claimed.again) == ("waiting", "TX-123456", False)
    assert told(bank, town.achol) == ["claim_heard"]
    assert bank.imports(csv_of(row(500, ref="tx-123456", phone=town.achol.main_phone)), "gurush").matched == 1
    assert town.balance(town.achol).minor == 500_00
    assert told(bank, town.achol) == ["claim_heard", "bank_paid"]
    with parts.db.reading() as connection:
        assert [(one.reference, one.state) for one in claims_of(connection, town.achol.customer_id)] == [
            ("TX-123456", "credited")
        ]
    everything_agrees(parts)


def test_an_id_that_the_statement_tells_of_already_is_credited_at_once(bank, town, parts):
    bank.imports(csv_of(row(500, ref="TX123456")), "gurush")
    claimed = bank.claims(town.achol, "TX١٢٣٤٥٦")
    assert claimed.state == "credited"
    assert claimed.receipt_number
    assert told(bank, town.achol) == ["bank_paid"]
    assert bank.stands("suspense:gurush") == 0
    everything_agrees(parts)


def test_who_sends_an_id_in_first_has_it(bank, town, parts):
    bank.claims(town.achol, "TX123456")
    with pytest.raises(IdClaimed):
        bank.claims(town.deng, "tx123456")
    assert bank.claims(town.achol, "TX123456").again
    bank.imports(csv_of(row(500, ref="TX123456")), "gurush")
    assert bank.claims(town.achol, "TX123456").state == "credited"
    with pytest.raises(IdClaimed):
        bank.claims(town.deng, "TX123456")
    assert town.balance(town.achol).minor == 500_00
    everything_agrees(parts)


def test_money_that_was_matched_is_claimed_by_nobody(bank, town):
    bank.imports(csv_of(row(500, f"SB{town.deng.number}", ref="TX123456")), "gurush")
    with pytest.raises(IdClaimed):
        bank.claims(town.achol, "TX123456")


def test_another_amount_or_somebody_elses_phone_makes_it_wait_for_a_person(bank, town, parts):
    bank.imports(csv_of(row(500, ref="TX111111"), row(500, ref="TX222222", phone=town.deng.main_phone)), "gurush")
    assert bank.claims(town.achol, "TX111111", said=700).state == "waiting"
    assert bank.claims(town.achol, "TX222222").state == "waiting"
    bank.claims(town.achol, "TX333333", said=10)
    assert bank.imports(csv_of(row(500, ref="TX333333")), "gurush").matched == 0
    assert town.balance(town.achol).minor == 0
    everything_agrees(parts)


@pytest.mark.parametrize("typed", ["", "12", "hello", "TX 12;DROP", "x" * 60 + "1", "٣"])
def test_nonsense_is_no_id(bank, town, typed):
    with pytest.raises(InvalidTransactionId):
        bank.claims(town.achol, typed)


def test_only_open_wallets_take_ids(bank, town, parts):
    with parts.db.reading() as connection:
        assert [(one.alias, one.name) for one in open_wallets(connection)] == [(1, "m-GURUSH")]
    with pytest.raises(NotFound):
        bank.claims(town.achol, "TX123456", account="eco")
    with parts.db.transaction() as tx:
        close_money_account(tx, bank.ids["gurush"], now=bank.clock.now())
    with pytest.raises(NotFound):
        bank.claims(town.achol, "TX123456")
    with parts.db.reading() as connection:
        assert open_wallets(connection) == []


def test_whoever_guesses_is_stopped_for_an_hour_and_for_a_day(bank, town):
    for guess in range(CLAIMS_AN_HOUR_MAX):
        bank.claims(town.achol, f"TX{guess:06d}")
    with pytest.raises(TooManyTries) as refusal:
        bank.claims(town.achol, "TX999999")
    assert refusal.value.wait_s == 3600
    assert bank.claims(town.deng, "TX999999").state == "waiting"
    guess = CLAIMS_AN_HOUR_MAX
    while guess < CLAIMS_A_DAY_MAX:
        bank.clock.advance(minutes=61)
        for _one in range(min(CLAIMS_AN_HOUR_MAX, CLAIMS_A_DAY_MAX - guess)):
            bank.claims(town.achol, f"TX{guess:06d}")
            guess += 1
    bank.clock.advance(minutes=61)
    with pytest.raises(TooManyTries) as refusal:
        bank.claims(town.achol, "TX888888")
    assert refusal.value.wait_s == 86400


def test_the_same_request_again_does_nothing_and_with_another_id_is_refused(bank, town):
    first = bank.claims(town.achol, "TX123456", key="hop")
    assert bank.claims(town.achol, "TX123456", key="hop").claim_id == first.claim_id
    with pytest.raises(KeyReused):
        bank.claims(town.achol, "TX777777", key="hop")


def test_a_closed_account_claims_nothing(bank, town, parts):
    with parts.db.transaction() as tx:
        tx.execute(text("UPDATE customer SET status = 'closed' WHERE id = :id"), {"id": town.deng.customer_id})
    with pytest.raises(CustomerNotActive):
        bank.claims(town.account_of("deng"), "TX123456")


def test_a_person_credits_what_they_saw_and_the_file_brings_it_no_second_time(bank, town, parts):
    claim = bank.claims(town.achol, "TX123456").claim_id
    seen = Seen(ssp(500), date(2026, 11, 22), "Achol Deng")
    bank.is_refused(AmountOutOfRange, credit_claim, claim_id=claim, line_id=None, seen=None, why="seen")
    bank.is_refused(ReasonMissing, credit_claim, claim_id=claim, line_id=None, seen=seen, why="")
    bank.does(credit_claim, claim_id=claim, line_id=None, seen=seen, why="seen in the wallet's own list")
    assert town.balance(town.achol).minor == 500_00
    progress = bank.imports(csv_of(row(500, ref="TX123456", day="22/11/2026"), row(5, ref="TX999")), "gurush")
    assert (progress.new, progress.matched) == (1, 0)
    assert town.balance(town.achol).minor == 500_00
    bank.is_refused(NotPossibleNow, credit_claim, claim_id=claim, line_id=None, seen=seen, why="again")
    everything_agrees(parts)


def test_a_person_credits_a_claim_from_the_line_that_looks_like_it(bank, town, parts):
    claim = bank.claims(town.achol, "TX10O456").claim_id
    bank.imports(csv_of(row(500, "lookalike", ref="TX100456")), "gurush")
    bank.does(credit_claim, claim_id=claim, line_id=bank.line("lookalike"), seen=None, why="an O for a zero")
    assert town.balance(town.achol).minor == 500_00
    assert count(parts, "payment_claim", "state = 'credited'") == 1
    everything_agrees(parts)


def test_a_refused_claim_is_told_and_may_be_sent_in_again(bank, town, parts):
    claim = bank.claims(town.achol, "TX123456").claim_id
    bank.is_refused(ReasonMissing, refuse_claim, claim_id=claim, why="")
    bank.does(refuse_claim, claim_id=claim, why="no such payment")
    bank.is_refused(NotPossibleNow, refuse_claim, claim_id=claim, why="no such payment")
    assert told(bank, town.achol) == ["claim_heard", "claim_refused"]
    assert not bank.claims(town.deng, "TX123456").again
    everything_agrees(parts)


def test_a_claim_that_was_wrongly_credited_is_refused_when_it_is_taken_back(bank, town, parts):
    bank.imports(csv_of(row(500, ref="TX123456")), "gurush")
    bank.claims(town.achol, "TX123456")
    ((match,),) = bank.rows("SELECT id FROM line_match")
    bank.does(unmatch, match_id=match, why="it was Deng who paid")
    assert bank.claims(town.deng, "TX123456").state == "credited"
    assert (town.balance(town.achol).minor, town.balance(town.deng).minor) == (0, 500_00)
    everything_agrees(parts)


def test_two_customers_send_one_id_at_once_and_one_has_it(bank, town, parts):
    bank.imports(csv_of(row(500, ref="TX123456")), "gurush")
    outcomes = []

    def claim(who):
        try:
            outcomes.append(bank.claims(who, "TX123456", key=who.number).state)
        except Refusal as refusal:
            outcomes.append(type(refusal).__name__)

    threads = [threading.Thread(target=claim, args=(who,)) for who in (town.achol, town.deng)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["IdClaimed", "credited"]
    assert town.balance(town.achol).minor + town.balance(town.deng).minor == 500_00
    everything_agrees(parts)


def test_the_database_takes_one_live_claim_an_id_and_keeps_its_terms(bank, town, parts):
    bank.claims(town.achol, "TX123456")
    copy = (
        "INSERT INTO payment_claim (request_key, account_id, reference, customer_id, phone, state, claimed_at)"
        " SELECT 'other', account_id, reference, :deng, phone, 'waiting', claimed_at FROM payment_claim"
    )
    for around, error in (
        (copy, pg.UniqueViolation),
        ("UPDATE payment_claim SET customer_id = :deng", pg.RestrictViolation),
        ("DELETE FROM payment_claim WHERE customer_id <> :deng", pg.RestrictViolation),
        ("UPDATE payment_claim SET state = 'credited', decided_at = now() WHERE :deng > 0", pg.CheckViolation),
    ):
        with pytest.raises(DBAPIError) as refused, parts.db.transaction() as tx:
            tx.execute(text(around), {"deng": town.deng.customer_id})
        assert isinstance(refused.value.orig, error)
