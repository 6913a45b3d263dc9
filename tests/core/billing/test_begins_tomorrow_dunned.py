"""Dunning a customer who was handed a service today."""

from core.billing.end_service import hand_over
from tests.core.billing.owing import charged, duns, duns_daily_until


def test_a_service_that_begins_tomorrow_holds_up_no_other(provider):
    deng = provider.town.deng
    service = provider.begins("HOME", deng)
    provider.on("2026-12-01")
    provider.bills()
    charged(provider, who=deng)
    provider.on("2026-12-07")
    taken = provider.begins("HOME")
    provider.on("2026-12-02")
    duns_daily_until(provider, "2026-12-07")
    provider.on("2026-12-08", 8)
    _ended, added = provider.does(
        hand_over, subscription_id=taken, customer_id=deng.customer_id, by=provider.by(), issuer=provider.issuer
    )
    assert duns(provider, "2026-12-08", 9).failed == 0
    assert provider.service(service).state == "suspended"
    assert provider.service(added.subscription_id).state == "active"
