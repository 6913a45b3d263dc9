"""Tax that prices held, in the books: out of the sales it stands in, whatever the signs of a document's lines."""

from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from core.billing.change_service import change_service
from core.billing.draft import Buyer, Draft, Issuer, Line
from core.billing.exempt import exempt
from core.billing.issue import _movements, totals_of
from core.billing.tax_rule import held_in
from core.catalog.open_tariff import open_tariff
from core.catalog.set_tariff import NewTerms, set_tariff_version
from core.catalog.set_tax_rate import open_tax, set_tax_rate
from core.money import Money
from tests.core.billing.test_tax_arithmetic import EXEMPTIONS, rates_up_to
from tests.provider import ssp

LINES = st.lists(
    st.tuples(
        st.sampled_from(["recurring", "discount", "rental", "overage", "set_up", "charge", "unused"]),
        st.sampled_from(["telecom", "equipment"]),
        st.integers(-(10**6), 10**6),
    ),
    min_size=1,
    max_size=6,
)


@given(LINES, rates_up_to(30), EXEMPTIONS, st.sampled_from(["invoice", "credit_note"]))
def test_the_entry_of_a_document_balances_whatever_the_signs_of_its_lines(lines, rates, papers, kind):
    draft = Draft(
        "k",
        kind,
        Buyer(1, "100", "Achol", None, None, 1),
        tuple(Line(name, product_class, Money(minor, "SSP")) for name, product_class, minor in lines),
        date(2026, 11, 1),
        date(2026, 11, 1),
        exemptions=papers,
    )
    moved = _movements(draft, totals_of(draft, rates, Issuer("", "", "", 100)))
    assert sum(moved.values()) == 0
    sign = -1 if kind == "credit_note" else 1
    for code in {line.account for line in draft.lines}:
        of_account = [line for line in draft.lines if line.account == code]
        held = 0
        for product_class in {line.product_class for line in of_account}:
            amount = sum((x.amount for x in of_account if x.product_class == product_class), Money(0, "SSP"))
            held += held_in(amount, rates if product_class == "telecom" else [], papers).minor
        sold = sum(line.amount.minor for line in of_account)
        assert abs(sign * moved[code] - (sold - held)) <= 4, "each account gives the tax its own lines hold"


def with_rental(provider):
    """A levy of 10 % in prices of equipment, and a prepaid tariff with a rented router."""
    with provider.parts.db.transaction() as tx:
        open_tax(tx, code="LEVY", name_en="Levy", name_ar="رسم", position=2)
        set_tax_rate(
            tx,
            tax_code="LEVY",
            product_class="equipment",
            rate_percent=Decimal(10),
            inclusive=True,
            compound=False,
            valid_from=date(2026, 1, 1),
            valid_until=None,
            note="",
            staff_id=None,
            now=provider.clock.now(),
        )
        open_tariff(tx, code="RENT", alias=20, name_en="Rent", name_ar="إيجار", pay="prepaid", billed_on="anniversary")
        set_tariff_version(
            tx,
            code="RENT",
            terms=NewTerms(down_kbps=9_000, up_kbps=1_000, price=ssp(20_000), rental=ssp(5_500)),
            valid_from=date(2026, 1, 1),
            staff_id=None,
            now=provider.clock.now(),
        )


def test_a_rental_given_back_with_the_tax_it_held_stands_right_in_the_books(provider):
    with_rental(provider)
    provider.pays(300_000)
    service = provider.begins("RENT")
    provider.on("2026-11-16")
    (plus,) = provider.rows("SELECT id FROM tariff WHERE code = 'PREPLUS'")
    provider.does(
        change_service,
        subscription_id=service,
        tariff_id=plus.id,
        at_period_end=False,
        by=provider.by(),
        issuer=provider.issuer,
        key="k",
    )
    provider.agrees()
    books = provider.rows(
        "SELECT a.code, sum(p.amount_minor) / 100 AS pounds FROM ledger_posting p JOIN ledger_account a"
        " ON a.id = p.account_id WHERE a.code ~ '^(sales|tax)' GROUP BY a.code"
    )
    assert {row.code.removesuffix(":SSP"): row.pounds for row in books} == {
        "sales:monthly": 20_000 - 10_000 + 30_000,
        "sales:rental": 2_500,  # half a month of 5,500 less the levy of 500 in it
        "tax:LEVY": 250,
        "tax:EXCISE": 8_000,
    }


def test_the_books_agree_when_a_tax_on_a_tax_is_not_paid_by_the_exempt(provider):
    with_rental(provider)
    provider.does(open_tax, code="TOP", name_en="Top", name_ar="علاوة", position=3)
    provider.does(
        set_tax_rate,
        tax_code="TOP",
        product_class="equipment",
        rate_percent=Decimal(20),
        inclusive=True,
        compound=True,
        valid_from=date(2026, 1, 1),
        valid_until=None,
        note="",
        staff_id=None,
        now=provider.clock.now(),
    )
    provider.does(
        exempt,
        customer_id=provider.town.achol.customer_id,
        tax_code="LEVY",
        certificate="EX-1",
        valid_from=date(2026, 1, 1),
        valid_until=date(2027, 1, 1),
        staff_id=None,
        now=provider.clock.now(),
    )
    provider.pays(300_000)
    provider.begins("RENT")
    provider.agrees()
    (invoice,) = provider.invoices()
    # 5,500 hold a tenth and a fifth of 4,230.77, and the tenth is not paid.
    assert (invoice.net, invoice.tax) == (Decimal("24230.77"), Decimal("4846.15"))
