"""Credits, charges, write-offs, refunds, deposits, withholding: every one with a reason, none beyond its bounds."""

from datetime import date

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from core.billing.adjust import ask_adjustment, decide_adjustment
from core.billing.credit import credit_invoice
from core.billing.exempt import exempt
from core.billing.withhold import record_withholding
from core.errors import (
    AmountAboveDue,
    AmountOutOfRange,
    CertificateUsed,
    CreditTooLarge,
    DatesMissing,
    DatesOverlap,
    InsufficientBalance,
    KeyReused,
    MonthIsClosed,
    MonthNotOver,
    NotFound,
    NotPossibleNow,
    ReasonMissing,
    SecondPersonNeeded,
)
from core.ledger.close_month import close_month
from tests.provider import ssp


@pytest.fixture
def invoice(provider):
    """Achol's bill for November: 36,000 with excise, due on 15 December."""
    provider.begins("HOME")
    provider.on("2026-12-01")
    provider.bills()
    return provider.invoices()[0]


def credits(provider, invoice, pounds, key="k", reason="three days without service"):  # noqa: A001
    return provider.does(
        credit_invoice,
        key=key,
        invoice_id=invoice.id,
        amount=None if pounds is None else ssp(pounds),
        reason=reason,
        issuer=provider.issuer,
        now=provider.clock.now(),
    )


def asks(provider, kind, pounds, *, role="manager", key=None, invoice=None, reason="agreed by telephone", who=None):
    return provider.does(
        ask_adjustment,
        request_key=key or f"{kind}:{pounds}",
        kind=kind,
        customer_id=(who or provider.town.achol).customer_id,
        invoice_id=invoice.id if invoice else None,
        amount=ssp(pounds),
        reason=reason,
        staff_id=provider.town.staff["mary"],
        role=role,
        issuer=provider.issuer,
        now=provider.clock.now(),
    )


def decides(provider, asked, *, approve=True, by="gatluak"):
    return provider.does(
        decide_adjustment,
        adjustment_id=asked.adjustment_id,
        approve=approve,
        staff_id=provider.town.staff[by],
        issuer=provider.issuer,
        now=provider.clock.now(),
    )


def test_a_credit_note_takes_off_net_and_tax_in_proportion_and_lowers_what_is_due(provider, invoice):
    credits(provider, invoice, 3_600)
    invoice, note = provider.invoices()
    assert (invoice.total, invoice.due) == (36_000, 32_400)
    assert (note.number, note.net, note.tax, note.total) == ("CN-2026-000001", 3_000, 600, 3_600)
    provider.agrees()


def test_what_had_been_paid_goes_back_to_the_balance(provider, invoice):
    provider.pays(36_000)
    credits(provider, invoice, 3_600)
    assert provider.balance() == ssp(3_600)
    provider.agrees()


def test_all_that_is_left_of_an_invoice_can_be_credited_and_no_more(provider, invoice):
    credits(provider, invoice, 6_000, key="a")
    with pytest.raises(CreditTooLarge) as refused:
        credits(provider, invoice, 30_001, key="b")
    assert refused.value.most == ssp(30_000)
    credits(provider, invoice, None, key="c")
    with pytest.raises(CreditTooLarge):
        credits(provider, invoice, 1, key="d")
    assert provider.invoices()[0].due == 0
    provider.agrees()


def test_a_credit_without_a_reason_or_of_a_credit_note_is_refused(provider, invoice):
    with pytest.raises(ReasonMissing):
        credits(provider, invoice, 1_000, reason=" ")
    credits(provider, invoice, 1_000)
    with pytest.raises(NotPossibleNow):
        credits(provider, provider.invoices()[1], 100, key="again")


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("UPDATE invoice SET total_minor = total_minor + 1", "never changed"),
        ("DELETE FROM invoice_line", "never changed"),
        ("UPDATE invoice_tax SET amount_minor = 0", "never changed"),
        ("TRUNCATE invoice CASCADE", "never changed"),
        ("UPDATE invoice_due SET due_minor = 0", "changes by allocations only"),
        ("DELETE FROM invoice_due", "comes and goes with documents only"),
        (
            (
                "INSERT INTO invoice_line (invoice_id, position, kind, product_class, amount_minor, facts)"
                " SELECT id, 2, 'charge', 'other', 100, '{}' FROM invoice"
            ),
            "takes no further line",
        ),
        (
            (
                "INSERT INTO allocation (invoice_id, kind, amount_minor, entry_id, at)"
                " SELECT id, 'payment', total_minor + 1, entry_id, now() FROM invoice"
            ),
            "never_overpaid",
        ),
        ("UPDATE subscription_move SET why = 'x'", "never changed"),
        (
            (
                "INSERT INTO subscription_term (subscription_id, from_day, tariff_id)"
                " SELECT subscription_id, from_day + 5, tariff_id FROM subscription_term"
            ),
            "one_at_a_time",
        ),
    ],
)
def test_the_database_refuses_what_the_code_never_does(provider, invoice, statement, why):
    with pytest.raises(DBAPIError, match=why), provider.parts.db.transaction() as tx:
        tx.execute(text(statement))


def test_a_second_invoice_for_the_same_days_is_refused_by_the_database(provider, invoice):
    """Issued past the code, whole and balanced, but for days that were billed."""
    with provider.parts.db.transaction() as tx:
        tx.execute(text("UPDATE subscription SET billed_until = '2026-11-15', next_bill_on = '2026-12-01'"))
    run = provider.bills()
    assert (run.issued, len(run.faults)) == (0, 1)
    assert len(provider.invoices()) == 1


def test_a_small_goodwill_is_given_at_once_and_the_same_form_gives_it_once(provider):
    for again in (False, True):
        done = asks(provider, "goodwill", 5_000, key="form")
        assert (done.state, done.again) == ("done", again)
    assert provider.balance() == ssp(5_000)
    with pytest.raises(KeyReused):
        asks(provider, "goodwill", 6_000, key="form")
    provider.agrees()


def test_above_a_roles_limit_a_second_person_decides_and_not_who_asked(provider):
    asked = asks(provider, "goodwill", 5_000, role="cashier")
    assert asked.state == "waiting"
    assert provider.balance() == ssp(0)
    with pytest.raises(SecondPersonNeeded):
        decides(provider, asked, by="mary")
    assert decides(provider, asked) == "done"
    assert provider.balance() == ssp(5_000)
    with pytest.raises(NotPossibleNow):
        decides(provider, asked)
    provider.agrees()


def test_who_asked_may_take_it_back(provider):
    asked = asks(provider, "goodwill", 5_000, role="cashier")
    assert decides(provider, asked, approve=False, by="mary") == "refused"
    assert provider.balance() == ssp(0)


def test_the_database_knows_no_second_person_who_is_the_first(provider):
    asks(provider, "goodwill", 5_000, role="cashier")
    with pytest.raises(DBAPIError, match="second_person"), provider.parts.db.transaction() as tx:
        tx.execute(
            text(
                "UPDATE adjustment SET state = 'done', decided_by = asked_by, decided_at = now(),"
                " entry_id = (SELECT min(id) FROM ledger_entry)"
            )
        )


def test_a_charge_becomes_an_invoice_with_its_reason_and_tax_of_its_class(provider):
    asks(provider, "charge", 4_000, reason="a new antenna")
    (invoice,) = provider.invoices()
    assert (invoice.total, invoice.tax, invoice.due) == (4_000, 0, 4_000)
    assert provider.lines(invoice.id)[0].facts == {"text": "a new antenna"}
    provider.agrees()


def test_a_debit_note_names_the_invoice_it_adds_to(provider, invoice):
    asks(provider, "debit_note", 2_000, invoice=invoice)
    _first, note = provider.invoices()
    assert (note.kind, note.number, note.due) == (
        "debit_note",
        "DN-2026-000001",
        2_400,
    )  # with excise, as on the invoice
    provider.agrees()


def test_a_write_off_takes_what_is_due_and_no_more(provider, invoice):
    with pytest.raises(AmountAboveDue):
        asks(provider, "write_off", 36_001, invoice=invoice)
    asks(provider, "write_off", 36_000, invoice=invoice)
    assert provider.invoices()[0].due == 0
    with pytest.raises(NotFound):
        asks(provider, "write_off", 100)
    provider.agrees()


def test_a_refund_gives_back_no_more_than_the_balance(provider):
    provider.pays(10_000)
    with pytest.raises(InsufficientBalance):
        asks(provider, "refund", 10_001)
    asks(provider, "refund", 10_000)
    assert provider.balance() == ssp(0)
    provider.agrees()


def test_a_deposit_is_billed_untaxed_held_and_returned_to_the_balance_once(provider):
    provider.begins("FULL")
    (invoice,) = provider.invoices()
    assert [(line.kind, int(line.amount)) for line in provider.lines(invoice.id)] == [
        ("set_up", 10_000),
        ("deposit", 25_000),
    ]
    assert (invoice.total, invoice.tax, invoice.due_on) == (35_000, 0, date(2026, 11, 8))
    provider.pays(35_000)
    with pytest.raises(InsufficientBalance):
        asks(provider, "deposit_return", 25_001)
    asks(provider, "deposit_return", 25_000)
    assert provider.balance() == ssp(25_000)
    with pytest.raises(InsufficientBalance):
        asks(provider, "deposit_return", 1, key="again")
    provider.agrees()


@pytest.mark.parametrize("pounds", [0, -5, 10**9])
def test_an_amount_nobody_means_is_refused(provider, pounds):
    with pytest.raises(AmountOutOfRange):
        asks(provider, "goodwill", pounds)


def test_an_invoice_of_somebody_else_is_not_found(provider, invoice):
    with pytest.raises(NotFound):
        asks(provider, "credit_note", 100, invoice=invoice, who=provider.town.deng)


def test_withheld_tax_settles_its_part_by_a_certificate_that_counts_once(provider, invoice):
    def withholds(pounds, certificate):
        provider.does(
            record_withholding,
            invoice_id=invoice.id,
            amount=ssp(pounds),
            certificate=certificate,
            now=provider.clock.now(),
        )

    withholds(4_500, "SSRA 2026/117")
    assert provider.invoices()[0].due == 31_500
    with pytest.raises(CertificateUsed):
        withholds(100, "SSRA  2026/117")
    with pytest.raises(AmountAboveDue):
        withholds(31_501, "SSRA 2026/118")
    with pytest.raises(ReasonMissing):
        withholds(100, " ")
    provider.agrees()


def exempts(provider, first="2026-11-01", until="2027-01-01", certificate="MoFEP 44/2026"):
    return provider.does(
        exempt,
        customer_id=provider.town.achol.customer_id,
        tax_code="EXCISE",
        certificate=certificate,
        valid_from=first and date.fromisoformat(first),
        valid_until=until and date.fromisoformat(until),
        staff_id=provider.town.staff["mary"],
        now=provider.clock.now(),
    )


def test_an_exempt_customer_pays_no_excise_and_the_invoice_shows_the_proof(provider):
    exempts(provider)
    provider.begins("HOME")
    provider.on("2026-12-01")
    provider.bills()
    (invoice,) = provider.invoices()
    assert (invoice.net, invoice.tax, invoice.total) == (30_000, 0, 30_000)
    assert provider.rows("SELECT amount_minor, exemption FROM invoice_tax") == [(600_000, "MoFEP 44/2026")]
    provider.on("2027-01-01")
    provider.bills()
    assert provider.invoices()[1].tax == 6_000
    provider.agrees()


def test_an_exemption_needs_proof_and_days_of_its_own(provider):
    exempts(provider)
    with pytest.raises(DatesOverlap):
        exempts(provider, "2026-12-01", "2027-02-01")
    with pytest.raises(ReasonMissing):
        exempts(provider, "2027-01-01", "2027-02-01", certificate="")
    with pytest.raises(DatesMissing):
        exempts(provider, "2027-01-01", None)


def closes(provider, month):
    provider.does(
        close_month, month=date.fromisoformat(month), staff_id=provider.town.staff["mary"], now=provider.clock.now()
    )


def test_a_closed_month_refuses_what_is_dated_in_it_and_bills_go_to_the_first_open_day(provider):
    provider.begins("HOME")
    provider.begins("OFFICE", provider.town.deng)
    provider.on("2026-12-20")
    with pytest.raises(MonthNotOver):
        closes(provider, "2026-12-01")
    closes(provider, "2026-11-01")
    with pytest.raises(MonthIsClosed):
        closes(provider, "2026-11-15")
    provider.on("2027-01-03")
    closes(provider, "2026-12-31")
    provider.bills()
    assert [one.issued_on.isoformat() for one in provider.invoices()] == ["2027-01-01", "2027-01-01"]
    with pytest.raises(DBAPIError, match="is closed"), provider.parts.db.transaction() as tx:
        tx.execute(
            text(
                "INSERT INTO ledger_entry (key, kind, occurred_at, recorded_at, legs, body_hash, memo)"
                " VALUES ('k', 'cash', '2026-12-31 21:59:59+00', now(), 2, '', '{}')"
            )
        )
    provider.agrees()


def test_months_are_closed_one_after_the_other(provider):
    provider.pays(1_000)
    provider.on("2027-02-02")
    with pytest.raises(MonthNotOver):
        closes(provider, "2026-12-01")
    for month in ("2026-11-01", "2026-12-01", "2027-01-01"):
        closes(provider, month)
