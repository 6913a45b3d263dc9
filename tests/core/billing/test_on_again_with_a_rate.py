"""A lapsed service whose money came while no exchange rate was known goes on when one is."""

from __future__ import annotations

from decimal import Decimal

from core.billing.money_came import put_on_again
from core.catalog.open_tariff import open_tariff
from core.catalog.set_exchange_rate import set_exchange_rate
from core.catalog.set_tariff import NewTerms, set_tariff_version
from core.money import Money


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


def sells_in_dollars(provider):
    """A prepaid plan, USDP, at 10 dollars a month."""
    with provider.parts.db.transaction() as tx:
        open_tariff(tx, code="USDP", alias=20, name_en="Dollars", name_ar="م", pay="prepaid", billed_on="anniversary")
        set_tariff_version(
            tx,
            code="USDP",
            terms=NewTerms(down_kbps=9_000, up_kbps=1_000, price=Money.of(10, "USD")),
            valid_from=provider.today.replace(month=1, day=1),
            staff_id=None,
            now=provider.clock.now(),
        )


def test_a_lapsed_dollar_service_goes_on_when_a_rate_is_known_again(provider):
    sells_in_dollars(provider)
    rate(provider, 1_000)
    provider.pays(12_000)
    service = provider.begins("USDP")
    provider.on("2026-11-30")
    rate(provider, 1_000)
    provider.on("2026-12-01")
    provider.bills()
    provider.on("2026-12-20")
    provider.pays(20_000)
    sweep = {"issuer": provider.issuer, "now": provider.clock.now()}
    assert put_on_again(provider.parts.db, **sweep) == 0
    rate(provider, 1_000)
    assert put_on_again(provider.parts.db, **sweep) == 1
    assert provider.service(service).state == "active"
    assert put_on_again(provider.parts.db, **sweep) == 0
    provider.agrees()
