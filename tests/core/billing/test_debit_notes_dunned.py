"""A debit note is dunned as the invoice it corrects: by the same schedule, at the same service."""

from datetime import date

import pytest

from core.billing.adjust import ask_adjustment
from core.catalog.open_tariff import open_tariff
from core.catalog.set_tariff import NewTerms, set_tariff_version
from tests.core.billing.owing import duns_daily_until, told
from tests.provider import ssp


def debits(provider, invoice_id, pounds=5_000):
    provider.does(
        ask_adjustment,
        request_key=str(provider.parts.ids.new_uuid()),
        kind="debit_note",
        customer_id=provider.town.achol.customer_id,
        invoice_id=invoice_id,
        amount=ssp(pounds),
        reason="a cable",
        staff_id=provider.town.staff["mary"],
        role="manager",
        issuer=provider.issuer,
        now=provider.clock.now(),
    )


@pytest.fixture
def patient(provider):
    """A service whose bills are dunned patiently: cut off after 30 days, not 7. Its first bill is paid."""

    def on_sale(tx):
        open_tariff(
            tx, code="PATIENT", alias=20, name_en="Office", name_ar="مكتب", pay="postpaid", billed_on="anniversary"
        )
        set_tariff_version(
            tx,
            code="PATIENT",
            terms=NewTerms(down_kbps=9_000, up_kbps=1_000, price=ssp(10_000), dunning="patient"),
            valid_from=date(2026, 1, 1),
            staff_id=provider.town.staff["mary"],
            now=provider.clock.now(),
        )

    provider.does(on_sale)
    service = provider.begins("PATIENT")
    provider.on("2026-12-01")
    provider.bills()
    provider.pays(12_000)
    return service


@pytest.mark.parametrize("of_a_note", [False, True])
def test_a_debit_note_goes_by_the_schedule_of_what_it_corrects(provider, patient, of_a_note):
    debits(provider, provider.invoices()[0].id)
    if of_a_note:
        provider.pays(6_000)
        debits(provider, provider.invoices()[1].id)
    duns_daily_until(provider, "2026-12-31")
    assert (provider.service(patient).state, provider.service(patient).slowed) == ("active", False)
    assert told(provider).count("bill_due_soon") == 1
    duns_daily_until(provider, "2027-01-15")
    assert provider.service(patient).state == "suspended"
    provider.pays(6_000)
    assert provider.service(patient).state == "active"


def test_the_other_services_of_the_customer_are_not_cut_off_for_it(provider, patient):
    other = provider.begins("OFFICE")
    debits(provider, provider.invoices()[0].id)
    duns_daily_until(provider, "2027-01-15")
    assert [provider.service(one).state for one in (patient, other)] == ["suspended", "active"]
    assert not provider.service(other).slowed
