"""What is stuck, and what a person can do about it."""

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import text

from core.ids import with_check_digit
from core.messaging import outbox
from core.messaging.queue_text import queue_text
from core.money import Money
from core.payments.open_intent import open_intent
from core.staff import audit  # noqa: F401 - the room is loaded as in the product
from tests.town import ACHOL, count


def a_text(parts, key: str = "k", *, dead: bool = True) -> int:
    """A text to Achol that was given up."""
    now = parts.clock.now()
    with parts.db.transaction() as tx:
        queue_text(
            tx,
            phone=ACHOL,
            tongue="en",
            template="cash_receipt",
            key=key,
            now=now,
            facts={"amount": Money.of(5, "SSP"), "receipt": "1", "balance": Money.of(5, "SSP")},
        )
        row = tx.execute(text("SELECT id FROM outbox WHERE key = :key"), {"key": key}).scalar_one()
        if dead:
            outbox.bury(tx, row, now=now, error="the gateway said no")
    return int(row)


def test_a_dead_row_is_seen_and_pushing_wakes_it(mary, parts, bells):
    row = a_text(parts)
    page = mary.get("/stuck").text
    assert "the gateway said no" in page
    assert "given up" in page
    assert "Achol" in page
    bells.clear()
    assert mary.post(f"/stuck/{row}/push").status_code == 303
    assert bells == ["sms"]
    assert outbox.claim(parts.db, kind="sms", now=parts.clock.now()).id == row
    assert count(parts, "audit_entry", "act = 'outbox_pushed' AND subject = :row", row=f"outbox:{row}") == 1


def test_a_row_somebody_works_on_is_not_pushed_twice(mary, parts):
    row = a_text(parts, dead=False)
    outbox.claim(parts.db, kind="sms", now=parts.clock.now())
    mary.post(f"/stuck/{row}/push")
    assert "being tried right now" in mary.get("/stuck").text
    assert count(parts, "outbox", "leased_until IS NOT NULL AND attempts = 1") == 1
    assert count(parts, "audit_entry", "act = 'outbox_pushed'") == 0


@pytest.mark.parametrize("number", [0, 404, 2**63, 10**30])
def test_pushing_what_is_not_there_says_so(mary, number):
    assert mary.post(f"/stuck/{number}/push").status_code in (303, 404)


def test_a_row_is_late_only_after_a_while(mary, parts, clock):
    a_text(parts, dead=False)
    assert "Nothing is stuck." in mary.get("/stuck").text
    clock.advance(minutes=6)
    page = mary.get("/stuck").text
    assert "late" in page
    assert "Received SSP 5 in cash" in page


def test_a_technician_sees_what_is_stuck_and_no_money(desk_of, parts, town):
    a_text(parts)
    now = parts.clock.now()
    with parts.db.transaction() as tx:
        open_intent(
            tx,
            request_key="k",
            customer=town.achol,
            payer_phone=ACHOL,
            amount=Money.of(4321, "SSP"),
            purpose="topup",
            purpose_body={},
            platform="p",
            now=now,
            ids=parts.ids,
        )
        row = tx.execute(text("SELECT id FROM outbox WHERE kind = 'momo.request'")).scalar_one()
        outbox.bury(tx, row, now=now, error="no answer: ConnectTimeout")
        facts = {"number": "1234"}
        queue_text(tx, phone=ACHOL, tongue="en", template="fault_heard", key="fault", now=now, facts=facts)
        row = tx.execute(text("SELECT id FROM outbox WHERE key = 'fault'")).scalar_one()
        outbox.bury(tx, row, now=now, error="the gateway said no")
    pages = {name: desk_of(name).get("/stuck").text for name in ("mary", "gatluak")}
    for money in ("SSP 5", "4,321", "Receipt 1"):
        assert money in pages["mary"], money
        assert money not in pages["gatluak"], money
    for page in pages.values():
        assert page.count("given up") == 3
        assert "We noted the fault" in page
        assert "no answer: ConnectTimeout" in page
    gatluak = desk_of("gatluak")
    gatluak.post("/stuck/push-all")
    assert count(parts, "outbox", "state = 'dead'") == 0


def test_a_row_meant_for_later_is_not_late(mary, parts, clock):
    with parts.db.transaction() as tx:
        now = parts.clock.now()
        outbox.put(tx, kind="sms", key="later", body={}, now=now, due_at=now + timedelta(hours=2))
    clock.advance(hours=1)
    assert "Nothing is stuck." in mary.get("/stuck").text


def test_all_are_pushed_after_a_day_without_uplink(mary, parts, bells):
    for number in range(3):
        a_text(parts, f"k{number}")
    mary.post("/stuck/push-all")
    assert count(parts, "outbox", "state = 'dead'") == 0
    assert count(parts, "audit_entry", "act = 'outbox_pushed'") == 3
    assert "Nothing is stuck." in mary.get("/stuck").text


def test_the_first_page_counts_what_needs_doing(mary, parts, town):
    a_text(parts)
    now = parts.clock.now()
    with parts.db.transaction() as tx:
        tx.execute(text("UPDATE router SET failures = 3, last_error = 'timed out' WHERE name = 'munuki'"))
        tx.execute(
            text("""INSERT INTO payment_intent (reference, request_key, rail, platform, customer_id, payer_phone,
                    amount_minor, currency, purpose, purpose_body, state, raw_reason, created_at, ended_at, asks)
                    VALUES (:reference, 'r', 'momo', 'mtn', :who, :phone, 50000, 'SSP', 'topup', '{}', 'unknown',
                            'NOT_SEEN_BEFORE', :now, :now, 9)"""),
            {"reference": uuid.uuid4(), "who": town.achol.customer_id, "phone": ACHOL, "now": now},
        )
        tx.execute(
            text("""INSERT INTO ticket (request_key, customer_id, phone, fault, note, state, opened_at)
                    VALUES ('t', :who, :phone, 'slow', '<i>since Monday</i>', 'open', :now)"""),
            {"who": town.achol.customer_id, "phone": ACHOL, "now": now},
        )
    page = mary.get("/").text
    assert page.count('class="some"') == 4
    assert "&lt;i&gt;since Monday" in page
    unknown = mary.get("/payments/unknown").text
    assert "NOT_SEEN_BEFORE" in unknown
    assert "SSP 500" in unknown
    network = mary.get("/network").text
    assert "timed out" in network
    assert network.index("munuki") < network.index("juba-town")
    assert "router-password" not in network
    timeline = mary.get(f"/customers/{town.achol.number}").text
    assert "MoMo payment of" in timeline
    assert "nobody knows" in timeline
    assert "Fault" in timeline


def test_a_cashier_sees_no_network_and_no_outbox_on_the_first_page(desk_of):
    page = desk_of("rose").get("/").text
    assert "stuck on the way out" not in page
    assert "routers" not in page
    assert "payments nobody knows of" in page


def test_a_fault_that_is_mended_is_closed_once_and_it_stands_written_who_did(desk_of, parts, town):
    gatluak = desk_of("gatluak")
    now = parts.clock.now()
    with parts.db.transaction() as tx:
        ticket = tx.execute(
            text("""INSERT INTO ticket (request_key, customer_id, phone, fault, note, state, opened_at)
                    VALUES ('t', :who, :phone, 'slow', '', 'open', :now) RETURNING id"""),
            {"who": town.achol.customer_id, "phone": ACHOL, "now": now},
        ).scalar_one()
    path = f"/tickets/{ticket}/close"
    assert f'action="/admin{path}"' in gatluak.get("/").text
    assert gatluak.post(path).status_code == 303
    page = gatluak.get("/").text
    assert "The fault is closed." in page
    assert path not in page
    gatluak.post(path)
    assert "This fault was closed before." in gatluak.get("/").text
    assert gatluak.post(f"/tickets/{10**30}/close").status_code == 404
    assert count(parts, "ticket", "state = 'closed' AND closed_at = :now", now=now) == 1
    assert count(parts, "audit_entry", "act = 'ticket_closed' AND subject = :it", it=f"ticket:{ticket}") == 1
    timeline = desk_of("mary").get(f"/customers/{town.achol.number}").text
    assert with_check_digit(ticket) in timeline  # the number the customer was told
    assert "closed a fault" in desk_of("rebecca").get("/staff").text
