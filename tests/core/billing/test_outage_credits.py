"""Long outages are credited by policy: in proportion, once, off until somebody turns it on."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from core.billing.credit_outages import credit_outages
from core.billing.end_service import end_service
from core.billing.outage_policy import policies, policy_on, set_outage_policy
from core.billing.outage_share import Charged, outage_shares
from core.billing.service_lines import Days
from core.catalog.tariffs import tariff_book
from core.days import Period, start_of_day
from core.errors import InvalidDay, NotPossibleNow
from core.subscriptions.pause import pause
from core.subscriptions.relocate import relocate
from tests.core.billing.test_days_for_nothing import free_months
from tests.provider import ssp
from tests.town import ACHOL, DENG, texts_to


def policy(provider, hours, day=None):
    provider.does(
        set_outage_policy,
        from_day=date.fromisoformat(day) if day else provider.today,
        hours=hours,
        staff_id=provider.town.staff["mary"],
        now=provider.clock.now(),
    )


def outage(provider, began, lasts, router="juba-town"):
    """A router was down from then, for so many hours; None: it still is."""
    at = datetime.fromisoformat(began).replace(tzinfo=UTC) - timedelta(hours=2)  # said by Juba's clock
    with provider.parts.db.transaction() as tx:
        return tx.execute(
            text(
                "INSERT INTO router_outage (router_id, area, began_at, ended_at) VALUES (:r, 'Kator', :b, :e) RETURNING id"
            ),
            {"r": provider.town.routers[router], "b": at, "e": lasts and at + timedelta(hours=lasts)},
        ).scalar_one()


def credits_(provider):
    return provider.rows("SELECT subscription_id, amount_minor / 100 AS pounds, seconds FROM outage_credit ORDER BY 1")


def goes_round(provider):
    return credit_outages(provider.parts.db, issuer=provider.issuer, now=provider.clock.now())


def test_a_long_outage_gives_back_its_part_of_the_month_with_the_excise_once(provider):
    home = provider.begins("HOME")  # 30,000 a month and 20 % excise: 36,000
    office = provider.begins("BIGGER", provider.town.deng)  # 72,000
    policy(provider, 6)
    provider.on("2026-11-10")
    outage(provider, "2026-11-09T10:00", 12)  # half a day of 30
    assert goes_round(provider) == 2
    assert [(row.subscription_id, row.pounds, row.seconds) for row in credits_(provider)] == [
        (home, 600, 43_200),
        (office, 1_200, 43_200),
    ]
    assert goes_round(provider) == 0
    provider.on("2026-11-11")
    assert goes_round(provider) == 0
    assert texts_to(provider.parts, ACHOL)[-1] == (
        "outage_credited",
        "Sorry: your internet was off for 12 hours. We give you back SSP 600. Balance SSP 600.",
    )
    assert [name for name, _ in texts_to(provider.parts, DENG)].count("outage_credited") == 1
    provider.agrees()


def test_nothing_is_credited_before_somebody_says_so_nor_for_what_was_short_or_goes_on(provider):
    provider.begins("HOME")
    provider.on("2026-11-03")
    outage(provider, "2026-11-02T00:00", 30)
    assert goes_round(provider) == 0
    policy(provider, 6)
    assert goes_round(provider) == 0  # it was before the policy, and is decided
    provider.on("2026-11-10")
    outage(provider, "2026-11-09T10:00", 5)
    outage(provider, "2026-11-09T16:00", None)
    assert goes_round(provider) == 0
    assert provider.rows("SELECT count(*) AS n FROM outage_decision")[0].n == 2
    policy(provider, None)
    outage(provider, "2026-11-10T01:00", 8, "munuki")
    assert goes_round(provider) == 0
    assert credits_(provider) == []
    assert [name for name, _ in texts_to(provider.parts, ACHOL) if name == "outage_credited"] == []


def test_only_who_hangs_on_that_router_and_was_on_is_credited(provider):
    paused = provider.begins("HOME")
    moved = provider.begins("BIGGER", provider.town.deng)
    policy(provider, 6)
    provider.on("2026-11-05")
    provider.does(pause, subscription_id=paused, by=provider.by())
    provider.does(
        relocate,
        subscription_id=moved,
        router_id=provider.town.routers["munuki"],
        place="Munuki, block 2",
        by=provider.by(),
        ids=provider.parts.ids,
        sealer=provider.parts.sealer,
    )
    provider.on("2026-11-10")
    outage(provider, "2026-11-08T10:00", 12)
    assert goes_round(provider) == 0
    outage(provider, "2026-11-09T10:00", 12, "munuki")
    assert goes_round(provider) == 1
    assert [row.subscription_id for row in credits_(provider)] == [moved]
    outage(provider, "2026-11-05T00:00", 30, "munuki")  # it came to this router only while that was down
    assert goes_round(provider) == 0
    provider.agrees()


@pytest.mark.parametrize("then", ["stays off", "goes on again", "is ended"])
def test_days_that_a_prepaid_service_had_lapsed_on_are_given_back_to_nobody(provider, then):
    provider.pays(36_000)
    service = provider.begins("PREHOME")
    policy(provider, 6)
    provider.bills_daily_until("2026-12-10")  # it lapsed on the 1st
    outage(provider, "2026-12-08T10:00", 12)
    outage(provider, "2026-12-01T00:00", 12)
    if then == "goes on again":
        provider.pays(36_000)
    elif then == "is ended":
        provider.does(end_service, subscription_id=service, by=provider.by(), issuer=provider.issuer)
    assert goes_round(provider) == 0
    provider.on("2026-12-12")
    outage(provider, "2026-12-11T10:00", 12)
    assert goes_round(provider) == (then == "goes on again")
    provider.agrees()


@pytest.mark.parametrize("tariff", ["HOME", "PREHOME"])
@pytest.mark.parametrize(("off", "pounds"), [(100, []), (50, [300])])
def test_a_month_of_a_promotion_gives_back_no_more_than_was_paid_for_it(provider, tariff, off, pounds):
    free_months(provider, tariff, off=off)
    policy(provider, 6)
    provider.pays(72_000)
    provider.begins(tariff)
    provider.on("2026-11-10")
    outage(provider, "2026-11-09T10:00", 12)
    goes_round(provider)
    assert [row.pounds for row in credits_(provider)] == pounds
    provider.bills_daily_until("2026-12-10")
    outage(provider, "2026-12-09T10:00", 12)
    goes_round(provider)
    assert credits_(provider)[-1].pounds == 581, "the promotion is over"
    provider.agrees()


def test_at_night_nobody_is_woken_for_it(provider):
    provider.begins("HOME")
    policy(provider, 6)
    provider.on("2026-11-10", hour=3)
    outage(provider, "2026-11-09T10:00", 12)
    assert goes_round(provider) == 0
    provider.on("2026-11-10", hour=9)
    assert goes_round(provider) == 1


def test_a_price_in_dollars_waits_for_a_rate_and_holds_up_nobody(provider):
    dollars = provider.begins("NGO")
    pounds = provider.begins("HOME", provider.town.deng)
    policy(provider, 6)
    provider.on("2026-11-10")
    outage(provider, "2026-11-09T10:00", 12)
    assert goes_round(provider) == 1
    assert [row.subscription_id for row in credits_(provider)] == [pounds]
    with provider.parts.db.transaction() as tx:
        tx.execute(
            text(
                'INSERT INTO exchange_rate (day, currency, "into", rate_millionths, source, made_at)'
                " VALUES ('2026-11-10', 'USD', 'SSP', 3000000000, 'Bank', :now)"
            ),
            {"now": provider.clock.now()},
        )
    assert goes_round(provider) == 1
    assert {row.subscription_id: row.pounds for row in credits_(provider)}[dollars] == 6_000  # 360,000 / 60
    assert provider.rows("SELECT count(*) AS n FROM outage_decision")[0].n == 1
    provider.agrees()


def test_what_is_given_back_pays_what_is_due(provider):
    provider.begins("HOME")
    provider.on("2026-12-01")
    provider.bills()
    policy(provider, 6)
    provider.on("2026-12-10")
    due = sum(row.due or 0 for row in provider.invoices())
    assert due > 0
    outage(provider, "2026-12-01T12:00", 24)
    assert goes_round(provider) == 1
    assert sum(row.due or 0 for row in provider.invoices()) < due
    provider.agrees()


RUN = """
import os, signal, sys
from datetime import datetime
from sqlalchemy import event
from core.billing.credit_outages import credit_outages
from core.billing.draft import issuer_of
from core.db.engine import Database
from core.settings import load
dies_at, done = int(sys.argv[1]), 0
def count(*_):
    global done
    done += 1
    if done == dies_at:
        os.kill(os.getpid(), signal.SIGKILL)
settings = load(os.environ)
db = Database(settings.database_url, pool_size=1)
for moment in ("before_cursor_execute", "commit"):
    event.listen(db.engine, moment, count)
credit_outages(db, issuer=issuer_of(settings), now=datetime.fromisoformat(sys.argv[2]))
print(done)
"""


@pytest.mark.slow
def test_killed_anywhere_and_done_again_each_gets_one_credit(provider, environ, root):
    provider.begins("HOME")
    provider.begins("BIGGER", provider.town.deng)
    policy(provider, 6)
    provider.on("2026-11-10")

    def run(at):
        return subprocess.run(
            [sys.executable, "-c", RUN, str(at), provider.clock.now().isoformat()],
            env={**os.environ, **environ, "PYTHONPATH": str(root)}, cwd=root, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    outage(provider, "2026-11-01T10:00", 12)
    statements = int(run(0).stdout)
    assert statements > 20
    for n, at in enumerate(range(3, statements, max(1, statements // 6)), 2):
        outage(provider, f"2026-11-{n:02}T10:00", 12)
        died = run(at)
        assert died.returncode == -9, died.stderr
        goes_round(provider)
        assert goes_round(provider) == 0
        counts = provider.rows("SELECT count(*) AS n FROM outage_credit GROUP BY outage_id, subscription_id")
        assert [row.n for row in counts] == [1] * (2 * n)
    whole = provider.rows(
        "SELECT sum(amount_minor) / 100 AS pounds, count(DISTINCT entry_id) AS entries, count(*) AS n FROM outage_credit"
    )[0]
    assert whole.entries == whole.n
    assert whole.pounds == whole.n / 2 * 1_800
    texts = [name for name, _ in texts_to(provider.parts, ACHOL) if name == "outage_credited"]
    assert len(texts) == whole.n / 2
    provider.agrees()


def test_four_at_once_give_one_credit(provider):
    provider.begins("HOME")
    policy(provider, 6)
    provider.on("2026-11-10")
    outage(provider, "2026-11-09T10:00", 12)
    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(lambda _n: goes_round(provider), range(4))) == 1
    assert len(credits_(provider)) == 1
    provider.agrees()


def test_a_policy_is_set_for_days_to_come_and_the_last_word_of_a_day_counts(provider):
    with pytest.raises(InvalidDay):
        policy(provider, 6, "2026-10-31")
    for hours in (0, 721):
        with pytest.raises(NotPossibleNow):
            policy(provider, hours)
    policy(provider, 6)
    policy(provider, 12)
    policy(provider, None, "2026-12-01")
    with provider.parts.db.reading() as connection:
        said = [policy_on(connection, date(2026, *day)) for day in ((10, 31), (11, 1), (11, 30), (12, 1))]
        assert [one and one.hours_min for one in said] == [None, 12, 12, None]
        assert [one.hours_min for one in policies(connection)] == [None, 12, 6]


def test_the_database_refuses_a_second_credit_and_one_of_nothing(provider):
    home = provider.begins("HOME")
    policy(provider, 6)
    provider.on("2026-11-10")
    outage(provider, "2026-11-09T10:00", 12)
    goes_round(provider)
    provider.pays(1)
    again = (
        "INSERT INTO outage_credit SELECT outage_id, subscription_id, policy_id, {}, currency, seconds,"
        " (SELECT max(id) FROM ledger_entry WHERE id NOT IN (SELECT entry_id FROM outage_credit)), credited_at"
        " FROM outage_credit"
    )
    with pytest.raises(IntegrityError, match="pk_outage_credit"), provider.parts.db.transaction() as tx:
        tx.execute(text(again.format("amount_minor")))
    with pytest.raises(IntegrityError, match="for_something"), provider.parts.db.transaction() as tx:
        tx.execute(text(again.format("0")))
    assert provider.balance() == ssp(601)
    assert home


def test_days_off_and_days_for_nothing_cost_nothing_and_months_their_own_price(provider):
    with provider.parts.db.reading() as connection:
        book = tariff_book(connection)
    home = next(terms.tariff_id for terms in book.all_versions() if terms.code == "HOME")
    begins, ends = start_of_day(date(2026, 11, 28)), start_of_day(date(2026, 12, 3))

    def pounds(*terms, free=()):
        return [
            (share.seconds / 86_400, share.in_pounds(None))
            for share in outage_shares(begins, ends, Charged(1, terms, free), book)
        ]

    on = Days(date(2026, 1, 1), None, home)
    # Three days of November's thirty, two of December's thirty-one.
    assert pounds(on) == [(3, ssp(3_000)), (2, ssp(30_000).share_half_even(2, 31))]
    assert pounds(Days(date(2026, 1, 1), date(2026, 11, 30), home)) == [(2, ssp(2_000))]
    assert pounds(on, free=[Period(date(2026, 11, 1), date(2026, 12, 1))]) == [(2, ssp(30_000).share_half_even(2, 31))]
    assert pounds() == []
