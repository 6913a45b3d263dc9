"""The rate of a run's day: frozen by what the run issued, not by what began that morning."""

from __future__ import annotations

from decimal import Decimal

from core.catalog.open_tariff import open_tariff
from core.catalog.set_exchange_rate import set_exchange_rate
from core.catalog.set_tariff import NewTerms, set_tariff_version
from core.money import Money
from tests.provider import ssp


def rate(provider, pounds):
    provider.does(
        set_exchange_rate,
        day=provider.today,
        currency="USD",
        rate=Decimal(pounds),
        source="x",
        staff_id=None,
        now=provider.clock.now(),
    )


def test_a_slip_corrected_before_the_run_is_not_billed_by_it(provider):
    with provider.parts.db.transaction() as tx:
        open_tariff(tx, code="USDP", alias=20, name_en="Dollars", name_ar="م", pay="prepaid", billed_on="anniversary")
        terms = NewTerms(down_kbps=9_000, up_kbps=1_000, price=Money.of(10, "USD"))
        set_tariff_version(
            tx,
            code="USDP",
            terms=terms,
            valid_from=provider.today.replace(month=1, day=1),
            staff_id=None,
            now=provider.clock.now(),
        )
    rate(provider, 4_000)
    provider.begins("NGO")
    provider.on("2026-11-25")
    rate(provider, 4_100)
    provider.on("2026-12-01", 8)
    rate(provider, 20_000)
    provider.pays(300_000, provider.town.deng)
    provider.begins("USDP", provider.town.deng)
    rate(provider, 4_100)
    provider.on("2026-12-02", 8)
    provider.bills()
    assert provider.invoices()[0].net == 410_000
    assert provider.balance() == ssp(0)
