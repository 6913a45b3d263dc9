"""Documents read from real books: what was issued, by which tax and rate, and what became of it."""

from datetime import date
from decimal import Decimal

import pytest

from core.billing.credit import credit_invoice
from core.billing.exempt import exempt
from core.billing.withhold import record_withholding
from core.catalog.set_exchange_rate import set_exchange_rate
from core.customers.models import Customer
from core.days import Period
from core.documents.read import document, documents_of, paid_receipt
from core.errors import NotFound
from tests.provider import ssp


@pytest.fixture
def read(parts):
    def one(number):
        with parts.db.reading() as connection:
            return document(connection, number)

    return one


def test_an_invoice_says_who_what_for_by_which_tax_and_what_is_due(provider, town, read):
    provider.on("2026-11-14")
    provider.begins("OFFICE")
    provider.on("2026-12-01")
    provider.bills()
    found = read("INV-2026-000001")
    assert (found.kind, found.issued_on, found.due_on) == ("invoice", date(2026, 12, 1), date(2026, 12, 11))
    assert found.period == Period(date(2026, 11, 14), date(2026, 12, 1))
    assert (found.seller.name, found.buyer.name, found.buyer.number) == ("Shabaka", "Achol", town.achol.number)
    assert found.service
    assert found.service.place == "Hai Malakal, block 4"
    service, rental = found.lines
    assert service.words("en").replace("\u00a0", " ") == "Office, 17 of 30 days at SSP 90,000"
    assert rental.words("en").replace("\u00a0", " ") == "Equipment rental, 17 of 30 days at SSP 5,000"
    assert service.amount == ssp(51_000)
    (excise,) = found.taxes
    assert (excise.name("en"), excise.rate_millionths, excise.base, excise.amount) == (
        "Excise duty",
        200_000,
        ssp(51_000),
        ssp(10_200),
    )
    assert found.net + found.tax + found.rounding == found.total == found.due
    assert (found.rounding_rule, found.rounding.minor) == ("half_even_100", -33)
    assert found.settled == ()


def test_what_settled_an_invoice_stands_on_it(provider, read):
    provider.begins("HOME")
    provider.on("2026-12-01")
    provider.bills()
    (invoice,) = provider.invoices()
    provider.on("2026-12-03")
    provider.pays(10_000)
    provider.does(
        record_withholding, invoice_id=invoice.id, amount=ssp(3_600), certificate="WHT 88", now=provider.clock.now()
    )
    provider.does(
        credit_invoice,
        key="k",
        invoice_id=invoice.id,
        amount=ssp(6_000),
        reason="three days without service",
        issuer=provider.issuer,
        now=provider.clock.now(),
    )
    found = read(invoice.number)
    day = date(2026, 12, 3)
    assert [(part.day, part.kind, part.amount, part.reference) for part in found.settled] == [
        (day, "payment", ssp(10_000), None),
        (day, "withholding", ssp(3_600), "WHT 88"),
        (day, "credit_note", ssp(6_000), "CN-2026-000001"),
    ]
    assert found.due == ssp(36_000 - 10_000 - 3_600 - 6_000)
    note = read("cn-2026-000001 ")
    assert (note.kind, note.corrects, note.reason, note.due) == (
        "credit_note",
        invoice.number,
        "three days without service",
        None,
    )
    assert note.lines[0].words("en").startswith("Taken back: Home, a whole month")
    assert (note.net, note.tax, note.total) == (ssp(5_000), ssp(1_000), ssp(6_000))


def test_an_invoice_keeps_the_rate_it_used(provider, town, read):
    provider.begins("NGO")
    provider.on("2026-11-30")
    provider.does(
        set_exchange_rate,
        day=date(2026, 11, 28),
        currency="USD",
        rate=Decimal("4500.5"),
        source="Bank of South Sudan",
        staff_id=town.staff["mary"],
        now=provider.clock.now(),
    )
    provider.on("2026-12-01")
    provider.bills()
    found = read("INV-2026-000001")
    assert found.rate
    assert (found.rate.currency, found.rate.rate_millionths, found.rate.day, found.rate.source) == (
        "USD",
        4_500_500_000,
        date(2026, 11, 28),
        "Bank of South Sudan",
    )
    assert "USD\u00a0100 at 4,500.5 SSP (rate of 28/11/2026)" in found.lines[0].words("en")
    assert found.lines[0].amount == ssp(450_050)


def test_who_is_exempt_sees_the_tax_and_does_not_pay_it(provider, town, read):
    provider.does(
        exempt,
        customer_id=town.achol.customer_id,
        tax_code="EXCISE",
        certificate="EX-7",
        valid_from=date(2026, 1, 1),
        valid_until=date(2027, 1, 1),
        staff_id=town.staff["mary"],
        now=provider.clock.now(),
    )
    provider.begins("HOME")
    provider.on("2026-12-01")
    provider.bills()
    found = read("INV-2026-000001")
    (excise,) = found.taxes
    assert (excise.amount, excise.charged, excise.exemption) == (ssp(6_000), ssp(0), "EX-7")
    assert found.total == ssp(30_000)


def test_the_buyer_stays_as_they_were_when_it_was_issued(provider, town, read):
    from sqlalchemy import update

    provider.does(lambda tx: tx.execute(update(Customer).values(tin="222-118-904", address="Hai Cinema, Juba")))
    provider.begins("HOME")
    provider.on("2026-12-01")
    provider.bills()
    provider.does(lambda tx: tx.execute(update(Customer).values(tin="999-999-999", name="Somebody Else")))
    found = read("INV-2026-000001")
    assert (found.buyer.name, found.buyer.tin, found.buyer.address) == ("Achol", "222-118-904", "Hai Cinema, Juba")


def test_documents_are_listed_the_newest_first(provider, parts, town):
    provider.begins("HOME")
    provider.bills_daily_until("2027-01-01")
    provider.pays(36_000)
    with parts.db.reading() as connection:
        rows = documents_of(connection, town.achol.customer_id)
        assert documents_of(connection, town.deng.customer_id) == []
    assert [(row.number, row.total, row.due) for row in rows] == [
        ("INV-2027-000001", ssp(36_000), ssp(36_000)),
        ("INV-2026-000001", ssp(36_000), ssp(0)),
    ]


@pytest.mark.parametrize(
    "number",
    ["", "INV", "INV-2026-1", "INV-2026-000009", "XX-2026-000001", "INV-٢٠٢٦-٠٠٠٠٠١", "INV-2026-000001\x00", "1' OR 1"],
)
def test_there_is_no_such_document(provider, read, number):
    with pytest.raises(NotFound):
        read(number)


def test_a_receipt_is_read_with_who_took_it(provider, parts):
    provider.pays(500)
    (number,) = provider.rows("SELECT number FROM receipt")[0]
    with parts.db.reading() as connection:
        found = paid_receipt(connection, number)
        assert (found.amount, found.provider, found.staff, found.reference) == (ssp(500), "cash", "Mary", None)
        for wrong in ("1", "x", "", "9" * 30):
            with pytest.raises(NotFound):
                paid_receipt(connection, wrong)
