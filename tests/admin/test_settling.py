"""At the desk: a payment nobody knows of is settled by who may, alarms are seen, receipts go out again."""

import io
import re
from datetime import timedelta

import pytest
from sqlalchemy import text

from core.money import Money
from core.payments.alarms import raise_alarm
from core.payments.open_intent import open_intent
from tests.town import ACHOL, count, texts_to

SIGNATURE = b"\x89PNG\r\n\x1a\n"
PNG = SIGNATURE + b"\0" * 100
KB = 1000


@pytest.fixture
def reference(parts, town) -> str:
    """A payment of Achol's that nobody can tell of."""
    now = parts.clock.now()
    with parts.db.transaction() as tx:
        open_intent(
            tx,
            request_key="k",
            customer=town.achol,
            payer_phone=ACHOL,
            amount=Money.of(5_000, "SSP"),
            purpose="topup",
            purpose_body={},
            platform="p",
            now=now - timedelta(days=1),
            ids=parts.ids,
        )
        tx.execute(text("UPDATE outbox SET state = 'sent', ended_at = :now"), {"now": now})
        move = "INSERT INTO payment_intent_move (intent_id, from_state, to_state, at, why)"
        tx.execute(text(f"{move} SELECT id, 'created', 'unknown', :now, '{{}}' FROM payment_intent"), {"now": now})
        tx.execute(text("UPDATE payment_intent SET state = 'unknown', ended_at = :now"), {"now": now})
        return str(tx.execute(text("SELECT reference FROM payment_intent")).scalar_one())


def test_mary_settles_a_payment_as_paid_with_a_picture_of_the_portal(mary, parts, town, reference):
    page = mary.get(f"/payments/{reference}").text
    assert "nobody knows" in page
    answer = mary.post(
        f"/payments/{reference}/settle",
        outcome="paid",
        provider_reference="4711",
        note="Seen in the portal",
        file=(io.BytesIO(PNG), "portal.png"),
    )
    assert "Settled. The money is on the account" in mary.told(answer)
    assert town.balance(town.achol) == Money.of(5_000, "SSP")
    page = mary.get(f"/payments/{reference}").text
    assert "Seen in the portal" in page
    assert "4711" in page
    assert "/settle" not in page
    file = mary.get("/payments/evidence/1")
    assert (file.data, file.content_type) == (PNG, "image/png")
    assert "attachment" in file.headers["Content-Disposition"]
    assert count(parts, "audit_entry", "act = 'payment_settled_paid'") == 1


def test_mary_settles_a_payment_as_not_taken(mary, parts, town, reference):
    said = mary.told(mary.post(f"/payments/{reference}/settle", outcome="refused", note="Not in the portal"))
    assert "nothing was taken" in said
    assert town.balance(town.achol) == Money(0, "SSP")
    assert [template for template, _ in texts_to(parts, ACHOL)] == ["payment_not_taken"]


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({"outcome": "paid", "provider_reference": "4711", "note": ""}, "Write down what you saw"),
        ({"outcome": "paid", "provider_reference": "", "note": "seen"}, "cannot be used"),
        ({"outcome": "free", "provider_reference": "4711", "note": "seen"}, "not possible"),
        (
            {"outcome": "refused", "note": "seen", "file": (io.BytesIO(b"<svg onload=alert(1)>"), "a.png")},
            "cannot be taken",
        ),
    ],
)
def test_a_settling_that_cannot_be_is_one_sentence_and_changes_nothing(form, says, mary, parts, reference):
    answer = mary.post(f"/payments/{reference}/settle", **form)
    assert says in mary.refused(answer, answer.status_code)
    assert answer.status_code in {409, 422}
    assert count(parts, "payment_intent", "state = 'unknown'") == 1
    assert count(parts, "payment_evidence") == 0


def settle_with_picture(desk, reference, size):
    """Settle as paid, with a picture of so many bytes."""
    file = (io.BytesIO(SIGNATURE.ljust(size, b"\0")), "portal.png")
    form = {"outcome": "paid", "provider_reference": "4711", "note": "Seen in the portal", "file": file}
    answer = desk.post(f"/payments/{reference}/settle", **form)
    answer.request.environ["wsgi.input"].close()  # werkzeug's client keeps a large body in a file and forgets it
    return answer


def test_a_picture_from_a_phone_is_kept_whole(mary, reference):
    answer = settle_with_picture(mary, reference, 900 * KB)
    assert "Settled." in mary.told(answer)
    assert mary.get("/payments/evidence/1").data == SIGNATURE.ljust(900 * KB, b"\0")


@pytest.mark.parametrize(
    ("size", "status", "says"),
    [
        (1060 * KB, 422, "That file cannot be taken. It may have 1 MB at most"),
        (3000 * KB, 413, "That is too much to send at once."),
    ],
)
def test_a_picture_too_large_is_refused_in_words_and_nothing_is_settled(size, status, says, mary, parts, reference):
    answer = settle_with_picture(mary, reference, size)
    assert answer.status_code == status
    assert says in re.sub(r"<[^>]*>", "", answer.text)
    assert count(parts, "payment_intent", "state = 'unknown'") == 1
    assert count(parts, "payment_evidence") == 0


def test_the_cashier_sees_and_does_not_settle(desk_of, kiden, parts, reference):
    rose = desk_of("rose")
    assert rose.get(f"/payments/{reference}").status_code == 200
    assert "/settle" not in rose.get(f"/payments/{reference}").text
    assert rose.post(f"/payments/{reference}/settle", outcome="refused", note="x").status_code == 403
    assert kiden.get(f"/payments/{reference}").status_code == 303
    assert count(parts, "payment_intent", "state = 'unknown'") == 1


@pytest.mark.parametrize("reference", ["x", "6f1c0a52-93c1-4f3f-8d3a-2f6f6b2a9a11", "0" * 36])
def test_a_payment_of_nobody_is_not_found(reference, mary):
    assert mary.get(f"/payments/{reference}").status_code == 404
    assert mary.post(f"/payments/{reference}/settle", outcome="paid", note="x").status_code == 404


def test_an_alarm_stays_until_somebody_has_looked_into_it(mary, desk_of, parts, reference):
    rose = desk_of("rose")
    for _ in range(3):
        with parts.db.transaction() as tx:
            facts = {"says": "SSP 5", "asked": "SSP 5,000", "note": "<script>"}
            raise_alarm(tx, kind="callback_differs", subject=reference, facts=facts, now=parts.clock.now())
    page = mary.get("/payments/alarms").text
    assert "3" in page
    assert "&lt;script&gt;" in page
    assert f"/payments/{reference}" in page
    assert "alarms of payments" in mary.get("/").text
    assert rose.post("/payments/alarms/1/seen").status_code == 403
    assert "is seen" in mary.told(mary.post("/payments/alarms/1/seen"))
    assert "There are none." in mary.get("/payments/alarms").text
    with parts.db.transaction() as tx:  # the same again is news
        raise_alarm(tx, kind="callback_differs", subject=reference, facts={}, now=parts.clock.now())
    assert count(parts, "payment_alarm") == 2


def test_a_form_that_comes_back_with_another_amount_is_refused_and_an_alarm(desk_of, mary, parts, town):
    rose = desk_of("rose")
    path = f"/customers/{town.achol.number}/cash"
    key = rose.cash_key(town.achol.number)
    assert rose.post(path, key=key, amount="700").status_code == 303
    assert "already done in another way" in rose.refused(rose.post(path, key=key, amount="7000"), 409)
    assert town.balance(town.achol) == Money.of(700, "SSP")
    page = mary.get("/payments/alarms").text
    assert "two contents" in page
    assert "rose" in page
    assert count(parts, "payment_alarm", "kind = 'key_reused'") == 1


def test_a_receipt_goes_out_by_sms_again_once_a_form(desk_of, parts, town):
    rose = desk_of("rose")
    town.give(town.achol, 700)
    with parts.db.reading() as connection:
        number, check = connection.execute(text("SELECT number, check_code FROM receipt")).one()
    key = rose.key(f"/receipts/{number}")
    for _ in range(2):
        assert "by SMS" in rose.told(rose.post(f"/receipts/{number}/text", key=key))
    again = [said for template, said in texts_to(parts, ACHOL) if template == "receipt_again"]
    assert len(again) == 1
    assert check in again[0]
    assert rose.post("/receipts/404/text", key=key).status_code == 404
