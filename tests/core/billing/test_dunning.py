"""Dunning as customers live it: reminded, slowed, off, ended; and what keeps it from them."""

import threading
from datetime import date

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from core.billing import dun as dun_module
from core.billing.dun import DunRun, dun
from core.billing.end_service import end_service
from core.billing.holidays import holidays_between, remove_holiday, set_holiday
from core.catalog.set_tariff import NewTerms, set_tariff_version
from core.errors import InvalidDay, InvalidName, NotFound
from core.messaging.silence import silence
from core.subscriptions.pause import pause, unpause
from core.subscriptions.suspend import resume
from tests.core.billing.owing import (
    CODE,
    acts,
    charged,
    duns,
    duns_daily_until,
    intent,
    owes,
    told,
    words,
)
from tests.provider import ssp
from tests.town import ACHOL, DENG, count, snapshot

NOTHING = DunRun(0, 0, 0, 0, 0, 0)


def test_a_bill_nobody_pays_goes_the_whole_way(provider):
    service = owes(provider)
    duns_daily_until(provider, "2026-12-11")
    assert told(provider) == []
    duns_daily_until(provider, "2026-12-18")
    assert told(provider) == ["bill_due_soon", "bill_due_soon", "bill_overdue"]
    assert words(provider, "bill_overdue") == [
        "Bill INV-2026-000001 is late: SSP 36,000 was due 15/12/2026. Please pay, or your internet is cut. Dial *384*77#"
    ]
    duns_daily_until(provider, "2026-12-20")
    assert not provider.service(service).slowed  # day 5 is a Sunday
    duns_daily_until(provider, "2026-12-21")
    assert provider.service(service).slowed
    assert provider.access(service).down_kbps == 256
    duns_daily_until(provider, "2026-12-22")
    row = provider.service(service)
    assert (row.state, row.suspended_for, provider.access(service).wanted) == ("suspended", "unpaid", "disabled")
    provider.bills_daily_until("2027-02-12")
    provider.on("2027-02-12", 9)
    duns_daily_until(provider, "2027-02-14")
    assert provider.service(service).state == "suspended"
    duns_daily_until(provider, "2027-02-15")
    assert (provider.service(service).state, provider.access(service).wanted) == ("terminated", "absent")
    assert [one for one in told(provider) if one.startswith("service")] == [
        "service_slowed", "service_suspended", "service_ended",
    ]  # fmt: skip
    provider.on("2027-02-16")
    provider.bills()
    provider.agrees()


def test_the_same_hour_twice_changes_nothing(provider):
    owes(provider)
    assert duns(provider, "2026-12-22") == DunRun(1, 1, 0, 0, 2, 0)
    before = snapshot(provider.parts)
    assert duns(provider) == NOTHING
    assert snapshot(provider.parts) == before


def test_after_weeks_without_dunning_a_service_is_cut_down_one_step_a_day(provider):
    service = owes(provider)
    duns(provider, "2027-03-01")
    assert acts(provider) == [
        (-3, "remind", "skipped"),
        (0, "remind", "skipped"),
        (3, "remind", "done"),
        (5, "slow", "done"),
    ]
    duns(provider, "2027-03-01", 15)
    assert provider.service(service).state == "active"
    duns(provider, "2027-03-02")
    assert provider.service(service).state == "suspended"
    duns(provider, "2027-03-02", 15)
    assert provider.service(service).state == "suspended"
    duns(provider, "2027-03-03")
    assert provider.service(service).state == "terminated"


def test_nothing_is_said_or_done_at_night(provider):
    owes(provider)
    for hour in (0, 7, 19, 23):
        assert duns(provider, "2026-12-22", hour) == NOTHING
    assert duns(provider, "2026-12-22", 18) == DunRun(1, 0, 0, 0, 2, 0)


def test_nobody_is_cut_off_on_a_friday_evening_nor_before_and_on_a_holiday(provider):
    service = owes(provider)
    for day, name in (("2026-12-24", "The eve"), ("2026-12-25", "Christmas"), ("2026-12-28", "A feast")):
        provider.does(set_holiday, day=date.fromisoformat(day), name=name, now=provider.clock.now())
    for day, hour in (
        ("2026-12-23", 12), ("2026-12-24", 10), ("2026-12-25", 10), ("2026-12-26", 10), ("2026-12-27", 10),
        ("2026-12-28", 10), ("2027-01-01", 12), ("2027-01-01", 15),
    ):  # fmt: skip
        duns(provider, day, hour)
        assert not provider.service(service).slowed
    duns(provider, "2027-01-01", 11)
    assert provider.service(service).slowed


def test_who_pays_in_between_hears_and_suffers_no_more(provider):
    service = owes(provider)
    duns(provider, "2026-12-21")
    assert provider.service(service).slowed
    provider.pays(36_000)
    assert not provider.service(service).slowed
    before = told(provider)
    duns_daily_until(provider, "2026-12-31")
    assert told(provider) == before
    assert provider.service(service).state == "active"


def test_money_in_an_unknown_state_holds_cutting_off_until_it_is_known_and_reminders_go_on(provider):
    service = owes(provider)
    provider.on("2026-12-21", 9)
    intent(provider, "unknown", hours_ago=1)
    duns(provider)
    assert told(provider) == ["bill_overdue"]
    duns_daily_until(provider, "2027-01-20")
    assert not provider.service(service).slowed
    with provider.parts.db.transaction() as tx:
        tx.execute(text("UPDATE payment_intent SET state = 'refused'"))
        move = "INSERT INTO payment_intent_move (intent_id, from_state, to_state, at, why)"
        tx.execute(text(f"{move} SELECT id, 'unknown', 'refused', now(), '{{}}' FROM payment_intent"))
    duns_daily_until(provider, "2027-01-23")
    assert provider.service(service).slowed


def test_a_payment_on_its_way_holds_cutting_off_for_three_days_and_reminders_go_on(provider):
    service = owes(provider)
    provider.on("2026-12-21", 9)
    for state in ("created", "submitted"):
        intent(provider, state, hours_ago=1)
    duns(provider)
    assert told(provider) == ["bill_overdue"]
    duns_daily_until(provider, "2026-12-23")
    assert not provider.service(service).slowed
    duns_daily_until(provider, "2026-12-24")
    assert provider.service(service).slowed


@pytest.mark.parametrize("state", ["refused", "expired"])
def test_money_that_is_known_not_to_come_holds_nothing(provider, state):
    service = owes(provider)
    provider.on("2026-12-21", 9)
    intent(provider, state)
    duns(provider)
    assert provider.service(service).slowed


def test_nobody_is_cut_off_for_money_that_lies_on_their_balance(provider):
    service = owes(provider)
    provider.town.give(provider.town.achol, 36_000)
    duns(provider, "2026-12-21")
    assert not provider.service(service).slowed


def test_a_bill_made_late_gets_its_full_days(provider):
    service = provider.begins("HOME")
    provider.on("2026-12-20")
    provider.bills()  # dated 1 December, due on the 15th
    assert provider.invoices()[0].due_on == date(2026, 12, 15)
    duns_daily_until(provider, "2026-12-30")
    assert told(provider) == []
    duns_daily_until(provider, "2026-12-31")
    assert words(provider, "bill_due_soon") == [
        "Please remember bill INV-2026-000001: SSP 36,000, due 03/01/2027. To pay, dial *384*77#"
    ]
    duns_daily_until(provider, "2027-01-07")
    assert not provider.service(service).slowed
    duns_daily_until(provider, "2027-01-08")
    assert provider.service(service).slowed


def test_the_schedule_is_the_tariffs_on_the_day_of_the_bill(provider):
    provider.does(
        set_tariff_version,
        code="HOME",
        terms=NewTerms(down_kbps=4_000, up_kbps=1_000, price=ssp(30_000), dunning="patient"),
        valid_from=date(2026, 12, 2),
        staff_id=None,
        now=provider.clock.now(),
    )
    service = owes(provider)
    provider.on("2027-01-01")
    provider.bills()
    duns_daily_until(provider, "2027-01-29")
    # The first bill went the standard way; the second, patient one of January would only be reminded of by now.
    assert [act for _days, act, _outcome in acts(provider)].count("slow") == 1
    assert provider.service(service).state == "suspended"
    assert provider.rows(
        "SELECT DISTINCT p.schedule, a.invoice_id - min(a.invoice_id) OVER () AS bill FROM dunning_act a"
        " JOIN dunning_step p ON p.id = a.step_id ORDER BY bill"
    ) == [("standard", 0), ("patient", 1)]


def test_a_bill_of_one_service_leaves_the_others_alone(provider):
    service = owes(provider)
    other = provider.begins("BIGGER")
    duns(provider, "2026-12-21")
    duns(provider, "2026-12-22")
    assert provider.service(service).state == "suspended"
    assert (provider.service(other).state, provider.service(other).slowed) == ("active", False)


def test_a_bill_of_no_service_is_dunned_at_all_that_are_paid_afterwards(provider):
    provider.pays(36_000)
    before = provider.begins("PREHOME")
    services = [provider.begins("HOME"), provider.begins("BIGGER")]
    charged(provider)
    duns(provider, "2026-11-20")
    duns(provider, "2026-11-23")
    assert [provider.service(one).state for one in services] == ["suspended", "suspended"]
    assert provider.service(before).state == "active"
    assert len(words(provider, "service_suspended")) == 1


def test_of_two_bills_of_one_service_only_one_cuts_it_down_a_day(provider):
    service = owes(provider)
    provider.on("2027-01-01")
    provider.bills()
    duns(provider, "2027-02-01")
    assert [row[1] for row in acts(provider)].count("slow") == 1
    assert provider.service(service).state == "active"
    duns(provider, "2027-02-02")
    # The younger bill finds its slow-down done; it is the older that suspends.
    assert provider.service(service).state == "suspended"
    assert words(provider, "service_suspended")[0].startswith(
        "Your internet is off: bill INV-2026-000001 is not paid. Pay SSP 72,000 and"
    )
    duns_daily_until(provider, "2027-02-05")
    assert len(words(provider, "service_suspended")) == 1


def test_a_paused_service_is_not_cut_off_but_its_step_comes_when_it_goes_on(provider):
    service = owes(provider)
    provider.does(pause, subscription_id=service, by=provider.by())
    duns(provider, "2026-12-22")
    assert provider.service(service).state == "paused"
    provider.does(unpause, subscription_id=service, by=provider.by())
    duns(provider, "2026-12-23")
    assert provider.service(service).slowed


def test_what_staff_let_go_on_stays_on(provider):
    service = owes(provider)
    duns(provider, "2026-12-21")
    duns(provider, "2026-12-22")
    provider.does(resume, subscription_id=service, by=provider.by("the director knows them"))
    duns_daily_until(provider, "2026-12-31")
    assert provider.service(service).state == "active"


def test_a_service_that_ended_has_nothing_left_to_cut_and_its_bill_is_still_reminded_of(provider):
    service = owes(provider)
    duns(provider, "2026-12-12")
    provider.does(end_service, subscription_id=service, by=provider.by("moved away"), issuer=provider.issuer)
    duns_daily_until(provider, "2026-12-24")
    assert told(provider) == ["bill_due_soon", "bill_due_soon", "bill_overdue"]
    assert acts(provider)[-2:] == [(5, "slow", "skipped"), (7, "suspend", "skipped")]


def test_dunning_never_ends_what_was_paid_in_advance(provider):
    provider.pays(36_000)
    service = provider.begins("PREHOME")
    charged(provider, subscription_id=service)
    for day in ("2026-11-20", "2026-11-23"):
        duns(provider, day)
    assert provider.service(service).state == "suspended"
    duns(provider, "2027-03-01")
    assert provider.service(service).state == "suspended"
    assert acts(provider)[-1] == (60, "terminate", "skipped")


def test_a_phone_that_said_stop_hears_only_of_what_is_late_and_what_is_cut(provider):
    owes(provider)
    provider.does(silence, phone=ACHOL, now=provider.clock.now())
    duns_daily_until(provider, "2026-12-22")
    assert told(provider) == ["bill_overdue", "service_slowed", "service_suspended"]
    assert acts(provider)[:2] == [(-3, "remind", "skipped"), (0, "remind", "skipped")]


def test_one_customer_who_cannot_be_dunned_holds_up_no_other(provider, monkeypatch):
    owes(provider)
    deng = owes(provider, provider.town.deng)
    real = dun_module.account

    def breaks(connection, customer_id):
        if customer_id == provider.town.achol.customer_id:
            raise RuntimeError("a fault of ours")
        return real(connection, customer_id)

    with monkeypatch.context() as patched:
        patched.setattr(dun_module, "account", breaks)
        assert duns(provider, "2026-12-21") == DunRun(1, 1, 0, 0, 2, 1)
    assert provider.service(deng).slowed
    assert told(provider) == []
    assert told(provider, DENG) == ["bill_overdue", "service_slowed"]
    assert duns(provider) == DunRun(1, 1, 0, 0, 2, 0)
    assert told(provider) == ["bill_overdue", "service_slowed"]


def test_customers_are_taken_in_batches_and_none_is_left_out(provider, monkeypatch):
    monkeypatch.setattr(dun_module, "CUSTOMERS_A_BATCH", 1)
    owes(provider)
    owes(provider, provider.town.deng)
    assert duns(provider, "2026-12-21") == DunRun(2, 2, 0, 0, 4, 0)


def test_two_jobs_at_once_say_and_do_everything_once(provider):
    service = owes(provider)
    provider.on("2026-12-21", 9)
    together = threading.Barrier(4)
    runs = []

    def work():
        together.wait()
        runs.append(dun(provider.parts.db, now=provider.clock.now(), code=CODE))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sum(run.slowed for run in runs) == 1
    assert sum(run.failed for run in runs) == 0
    assert told(provider) == ["bill_overdue", "service_slowed"]
    assert provider.service(service).slowed
    assert count(provider.parts, "dunning_act") == 4


def test_money_and_the_job_at_once_never_leave_a_paid_customer_cut_off(provider):
    service = owes(provider)
    duns(provider, "2026-12-21")
    provider.on("2026-12-22", 9)
    together = threading.Barrier(2)

    def pay():
        together.wait()
        provider.pays(36_000)

    def work():
        together.wait()
        dun(provider.parts.db, now=provider.clock.now(), code=CODE)

    threads = [threading.Thread(target=pay), threading.Thread(target=work)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    row = provider.service(service)
    assert (row.state, row.slowed) == ("active", False)
    provider.agrees()


def test_the_database_takes_a_step_of_an_invoice_once(provider):
    owes(provider)
    duns(provider, "2026-12-12")
    with pytest.raises(DBAPIError, match="uq_dunning_act_once"):
        provider.does(
            lambda tx: tx.connection.exec_driver_sql(
                "INSERT INTO dunning_act (invoice_id, step_id, at, outcome)"
                " SELECT invoice_id, step_id, at, outcome FROM dunning_act"
            )
        )


def test_holidays_are_set_renamed_and_taken_back(provider):
    now = provider.clock.now()
    christmas = date(2026, 12, 25)
    provider.does(set_holiday, day=christmas, name=" Christmas ", now=now)
    provider.does(set_holiday, day=christmas, name="Christmas Day", now=now)
    provider.does(set_holiday, day=provider.today, name="Declared this morning", now=now)
    with provider.parts.db.reading() as connection:
        assert holidays_between(connection, christmas, christmas) == {christmas: "Christmas Day"}
        assert len(holidays_between(connection, provider.today, christmas)) == 2
    provider.does(remove_holiday, day=christmas)
    with pytest.raises(NotFound):
        provider.does(remove_holiday, day=christmas)
    for day in (date(2026, 10, 31), date(2062, 12, 25)):
        with pytest.raises(InvalidDay):
            provider.does(set_holiday, day=day, name="Christmas", now=now)
    with pytest.raises(InvalidName):
        provider.does(set_holiday, day=christmas, name="  ", now=now)
