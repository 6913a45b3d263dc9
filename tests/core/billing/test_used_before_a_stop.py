"""Prepaid days used and not billed yet: a pause, an end or a transfer loses none."""

from __future__ import annotations

import pytest

from core.billing.end_service import end_service, hand_over
from core.subscriptions.pause import pause, unpause
from tests.core.billing.owing import forget_intents, intent
from tests.provider import ssp


@pytest.mark.parametrize("back_on", ["2026-12-10", "2026-12-20"])
def test_prepaid_days_used_before_a_pause_are_billed_when_it_goes_on(provider, back_on):
    provider.pays(36_000)
    service = provider.begins("PREHOME")
    provider.on("2026-12-01")
    intent(provider, "unknown")
    provider.bills_daily_until("2026-12-10")
    provider.does(pause, subscription_id=service, by=provider.by())
    provider.on(back_on)
    provider.does(unpause, subscription_id=service, by=provider.by())
    forget_intents(provider)
    provider.pays(36_000)
    provider.clock.advance(days=1)
    provider.bills()
    assert str(provider.invoices()[1].period_from) == "2026-12-01"
    assert str(provider.service(service).billed_until) == "2027-01-01"
    provider.agrees()


@pytest.mark.parametrize("how", [end_service, hand_over])
@pytest.mark.parametrize("paid", [0, 36_000])
def test_prepaid_days_used_before_the_end_are_billed_as_what_is_owed(provider, how, paid):
    provider.pays(36_000)
    service = provider.begins("PREHOME")
    provider.on("2026-12-01")
    intent(provider, "unknown")
    provider.bills_daily_until("2026-12-10")
    if paid:
        forget_intents(provider)
        provider.pays(paid)
    to = {"customer_id": provider.town.deng.customer_id} if how is hand_over else {}
    provider.does(how, subscription_id=service, by=provider.by(), issuer=provider.issuer, **to)
    provider.clock.advance(days=1)
    provider.bills()
    provider.bills()
    last = provider.invoices()[1]
    assert (str(last.period_from), str(last.period_next)) == ("2026-12-01", "2026-12-11")
    assert len(provider.invoices()) == 2
    assert (provider.balance() > ssp(0)) == bool(paid)
    forget_intents(provider)
    provider.agrees()
