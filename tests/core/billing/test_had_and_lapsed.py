"""Days that a prepaid service was on while money was on its way, or no rate was known: owed, whatever comes after."""

from __future__ import annotations

import pytest

from core.billing.end_service import end_service, hand_over
from core.billing.run import preview
from core.integrity import all_faults
from core.subscriptions.pause import pause, unpause
from tests.core.billing.owing import forget_intents, intent
from tests.core.billing.test_on_again_with_a_rate import rate, sells_in_dollars
from tests.provider import ssp


def on_while_nobody_knows(provider, until):
    """Paid to 1 December; then a payment nobody can tell of, and its service on until it is known to have failed."""
    provider.pays(36_000)
    service = provider.begins("PREHOME")
    provider.on("2026-12-01")
    intent(provider, "unknown")
    provider.bills_daily_until(until)
    assert provider.service(service).state == "active"
    forget_intents(provider)
    return service


def test_days_had_before_it_lapsed_are_a_bill_of_their_own(provider):
    service = on_while_nobody_knows(provider, "2026-12-04")
    provider.bills()
    assert provider.service(service).suspended_for == "lapsed"
    had = provider.invoices()[1]
    assert (str(had.period_from), str(had.period_next)) == ("2026-12-01", "2026-12-04")
    assert had.due == had.total
    assert 3_483 <= had.total <= 3_484  # 3 of 31 days at 30,000, and excise
    provider.bills()
    assert len(provider.invoices()) == 2
    provider.agrees()


def test_it_goes_on_when_the_days_had_and_a_month_are_covered(provider):
    service = on_while_nobody_knows(provider, "2026-12-04")
    provider.bills()
    provider.on("2026-12-10")
    provider.pays(36_000)  # the days had are settled first: too little is left for a month
    assert provider.service(service).suspended_for == "lapsed"
    provider.pays(3_500)
    assert provider.service(service).state == "active"
    assert str(provider.service(service).billed_until) == "2027-01-10"
    provider.on("2026-12-12")
    provider.does(end_service, subscription_id=service, by=provider.by(), issuer=provider.issuer)
    provider.agrees()


def test_days_had_over_more_than_a_month_are_one_bill(provider):
    service = on_while_nobody_knows(provider, "2027-01-11")
    provider.bills()
    had = provider.invoices()[1]
    assert (str(had.period_from), str(had.period_next)) == ("2026-12-01", "2027-01-11")
    lines = [(line.facts["days"], line.facts["of"]) for line in provider.lines(had.id)]
    assert lines == [(31, 31), (10, 31)]
    assert provider.service(service).suspended_for == "lapsed"
    provider.agrees()


def test_what_is_on_the_balance_pays_for_the_days_had(provider):
    service = on_while_nobody_knows(provider, "2026-12-04")
    provider.pays(2_000)
    provider.bills()
    had = provider.invoices()[1]
    assert had.due == had.total - 2_000
    assert provider.balance() == ssp(0)
    assert provider.service(service).next_bill_on is None
    provider.agrees()


def test_a_run_that_came_late_makes_nobody_pay_for_it(provider):
    provider.pays(36_000)
    service = provider.begins("PREHOME")
    provider.on("2026-12-09")
    provider.bills()
    assert provider.service(service).suspended_for == "lapsed"
    assert len(provider.invoices()) == 1


def test_a_dry_run_marks_nobody(provider):
    service = on_while_nobody_knows(provider, "2026-12-01")
    intent(provider, "unknown")
    with provider.parts.db.transaction() as tx:
        tx.connection.exec_driver_sql("UPDATE subscription SET on_unpaid = false")
    preview(
        provider.parts.db,
        day=provider.today,
        issuer=provider.issuer,
        now=provider.clock.now(),
        heard=lambda _outcome: None,
    )
    assert provider.service(service).on_unpaid is False
    forget_intents(provider)


def dollars(provider):
    """A prepaid plan at 10 dollars a month, paid to 1 December; no rate is known from then on."""
    sells_in_dollars(provider)
    rate(provider, 1_000)
    provider.pays(12_000)
    service = provider.begins("USDP")
    provider.bills_daily_until("2026-12-09")
    assert provider.service(service).state == "active"
    return service


@pytest.mark.parametrize("how", [end_service, hand_over])
def test_dollar_days_had_without_a_rate_are_billed_after_the_end_when_one_is_known(provider, how):
    service = dollars(provider)
    to = {"customer_id": provider.town.deng.customer_id} if how is hand_over else {}
    provider.does(how, subscription_id=service, by=provider.by(), issuer=provider.issuer, **to)
    provider.bills_daily_until("2026-12-12")
    assert len(provider.invoices()) == 1
    rate(provider, 2_000)
    provider.bills()
    last = provider.invoices()[1]
    assert (str(last.period_from), str(last.period_next)) == ("2026-12-01", "2026-12-10")
    assert last.total == 6_960  # 9 of 31 days of 10 dollars are 2.90, at 2,000, and excise
    provider.bills_daily_until("2026-12-14")
    assert len(provider.invoices()) == 2
    provider.agrees()


def test_dollar_days_had_without_a_rate_are_billed_first_after_a_pause(provider):
    service = dollars(provider)
    provider.does(pause, subscription_id=service, by=provider.by())
    provider.on("2026-12-20")
    provider.does(unpause, subscription_id=service, by=provider.by())
    provider.pays(50_000)
    rate(provider, 2_000)
    provider.bills()
    month = provider.invoices()[1]
    assert (str(month.period_from), str(month.period_next)) == ("2026-12-01", "2027-01-01")
    assert sum(line.facts["days"] for line in provider.lines(month.id)) == 9 + 12
    provider.agrees()


def test_dollar_days_had_without_a_rate_are_owed_when_it_lapses_as_one_is_known(provider):
    service = dollars(provider)
    rate(provider, 2_000)
    provider.bills()
    assert provider.service(service).suspended_for == "lapsed"
    had = provider.invoices()[1]
    assert (str(had.period_from), str(had.period_next)) == ("2026-12-01", "2026-12-09")
    assert had.due == had.total
    assert had.total == 6_192  # 2.58 dollars
    provider.agrees()


def test_a_bill_that_waits_for_money_on_its_way_is_no_fault_of_the_books(provider):
    provider.pays(36_000)
    service = provider.begins("PREHOME")
    provider.on("2026-12-01")
    intent(provider, "unknown")
    provider.bills_daily_until("2026-12-09")
    with provider.parts.db.reading() as connection:
        faults = all_faults(connection, provider.clock.now())
    assert [fault for fault in faults if "overdue to be made" in fault] == []
    with provider.parts.db.transaction() as tx:
        tx.connection.exec_driver_sql("UPDATE payment_intent SET state = 'refused', ended_at = now()")
    with provider.parts.db.reading() as connection:
        faults = all_faults(connection, provider.clock.now())
    assert [fault for fault in faults if "overdue to be made" in fault] != []
    forget_intents(provider)
    assert provider.service(service).state == "active"
