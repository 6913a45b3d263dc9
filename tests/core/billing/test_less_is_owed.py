"""What is settled in another way than by money: nothing is handed out that never came, and what was cut off goes on."""

from __future__ import annotations

import pytest

from core.billing.adjust import ask_adjustment
from core.billing.end_service import hand_over
from core.callers.bill_commands import on_bill
from core.callers.commands import PayInParts
from core.customers.queries import account
from core.errors import CreditTooLarge, NotPossibleNow
from core.reports.ageing import ageing
from core.subscriptions.pause import pause, unpause
from tests.core.billing.owing import charged, duns, duns_daily_until, intent, owes
from tests.provider import ssp
from tests.town import ACHOL


def asks(provider, kind, pounds, invoice_id=None):
    return provider.does(
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


@pytest.mark.parametrize(("how", "settled"), [("write_off", 36_000), ("withholding", 6_000)])
def test_what_was_settled_without_money_is_not_credited_to_the_balance(provider, how, settled):
    owes(provider)
    invoice = provider.invoices()[0].id
    asks(provider, how, settled, invoice)
    with pytest.raises(CreditTooLarge):
        asks(provider, "credit_note", 36_000 - settled + 1, invoice)
    assert provider.balance() == ssp(0)
    provider.agrees()


@pytest.mark.parametrize("how", ["credit_note", "write_off", "goodwill"])
def test_a_service_cut_off_goes_on_when_nothing_is_owed_any_more(provider, how):
    service = owes(provider)
    duns_daily_until(provider, "2026-12-22")
    assert provider.service(service).state == "suspended"
    asks(provider, how, 36_000, None if how == "goodwill" else provider.invoices()[0].id)
    assert provider.service(service).state == "active"
    provider.agrees()


def test_instalments_agreed_to_by_ussd_put_the_service_on_again(provider):
    service = owes(provider)
    duns_daily_until(provider, "2026-12-22")
    assert provider.service(service).state == "suspended"

    def agrees(tx):
        on_bill(
            tx,
            PayInParts(3),
            customer=account(tx.connection, provider.town.achol.customer_id),
            phone=ACHOL,
            through="ussd",
            request_key="r1",
            now=provider.clock.now(),
            parts=provider.parts,
        )

    provider.does(agrees)
    assert provider.service(service).state == "active"


@pytest.mark.parametrize("state", ["submitted", "unknown"])
def test_a_prepaid_service_does_not_lapse_while_its_money_is_on_the_way(provider, state):
    provider.pays(36_000)
    service = provider.begins("PREHOME")
    provider.on("2026-12-01")
    intent(provider, state)
    provider.bills()
    assert provider.service(service).state == "active"
    provider.pays(36_000)
    provider.bills()
    assert provider.balance() == ssp(0), "it stayed due, and is renewed when the money is there"


def test_money_is_recorded_whatever_is_wrong_with_a_service(provider):
    deng = provider.town.deng
    service = provider.begins("HOME")
    charged(provider, 5_000, who=deng)
    for day in ("2026-11-05", "2026-11-06"):
        provider.on(day, 9)
        duns(provider)
    provider.on("2026-11-09", 9)
    provider.does(
        hand_over,
        subscription_id=service,
        customer_id=deng.customer_id,
        by=provider.by(),
        issuer=provider.issuer,
    )
    duns(provider)
    provider.on("2026-11-10", 9)
    duns(provider)
    provider.pays(5_000, who=deng)
    assert next(row.due for row in provider.invoices(deng)) == 0


def test_a_service_handed_over_today_is_not_stopped_before_it_begins(provider):
    service = provider.begins("HOME")
    _ended, added = provider.does(
        hand_over,
        subscription_id=service,
        customer_id=provider.town.deng.customer_id,
        by=provider.by(),
        issuer=provider.issuer,
    )
    with pytest.raises(NotPossibleNow):
        provider.does(pause, subscription_id=added.subscription_id, by=provider.by())
    provider.on("2026-11-02")
    provider.does(pause, subscription_id=added.subscription_id, by=provider.by())
    provider.on("2026-11-05")
    provider.does(unpause, subscription_id=added.subscription_id, by=provider.by())
    assert provider.service(added.subscription_id).state == "active"


def test_a_debit_note_ages_from_its_own_day(provider):
    owes(provider)
    invoice = provider.invoices()[0].id
    provider.pays(36_000)
    provider.on("2027-04-01")
    asks(provider, "debit_note", 10_000, invoice)
    provider.pays(4_000)
    with provider.parts.db.reading() as connection:
        (row,) = ageing(connection, provider.today)
    assert row.buckets[0] > ssp(0)
    assert sum((part for part in row.buckets[1:]), ssp(0)) == ssp(0)
