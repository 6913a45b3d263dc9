"""What happens to a service between its beginning and its end, and what each of it costs."""

from datetime import date

import pytest

from core.billing.change_service import change_service
from core.billing.end_service import end_service, hand_over
from core.errors import InsufficientBalance, NotPossibleNow, OtherBilling, ReasonMissing, SamePlan
from core.subscriptions.keep_speed import keep_speed
from core.subscriptions.pause import pause, unpause
from core.subscriptions.relocate import relocate
from core.subscriptions.states import By
from core.subscriptions.suspend import resume, suspend


def tariff(provider, code):
    ((tariff_id,),) = provider.rows("SELECT id FROM tariff WHERE code = :code", code=code)
    return tariff_id


def changes(provider, service, code, *, at_period_end=False):
    return provider.does(
        change_service,
        subscription_id=service,
        tariff_id=tariff(provider, code),
        at_period_end=at_period_end,
        by=provider.by(),
        issuer=provider.issuer,
        key=f"{code}:{provider.today}",
    )


def pauses(provider, service):
    provider.does(pause, subscription_id=service, by=provider.by("away"))


def goes_on(provider, service):
    return provider.does(unpause, subscription_id=service, by=provider.by("back"))


def what_was_billed(provider):
    return [(row.kind, row.facts["days"], row.facts["of"], float(row.amount)) for row in all_lines(provider)]


def all_lines(provider):
    return [line for invoice in provider.invoices() for line in provider.lines(invoice.id)]


def test_every_move_says_who_when_and_why(provider):
    service = provider.begins("HOME")
    pauses(provider, service)
    rows = provider.rows("SELECT verb, from_state, to_state, why, staff_id FROM subscription_move ORDER BY id")
    assert [(row.verb, row.from_state, row.to_state, row.why) for row in rows] == [
        ("add", "pending", "pending", "ordered at the counter"),
        ("activate", "pending", "active", "installed"),
        ("pause", "active", "paused", "away"),
    ]
    assert {row.staff_id for row in rows} == {provider.town.staff["mary"]}


def test_a_move_without_a_reason_is_refused(provider):
    service = provider.begins("HOME")
    with pytest.raises(ReasonMissing):
        pause(None, subscription_id=service, by=By(provider.clock.now(), "  "))


def test_what_is_not_active_cannot_be_paused_nor_a_service_ended_twice(provider):
    service = provider.begins("HOME")
    pauses(provider, service)
    with pytest.raises(NotPossibleNow):
        pauses(provider, service)
    provider.does(end_service, subscription_id=service, by=provider.by(), issuer=provider.issuer)
    with pytest.raises(NotPossibleNow):
        provider.does(end_service, subscription_id=service, by=provider.by(), issuer=provider.issuer)


def test_days_off_of_a_postpaid_service_are_not_billed(provider):
    service = provider.begins("HOME")
    provider.on("2026-11-10")
    pauses(provider, service)
    assert provider.access(service).wanted == "disabled"
    provider.on("2026-11-21")
    goes_on(provider, service)
    assert provider.access(service).wanted == "present"
    provider.on("2026-12-01")
    provider.bills()
    assert what_was_billed(provider) == [("recurring", 10, 30, 10_000), ("recurring", 10, 30, 10_000)]
    provider.agrees()


def test_a_service_paused_over_a_whole_month_costs_nothing_for_it_and_goes_on_later(provider):
    service = provider.begins("HOME")
    provider.on("2026-11-15")
    pauses(provider, service)
    provider.bills_daily_until("2027-01-20")
    assert what_was_billed(provider) == [("recurring", 15, 30, 15_000)]
    assert provider.service(service).next_bill_on is None
    goes_on(provider, service)
    provider.bills_daily_until("2027-02-01")
    assert what_was_billed(provider)[1:] == [("recurring", 12, 31, 11_612.9)]
    provider.agrees()


def test_paused_and_on_again_within_a_day_is_as_if_it_had_not_been(provider):
    service = provider.begins("HOME")
    provider.on("2026-11-10")
    pauses(provider, service)
    goes_on(provider, service)
    provider.on("2026-12-01")
    provider.bills()
    assert what_was_billed(provider) == [("recurring", 30, 30, 30_000)]


def test_days_paid_in_advance_are_kept_through_a_pause(provider):
    provider.pays(36_000)
    service = provider.begins("PREHOME")
    provider.on("2026-11-10")
    pauses(provider, service)
    assert provider.service(service).kept_days == 20
    provider.on("2027-01-05")
    goes_on(provider, service)
    row = provider.service(service)
    assert (row.billed_until, row.next_bill_on, row.anchor_day, row.kept_days) == (
        date(2027, 1, 25), date(2027, 1, 25), 25, 0,
    )  # fmt: skip
    provider.bills()
    assert len(provider.invoices()) == 1
    provider.pays(36_000)
    provider.on("2027-01-25")
    provider.bills()
    assert provider.invoices()[1].period_from == date(2027, 1, 25)
    provider.agrees()


def test_two_suspensions_in_a_month_do_not_bill_a_day_twice(provider):
    """Kill Bill #2306: two cycles of suspending and resuming made overlapping items and parked the account."""
    service = provider.begins("HOME")
    for off, on in (("2026-11-05", "2026-11-08"), ("2026-11-12", "2026-11-20")):
        provider.on(off)
        provider.does(suspend, subscription_id=service, reason="staff", by=provider.by("abuse"))
        provider.on(on)
        provider.does(resume, subscription_id=service, by=provider.by("settled"))
    provider.bills_daily_until("2027-02-01")
    first, *rest = provider.invoices()
    assert sum(line.facts["days"] for line in provider.lines(first.id)) == 5 + 5 + 11
    assert [one.net for one in rest] == [30_000, 30_000]
    provider.agrees()


def test_a_plan_changed_in_the_middle_of_a_postpaid_month_is_explained_by_two_lines(provider):
    service = provider.begins("HOME")
    provider.on("2026-11-14")
    changes(provider, service, "BIGGER")
    assert provider.access(service).down_kbps == 8_000
    provider.on("2026-12-01")
    provider.bills()
    assert what_was_billed(provider) == [("recurring", 13, 30, 13_000), ("recurring", 17, 30, 34_000)]
    provider.agrees()


def test_a_plan_changed_at_the_end_of_the_month_begins_with_the_next(provider):
    service = provider.begins("HOME")
    provider.on("2026-11-14")
    changes(provider, service, "BIGGER", at_period_end=True)
    assert provider.access(service).down_kbps == 4_000
    provider.bills_daily_until("2026-12-01")
    keep_speed(provider.parts.db, provider.clock.now())
    assert provider.access(service).down_kbps == 8_000
    provider.bills_daily_until("2027-01-01")
    assert [one.net for one in provider.invoices()] == [30_000, 60_000]


def test_a_dearer_prepaid_plan_now_costs_the_difference_for_the_days_left(provider):
    provider.pays(36_000)
    service = provider.begins("PREHOME")
    provider.on("2026-11-16")
    with pytest.raises(InsufficientBalance):
        changes(provider, service, "PREPLUS")
    assert provider.access(service).down_kbps == 4_000
    provider.pays(20_000)
    changes(provider, service, "PREPLUS")
    note, invoice = provider.invoices()[1:]
    lines = [*provider.lines(note.id), *provider.lines(invoice.id)]
    assert [(line.kind, line.facts["days"], float(line.amount)) for line in lines] == [
        ("unused", 15, 15_000),
        ("change", 15, 30_000),
    ]
    assert (note.kind, note.total, invoice.total, invoice.due) == ("credit_note", 18_000, 36_000, 0)
    assert provider.balance().minor == 2_000_00
    provider.agrees()


def test_a_cheaper_prepaid_plan_now_gives_the_difference_back(provider):
    provider.pays(72_000)
    service = provider.begins("PREPLUS")
    provider.on("2026-11-16")
    changes(provider, service, "PREHOME")
    note, invoice = provider.invoices()[1:]
    assert (note.kind, note.number, note.total) == ("credit_note", "CN-2026-000001", 36_000)
    assert (invoice.kind, invoice.total) == ("invoice", 18_000)
    assert provider.balance().minor == 18_000_00
    provider.on("2026-11-21")
    provider.does(end_service, subscription_id=service, by=provider.by(), issuer=provider.issuer)
    assert [one.total for one in provider.invoices()][3:] == [10_800]  # 9 of 30 days at 30,000, and excise
    provider.agrees()


def test_a_plan_of_another_manner_of_payment_or_the_same_is_refused(provider):
    service = provider.begins("HOME")
    with pytest.raises(OtherBilling):
        changes(provider, service, "PREHOME")
    with pytest.raises(SamePlan):
        changes(provider, service, "HOME")


def test_the_end_of_a_postpaid_service_is_billed_to_its_last_day(provider):
    service = provider.begins("HOME")
    provider.on("2026-11-17")
    provider.does(end_service, subscription_id=service, by=provider.by("moves away"), issuer=provider.issuer)
    assert provider.access(service).wanted == "absent"
    provider.on("2026-11-18")
    provider.bills()
    assert what_was_billed(provider) == [("recurring", 17, 30, 17_000)]
    provider.bills_daily_until("2026-12-05")
    assert len(provider.invoices()) == 1
    provider.agrees()


def test_the_end_of_a_prepaid_service_gives_back_the_days_left(provider):
    provider.pays(36_000)
    service = provider.begins("PREHOME")
    provider.on("2026-11-10")
    provider.does(end_service, subscription_id=service, by=provider.by("moves away"), issuer=provider.issuer)
    note = provider.invoices()[1]
    assert (note.kind, note.net, note.tax, note.total) == ("credit_note", 20_000, 4_000, 24_000)
    assert provider.balance().minor == 24_000_00
    provider.agrees()


def test_a_service_handed_over_is_billed_to_each_for_their_days(provider):
    service = provider.begins("HOME")
    provider.on("2026-11-10")
    _ended, added = provider.does(
        hand_over,
        subscription_id=service,
        customer_id=provider.town.deng.customer_id,
        by=provider.by("sold the house"),
        issuer=provider.issuer,
    )
    assert provider.access(added.subscription_id).wanted == "present"
    provider.bills_daily_until("2026-12-11")
    assert what_was_billed(provider) == [("recurring", 10, 30, 10_000)]
    (theirs,) = provider.invoices(provider.town.deng)
    assert (theirs.period_from, theirs.net) == (date(2026, 11, 11), 30_000)
    provider.agrees()


def test_a_service_that_moves_to_another_router_has_fresh_credentials_there(provider):
    service = provider.begins("HOME")
    before = provider.service(service).grant_id
    granted = provider.does(
        relocate,
        subscription_id=service,
        router_id=provider.town.routers["munuki"],
        place="Munuki, block C",
        by=provider.by(),
        ids=provider.parts.ids,
        sealer=provider.parts.sealer,
    )
    assert granted is not None
    assert provider.service(service).grant_id not in (None, before)
    assert provider.rows("SELECT wanted FROM placement ORDER BY grant_id") == [("absent",), ("present",)]
    provider.agrees()
