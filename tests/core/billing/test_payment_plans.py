"""Paying in parts: agreed on once, kept or broken, and nobody is cut off while it is kept."""

import threading
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import DBAPIError

from core.billing.agreements import expire_agreements, held_invoices
from core.billing.credit import credit_invoice
from core.billing.instalments import equal_parts
from core.billing.payment_plan import agree_plan
from core.errors import KeyReused, NothingDue, NotPossibleNow, PlanRunning
from core.money import Money
from tests.core.billing.owing import charged, duns, duns_daily_until, owes, told, words
from tests.provider import ssp
from tests.town import count, snapshot


def agrees_on(provider, parts=3, key="form-1", who=None):
    return provider.does(
        agree_plan,
        request_key=key,
        customer_id=(who or provider.town.achol).customer_id,
        parts=parts,
        through="ussd",
        now=provider.clock.now(),
    )


def expires(provider, day=None):
    if day is not None:
        provider.on(day, 7)
    return expire_agreements(provider.parts.db, provider.clock.now())


def held(provider):
    with provider.parts.db.reading() as connection:
        return bool(held_invoices(connection, provider.town.achol.customer_id, provider.clock.now()))


def states(provider):
    return [row.state for row in provider.rows("SELECT state FROM payment_plan ORDER BY id")]


def test_all_that_is_owed_is_split_into_equal_parts_and_told(provider):
    owes(provider)
    charged(provider, 4_000)
    agreed = agrees_on(provider)
    assert (agreed.total, agreed.again) == (ssp(40_000), False)
    assert [(part.due_on.isoformat(), part.amount) for part in agreed.parts] == [
        ("2026-12-08", ssp(13_333)), ("2027-01-07", ssp(13_333)), ("2027-02-06", ssp(13_334)),
    ]  # fmt: skip
    (said,) = words(provider, "plan_agreed")
    assert said.splitlines() == [
        "Agreed: SSP 40,000 in parts, in SSP by these days:",
        "08/12 13,333",
        "07/01 13,333",
        "06/02 13,334",
        "While you keep to it, your internet stays on.",
    ]
    assert provider.rows("SELECT due_minor FROM plan_invoice ORDER BY invoice_id") == [(3_600_000,), (400_000,)]


@given(st.integers(2, 10**12), st.integers(2, 6))
def test_parts_lose_nothing_and_are_whole_pounds_but_for_the_last(minor, parts):
    if minor < parts:
        return
    total = Money(minor, "SSP")
    split = equal_parts(total, parts)
    assert len(split) == parts
    assert sum(part.minor for part in split) == minor
    assert all(part.minor > 0 for part in split)
    if minor >= parts * 100:
        assert all(part.minor % 100 == 0 for part in split[:-1])
        assert max(split) - min(split) <= ssp(parts)
    else:
        assert max(part.minor for part in split) - min(part.minor for part in split) <= 1


def test_the_same_request_twice_is_one_plan(provider):
    owes(provider)
    first = agrees_on(provider)
    before = snapshot(provider.parts)
    again = agrees_on(provider)
    assert (again.plan_id, again.total, again.parts, again.again) == (first.plan_id, first.total, first.parts, True)
    assert snapshot(provider.parts) == before
    provider.pays(36_000)
    assert agrees_on(provider).plan_id == first.plan_id
    with pytest.raises(KeyReused):
        agrees_on(provider, parts=4)
    with pytest.raises(KeyReused):
        agrees_on(provider, who=provider.town.deng)


def test_the_same_request_from_four_hands_at_once_is_one_plan(provider):
    owes(provider)
    together = threading.Barrier(4)
    plans = []

    def work():
        together.wait()
        plans.append(agrees_on(provider).plan_id)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(plans) == 4
    assert len(set(plans)) == 1
    assert told(provider) == ["plan_agreed"]


@pytest.mark.parametrize("number", [-1, 0, 1, 7, 100])
def test_a_plan_has_two_to_six_parts(provider, number):
    owes(provider)
    with pytest.raises(NotPossibleNow):
        agrees_on(provider, parts=number)
    assert states(provider) == []


def test_who_owes_nothing_has_nothing_to_pay_in_parts(provider):
    with pytest.raises(NothingDue):
        agrees_on(provider)


def test_one_plan_at_a_time_and_none_for_ninety_days_after_a_broken_one(provider):
    owes(provider)
    agrees_on(provider)
    with pytest.raises(PlanRunning):
        agrees_on(provider, key="form-2")
    assert expires(provider, "2026-12-10") == 1
    provider.on("2027-03-10", 6)
    with pytest.raises(PlanRunning):
        agrees_on(provider, key="form-2")
    provider.on("2027-03-10", 7)
    agrees_on(provider, key="form-2")
    assert states(provider) == ["broken", "running"]


def test_the_database_holds_one_running_plan_of_a_customer(provider):
    owes(provider)
    agrees_on(provider)
    with pytest.raises(DBAPIError, match="ux_payment_plan_one_running"):
        provider.does(
            lambda tx: tx.connection.exec_driver_sql(
                "INSERT INTO payment_plan (request_key, customer_id, total_minor, currency, state, agreed_at,"
                " agreed_through) SELECT 'another', customer_id, total_minor, currency, state, agreed_at,"
                " agreed_through FROM payment_plan"
            )
        )


def test_a_plan_kept_to_the_end_holds_cutting_off_all_the_way(provider):
    service = owes(provider)
    agrees_on(provider)
    for day in ("2026-12-08", "2027-01-08", "2027-02-07"):  # the last two a day late: there is a day of grace
        duns_daily_until(provider, day)
        assert expires(provider) == 0
        assert held(provider)
        provider.pays(12_000)
    assert states(provider) == ["kept"]
    assert provider.rows("SELECT ended_at FROM payment_plan")[0].ended_at == provider.clock.now()
    assert not held(provider)
    assert (provider.service(service).state, provider.service(service).slowed) == ("active", False)
    assert "service_slowed" not in told(provider)


def test_paid_at_once_a_plan_is_kept_at_once(provider):
    owes(provider)
    agrees_on(provider, parts=6)
    provider.pays(36_000)
    assert states(provider) == ["kept"]


def test_a_plan_is_broken_when_a_part_is_missing_after_its_day_of_grace(provider):
    service = owes(provider)
    agrees_on(provider)
    provider.on("2026-12-08")
    provider.pays(12_000)
    provider.on("2027-01-07")
    provider.pays(11_999)
    assert expires(provider, "2027-01-08") == 0
    assert held(provider)
    assert duns(provider, "2027-01-08").slowed == 0
    provider.on("2027-01-11", 9)
    assert not held(provider)  # whether or not anybody has looked yet
    duns(provider)
    assert provider.service(service).slowed
    assert expires(provider) == 1
    assert states(provider) == ["broken"]
    provider.pays(12_001)
    assert states(provider) == ["broken"]
    assert not provider.service(service).slowed
    provider.bills()
    provider.agrees()


def test_what_is_credited_counts_as_paid(provider):
    owes(provider)
    agrees_on(provider, parts=2)
    provider.on("2026-12-08")
    provider.does(
        credit_invoice,
        key="form-2",
        invoice_id=provider.invoices()[0].id,
        amount=ssp(10_000),
        reason="it was slow",
        issuer=provider.issuer,
        now=provider.clock.now(),
    )
    provider.pays(8_000)
    assert expires(provider, "2026-12-10") == 0
    assert held(provider)


def held_ids(provider):
    with provider.parts.db.reading() as connection:
        found = held_invoices(connection, provider.town.achol.customer_id, provider.clock.now())
        return sorted(found)


def test_a_plan_holds_what_it_covers_and_not_the_bills_that_come_after(provider):
    service = owes(provider)
    agrees_on(provider)
    provider.on("2026-12-08")
    provider.pays(12_000)
    provider.on("2027-01-01")
    provider.bills()
    old, new = (one.id for one in provider.invoices())
    provider.on("2027-01-07")
    provider.pays(12_000)
    assert held(provider)
    assert held_ids(provider) == [old]
    duns(provider, "2027-01-20")
    assert provider.service(service).slowed
    assert provider.rows("SELECT DISTINCT invoice_id FROM dunning_act a JOIN dunning_step p ON p.id = a.step_id"
                         " WHERE p.act = 'slow'") == [(new,)]  # fmt: skip


def test_who_pays_the_part_and_the_new_bill_has_paid_for_both_whatever_it_was_allocated_to(provider):
    service = owes(provider)
    charged(provider, 60_000)
    agrees_on(provider, parts=6)  # 96,000 in parts of 16,000
    provider.on("2026-12-08")
    provider.pays(16_000)
    provider.on("2027-01-01")
    provider.bills()
    new = provider.invoices()[-1].id
    provider.on("2027-01-07")
    provider.pays(16_000 + 36_000)
    assert provider.invoices()[-1].due == 36_000
    assert new in held_ids(provider)
    duns_daily_until(provider, "2027-01-25")
    assert (provider.service(service).state, provider.service(service).slowed) == ("active", False)
    provider.on("2027-02-07", 9)  # the third part's day of grace
    assert new in held_ids(provider)
    provider.on("2027-02-08", 9)
    assert new not in held_ids(provider)
    assert held(provider)
    provider.pays(16_000)
    assert new in held_ids(provider)


def test_a_suspended_service_goes_on_with_the_first_part_and_off_again_when_the_plan_is_broken(provider):
    service = owes(provider)
    duns(provider, "2026-12-21")
    duns(provider, "2026-12-22")
    agrees_on(provider)
    provider.pays(12_000)
    assert (provider.service(service).state, provider.service(service).slowed) == ("active", False)
    duns_daily_until(provider, "2027-01-29")
    assert provider.service(service).state == "active"
    expires(provider, "2027-01-31")
    duns_daily_until(provider, "2027-02-01")
    assert provider.service(service).state == "suspended"
    assert told(provider).count("service_suspended") == 2
    provider.bills()
    provider.agrees()


def test_plans_are_looked_at_one_customer_after_another(provider):
    owes(provider)
    owes(provider, provider.town.deng)
    agrees_on(provider)
    agrees_on(provider, key="form-2", who=provider.town.deng)
    provider.on("2026-12-08")
    provider.pays(12_000)
    assert expires(provider, "2026-12-10") == 1
    assert expires(provider) == 0
    assert states(provider) == ["running", "broken"]
    assert count(provider.parts, "payment_plan", "ended_at IS NULL") == 1
    assert date(2026, 12, 10) == provider.today
