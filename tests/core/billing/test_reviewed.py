"""What a second look at the bills found: deposits, promotions, rates, classes of tax, days of a hand-over."""

from datetime import date
from decimal import Decimal

import pytest

from core.billing.adjust import ask_adjustment
from core.billing.end_service import hand_over
from core.billing.withhold import withholdable
from core.catalog.open_tariff import open_tariff
from core.catalog.set_exchange_rate import set_exchange_rate
from core.catalog.set_promotion import set_promotion
from core.catalog.set_tariff import NewTerms, set_tariff_version
from core.money import Money
from tests.core.billing.owing import charged, duns, owes
from tests.core.billing.test_days_given_back import changes, ends
from tests.provider import ssp


def asks(provider, kind, pounds, invoice=None):
    return provider.does(
        ask_adjustment,
        request_key=str(provider.parts.ids.new_uuid()),
        kind=kind,
        customer_id=provider.town.achol.customer_id,
        invoice_id=invoice,
        amount=ssp(pounds),
        reason="agreed",
        staff_id=provider.town.staff["mary"],
        role="admin",
        issuer=provider.issuer,
        now=provider.clock.now(),
    )


def sold(provider, code, alias, **terms):
    with provider.parts.db.transaction() as tx:
        open_tariff(tx, code=code, alias=alias, name_en=code, name_ar="باقة", pay="prepaid", billed_on="anniversary")
        set_tariff_version(
            tx,
            code=code,
            terms=NewTerms(down_kbps=4_000, up_kbps=1_000, **terms),
            valid_from=date(2026, 1, 1),
            staff_id=None,
            now=provider.clock.now(),
        )


@pytest.mark.parametrize("returned_first", [True, False])
def test_a_deposit_is_not_paid_out_as_days_not_used(provider, returned_first):
    sold(provider, "PREDEP", 40, price=ssp(30_000), deposit=ssp(25_000))
    provider.pays(61_000)
    service = provider.begins("PREDEP")
    (invoice,) = provider.invoices()
    if returned_first:
        asks(provider, "deposit_return", 25_000)
        asks(provider, "credit_note", 36_000, invoice.id)
        provider.on("2026-11-15")
        ends(provider, service)
    else:
        asks(provider, "credit_note", 30_500, invoice.id)
        ends(provider, service)
        asks(provider, "deposit_return", 12_500)
    assert provider.balance() <= ssp(61_000)
    provider.agrees()


def test_a_promotion_survives_a_change_there_and_back(provider):
    provider.on("2026-10-01")
    provider.does(
        set_promotion,
        code="HALF",
        name_en="Half",
        name_ar="نصف",
        tariff_code="PREHOME",
        valid_from=date(2026, 11, 1),
        valid_until=date(2026, 12, 1),
        percent_off=Decimal(50),
        periods=3,
        approval_reference="NCA 1",
        approved_on=date(2026, 9, 1),
        staff_id=None,
        now=provider.clock.now(),
    )
    provider.on("2026-11-01")
    provider.pays(200_000)
    service = provider.begins("PREHOME")
    provider.on("2026-11-11")
    changes(provider, service, "PREPLUS")
    changes(provider, service, "PREHOME")
    assert provider.balance() == ssp(200_000 - 18_000)
    ends(provider, service)
    provider.agrees()


def test_a_change_of_plan_in_dollars_and_its_notes_freeze_their_rates(provider):
    provider.does(
        set_exchange_rate,
        day=provider.today,
        currency="USD",
        rate=Decimal(1_000),
        source="the bank",
        staff_id=None,
        now=provider.clock.now(),
    )
    sold(provider, "USDA", 40, price=Money.of(30, "USD"))
    sold(provider, "USDB", 41, price=Money.of(60, "USD"))
    provider.pays(200_000)
    service = provider.begins("USDA")
    provider.on("2026-11-11")
    changes(provider, service, "USDB")
    kinds = provider.rows("SELECT kind FROM invoice WHERE exchange_rate_id IS NOT NULL ORDER BY id")
    assert [row.kind for row in kinds] == ["invoice", "credit_note", "invoice"]


def test_a_debit_note_is_taxed_as_what_it_corrects(provider):
    owes(provider)
    asks(provider, "debit_note", 10_000, provider.invoices()[0].id)
    note = provider.invoices()[-1]
    assert (note.kind, note.tax) == ("debit_note", 2_000)
    provider.agrees()


def test_tax_is_not_kept_back_of_a_deposit(provider):
    provider.begins("FULL")
    with provider.parts.db.reading() as connection:
        assert withholdable(connection, provider.invoices()[0].id) == ssp(2_000)  # a fifth of the set-up fee


def test_a_service_handed_over_and_changed_on_one_day_costs_its_new_owner_from_tomorrow(provider):
    provider.pays(36_000)
    provider.pays(200_000, provider.town.deng)
    service = provider.begins("PREHOME")
    provider.on("2026-11-10")
    _ended, added = provider.does(
        hand_over,
        subscription_id=service,
        customer_id=provider.town.deng.customer_id,
        by=provider.by(),
        issuer=provider.issuer,
    )
    changes(provider, added.subscription_id, "PREPLUS")
    assert all(
        line.from_day > date(2026, 11, 10)
        for one in provider.invoices(provider.town.deng)
        for line in provider.lines(one.id)
    )
    provider.bills_daily_until("2026-11-12")
    assert all(
        line.from_day > date(2026, 11, 10)
        for one in provider.invoices(provider.town.deng)
        for line in provider.lines(one.id)
    )
    provider.agrees()


def test_a_service_that_begins_tomorrow_keeps_nobody_from_being_dunned(provider):
    deng = provider.town.deng
    service = provider.begins("HOME")
    other = provider.begins("HOME", deng)
    charged(provider, 5_000, who=deng)
    for day in ("2026-11-05", "2026-11-06"):
        provider.on(day, 9)
        duns(provider)
    provider.on("2026-11-09", 9)
    provider.does(
        hand_over, subscription_id=service, customer_id=deng.customer_id, by=provider.by(), issuer=provider.issuer
    )
    duns(provider)
    assert provider.service(other).state == "suspended"
