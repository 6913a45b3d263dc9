"""What the database refuses of grants, tokens and plans, and what the nightly check finds: stories around the code."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from core.access.change import set_speed
from core.access.first_use import mark_first_use
from core.access.speed import Speed
from core.catalog.set_price import set_version
from core.customers.queries import account
from core.errors import AmountOutOfRange
from core.integrity import all_faults
from core.money import Money
from core.parts import Parts
from core.subscriptions.pause import pause, unpause
from core.subscriptions.relocate import relocate
from core.tokens.sell_token import sell_token
from tests.provider import Provider
from tests.town import ACHOL, Town, everything_agrees


@pytest.fixture
def sold(town: Town, parts: Parts) -> int:
    """The grant of a token that was used for the first time just now."""
    town.give(town.achol, 5000)
    now = parts.clock.now()
    with parts.db.transaction() as tx:
        sell_token(
            tx,
            request_key="sale",
            buyer=account(tx.connection, town.achol.customer_id),
            recipient_phone=ACHOL,
            hotspot_id=town.hotspots["Juba Town Wi-Fi"],
            plan_version_id=town.plans["2GB"],
            now=now,
            ids=parts.ids,
            sealer=parts.sealer,
        )
        grant_id = int(tx.execute(text("SELECT grant_id FROM token")).scalar_one())
        assert mark_first_use(tx, grant_id=grant_id, used_at=now)
    return grant_id


def go_around(parts: Parts, statement: str, **values: object) -> None:
    """Write past the code, as a mistaken hand would."""
    with parts.db.transaction() as tx:
        assert tx.execute(text(statement), values).rowcount


def faults(parts: Parts) -> list[str]:
    with parts.db.reading() as connection:
        return all_faults(connection, parts.clock.now())


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("UPDATE access_grant SET duration_s = duration_s * 100", "keeps its name, its router and its limits"),
        ("UPDATE access_grant SET data_bytes = NULL", "keeps its name, its router and its limits"),
        ("UPDATE access_grant SET devices_max = 20", "keeps its name, its router and its limits"),
        ("UPDATE access_grant SET username = 'cousin'", "keeps its name, its router and its limits"),
        ("UPDATE access_grant SET router_id = (SELECT max(id) FROM router)", "keeps its name, its router and its"),
        ("UPDATE access_grant SET ends_at = ends_at + interval '1 year'", "a clock that runs is not set again"),
        ("UPDATE access_grant SET first_used_at = now() + interval '1 day'", "a clock that runs is not set again"),
        ("DELETE FROM access_grant", "never deleted"),
        ("UPDATE token SET recipient_phone = '+211929999999'", "stays as it was sold"),
        ("UPDATE token SET price_minor = 0", "stays as it was sold"),
        ("DELETE FROM token", "stays as it was sold"),
        (
            """INSERT INTO plan_version (plan_id, valid_from, duration_s, down_kbps, up_kbps, devices_max, price_minor,
                   currency)
               SELECT plan_id, now(), duration_s, down_kbps, up_kbps, devices_max, price_minor, 'USD' FROM plan_version
               LIMIT 1""",
            "in_pounds",
        ),
    ],
)
def test_the_database_refuses_to_change_what_was_sold(sold: int, parts: Parts, statement: str, why: str) -> None:
    with pytest.raises(DBAPIError, match=why):
        go_around(parts, statement)


def test_what_may_change_of_a_grant_and_a_token_does(sold: int, parts: Parts) -> None:
    with parts.db.transaction() as tx:
        set_speed(tx, grant_id=sold, speed=Speed(256, 256))
    go_around(parts, "UPDATE access_grant SET used_bytes = 5, reading_bytes = 5, credited_bytes = 5")
    go_around(parts, "UPDATE token SET told_waiting_at = now(), told_online_at = now()")
    everything_agrees(parts)


def test_a_grant_that_ends_later_than_was_sold_is_found(sold: int, parts: Parts) -> None:
    with parts.db.transaction() as tx:
        tx.execute(text("ALTER TABLE access_grant DISABLE TRIGGER access_grant_guard"))
        tx.execute(text("UPDATE access_grant SET ends_at = ends_at + interval '1 year'"))
    (fault,) = faults(parts)
    assert fault.startswith(f"every grant ends as long after its first use as was sold: grant {sold} ends at")


@pytest.mark.parametrize("wanted", ["disabled", "absent"])
def test_a_grant_that_stays_online_on_a_router_that_answers_is_found(wanted: str, sold: int, parts: Parts) -> None:
    now = parts.clock.now()
    go_around(parts, "UPDATE access_grant SET status = 'revoked', closed_at = :now", now=now)
    go_around(
        parts,
        "UPDATE placement SET wanted = :wanted, wanted_at = :long_ago, confirmed_at = NULL, tries = 10",
        wanted=wanted,
        long_ago=now - timedelta(minutes=61),
    )
    assert faults(parts) == []  # a router that is away cannot be told
    go_around(parts, "UPDATE router SET last_seen_at = :now", now=now)
    (fault,) = faults(parts)
    assert fault.startswith(f"no grant stays online that should not: grant {sold} should be {wanted} on juba-town")
    go_around(parts, "UPDATE router SET failures = 1")
    assert faults(parts) == []


def test_a_grant_nobody_bought_is_found(sold: int, parts: Parts) -> None:
    with parts.db.transaction() as tx:
        stray = tx.execute(
            text("""INSERT INTO access_grant (username, password_sealed, router_id, down_kbps, up_kbps, devices_max,
                        status, granted_at, used_bytes)
                    SELECT 'cousin', '-', router_id, 1, 1, 1, 'waiting', granted_at, 0 FROM access_grant
                    RETURNING id""")
        ).scalar_one()
        tx.execute(
            text("""INSERT INTO placement (grant_id, router_id, wanted, wanted_at, tries)
                    SELECT :stray, router_id, 'present', wanted_at, 0 FROM placement"""),
            {"stray": stray},
        )
    assert faults(parts) == [f"every grant was sold: grant {stray}"]


def test_a_monthly_service_agrees_while_it_is_on_paused_and_after_it_moved(provider: Provider) -> None:
    service = provider.begins("HOME")
    everything_agrees(provider.parts)
    provider.does(pause, subscription_id=service, by=provider.by("away"))
    assert provider.access(service).status == "paused"
    everything_agrees(provider.parts)
    provider.does(unpause, subscription_id=service, by=provider.by("back"))
    moved = {"router_id": provider.town.routers["munuki"], "place": "Munuki, block C", "by": provider.by("moved")}
    keys = {"ids": provider.parts.ids, "sealer": provider.parts.sealer}
    provider.does(relocate, subscription_id=service, **moved, **keys)
    everything_agrees(provider.parts)


def test_a_paused_service_that_is_still_on_its_router_is_found(provider: Provider) -> None:
    service = provider.begins("HOME")
    provider.does(pause, subscription_id=service, by=provider.by("away"))
    go_around(provider.parts, "UPDATE placement SET wanted = 'present'")
    assert faults(provider.parts) == [f"every grant has its place: grant {provider.service(service).grant_id}"]


# A plan nobody could pay for


def test_a_plan_in_another_currency_than_wallets_is_refused_at_the_desk(town: Town, parts: Parts) -> None:
    def put_on_sale(price: Money) -> None:
        with parts.db.transaction() as tx:
            set_version(
                tx,
                code="1H",
                valid_from=parts.clock.now(),
                duration_s=3600,
                data_bytes=None,
                down_kbps=2000,
                up_kbps=512,
                devices_max=1,
                price=price,
            )

    for price in (Money.of(5, "USD"), Money(0, "SSP"), Money.of(100_000_000, "SSP")):
        with pytest.raises(AmountOutOfRange):
            put_on_sale(price)
    put_on_sale(Money.of(300, "SSP"))
