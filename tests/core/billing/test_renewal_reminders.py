"""Prepaid customers hear in time that their balance will not do, and how much is missing."""

from datetime import date
from decimal import Decimal

import pytest

from core.billing import renewal_reminders
from core.billing.renewal_reminders import remind_renewals
from core.catalog.open_tariff import open_tariff
from core.catalog.set_exchange_rate import set_exchange_rate
from core.catalog.set_promotion import set_promotion
from core.catalog.set_tariff import NewTerms, set_tariff_version
from core.messaging.silence import silence
from core.money import Money
from core.subscriptions.pause import pause
from tests.core.billing.owing import CODE, told, words
from tests.town import ACHOL, DENG, snapshot


def reminds(provider, day=None, hour=9):
    provider.on(day or provider.today, hour)
    return remind_renewals(
        provider.parts.db, now=provider.clock.now(), code=CODE, step_minor=provider.issuer.step_minor
    )


def prepaid(provider, tariff="PREHOME", pounds=36_000, who=None):
    provider.on("2026-11-01")
    provider.pays(pounds, who)
    return provider.begins(tariff, who)


def test_who_cannot_pay_the_next_month_hears_it_three_days_and_one_day_before(provider):
    service = prepaid(provider)
    number = provider.service(service).number
    for day, texts in (("27", 0), ("28", 1), ("29", 0), ("30", 1)):
        assert reminds(provider, f"2026-11-{day}") == texts
    assert (
        words(provider, "renewal_short")
        == [f"Internet {number} renews on 01/12/2026. Your balance lacks SSP 36,000. To top up, dial *384*77#"] * 2
    )
    assert reminds(provider, "2026-12-01") == 0


def test_the_same_day_twice_is_one_text(provider):
    prepaid(provider)
    reminds(provider, "2026-11-28")
    before = snapshot(provider.parts)
    assert reminds(provider, "2026-11-28") == 0
    assert snapshot(provider.parts) == before


def test_a_day_without_power_is_made_up_for_on_the_next(provider):
    prepaid(provider)
    assert reminds(provider, "2026-11-29") == 1
    assert reminds(provider, "2026-11-30") == 1


def test_only_what_is_missing_is_asked_for_and_who_has_enough_hears_nothing(provider):
    prepaid(provider, pounds=36_000 + 10_000)
    prepaid(provider, pounds=72_000, who=provider.town.deng)
    assert reminds(provider, "2026-11-28") == 1
    assert "lacks SSP 26,000." in words(provider, "renewal_short")[0]
    assert told(provider, DENG) == []
    provider.pays(26_000)
    assert reminds(provider, "2026-11-30") == 0


def test_what_is_said_to_be_missing_is_what_the_bill_then_takes(provider):
    service = prepaid(provider)
    reminds(provider, "2026-11-30")
    provider.pays(36_000)
    provider.on("2026-12-01")
    assert (provider.bills().issued, provider.balance().minor) == (1, 0)
    assert provider.service(service).state == "active"


def test_two_services_share_one_balance(provider):
    first, second = prepaid(provider), prepaid(provider, "PREPLUS", 72_000)
    provider.pays(50_000)
    assert reminds(provider, "2026-11-28") == 1
    (said,) = words(provider, "renewal_short")
    assert said.startswith(
        f"Internet {provider.service(second).number} renews on 01/12/2026. Your balance lacks SSP 58,000."
    )
    assert provider.service(first).state == "active"


@pytest.mark.parametrize("hour", [0, 7, 19])
def test_nobody_is_woken(provider, hour):
    prepaid(provider)
    assert reminds(provider, "2026-11-28", hour) == 0
    assert reminds(provider, "2026-11-28", 18) == 1


def test_who_pays_afterwards_is_paused_or_said_stop_hears_nothing(provider):
    provider.begins("HOME", provider.town.deng)
    service = prepaid(provider)
    provider.does(silence, phone=ACHOL, now=provider.clock.now())
    assert reminds(provider, "2026-11-28") == 0
    provider.does(pause, subscription_id=service, by=provider.by())
    assert reminds(provider, "2026-11-30") == 0
    assert (told(provider), told(provider, DENG)) == ([], [])


def test_a_month_is_priced_with_its_discount(provider):
    provider.does(
        set_promotion,
        code="RAINS",
        name_en="Rains",
        name_ar="أمطار",
        tariff_code="PREHOME",
        valid_from=date(2026, 11, 1),
        valid_until=date(2026, 12, 1),
        percent_off=Decimal(50),
        periods=2,
        approval_reference="NCA/17",
        approved_on=date(2026, 10, 1),
        staff_id=None,
        now=provider.clock.now(),
    )
    prepaid(provider, pounds=18_000)
    reminds(provider, "2026-11-28")
    assert "lacks SSP 18,000." in words(provider, "renewal_short")[0]


def test_dollars_are_told_in_pounds_at_the_latest_rate_and_never_without_one(provider):
    provider.does(
        open_tariff, code="PREUSD", alias=80, name_en="Dollars", name_ar="دولار", pay="prepaid", billed_on="anniversary"
    )
    provider.does(
        set_tariff_version,
        code="PREUSD",
        terms=NewTerms(down_kbps=4_000, up_kbps=1_000, price=Money.of(10, "USD")),
        valid_from=date(2026, 1, 1),
        staff_id=None,
        now=provider.clock.now(),
    )
    rate(provider, "2026-11-01", 4_000)
    prepaid(provider, "PREUSD", pounds=48_000)
    assert reminds(provider, "2026-11-28") == 0  # the rate is four weeks old, and says nothing any more
    rate(provider, "2026-11-25", 5_000)
    reminds(provider, "2026-11-28")
    assert "lacks SSP 60,000." in words(provider, "renewal_short")[0]


def rate(provider, day, pounds):
    provider.on(day)
    provider.does(
        set_exchange_rate,
        day=date.fromisoformat(day),
        currency="USD",
        rate=Decimal(pounds),
        source="Bank of South Sudan",
        staff_id=None,
        now=provider.clock.now(),
    )


def test_one_customer_who_cannot_be_reminded_holds_up_no_other(provider, monkeypatch):
    prepaid(provider)
    prepaid(provider, who=provider.town.deng)
    real = renewal_reminders.account

    def breaks(connection, customer_id):
        if customer_id == provider.town.achol.customer_id:
            raise RuntimeError("a fault of ours")
        return real(connection, customer_id)

    monkeypatch.setattr(renewal_reminders, "CUSTOMERS_A_BATCH", 1)
    with monkeypatch.context() as patched:
        patched.setattr(renewal_reminders, "account", breaks)
        assert reminds(provider, "2026-11-28") == 1
    assert (told(provider), told(provider, DENG)) == ([], ["renewal_short"])
    assert reminds(provider, "2026-11-28") == 1
