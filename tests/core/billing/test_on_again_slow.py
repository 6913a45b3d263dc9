"""A service that goes on while a bill that slows it is open: slow, told so, and at full speed when that is paid."""

from core.billing.money_came import put_on_again
from core.subscriptions.suspend import suspend
from tests.core.billing.owing import charged, duns, duns_daily_until, owes, promises, told, words


def off_with_a_younger_bill(provider):
    """Off for December's bill; January's, due on the 15th, slows from the 20th and puts off from the 22nd on."""
    service = owes(provider)
    duns_daily_until(provider, "2026-12-22")
    provider.on("2027-01-15", 9)
    charged(provider, 7_000, service)
    provider.on("2027-01-20", 9)
    assert provider.service(service).state == "suspended"
    return service


def test_who_goes_on_slow_is_told_what_makes_it_fast_and_it_is_when_they_pay(provider):
    service = off_with_a_younger_bill(provider)
    assert provider.pays(36_000).back_on == (provider.service(service).number,)
    assert provider.access(service).down_kbps == 256
    assert words(provider, "service_back_slow") == [
        "Your internet is on again, but slow: SSP 7,000 is still not paid. Pay it and it is fast again."
    ]
    before = told(provider)
    duns(provider)
    assert told(provider)[len(before) :] == ["bill_overdue"], "that it is slow they know"
    assert provider.pays(7_000).back_on == ()
    assert provider.access(service).down_kbps == 4_000


def test_who_goes_on_slow_and_does_not_pay_is_off_again_on_the_day_for_that(provider):
    service = off_with_a_younger_bill(provider)
    provider.pays(36_000)
    duns_daily_until(provider, "2027-01-21")
    assert provider.service(service).state == "active"
    duns_daily_until(provider, "2027-01-22")
    assert provider.service(service).state == "suspended"


def test_a_service_that_was_never_slow_goes_on_slow_and_one_that_nothing_slows_fast(provider):
    service = off_with_a_younger_bill(provider)
    other = provider.begins("BIGGER")
    for one in (service, other):
        if provider.service(one).state == "active":
            provider.does(suspend, subscription_id=one, reason="unpaid", by=provider.by("an old list"))
    provider.pays(36_000)
    assert [(provider.service(one).state, provider.service(one).slowed) for one in (service, other)] == [
        ("active", True), ("active", False),
    ]  # fmt: skip
    assert len(words(provider, "service_back_slow")) == 1
    assert words(provider, "service_back") == []


def test_a_promise_gives_the_speed_back_and_a_broken_one_takes_it_again(provider):
    service = off_with_a_younger_bill(provider)
    provider.pays(36_000)
    duns(provider)
    promises(provider, "2027-01-21")
    provider.pays(1)
    assert not provider.service(service).slowed
    duns_daily_until(provider, "2027-01-22")
    assert provider.service(service).slowed
    duns_daily_until(provider, "2027-01-25")
    assert provider.service(service).state == "suspended"


def test_what_is_off_with_only_a_slow_down_due_goes_on_with_the_hourly_job(provider):
    service = owes(provider)
    provider.on("2026-12-21", 9)  # day 6
    provider.does(suspend, subscription_id=service, reason="unpaid", by=provider.by("an old list"))
    sweep = {"issuer": provider.issuer, "now": provider.clock.now()}
    assert put_on_again(provider.parts.db, **sweep) == 1
    assert (provider.service(service).state, provider.service(service).slowed) == ("active", True)
    duns(provider)
    assert provider.service(service).state == "active"
    assert put_on_again(provider.parts.db, **sweep) == 0
    duns_daily_until(provider, "2026-12-23")
    assert put_on_again(provider.parts.db, issuer=provider.issuer, now=provider.clock.now()) == 0
    assert provider.service(service).state == "suspended"


def test_a_schedule_made_patient_cuts_nothing_again_that_is_not_due_by_it(provider):
    service = owes(provider)
    duns_daily_until(provider, "2026-12-22")
    promises(provider, "2026-12-23")
    provider.pays(1)
    assert provider.service(service).state == "active"
    provider.does(
        lambda tx: tx.connection.exec_driver_sql(
            "UPDATE dunning_step SET days = 20 WHERE schedule = 'standard' AND act = 'suspend'"
        )
    )
    duns_daily_until(provider, "2027-01-01")
    assert provider.service(service).state == "active"
    duns_daily_until(provider, "2027-01-04")  # day 20
    assert provider.service(service).state == "suspended"
