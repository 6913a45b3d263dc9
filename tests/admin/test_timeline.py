"""A customer's timeline: everything, newest first, nothing secret, a page at a time."""

import re

from sqlalchemy import text

from core.catalog.queries import offer_of_version
from core.crm.timeline import MONEYLESS_TEXTS, timeline
from core.customers.queries import account
from core.messaging.texts import TEXTS
from core.money import Money
from core.payments.open_intent import open_intent
from core.staff.roles import PERMISSIONS
from core.tokens.sell_token import sell_token
from tests.town import ACHOL, DENG


def buy(parts, town, key: str = "one", recipient: str = ACHOL) -> None:
    with parts.db.transaction() as tx:
        sell_token(
            tx,
            request_key=key,
            buyer=account(tx.connection, town.achol.customer_id),
            recipient_phone=recipient,
            hotspot_id=town.hotspots["Juba Town Wi-Fi"],
            plan_version_id=town.plans["1H"],
            now=parts.clock.now(),
            ids=parts.ids,
            sealer=parts.sealer,
        )


def secrets_of(parts) -> list[str]:
    with parts.db.reading() as connection:
        return [
            parts.sealer.open(sealed)
            for sealed in connection.execute(text("SELECT password_sealed FROM access_grant")).scalars()
        ]


def test_a_token_shows_its_name_and_time_left_and_never_its_password(mary, parts, town, clock):
    town.give(town.achol, 1000)
    buy(parts, town)
    page = mary.get(f"/customers/{town.achol.number}").text
    assert "1 hour · " in page
    assert "not used yet" in page
    assert "the router does not know it yet" in page
    assert "Password: ***" in page
    assert all(secret not in page for secret in secrets_of(parts))
    with parts.db.transaction() as tx:
        tx.execute(
            text(
                "UPDATE access_grant SET status = 'running', first_used_at = :now, ends_at = :now + interval '1 hour'"
            ),
            {"now": clock.now()},
        )
    clock.advance(minutes=20)
    assert "40 minutes left" in mary.get(f"/customers/{town.achol.number}").text


def test_a_gift_stands_on_both_timelines(parts, town):
    town.give(town.achol, 1000)
    buy(parts, town, recipient=DENG)
    with parts.db.reading() as connection:
        for who, bought in ((town.achol, True), (town.deng, False)):
            events = timeline(connection, who.customer_id, permissions=PERMISSIONS).events
            assert [event.facts["bought"] for event in events if event.kind == "token"] == [bought]
        assert offer_of_version(connection, town.plans["1H"]).code == "1H"


def test_pages_follow_each_other_without_a_gap_or_a_repeat(parts, town, clock):
    for number in range(12):
        town.give(town.achol, 500, key=f"gift-{number}")  # a receipt and a text at the same instant
        if number % 3 == 0:
            clock.advance(seconds=1)
    buy(parts, town)
    with parts.db.reading() as connection:
        whole = timeline(connection, town.achol.customer_id, permissions=PERMISSIONS, rows=500)
        assert whole.older is None
        seen, cursor = [], None
        while True:
            page = timeline(connection, town.achol.customer_id, permissions=PERMISSIONS, older_than=cursor, rows=4)
            assert len(page.events) <= 4
            seen += page.events
            cursor = page.older
            if cursor is None:
                break
    assert [event.cursor for event in seen] == [event.cursor for event in whole.events]
    assert len({event.cursor for event in seen}) == len(seen)
    assert [event.at for event in seen] == sorted((event.at for event in seen), reverse=True)


def test_a_cursor_that_is_none_gives_the_first_page(mary, town):
    for cursor in (
        "x",
        "2026-01-01~receipt~1",
        "2026-01-01T00:00:00+00:00~nothing~1",
        "~~",
        "\x00",
        "infinity~receipt~\x00",
        "9999-12-31T23:59:59-23:59~text_in~x",
        "9999-12-31T23:59:59+23:59~text_in~x",
        "9999-12-31T23:59:59-00:01~text_in~x",
    ):
        answer = mary.get(f"/customers/{town.achol.number}", query_string={"older": cursor})
        assert answer.status_code == 200
        assert "Registered" in answer.text


def test_a_cursor_far_away_is_no_fault(mary, town):
    for cursor in ("0001-01-01T00:00:00+23:59~text_in~x", "0001-01-01T00:00:00+00:00~text_in~x"):
        answer = mary.get(f"/customers/{town.achol.number}", query_string={"older": cursor})
        assert answer.status_code == 200


def test_a_technician_sees_what_happened_and_no_money(desk_of, parts, town):
    now = parts.clock.now()
    town.give(town.achol, 1234)
    buy(parts, town)
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
    pages = {name: desk_of(name).get(f"/customers/{town.achol.number}").text for name in ("rose", "gatluak")}
    for money in ("You have", "1,234", "4,321", "SSP", "Receipt", "MoMo payment"):
        assert money in pages["rose"], money
        assert money not in pages["gatluak"], money
    for page in pages.values():
        assert "Wi-Fi token" in page
        assert "Password: ***" in page
        assert page.count("Text to") == 2


def test_every_text_that_names_an_amount_is_hidden_from_a_technician():
    for name, template in TEXTS.items():
        if set(re.findall(r"{(\w+)}", template.original)) & {"amount", "balance", "receipt", "screen"}:
            assert f"'{name}'" not in MONEYLESS_TEXTS, name


def test_calls_and_texts_in_stand_on_it(mary, parts, town):
    now = parts.clock.now()
    with parts.db.transaction() as tx:
        tx.execute(
            text("""INSERT INTO inbound_text (gateway, gateway_id, phone, shown, came_at)
                    VALUES ('africastalking', '1', :phone, 'BALANCE <b>', :now)"""),
            {"phone": ACHOL, "now": now},
        )
        tx.execute(
            text("""INSERT INTO ussd_session (gateway, session_id, phone, dialled, start, began_at)
                    VALUES ('africastalking', 's', :phone, '*384*77#', '{}', :now)"""),
            {"phone": ACHOL, "now": now},
        )
    page = mary.get(f"/customers/{town.achol.number}").text
    assert "BALANCE &lt;b&gt;" in page
    assert '<bdi dir="ltr">*384*77#</bdi>' in page


def test_the_trail_has_room_for_everything_staff_did(desk_of, town):
    mary = desk_of("mary")
    mary.post(f"/customers/{town.achol.number}/change", name="Achol D", tongue="en")
    page = desk_of("rebecca").get("/staff").text
    assert "changed a customer" in page
    assert re.search(r"logged in", page)
