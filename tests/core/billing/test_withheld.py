"""Tax a payer keeps back: above one's limit by two; once an invoice; and never more than tax could be."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from core.billing.adjust import ask_adjustment, decide_adjustment
from core.billing.limits import ALONE_POUNDS
from core.errors import AmountAboveDue, CertificateUsed, NotFound, SecondPersonNeeded, WithheldTooLarge
from tests.core.billing.owing import charged, duns_daily_until, owes
from tests.provider import ssp


def withholds(provider, invoice_id, pounds, certificate="SSRA 2026/117", who=None, role="manager"):
    return provider.does(
        ask_adjustment,
        request_key=str(provider.parts.ids.new_uuid()),
        kind="withholding",
        customer_id=(who or provider.town.achol).customer_id,
        invoice_id=invoice_id,
        amount=ssp(pounds),
        reason=certificate,
        staff_id=provider.town.staff["mary"],
        role=role,
        issuer=provider.issuer,
        now=provider.clock.now(),
    )


def decides(provider, asked, by):
    return provider.does(
        decide_adjustment,
        adjustment_id=asked.adjustment_id,
        approve=True,
        staff_id=provider.town.staff[by],
        issuer=provider.issuer,
        now=provider.clock.now(),
    )


def dues(provider, who=None):
    return [one.due for one in provider.invoices(who)]


@pytest.mark.parametrize("role", ["manager", "cashier"])
def test_above_the_limit_a_second_person_decides(provider, role):
    most = ALONE_POUNDS[role].get("withholding", 0)
    bill = charged(provider, (2 * most + 1) * 5)
    due = provider.invoices()[0].due
    if most:
        assert withholds(provider, bill, most, role=role).state == "done"
        due -= most
    asked = withholds(provider, bill, most + 1, "SSRA 2", role=role)
    assert (asked.state, dues(provider)) == ("waiting", [due])
    with pytest.raises(SecondPersonNeeded):
        decides(provider, asked, "mary")
    assert decides(provider, asked, "gatluak") == "done"
    assert dues(provider) == [due - most - 1]
    assert provider.rows("SELECT reference FROM allocation ORDER BY id DESC LIMIT 1") == [("SSRA 2",)]
    provider.agrees()


def test_no_more_is_kept_back_than_a_fifth_of_the_net_in_all(provider):
    owes(provider)
    bill = provider.invoices()[0].id
    with pytest.raises(WithheldTooLarge) as refused:
        withholds(provider, bill, 6_001)
    assert refused.value.most == ssp(6_000)
    withholds(provider, bill, 4_500)
    with pytest.raises(WithheldTooLarge) as refused:
        withholds(provider, bill, 1_501, "SSRA 2026/118")
    assert refused.value.most == ssp(1_500)
    withholds(provider, bill, 1_500, "SSRA 2026/118")
    assert dues(provider) == [30_000]
    provider.agrees()


def test_what_was_credited_counts_no_more_and_no_more_is_kept_back_than_is_due(provider):
    owes(provider)
    bill = provider.invoices()[0].id
    provider.does(
        ask_adjustment,
        request_key="k",
        kind="credit_note",
        customer_id=provider.town.achol.customer_id,
        invoice_id=bill,
        amount=ssp(18_000),
        reason="half a month",
        staff_id=provider.town.staff["mary"],
        role="manager",
        issuer=provider.issuer,
        now=provider.clock.now(),
    )
    with pytest.raises(WithheldTooLarge) as refused:
        withholds(provider, bill, 3_001)
    assert refused.value.most == ssp(3_000)
    provider.pays(17_000)
    with pytest.raises(AmountAboveDue):
        withholds(provider, bill, 1_001)


def test_a_certificate_covers_several_invoices_and_each_once(provider):
    owes(provider)
    provider.on("2027-01-01")
    provider.bills()
    first, second = (one.id for one in provider.invoices())
    withholds(provider, first, 4_500)
    withholds(provider, second, 4_500, "SSRA  2026/117 ")
    assert dues(provider) == [31_500, 31_500]
    with pytest.raises(CertificateUsed):
        withholds(provider, second, 100)
    provider.agrees()


def test_two_payers_may_number_their_certificates_alike(provider):
    owes(provider)
    owes(provider, provider.town.deng)
    withholds(provider, provider.invoices()[0].id, 4_500, "001")
    theirs = provider.invoices(provider.town.deng)[0].id
    with pytest.raises(NotFound):
        withholds(provider, theirs, 4_500, "001")
    withholds(provider, theirs, 4_500, "001", who=provider.town.deng)
    assert dues(provider) == dues(provider, provider.town.deng) == [31_500]


def test_the_database_counts_a_certificate_once_an_invoice(provider):
    owes(provider)
    withholds(provider, provider.invoices()[0].id, 100)
    with pytest.raises(DBAPIError, match="ux_allocation_certificate_once"):
        provider.does(
            lambda tx: tx.execute(
                text(
                    "INSERT INTO allocation (invoice_id, kind, amount_minor, entry_id, reference, at)"
                    " SELECT invoice_id, kind, amount_minor, (SELECT max(id) FROM ledger_entry WHERE id NOT IN"
                    " (SELECT entry_id FROM allocation)), reference, at FROM allocation"
                )
            )
        )


def test_what_was_cut_off_goes_on_when_the_tax_was_the_rest(provider):
    service = owes(provider)
    duns_daily_until(provider, "2026-12-22")
    provider.pays(31_500)
    assert provider.service(service).state == "suspended"
    withholds(provider, provider.invoices()[0].id, 4_500)
    assert provider.service(service).state == "active"
