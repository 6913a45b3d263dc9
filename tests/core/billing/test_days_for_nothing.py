"""Days that a promotion gave for nothing: had, and given back for nothing, before days that were paid earlier."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from core.billing.credit import credit_invoice
from core.catalog.set_promotion import set_promotion
from core.money import Money
from core.subscriptions.pause import pause, unpause
from tests.core.billing.test_days_given_back import changes, ends
from tests.provider import ssp


def free_months(provider, tariff="PREHOME", periods=1, off=100):
    provider.on("2026-10-01")
    provider.does(
        set_promotion,
        code="FREE",
        name_en="Free",
        name_ar="مجانا",
        tariff_code=tariff,
        valid_from=date(2026, 11, 1),
        valid_until=date(2026, 12, 1),
        percent_off=Decimal(off),
        periods=periods,
        approval_reference="NCA 2",
        approved_on=date(2026, 9, 1),
        staff_id=None,
        now=provider.clock.now(),
    )
    provider.on("2026-11-01")


def test_a_free_month_that_is_not_used_gives_nothing_back(provider):
    free_months(provider)
    provider.pays(100_000)
    service = provider.begins("PREHOME")
    provider.on("2026-11-10")
    assert ends(provider, service).credited == ssp(0)
    assert provider.balance() == ssp(100_000)
    provider.agrees()


def test_a_paid_plan_after_free_days_and_back_gives_back_the_paid_days_alone(provider):
    free_months(provider)
    provider.pays(200_000)
    service = provider.begins("PREHOME")
    provider.on("2026-11-11")
    changes(provider, service, "PREPLUS")  # 20 of 30 days at 60,000
    assert provider.balance() == ssp(200_000 - 48_000)
    provider.on("2026-11-21")
    assert ends(provider, service).credited == ssp(21_600)  # 9 days of them
    provider.agrees()


def test_free_days_kept_over_a_pause_are_worth_nothing_when_it_ends(provider):
    free_months(provider, periods=2)
    provider.pays(100_000)
    service = provider.begins("PREHOME")
    provider.on("2026-11-11")
    provider.does(pause, subscription_id=service, by=provider.by())
    provider.on("2026-12-11")
    provider.does(unpause, subscription_id=service, by=provider.by())
    assert str(provider.service(service).billed_until) == "2026-12-30"
    provider.bills_daily_until("2027-01-31")  # a second month for nothing, and one that is paid
    assert provider.balance() == ssp(64_000)
    provider.does(pause, subscription_id=service, by=provider.by())
    provider.on("2027-02-10")
    assert ends(provider, service).credited == Money(33_517_00, "SSP")  # 27 of the 29 days from 30 January
    provider.agrees()


@pytest.mark.parametrize("off", [12_000, 36_000])
def test_a_month_made_cheaper_gives_its_unused_days_back_at_the_lower_price(provider, off):
    provider.pays(36_000)
    service = provider.begins("PREHOME")
    (invoice,) = provider.invoices()
    provider.on("2026-11-15")
    provider.does(
        credit_invoice,
        key="cheaper",
        invoice_id=invoice.id,
        amount=ssp(off),
        reason="ten days without a line",
        issuer=provider.issuer,
        now=provider.clock.now(),
    )
    assert ends(provider, service).credited == ssp((36_000 - off) // 2)
    assert provider.balance() == ssp(off + (36_000 - off) // 2)
    provider.agrees()


def test_days_given_back_make_no_other_day_cheaper(provider):
    provider.pays(200_000)
    service = provider.begins("PREPLUS")
    (invoice,) = provider.invoices()
    provider.on("2026-11-11")
    changes(provider, service, "PREHOME")  # 20 days given back, of 72,000; 24,000 charged
    provider.does(
        credit_invoice,
        key="cheaper",
        invoice_id=invoice.id,
        amount=ssp(12_000),  # half of what its ten used days cost
        reason="a slow week",
        issuer=provider.issuer,
        now=provider.clock.now(),
    )
    provider.on("2026-11-16")
    assert ends(provider, service).credited == ssp(16_800)  # 14 days of Home at their full price
    provider.agrees()


@pytest.mark.parametrize("periods", [1, 3])
def test_a_change_there_and_back_within_a_free_month_costs_the_days_on_the_other_plan_alone(provider, periods):
    free_months(provider, periods=periods)
    provider.pays(200_000)
    service = provider.begins("PREHOME")
    provider.on("2026-11-11")
    changes(provider, service, "PREPLUS")
    changes(provider, service, "PREHOME")
    assert provider.balance() == ssp(200_000)
    provider.on("2026-11-13")
    changes(provider, service, "PREPLUS")
    provider.on("2026-11-16")
    changes(provider, service, "PREHOME")
    assert provider.balance() == ssp(200_000 - 7_200)  # 3 of 30 days at 60,000, and excise
    provider.on("2026-11-20")
    assert ends(provider, service).credited == ssp(0)
    provider.agrees()


def test_back_in_a_month_that_is_not_reduced_any_more_its_full_price_is_charged(provider):
    free_months(provider)
    provider.pays(300_000)
    service = provider.begins("PREHOME")
    provider.bills_daily_until("2026-12-01")
    provider.on("2026-12-12")
    before = provider.balance()
    changes(provider, service, "PREPLUS")
    changes(provider, service, "PREHOME")
    assert provider.balance() == before
    assert provider.lines(provider.invoices()[-1].id)[-1].kind == "change"
    provider.agrees()


def test_a_month_that_was_billed_on_another_plan_is_reduced_for_its_days_on_the_promotions_own(provider):
    """As a postpaid one is: the month was counted, though no line of its bill was reduced."""
    free_months(provider, periods=2, off=50)
    provider.pays(300_000)
    service = provider.begins("PREHOME")
    changes(provider, service, "PREPLUS", at_period_end=True)
    provider.bills_daily_until("2026-12-01")
    assert provider.invoices()[-1].net == 60_000
    provider.on("2026-12-12")
    changes(provider, service, "PREHOME")  # 20 of 31 days
    assert [(line.kind, float(line.amount)) for line in provider.lines(provider.invoices()[-1].id)] == [
        ("change", 19_354.84),
        ("discount", -9_677.42),
    ]
    provider.bills_daily_until("2027-01-01")
    assert provider.invoices()[-1].net == 30_000
    changes(provider, service, "PREPLUS")
    changes(provider, service, "PREHOME")
    assert [line.kind for line in provider.lines(provider.invoices()[-1].id)] == ["change"]
    provider.agrees()


def test_days_of_a_reduced_month_kept_over_a_pause_are_reduced_still(provider):
    free_months(provider)
    provider.pays(200_000)
    service = provider.begins("PREHOME")
    provider.on("2026-11-11")
    provider.does(pause, subscription_id=service, by=provider.by())
    provider.on("2026-12-11")
    provider.does(unpause, subscription_id=service, by=provider.by())
    changes(provider, service, "PREPLUS")
    changes(provider, service, "PREHOME")
    assert provider.balance() == ssp(200_000)
    provider.bills_daily_until("2026-12-30")
    assert provider.balance() == ssp(164_000)
    provider.agrees()


def test_days_paid_before_a_free_change_are_not_given_back_twice(provider):
    """Paid days given back for a plan that is free, then the end: the free ones go first, and nothing else."""
    free_months(provider, tariff="PREPLUS")
    provider.pays(200_000)
    service = provider.begins("PREPLUS")
    provider.on("2026-11-06")
    changes(provider, service, "PREHOME")  # 25 of 30 days at 30,000
    paid = 200_000 - 30_000
    assert provider.balance() == ssp(paid)
    provider.on("2026-11-11")
    changes(provider, service, "PREPLUS")  # its promotion runs still: 20 days for nothing
    assert provider.balance() == ssp(paid + 24_000)
    provider.on("2026-11-16")
    assert ends(provider, service).credited == ssp(0)
    assert provider.balance() == ssp(200_000 - 6_000)  # five days of Home were used
    provider.agrees()
