"""A promise to pay: taken once, held against cutting off, then kept or broken."""

import threading
from datetime import date, timedelta

import pytest
from sqlalchemy.exc import DBAPIError

from core.billing import agreements
from core.billing.agreements import agreed_invoices, expire_agreements, held_invoices
from core.billing.promise import take_promise
from core.errors import InvalidDay, NothingDue, PromiseOpen
from tests.core.billing.owing import acts, duns, duns_daily_until, intent, owes, told
from tests.town import count, snapshot


def promises(provider, until, who=None):
    return provider.does(
        take_promise,
        customer_id=(who or provider.town.achol).customer_id,
        until_day=date.fromisoformat(until),
        staff_id=provider.town.staff["mary"],
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
    return [row.state for row in provider.rows("SELECT state FROM promise_to_pay ORDER BY id")]


def test_a_promise_holds_cutting_off_to_the_end_of_its_day_and_reminders_go_on(provider):
    service = owes(provider)
    provider.on("2026-12-16")
    promises(provider, "2026-12-23")
    duns_daily_until(provider, "2026-12-23")
    assert told(provider) == ["bill_overdue", "bill_overdue"]
    assert held(provider)
    assert not provider.service(service).slowed
    assert expires(provider, "2026-12-23") == 0
    duns_daily_until(provider, "2026-12-24")
    assert provider.service(service).slowed
    assert expires(provider) == 1
    assert states(provider) == ["broken"]


def test_a_promise_is_kept_by_paying_and_by_nothing_less(provider):
    owes(provider)
    promises(provider, "2026-12-11")
    provider.pays(35_999)
    assert states(provider) == ["kept"]  # nothing falls due by its day: there is nothing left that was promised
    provider.on("2026-12-16")
    promises(provider, "2026-12-20")
    provider.pays(1)
    assert states(provider) == ["kept", "kept"]
    assert not held(provider)


def test_a_part_of_what_was_promised_does_not_keep_it(provider):
    owes(provider)
    provider.on("2026-12-16")
    promises(provider, "2026-12-20")
    provider.pays(20_000)
    assert states(provider) == ["open"]
    assert expires(provider, "2026-12-21") == 1
    assert states(provider) == ["broken"]


def test_a_bill_made_after_a_promise_does_not_break_it(provider):
    owes(provider)
    provider.on("2026-12-30")
    promises(provider, "2027-01-05")
    provider.on("2027-01-01")
    provider.bills()
    provider.pays(36_000)
    assert states(provider) == ["kept"]


@pytest.mark.parametrize("until", ["2026-12-15", "2026-12-16", "2026-12-27", "2027-12-20"])
def test_a_day_that_is_over_or_too_far_away_is_no_promise(provider, until):
    owes(provider)
    provider.on("2026-12-16")
    with pytest.raises(InvalidDay):
        promises(provider, until)
    assert states(provider) == []


def test_who_owes_nothing_has_nothing_to_promise(provider):
    with pytest.raises(NothingDue):
        promises(provider, "2026-11-05")
    provider.pays(100_000)
    owes(provider)
    with pytest.raises(NothingDue):
        promises(provider, "2026-12-05")


def test_one_promise_at_a_time_and_none_for_thirty_days_after_a_broken_one(provider):
    owes(provider)
    provider.on("2026-12-16")
    promises(provider, "2026-12-20")
    before = snapshot(provider.parts)
    with pytest.raises(PromiseOpen):
        promises(provider, "2026-12-22")
    assert snapshot(provider.parts) == before
    provider.on("2026-12-21")
    with pytest.raises(PromiseOpen):  # its day is over, though nobody has looked yet
        promises(provider, "2026-12-22")
    expires(provider)
    provider.on("2027-01-19")
    with pytest.raises(PromiseOpen):
        promises(provider, "2027-01-22")
    provider.on("2027-01-20")
    promises(provider, "2027-01-22")
    assert states(provider) == ["broken", "open"]


def test_two_who_promise_for_one_customer_at_once_are_one_promise(provider):
    owes(provider)
    provider.on("2026-12-16")
    together = threading.Barrier(4)
    outcomes = []

    def work():
        together.wait()
        try:
            outcomes.append(promises(provider, "2026-12-20"))
        except PromiseOpen:
            outcomes.append("refused")

    threads = [threading.Thread(target=work) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert outcomes.count("refused") == 3
    assert count(provider.parts, "promise_to_pay") == 1


def test_the_database_holds_one_open_promise_of_a_customer(provider):
    owes(provider)
    promises(provider, "2026-12-05")
    with pytest.raises(DBAPIError, match="ux_promise_to_pay_one_open"):
        provider.does(
            lambda tx: tx.connection.exec_driver_sql(
                "INSERT INTO promise_to_pay (customer_id, until_day, state, taken_at)"
                " SELECT customer_id, until_day, state, taken_at FROM promise_to_pay"
            )
        )


def test_a_service_that_went_on_for_a_promise_is_off_again_when_it_is_broken(provider):
    service = owes(provider)
    duns(provider, "2026-12-21")
    duns(provider, "2026-12-22")
    promises(provider, "2026-12-30")
    provider.pays(1_000)
    assert provider.service(service).state == "active"
    duns_daily_until(provider, "2026-12-30")
    assert provider.service(service).state == "active"
    expires(provider, "2026-12-31")
    steps = acts(provider)
    duns_daily_until(provider, "2027-01-04")
    assert provider.service(service).state == "suspended"
    assert acts(provider) == steps
    assert told(provider).count("service_suspended") == 2
    duns_daily_until(provider, "2027-01-08")
    assert told(provider).count("service_suspended") == 2
    provider.pays(35_000)
    assert provider.service(service).state == "active"
    provider.bills()
    provider.agrees()


def test_money_of_which_nobody_can_tell_holds_but_is_no_agreement(provider):
    owes(provider)
    provider.on("2026-12-21")
    intent(provider, "unknown")
    with provider.parts.db.reading() as connection:
        who, now = provider.town.achol.customer_id, provider.clock.now()
        assert held_invoices(connection, who, now)
        assert not agreed_invoices(connection, who, now)
        assert not held_invoices(connection, provider.town.deng.customer_id, now)
        assert held_invoices(connection, who, now + timedelta(days=30)), "until it is known"


def test_one_customer_who_cannot_be_looked_at_holds_up_no_other(provider, monkeypatch):
    owes(provider)
    owes(provider, provider.town.deng)
    provider.on("2026-12-16")
    promises(provider, "2026-12-20")
    promises(provider, "2026-12-20", provider.town.deng)
    real = agreements.open_invoices

    def breaks(tx, customer_id):
        if customer_id == provider.town.achol.customer_id:
            raise RuntimeError("a fault of ours")
        return real(tx, customer_id)

    monkeypatch.setattr(agreements, "BATCH_MAX", 1)
    with monkeypatch.context() as patched:
        patched.setattr(agreements, "open_invoices", breaks)
        assert expires(provider, "2026-12-21") == 1
    assert states(provider) == ["open", "broken"]
    assert expires(provider) == 1
    assert states(provider) == ["broken", "broken"]
