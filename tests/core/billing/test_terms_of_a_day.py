"""A run cut off in the middle of a day goes on with what it began with: no price, tax or rate changes between two bills."""

from datetime import date
from decimal import Decimal

import pytest

import core.billing.run as running
from core.billing.run import bill_due
from core.catalog.set_exchange_rate import set_exchange_rate
from core.catalog.set_tariff import NewTerms, set_tariff_version
from core.catalog.set_tax_rate import end_tax_rate, open_tax, set_tax_rate
from core.errors import AlreadyBilled
from tests.provider import ssp


class PowerCutError(BaseException):
    """Nothing of ours catches it."""


@pytest.fixture
def cut(provider, monkeypatch):
    """1 December: of two services of a tariff the first is billed, then the power fails."""
    monkeypatch.setattr(running, "CHUNK", 1)

    def cut_off(tariff):
        for who in (provider.town.achol, provider.town.deng):
            provider.pays(2_000_000, who)
            provider.begins(tariff, who)
        provider.on("2026-12-01")

        def fails(_outcome):
            raise PowerCutError

        with pytest.raises(PowerCutError):
            bill_due(
                provider.parts.db, day=provider.today, issuer=provider.issuer, now=provider.clock.now(), heard=fails
            )

    return cut_off


def totals(provider):
    return {
        row.total_minor for row in provider.rows("SELECT total_minor FROM invoice WHERE issued_on = '2026-12-01'")
    }, provider.rows("SELECT count(*) AS n FROM invoice WHERE issued_on = '2026-12-01'")[0].n


def levies(provider, valid_from, valid_until=None):
    return provider.does(
        set_tax_rate,
        tax_code="LEVY",
        product_class="telecom",
        rate_percent=Decimal(10),
        inclusive=False,
        compound=False,
        valid_from=valid_from,
        valid_until=valid_until,
        note="",
        staff_id=None,
        now=provider.clock.now(),
    )


@pytest.mark.parametrize("tariff", ["HOME", "PREHOME"])
def test_a_price_does_not_begin_on_a_day_that_is_billed(provider, cut, tariff):
    cut(tariff)

    def dearer(valid_from):
        provider.does(
            set_tariff_version,
            code=tariff,
            terms=NewTerms(down_kbps=4_000, up_kbps=1_000, price=ssp(50_000)),
            valid_from=valid_from,
            staff_id=None,
            now=provider.clock.now(),
        )

    with pytest.raises(AlreadyBilled) as refused:
        dearer(provider.today)
    assert refused.value.day == "2026-12-01"
    dearer(date(2026, 12, 2))
    provider.bills()
    assert totals(provider) == ({3_600_000}, 2)
    provider.agrees()


def test_a_tax_does_not_begin_on_a_day_that_is_billed(provider, cut):
    cut("HOME")
    provider.on("2026-12-02")
    provider.does(open_tax, code="LEVY", name_en="Levy", name_ar="رسم", position=2)
    for until in (None, date(2026, 12, 2)):
        with pytest.raises(AlreadyBilled):
            levies(provider, date(2026, 12, 1), until)
    levies(provider, date(2026, 12, 2))
    provider.bills()
    assert totals(provider) == ({3_600_000}, 2)


def test_a_tax_that_holds_between_days_with_bills_only_is_set(provider, cut):
    cut("HOME")
    provider.does(open_tax, code="LEVY", name_en="Levy", name_ar="رسم", position=2)
    levies(provider, date(2026, 11, 2), date(2026, 12, 1))
    provider.bills()
    assert totals(provider) == ({3_600_000}, 2)


def test_a_tax_does_not_end_before_a_day_that_is_billed(provider, cut):
    cut("HOME")
    (excise,) = provider.rows("SELECT id FROM tax_rate")
    with pytest.raises(AlreadyBilled):
        provider.does(end_tax_rate, rate_id=excise.id, until=provider.today)
    provider.does(end_tax_rate, rate_id=excise.id, until=date(2026, 12, 2))
    provider.bills()
    assert totals(provider) == ({3_600_000}, 2)


def test_a_rate_corrected_while_a_run_is_cut_off_changes_none_of_its_bills(provider, cut):
    def rate(pounds):
        provider.does(
            set_exchange_rate,
            day=provider.today,
            currency="USD",
            rate=Decimal(pounds),
            source="Bank of South Sudan",
            staff_id=None,
            now=provider.clock.now(),
        )

    provider.on("2026-11-30")
    rate(4000)
    provider.on("2026-11-01")
    cut("NGO")
    rate(4500)
    provider.bills()
    assert totals(provider) == ({48_000_000}, 2)
    provider.on("2027-01-01")
    rate(5000)
    provider.bills()
    assert {
        row.total_minor for row in provider.rows("SELECT total_minor FROM invoice WHERE issued_on > '2026-12-31'")
    } == {60_000_000}
