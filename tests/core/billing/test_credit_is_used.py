"""What is credited to a balance is used at once for what else is due: nobody is cut off who has money with us."""

import pytest

from core.billing.adjust import ask_adjustment
from core.billing.end_service import end_service, hand_over
from tests.core.billing.owing import charged, duns, duns_daily_until, owes
from tests.provider import ssp


def asks(provider, kind, pounds, invoice_id=None):
    provider.does(
        ask_adjustment,
        request_key=str(provider.parts.ids.new_uuid()),
        kind=kind,
        customer_id=provider.town.achol.customer_id,
        invoice_id=invoice_id,
        amount=ssp(pounds),
        reason="agreed",
        staff_id=provider.town.staff["mary"],
        role="manager",
        issuer=provider.issuer,
        now=provider.clock.now(),
    )


def test_what_a_note_gives_back_of_a_paid_bill_settles_the_others_and_nobody_is_cut_off(provider):
    service = owes(provider)
    provider.pays(36_000)
    provider.on("2027-01-01")
    provider.bills()
    asks(provider, "credit_note", 36_000, provider.invoices()[0].id)
    assert provider.balance() == ssp(0)
    assert provider.invoices()[1].due == 0
    duns_daily_until(provider, "2027-02-01")
    assert (provider.service(service).state, provider.service(service).slowed) == ("active", False)
    provider.agrees()


@pytest.mark.parametrize("how", ["ended", "handed over"])
def test_days_given_back_of_a_prepaid_service_settle_what_is_due_and_put_the_other_on(provider, how):
    service = provider.begins("HOME")
    bill = charged(provider, 10_000, service)
    duns_daily_until(provider, "2026-11-09")
    assert provider.service(service).state == "suspended"
    provider.pays(9_000, invoice_id=bill)
    provider.town.give(provider.town.achol, 36_000)
    prepaid = provider.begins("PREHOME")
    provider.on("2026-11-10")
    if how == "ended":
        provider.does(end_service, subscription_id=prepaid, by=provider.by(), issuer=provider.issuer)
    else:
        provider.does(
            hand_over,
            subscription_id=prepaid,
            customer_id=provider.town.deng.customer_id,
            by=provider.by(),
            issuer=provider.issuer,
        )
    assert provider.invoices()[0].due == 0
    assert provider.balance() > ssp(0)
    assert provider.service(service).state == "active"
    duns(provider)
    provider.agrees()
