"""A charge or a discount by hand on the next bill: once, with its reason, as far as it fits, or taken back."""

import threading

import pytest
from sqlalchemy.exc import DBAPIError

from core.billing import run as run_module
from core.billing.adjust import ask_adjustment, decide_adjustment
from core.billing.bill_left import bill_all_left
from core.billing.charge_next import take_back_charge
from core.billing.credit import credit_invoice
from core.billing.end_service import end_service
from core.billing.renewal_reminders import remind_renewals
from core.billing.run import preview
from core.documents.line_words import plain_words
from core.errors import KeyReused, NoNextBill, NotFound, NotPossibleNow, ReasonMissing
from core.subscriptions.pause import pause, unpause
from core.subscriptions.suspend import suspend
from core.subscriptions.terminate import terminate
from tests.core.billing.owing import CODE, forget_intents, intent, words
from tests.core.billing.test_days_given_back import changes, ends
from tests.provider import ssp
from tests.town import count, snapshot


def asks(provider, kind, pounds, service=None, **more):
    """An adjustment for Achol's next bill; the id and the state of it."""
    asked = provider.does(
        ask_adjustment,
        **{
            "request_key": str(provider.parts.ids.new_uuid()),
            "kind": f"next_{kind}",
            "customer_id": provider.town.achol.customer_id,
            "invoice_id": None,
            "amount": ssp(pounds),
            "reason": "an hour of work",
            "staff_id": provider.town.staff["mary"],
            "role": "manager",
            "issuer": provider.issuer,
            "now": provider.clock.now(),
            "subscription_id": service,
            "product_class": "telecom",
        }
        | more,
    )
    return asked.adjustment_id, asked.state


def takes_back(provider, charge_id, why="a mistake", who=None):
    provider.does(
        take_back_charge,
        charge_id=charge_id,
        customer_id=(who or provider.town.achol).customer_id,
        why=why,
        staff_id=provider.town.staff["mary"],
        now=provider.clock.now(),
    )


def charges(provider):
    return provider.rows(
        "SELECT id, amount_minor / 100 AS amount, billed_minor / 100 AS billed, invoice_id, used_on, rest_of_id"
        " FROM charge ORDER BY id"
    )


def lines(provider, number=-1):
    return [(line.kind, line.amount) for line in provider.lines(provider.invoices()[number].id)]


def test_a_charge_stands_once_on_the_next_bill_with_its_reason_and_its_tax(provider):
    service = provider.begins("HOME")
    assert asks(provider, "charge", 5_000, service)[1] == "done"
    assert provider.invoices() == []
    provider.bills_daily_until("2026-12-01")
    (bill,) = provider.invoices()
    assert lines(provider) == [("recurring", 30_000), ("charge", 5_000)]
    assert (bill.net, bill.tax, bill.total) == (35_000, 7_000, 42_000)
    assert provider.lines(bill.id)[1].facts == {"text": "an hour of work"}
    provider.bills_daily_until("2027-01-01")
    assert lines(provider) == [("recurring", 30_000)]
    provider.agrees()


def test_a_discount_takes_off_before_tax(provider):
    provider.begins("HOME")
    asks(provider, "discount", 10_000, reason="three days without internet")
    provider.bills_daily_until("2026-12-01")
    (bill,) = provider.invoices()
    assert (bill.net, bill.tax, bill.total) == (20_000, 4_000, 24_000)
    line = provider.lines(bill.id)[1]
    assert plain_words("en", line.kind, line.facts) == "three days without internet"
    provider.agrees()


def test_what_is_for_one_service_waits_for_its_bill(provider):
    provider.begins("HOME")
    provider.on("2026-11-10")
    other = provider.begins("BIGGER")
    asks(provider, "charge", 5_000, other, product_class="equipment")
    provider.bills_daily_until("2026-12-10")
    assert lines(provider, 0) == [("recurring", 30_000)]
    assert lines(provider, 1) == [("recurring", 60_000), ("charge", 5_000)]
    provider.agrees()


def test_a_discount_greater_than_the_bill_holds_up_nothing_and_what_is_left_waits_for_the_next(provider):
    service = provider.begins("OFFICE")  # 90,000, and equipment for 5,000
    asks(provider, "discount", 100_000, service, reason="a month without internet")
    provider.bills_daily_until("2026-12-01")
    assert lines(provider) == [("recurring", 90_000), ("rental", 5_000), ("reduction", -90_000)]
    assert provider.invoices()[-1].total == 5_000, "a discount on one thing is none on another"
    provider.bills_daily_until("2027-01-01")
    assert lines(provider)[-1] == ("reduction", -10_000)
    said = [provider.lines(bill.id)[-1] for bill in provider.invoices()]
    assert {plain_words("en", line.kind, line.facts) for line in said} == {
        "a month without internet, a part of SSP\N{NO-BREAK SPACE}100,000"
    }
    provider.bills_daily_until("2027-02-01")
    assert lines(provider) == [("recurring", 90_000), ("rental", 5_000)]
    assert [(row.amount, row.billed) for row in charges(provider)] == [(-100_000, -90_000), (-10_000, -10_000)]
    provider.agrees()


@pytest.mark.parametrize("tariff", ["HOME", "PREHOME"])
def test_a_bill_that_a_discount_brings_to_nothing_is_none_and_uses_it_up(provider, tariff):
    provider.pays(36_000)
    service = provider.begins(tariff)
    asks(provider, "discount", 50_000, service)
    provider.bills_daily_until("2026-12-01")
    row = provider.service(service)
    assert (row.state, row.billed_until.isoformat()) == ("active", "2026-12-01" if tariff == "HOME" else "2027-01-01")
    assert len(provider.invoices()) == (tariff == "PREHOME")
    first, rest = charges(provider)
    assert (first.billed, first.invoice_id, first.used_on.isoformat()) == (-30_000, None, "2026-12-01")
    assert (rest.amount, rest.used_on, rest.rest_of_id) == (-20_000, None, first.id)
    provider.pays(12_000)
    provider.bills_daily_until("2027-01-01")
    assert lines(provider) == [("recurring", 30_000), ("reduction", -20_000)]
    assert provider.invoices()[-1].total == 12_000
    assert provider.service(service).state == "active"
    provider.agrees()


@pytest.mark.parametrize("chunk", [1, 500])
def test_what_one_bill_of_a_run_leaves_stands_on_the_other(provider, monkeypatch, chunk):
    monkeypatch.setattr(run_module, "CHUNK", chunk)
    provider.begins("HOME")
    provider.begins("BIGGER")
    asks(provider, "discount", 70_000)
    provider.bills_daily_until("2026-12-01")
    (bill,) = provider.invoices()
    assert lines(provider) == [("recurring", 60_000), ("reduction", -40_000)]
    assert [(row.billed, row.invoice_id) for row in charges(provider)] == [(-30_000, None), (-40_000, bill.id)]
    provider.agrees()


def test_a_discount_reaches_a_charge_of_the_same_bill(provider):
    provider.begins("HOME")
    asks(provider, "discount", 40_000)
    asks(provider, "charge", 20_000)
    provider.bills_daily_until("2026-12-01")
    assert lines(provider) == [("recurring", 30_000), ("reduction", -40_000), ("charge", 20_000)]
    provider.agrees()


@pytest.mark.parametrize("daily", [True, False])
def test_a_month_of_days_off_bills_nothing_and_what_waits_stands_on_the_next_bill(provider, daily):
    service = provider.begins("HOME")
    provider.on("2026-11-02")
    provider.does(pause, subscription_id=service, by=provider.by())
    for day, act in (("2026-12-02", None), ("2027-01-01", unpause), ("2027-02-01", None)):
        if daily:
            provider.bills_daily_until(day)
        provider.on(day)
        if act is None and day == "2026-12-02":
            asks(provider, "charge", 5_000)
        elif act is not None:
            provider.does(act, subscription_id=service, by=provider.by())
    provider.bills()
    assert [bill.net for bill in provider.invoices()] == [2_000, 35_000]
    assert lines(provider) == [("recurring", 30_000), ("charge", 5_000)]
    provider.agrees()


def test_a_dry_run_uses_nothing(provider):
    provider.begins("HOME")
    asks(provider, "discount", 50_000)
    provider.on("2026-12-01")
    before = snapshot(provider.parts)
    heard = []
    preview(
        provider.parts.db,
        day=provider.today,
        issuer=provider.issuer,
        now=provider.clock.now(),
        heard=heard.append,
    )
    assert heard
    assert snapshot(provider.parts) == before


def test_what_waits_is_taken_back_and_what_is_billed_is_not(provider):
    service = provider.begins("OFFICE")
    asks(provider, "charge", 5_000)
    asks(provider, "discount", 100_000, service)
    charge, discount = charges(provider)
    for who, why, refusal in (
        (provider.town.deng, "a mistake", NotFound),
        (provider.town.achol, " ", ReasonMissing),
    ):
        with pytest.raises(refusal):
            takes_back(provider, charge.id, why, who)
    takes_back(provider, charge.id)
    with pytest.raises(NotPossibleNow):
        takes_back(provider, charge.id)
    provider.bills_daily_until("2026-12-01")
    assert lines(provider) == [("recurring", 90_000), ("rental", 5_000), ("reduction", -90_000)]
    with pytest.raises(NotPossibleNow):
        takes_back(provider, discount.id)
    takes_back(provider, charges(provider)[-1].id)
    provider.bills_daily_until("2027-01-01")
    assert lines(provider) == [("recurring", 90_000), ("rental", 5_000)]
    provider.agrees()


@pytest.mark.parametrize("pounds", [5_000, 50_000])
def test_the_run_and_taking_back_at_once_leave_a_discount_billed_or_taken_back(provider, pounds):
    provider.begins("HOME")
    asks(provider, "discount", pounds)
    provider.on("2026-12-01")
    (discount,) = charges(provider)
    together = threading.Barrier(2)
    refused = []

    def bills():
        together.wait()
        assert provider.bills().faults == []

    def changes_their_mind():
        together.wait()
        try:
            takes_back(provider, discount.id)
        except NotPossibleNow:
            refused.append(discount.id)

    threads = [threading.Thread(target=work) for work in (bills, changes_their_mind)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    (first, *rest) = charges(provider)
    assert (first.used_on is not None) == bool(refused)
    assert len(rest) == (pounds > 30_000 and bool(refused))
    left = 30_000 - (min(pounds, 30_000) if refused else 0)
    assert [bill.net for bill in provider.invoices()] == ([left] if left else [])
    provider.agrees()


def test_fees_of_a_service_that_begins_are_nobodys_to_take_back(provider):
    provider.pays(100_000)
    provider.does(
        lambda tx: tx.connection.exec_driver_sql(
            "INSERT INTO charge (request_key, customer_id, kind, product_class, day, amount_minor, currency, facts)"
            " VALUES ('begin:1:0', %(who)s, 'set_up', 'service', '2026-11-01', 100, 'SSP', '{}')",
            {"who": provider.town.achol.customer_id},
        )
    )
    with pytest.raises(NotFound):
        takes_back(provider, charges(provider)[0].id)


def test_above_the_limit_a_second_person_decides_and_only_then_it_waits_for_the_bill(provider):
    provider.begins("HOME")
    assert asks(provider, "discount", 2_000, role="cashier")[1] == "done"
    number, state = asks(provider, "charge", 1_000, role="cashier")
    assert (state, count(provider.parts, "charge")) == ("waiting", 1)
    provider.does(
        decide_adjustment,
        adjustment_id=number,
        approve=True,
        staff_id=provider.town.staff["gatluak"],
        issuer=provider.issuer,
        now=provider.clock.now(),
    )
    assert [row.amount for row in charges(provider)] == [-2_000, 1_000]
    provider.agrees()


def test_where_no_bill_is_to_come_nothing_waits_for_one(provider):
    with pytest.raises(NoNextBill):
        asks(provider, "charge", 1_000)
    service = provider.begins("HOME")
    deng = provider.begins("HOME", provider.town.deng)
    with pytest.raises(NoNextBill):
        asks(provider, "charge", 1_000, deng)
    with pytest.raises(NotPossibleNow):
        asks(provider, "charge", 1_000, product_class="untaxed")
    number, _state = asks(provider, "discount", 200_000)
    provider.does(end_service, subscription_id=service, by=provider.by(), issuer=provider.issuer)
    assert asks(provider, "charge", 1_000, service)[1] == "done", "its last bill is not made yet"
    provider.bills_daily_until("2026-11-02")
    assert lines(provider) == [("recurring", 1_000), ("charge", 1_000)]
    with pytest.raises(NoNextBill):
        provider.does(
            decide_adjustment,
            adjustment_id=number,
            approve=True,
            staff_id=provider.town.staff["gatluak"],
            issuer=provider.issuer,
            now=provider.clock.now(),
        )
    assert provider.rows("SELECT state FROM adjustment WHERE id = :id", id=number) == [("waiting",)]
    provider.agrees()


def test_what_was_left_for_a_service_that_ended_goes_on_another_bill(provider):
    ended = provider.begins("HOME")
    provider.begins("BIGGER")
    asks(provider, "discount", 40_000, ended)
    provider.does(end_service, subscription_id=ended, by=provider.by(), issuer=provider.issuer)
    provider.bills_daily_until("2026-12-01")
    assert lines(provider) == [("recurring", 60_000), ("reduction", -39_000)]
    provider.agrees()


def test_what_waits_when_the_last_service_ends_is_billed_at_once_and_paid_by_what_is_given_back(provider):
    provider.pays(36_000)
    service = provider.begins("PREHOME")
    asks(provider, "charge", 20_000, service, reason="a radio that was not returned", product_class="equipment")
    asks(provider, "discount", 10_000, product_class="equipment")
    asks(provider, "discount", 5_000)
    provider.on("2026-11-15")
    provider.does(end_service, subscription_id=service, by=provider.by(), issuer=provider.issuer)
    assert lines(provider) == [("charge", 20_000), ("reduction", -10_000)]
    bill = provider.invoices()[-1]
    assert (bill.total, bill.due) == (10_000, 0)
    assert provider.balance() == ssp(8_000), "of the 18,000 for days not used"
    used = [(row.billed, row.invoice_id) for row in charges(provider)]
    assert used == [(20_000, bill.id), (-10_000, bill.id), (None, None)]
    provider.bills_daily_until("2026-12-02")
    assert provider.invoices()[-1].id == bill.id
    provider.agrees()


def test_what_waits_of_a_service_that_dunning_ended_is_billed_by_the_next_round(provider):
    service = provider.begins("HOME")
    provider.on("2026-11-10")
    provider.does(suspend, subscription_id=service, reason="unpaid", by=provider.by())
    provider.bills_daily_until("2026-12-20")
    asks(provider, "charge", 20_000, service, reason="a radio that was not returned", product_class="equipment")
    asks(provider, "charge", 1_000, reason="a visit", product_class="other")
    provider.does(terminate, subscription_id=service, by=provider.by())
    before = len(provider.invoices())
    sweep = {"issuer": provider.issuer, "now": provider.clock.now()}
    assert bill_all_left(provider.parts.db, **sweep) == 1
    assert lines(provider) == [("charge", 20_000), ("charge", 1_000)]
    assert bill_all_left(provider.parts.db, **sweep) == 0
    assert len(provider.invoices()) == before + 1
    provider.agrees()


def test_a_last_bill_that_is_late_takes_nothing_written_after_its_day(provider):
    service = provider.begins("HOME")
    provider.on("2026-11-05")
    ends(provider, service)
    provider.on("2026-11-08")  # the run is late: the last bill is of the 6th
    with pytest.raises(NoNextBill):
        asks(provider, "charge", 5_000, service)
    provider.on("2026-11-06")
    asks(provider, "charge", 5_000, service)
    provider.on("2026-11-08")
    provider.bills()
    assert lines(provider) == [("recurring", 5_000), ("charge", 5_000)]
    provider.agrees()


def test_prepaid_that_ends_with_days_unpaid_leaves_no_charge_unbilled(provider):
    provider.pays(36_000)
    service = provider.begins("PREHOME")
    provider.on("2026-12-01")
    intent(provider, "unknown")
    provider.bills()
    provider.on("2026-12-03")
    asks(provider, "charge", 2_000, service)
    provider.on("2026-12-05")
    ends(provider, service)  # what it had since the 1st is billed with the date of the 1st
    assert lines(provider) == [("charge", 2_000)]
    with pytest.raises(NoNextBill):
        asks(provider, "charge", 1_000, service)
    forget_intents(provider)
    provider.bills_daily_until("2026-12-06")
    assert [kind for kind, _ in lines(provider)] == ["recurring"]
    provider.agrees()


def month_with_20_000_off(provider):
    """A prepaid month from 1 December, of 31 days: 30,000, less 20,000, and the excise."""
    provider.pays(36_000)
    service = provider.begins("PREHOME")
    asks(provider, "discount", 20_000, service, reason="the masts fell")
    provider.pays(12_000)
    provider.bills_daily_until("2026-12-01")
    assert (provider.invoices()[-1].total, provider.balance()) == (12_000, ssp(0))
    return service


def test_who_had_a_discount_is_given_back_for_unused_days_what_they_cost(provider):
    service = month_with_20_000_off(provider)
    provider.on("2026-12-15")
    assert ends(provider, service).credited == ssp(6_194)  # 16 of 31 days of 12,000
    provider.agrees()


def test_a_discount_holds_for_the_days_left_whatever_plan_they_are_had_on(provider):
    service = month_with_20_000_off(provider)
    provider.pays(100_000)
    provider.on("2026-12-16")  # 16 of 31 days are left: 36,000 more a month, to the pound
    assert changes(provider, service, "PREPLUS").cost == ssp(18_580)
    assert [kind for kind, _ in lines(provider)] == ["change", "reduction"]
    line = provider.lines(provider.invoices()[-1].id)[-1]
    assert plain_words("en", line.kind, line.facts) == "the masts fell"
    assert changes(provider, service, "PREHOME").cost == ssp(-18_580), "there and back on one day costs nothing"
    assert provider.balance() == ssp(100_000)
    assert ends(provider, service).credited == ssp(5_806)  # 15 of 31 days of 12,000
    provider.agrees()


def test_what_waits_is_not_billed_early_while_another_bill_is_to_come(provider):
    ended = provider.begins("HOME")
    asks(provider, "charge", 5_000, ended)
    provider.does(end_service, subscription_id=ended, by=provider.by(), issuer=provider.issuer)
    assert provider.invoices() == []
    provider.bills_daily_until("2026-11-02")
    assert lines(provider) == [("recurring", 1_000), ("charge", 5_000)]
    provider.agrees()


def test_prepaid_is_reminded_of_what_the_next_bill_really_comes_to(provider):
    provider.pays(36_000)
    service = provider.begins("PREHOME")
    asks(provider, "charge", 5_000, service)
    asks(provider, "discount", 10_000)
    provider.on("2026-11-28", 9)
    remind_renewals(provider.parts.db, now=provider.clock.now(), code=CODE, step_minor=provider.issuer.step_minor)
    (said,) = words(provider, "renewal_short")
    assert "SSP 30,000" in said
    provider.pays(30_000)
    provider.bills_daily_until("2026-12-01")
    assert provider.balance() == ssp(0)
    assert provider.service(service).state == "active"
    provider.agrees()


def test_a_bill_with_a_discount_is_credited_as_it_was_billed(provider):
    provider.begins("HOME")
    asks(provider, "discount", 10_000)
    provider.bills_daily_until("2026-12-01")
    provider.does(
        credit_invoice,
        key="all",
        invoice_id=provider.invoices()[0].id,
        amount=None,
        reason="agreed",
        issuer=provider.issuer,
        now=provider.clock.now(),
    )
    note = provider.invoices()[-1]
    assert (note.kind, note.total) == ("credit_note", 24_000)
    line = provider.lines(note.id)[-1]
    assert plain_words("en", line.kind, line.facts) == "Taken back: an hour of work"
    provider.agrees()


def test_the_same_form_again_asks_for_nothing_more_and_another_content_is_refused(provider):
    service = provider.begins("HOME")
    for _ in range(2):
        asks(provider, "charge", 1_000, service, request_key="k")
    assert count(provider.parts, "charge") == 1
    for other in ({"service": None}, {"product_class": "other"}):
        with pytest.raises(KeyReused):
            asks(provider, "charge", 1_000, **({"service": service, "request_key": "k"} | other))


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("UPDATE charge SET amount_minor = 1", "keeps its terms"),
        ("UPDATE charge SET facts = '{}'", "keeps its terms"),
        ("DELETE FROM charge", "keeps its terms"),
        ("UPDATE charge SET billed_minor = -600000, used_on = day", "ck_charge_billed_within_its_amount"),
        ("UPDATE charge SET billed_minor = -100", "ck_charge_used_for_so_much"),
        ("UPDATE charge SET taken_back_at = now()", "ck_charge_taken_back_by_somebody"),
        ("UPDATE adjustment SET product_class = 'other'", "keeps its terms"),
    ],
)
def test_the_database_keeps_the_terms_of_a_charge(provider, statement, named):
    provider.begins("HOME")
    asks(provider, "discount", 5_000)
    with pytest.raises(DBAPIError, match=named):
        provider.does(lambda tx: tx.connection.exec_driver_sql(statement))


def test_what_became_of_a_charge_is_final(provider):
    provider.begins("HOME")
    asks(provider, "discount", 5_000)
    provider.bills_daily_until("2026-12-01")
    with pytest.raises(DBAPIError, match="what became of it"):
        provider.does(lambda tx: tx.connection.exec_driver_sql("UPDATE charge SET used_on = NULL, billed_minor = NULL"))
