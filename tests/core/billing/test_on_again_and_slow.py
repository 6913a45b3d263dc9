"""A service that goes on while a bill that slows it is open."""

from __future__ import annotations

from tests.core.billing.owing import duns_daily_until, owes


def test_a_service_goes_on_slow_when_only_that_is_due(provider):
    service = owes(provider)
    duns_daily_until(provider, "2026-12-22")
    provider.on("2027-01-01")
    provider.bills()
    provider.on("2027-01-20", 7)
    provider.pays(36_000)
    assert provider.service(service).state == "active"
    assert provider.service(service).slowed
