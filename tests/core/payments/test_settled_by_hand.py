"""What no provider can tell, a person settles: with evidence, once, and nobody against the books."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from core.errors import (
    EvidenceMissing,
    FileRefused,
    NotPossibleNow,
    PaymentUnknown,
    ReferenceUsed,
    Refusal,
)
from core.parts import Parts
from core.payments.collector import CollectionState, CollectionStatus
from core.payments.evidence import FILE_BYTES_MAX, Evidence
from core.payments.settle_by_hand import settle_by_hand
from tests.core.payments.desk import Desk
from tests.town import count, texts_to

SEEN = Evidence("The MTN portal shows it as paid, 25 November, under 4711.")
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 100


class Silent:
    """A provider that never answers."""

    def request(self, request: Any) -> Any:
        raise AssertionError("nothing is asked for again")

    def status(self, reference: Any, **_known: Any) -> CollectionStatus:
        return CollectionStatus(CollectionState.UNKNOWN)


def unknown(momo: Desk, pounds: int = 500, **how: Any) -> int:
    """A payment that was accepted, and never told of again."""
    intent = momo.open(pounds, **how)
    momo.request()
    provider = momo.collector
    momo.collector = Silent()
    while momo.state(intent) != "unknown":
        momo.later(hours=1)
    momo.collector = provider
    return intent


def settle(momo: Desk, intent: int, outcome: str = "paid", reference: str = "4711", evidence: Evidence = SEEN) -> None:
    with momo.parts.db.transaction() as tx:
        settle_by_hand(
            tx,
            intent_id=intent,
            outcome=outcome,  # type: ignore[arg-type]
            provider_reference=reference,
            evidence=evidence,
            staff_id=momo.town.staff["mary"],
            now=momo.parts.clock.now(),
            fulfil=momo.fulfil,
            code="*384*77#",
        )


def test_a_payment_settled_as_paid_is_credited_with_a_receipt_and_what_mary_saw(momo: Desk, parts: Parts) -> None:
    intent = unknown(momo)
    settle(momo, intent, evidence=Evidence(SEEN.note, PNG))
    assert momo.state(intent) == "paid"
    assert momo.balance() == 500_00
    assert count(parts, "receipt", "provider_reference = '4711'") == 1
    assert count(parts, "payment_evidence", "media_type = 'image/png' AND octet_length(content) > 100") == 1
    assert momo.intent(intent)["settled_by"] == momo.town.staff["mary"]
    assert [template for template, _ in texts_to(parts, momo.town.achol.main_phone)][-1] == "top_up_paid"


def test_a_token_settled_as_paid_is_delivered(momo: Desk, parts: Parts) -> None:
    intent = unknown(momo, token=momo.for_token())
    settle(momo, intent)
    assert count(parts, "token") == 1


def test_a_payment_settled_as_not_taken_tells_the_customer_and_may_be_paid_again(momo: Desk, parts: Parts) -> None:
    token = momo.for_token()
    intent = unknown(momo, token=token)
    with pytest.raises(PaymentUnknown):
        momo.open(token=token)
    settle(momo, intent, "refused", "")
    assert momo.state(intent) == "refused"
    assert momo.balance() == 0
    assert [template for template, _ in texts_to(parts, momo.town.achol.main_phone)][-1] == "payment_not_taken"
    momo.open(token=token)


def test_mtn_may_still_say_paid_after_a_person_said_that_nothing_was_taken(momo: Desk) -> None:
    intent = unknown(momo)
    settle(momo, intent, "refused", "")
    momo.decide("approve")
    momo.hint(intent)
    assert momo.later(seconds=1) == ["paid"]
    assert momo.balance() == 500_00


def test_of_four_who_settle_at_once_one_does(momo: Desk, parts: Parts) -> None:
    intent = unknown(momo)
    together = Barrier(4)

    def one(number: int) -> str:
        together.wait()
        try:
            settle(momo, intent, "paid" if number % 2 else "refused", f"47{number}")
        except Refusal as refusal:
            return type(refusal).__name__
        return "settled"

    with ThreadPoolExecutor(4) as pool:
        ended = sorted(pool.map(one, range(4)))
    # `refused` may be followed by a `paid`, which shows that money came after all; nothing else follows anything.
    assert ended.count("settled") in {1, 2}
    assert momo.balance() == (500_00 if momo.state(intent) == "paid" else 0)
    assert count(parts, "receipt") == (1 if momo.state(intent) == "paid" else 0)


def test_of_four_who_say_paid_at_once_one_does(momo: Desk, parts: Parts) -> None:
    intent = unknown(momo)
    together = Barrier(4)

    def one(number: int) -> str:
        together.wait()
        try:
            settle(momo, intent, "paid", f"47{number}")
        except NotPossibleNow:
            return "late"
        return "settled"

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(one, range(4))) == ["late", "late", "late", "settled"]
    assert momo.balance() == 500_00
    assert count(parts, "payment_evidence") == 1


def test_nobody_settles_what_the_provider_can_still_tell(momo: Desk, parts: Parts) -> None:
    intent = momo.open()
    for outcome in ("paid", "refused"):
        with pytest.raises(NotPossibleNow):
            settle(momo, intent, outcome)
    assert count(parts, "payment_evidence") == 0


def test_a_number_of_theirs_that_is_on_a_receipt_settles_nothing(momo: Desk, parts: Parts) -> None:
    first, second = unknown(momo, 500), unknown(momo, 600)
    settle(momo, first, reference="mp4711")
    for reference in ("MP4711", " mp 4711 ", "mp\u0664\u0667\u0661\u0661", "\u200fMP4711.", "", "\u200e"):
        with pytest.raises(ReferenceUsed):
            settle(momo, second, reference=reference)
    assert momo.state(second) == "unknown"
    assert momo.balance() == 500_00
    assert count(parts, "payment_evidence") == 1


@pytest.mark.parametrize(
    ("evidence", "refusal"),
    [
        (Evidence("  "), EvidenceMissing),
        (Evidence("", PNG), EvidenceMissing),
        (Evidence("seen", b"<script>"), FileRefused),
        (Evidence("seen", PNG + b"\0" * FILE_BYTES_MAX), FileRefused),
    ],
)
def test_without_evidence_nothing_is_settled(
    evidence: Evidence, refusal: type[Refusal], momo: Desk, parts: Parts
) -> None:
    intent = unknown(momo)
    with pytest.raises(refusal):
        settle(momo, intent, evidence=evidence)
    assert momo.state(intent) == "unknown"
    assert count(parts, "payment_evidence") == 0


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE payment_evidence SET note = 'another'",
        "DELETE FROM payment_evidence",
        "INSERT INTO payment_evidence (staff_id, note, at) SELECT staff_id, note, at FROM payment_evidence",
        "UPDATE payment_intent SET charged_minor = 5, charged_currency = 'XAF'",
    ],
)
def test_the_database_keeps_evidence_as_it_was(statement: str, momo: Desk, parts: Parts) -> None:
    settle(momo, unknown(momo))
    with pytest.raises((IntegrityError, DBAPIError)), parts.db.transaction() as tx:
        tx.execute(text(statement))


def test_a_top_up_of_another_amount_is_another_payment_while_one_is_unknown(momo: Desk) -> None:
    intent = unknown(momo, 500, token=None)
    body = momo.intent(intent)["purpose_body"]
    with pytest.raises(PaymentUnknown):
        momo.open(500, body=body)
    momo.open(600, body=body)


def test_while_its_provider_is_silent_the_same_thing_is_not_paid_again_however_old_the_prompt(momo: Desk) -> None:
    token = momo.for_token()
    intent = momo.open(token=token)
    momo.request()
    momo.collector = Silent()
    momo.later(minutes=8)
    assert momo.state(intent) == "submitted"
    with pytest.raises(PaymentUnknown):
        momo.open(token=token)
