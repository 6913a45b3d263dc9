"""More data, bought at the cap or before it: fast again at once, once per request, gone when the month turns."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from core.billing.buy_data import buy_data
from core.billing.credit import credit_invoice
from core.billing.fulfil import bill_fulfilments
from core.catalog.data_packs import DataPack
from core.catalog.fair_use import FairUse, Step
from core.catalog.set_tariff import NewTerms, set_tariff_version
from core.errors import (
    CustomerNotActive,
    InsufficientBalance,
    KeyReused,
    NotPossibleNow,
    PlanGone,
    PriceChanged,
)
from core.payments.settle import settle
from core.subscriptions import keep_fair_use
from core.subscriptions.change_plan import change_plan
from core.subscriptions.pause import pause
from core.subscriptions.read_standings import standings
from core.subscriptions.slow import slow
from core.subscriptions.suspend import suspend
from tests.core.billing.test_money_came import momo
from tests.core.subscriptions.line import FULL, GB, Line
from tests.provider import ssp
from tests.town import texts_to

PACKS = (DataPack(1 * GB, ssp(500)), DataPack(5 * GB, ssp(2_000)))
CAPPED = (64, 64)


def buys(provider, line, gigabytes=5, pounds=2_400, key="one", verb=buy_data):
    """She buys a pack at the price with the excise of 20 %."""
    return provider.does(
        verb,
        request_key=key,
        subscription_id=line.id,
        data_bytes=int(gigabytes * GB),
        price=ssp(pounds),
        by=provider.by("asked at the counter"),
        issuer=provider.issuer,
    )


@pytest.fixture
def capped(provider):
    """Twelve of ten gigabytes used, and 10,000 pounds on the balance."""
    line = Line(provider, data_bytes=10 * GB, packs=PACKS)
    line.uses(12)
    provider.pays(10_000)
    return line


def test_data_bought_at_the_cap_lifts_it_at_once_and_serves_every_byte(provider, capped):
    assert capped.speed == CAPPED
    sold = buys(provider, capped)
    assert (sold.paid, sold.until_day.isoformat(), sold.again) == (ssp(2_400), "2026-12-01", False)
    assert capped.speed == FULL
    assert provider.access(capped.id).wanted == "present"
    assert provider.balance() == ssp(7_600)
    assert capped.uses(4.9) == FULL
    assert capped.uses(0.1) == CAPPED
    assert provider.rows("SELECT verb FROM subscription_move WHERE verb IN ('hold', 'release') ORDER BY id") == [
        ("hold",),
        ("release",),
        ("hold",),
    ]
    provider.agrees()


def test_its_invoice_is_paid_and_is_not_texted_a_second_time(provider, capped):
    buys(provider, capped)
    (invoice,) = provider.invoices()
    assert (invoice.net, invoice.tax, invoice.total, invoice.due) == (2_000, 400, 2_400, 0)
    (line,) = provider.lines(invoice.id)
    assert (line.kind, line.facts["data_bytes"]) == ("data", 5 * GB)
    assert provider.rows("SELECT told_at FROM invoice_due")[0].told_at is not None


def test_bought_before_the_cap_the_own_data_goes_first(provider):
    line = Line(provider, data_bytes=10 * GB, packs=PACKS)
    line.uses(4)
    provider.pays(10_000)
    buys(provider, line)
    assert line.uses(10.9) == FULL
    assert line.uses(0.1) == CAPPED


def test_bought_twice_it_is_twice_as_much(provider, capped):
    buys(provider, capped)
    buys(provider, capped, 1, 600, key="two")
    assert capped.uses(5.9) == FULL
    assert capped.uses(0.1) == CAPPED
    assert provider.balance() == ssp(7_000)


def test_one_request_sent_twice_buys_once(provider, capped):
    first = buys(provider, capped)
    second = buys(provider, capped)
    assert second.again
    assert (second.bought_id, second.paid, second.until_day) == (first.bought_id, first.paid, first.until_day)
    assert provider.balance() == ssp(7_600)
    with pytest.raises(KeyReused):
        buys(provider, capped, 1, 600)


def test_data_whose_invoice_was_credited_serves_nothing_any_more(provider, capped):
    buys(provider, capped)
    assert capped.uses(1) == FULL
    (invoice,) = provider.invoices()
    note = {"invoice_id": invoice.id, "reason": "bought by mistake", "issuer": provider.issuer}
    provider.does(credit_invoice, key="half", amount=ssp(1_000), now=provider.clock.now(), **note)
    assert capped.uses(0) == FULL
    provider.does(credit_invoice, key="all", amount=None, now=provider.clock.now(), **note)
    assert provider.balance() == ssp(10_000)
    assert capped.uses(0) == CAPPED
    provider.agrees()


def test_two_copies_of_a_request_at_once_buy_once(provider, capped):
    found = []
    copies = [threading.Thread(target=lambda: found.append(buys(provider, capped))) for _copy in range(4)]
    for copy in copies:
        copy.start()
    for copy in copies:
        copy.join()
    assert sorted(one.again for one in found) == [False, True, True, True]
    assert provider.balance() == ssp(7_600)
    provider.agrees()


def test_when_the_month_turns_it_is_gone(provider, capped):
    buys(provider, capped)
    provider.bills_daily_until("2026-12-01")
    assert capped.uses(9) == FULL
    assert capped.uses(1) == CAPPED


def test_a_day_s_share_is_lifted_for_the_day_and_what_is_left_serves_the_next(provider):
    line = Line(provider, fair_use=FairUse((Step("day", 2 * GB, 512, 512),)), packs=PACKS)
    provider.pays(10_000)
    line.at(10, 12)
    assert line.uses(3) == (512, 512)
    buys(provider, line)
    assert line.uses(2) == FULL
    line.at(11, 12)
    assert line.uses(4.9) == FULL
    assert line.uses(0.1) == (512, 512)
    assert line.texts == ["usage_slower_more", "usage_slower_more"]


def test_a_payment_the_provider_confirms_twice_buys_once(provider, capped):
    momo(provider, 2_400, "data", {"service": capped.id, "data_bytes": 5 * GB, "price": 240_000})
    (intent,) = provider.rows("SELECT id FROM payment_intent")
    again = {"intent_id": intent.id, "provider_reference": f"mtn-{intent.id}", "now": provider.clock.now()}
    fulfil = bill_fulfilments(issuer=provider.issuer)
    assert not provider.does(settle, **again, why={"told": "again"}, fulfil=fulfil)
    assert capped.speed == FULL
    assert provider.balance() == ssp(10_000)
    assert texts_to(provider.parts, provider.town.achol.main_phone)[-1][0] == "data_paid"
    assert len(provider.rows("SELECT 1 FROM bought_data")) == 1
    provider.agrees()


def test_what_was_paid_for_data_buys_it_though_a_bill_is_due(provider):
    line = Line(provider, data_bytes=10 * GB, packs=PACKS)
    provider.on("2026-12-02")
    provider.bills()
    line.uses(10)
    momo(provider, 2_400, "data", {"service": line.id, "data_bytes": 5 * GB, "price": 240_000})
    assert line.speed == FULL
    assert [one.due for one in provider.invoices()] == [36_000, 0]


def test_paid_for_and_not_sold_any_more_the_money_is_on_the_balance_and_she_is_told(provider, capped):
    momo(provider, 2_400, "data", {"service": capped.id, "data_bytes": 5 * GB, "price": 230_000})
    assert provider.balance() == ssp(12_400)
    assert capped.speed == CAPPED
    name, body = texts_to(provider.parts, provider.town.achol.main_phone)[-1]
    assert name == "data_not_bought"
    assert "SSP 12,400" in body


def test_paid_for_and_cut_off_meanwhile_the_money_pays_the_bill_and_it_is_on_again(provider):
    line = Line(provider, data_bytes=10 * GB, packs=PACKS)
    provider.on("2026-12-02")
    provider.bills()
    provider.pays(34_000)
    provider.does(suspend, subscription_id=line.id, reason="unpaid", by=provider.by())
    momo(provider, 2_400, "data", {"service": line.id, "data_bytes": 5 * GB, "price": 240_000})
    assert [one.due for one in provider.invoices()] == [0]
    assert provider.service(line.id).state == "active"
    assert provider.balance() == ssp(400)
    said = texts_to(provider.parts, provider.town.achol.main_phone)
    assert [name for name, _ in said][-2:] == ["service_back", "bills_settled"]
    assert provider.rows("SELECT 1 FROM bought_data") == []
    provider.agrees()


def test_another_price_is_refused_and_nothing_is_paid(provider, capped):
    with pytest.raises(PriceChanged) as refused:
        buys(provider, capped, pounds=2_000)
    assert refused.value.now == ssp(2_400)
    provider.does(
        set_tariff_version,
        code="LINE",
        terms=NewTerms(
            down_kbps=4_000, up_kbps=1_000, price=ssp(30_000), data_bytes=10 * GB, packs=(DataPack(GB, ssp(700)),)
        ),
        valid_from=provider.today + timedelta(days=1),
        staff_id=None,
        now=provider.clock.now(),
    )
    provider.on(provider.today + timedelta(days=1))
    with pytest.raises(PlanGone):
        buys(provider, capped)
    with pytest.raises(PriceChanged):
        buys(provider, capped, 1, 600)
    assert buys(provider, capped, 1, 840).paid == ssp(840)


def test_a_balance_that_is_short_buys_nothing(provider):
    line = Line(provider, data_bytes=10 * GB, packs=PACKS)
    line.uses(10)
    with pytest.raises(InsufficientBalance):
        buys(provider, line)
    assert provider.invoices() == []
    assert line.speed == CAPPED


def test_what_is_off_or_never_slowed_buys_nothing(provider, capped):
    provider.does(pause, subscription_id=capped.id, by=provider.by())
    with pytest.raises(NotPossibleNow):
        buys(provider, capped)
    unlimited = provider.begins("HOME")
    with pytest.raises(PlanGone):
        provider.does(
            buy_data,
            request_key="home",
            subscription_id=unlimited,
            data_bytes=GB,
            price=ssp(600),
            by=provider.by(),
            issuer=provider.issuer,
        )
    provider.does(
        lambda tx: tx.execute(
            text("UPDATE customer SET status = 'suspended' WHERE id = :id"), {"id": provider.town.achol.customer_id}
        )
    )
    with pytest.raises(CustomerNotActive):
        provider.does(
            buy_data,
            request_key="home",
            subscription_id=unlimited,
            data_bytes=GB,
            price=ssp(600),
            by=provider.by(),
            issuer=provider.issuer,
        )


def test_a_sweep_that_looked_before_it_was_bought_does_not_make_it_slow_again(provider, capped, monkeypatch):
    capped.uses(0.1)

    def looks_and_is_overtaken(*arguments):
        found = standings(*arguments)
        buys(provider, capped)
        return found

    monkeypatch.setattr(keep_fair_use, "standings", looks_and_is_overtaken)
    assert capped.looks() == FULL
    assert len(capped.texts) == 1


def test_an_unpaid_bill_keeps_it_slow_whatever_is_bought(provider, capped):
    provider.does(slow, subscription_id=capped.id, by=provider.by())
    buys(provider, capped)
    assert capped.speed == (256, 256)


def test_who_changes_the_plan_keeps_what_was_bought(provider, capped):
    buys(provider, capped)
    (other,) = provider.rows("SELECT id FROM tariff WHERE code = 'HOME'")
    provider.does(
        change_plan, subscription_id=capped.id, tariff_id=other.id, at_period_end=False, by=provider.by("faster")
    )
    assert capped.looks() == FULL
    assert provider.rows("SELECT data_bytes FROM bought_data") == [(5 * GB,)]


def test_shares_are_told_of_all_there_is_and_none_is_told_by_buying(provider, capped):
    buys(provider, capped)
    assert capped.looks() == FULL
    assert capped.texts == ["usage_slower_more"]
    capped.uses(2)  # 12 of 15
    capped.uses(3)
    assert capped.texts == ["usage_slower_more", "usage_share", "usage_slower_more"]
    said = [body for name, body in texts_to(provider.parts, provider.town.achol.main_phone) if name == "usage_share"]
    assert said == ["You have used 12 GB of 15 GB. Your next data comes on 01/12/2026."]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE bought_data SET data_bytes = data_bytes * 2",
        "DELETE FROM bought_data",
        "TRUNCATE bought_data",
        (
            "INSERT INTO bought_data (request_key, subscription_id, data_bytes, day, until_day, after_bytes, price_minor,"
            " currency, invoice_id, bought_at) SELECT 'again', subscription_id, data_bytes, day, until_day, after_bytes,"
            " price_minor, currency, invoice_id, bought_at FROM bought_data"
        ),
    ],
    ids=["changed", "deleted", "emptied", "two for one invoice"],
)
def test_what_was_bought_stays_as_it_was(provider, capped, statement):
    buys(provider, capped)
    with pytest.raises(DBAPIError):
        provider.does(lambda tx: tx.execute(text(statement)))
