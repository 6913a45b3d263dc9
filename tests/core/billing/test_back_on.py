"""A service cut off for money goes on exactly when dunning would not cut it off again: not before, and not later."""

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from core.billing.agreements import agreed_invoices
from core.billing.dunning_rule import may_cut_off
from core.billing.money_came import reconnect
from core.billing.payment_plan import agree_plan
from core.billing.promise import take_promise
from core.errors import Refusal
from tests.core.billing.owing import charged, duns, duns_daily_until, forget, forget_intents, intent, owes
from tests.provider import ssp


def agrees_on(provider, parts=6):
    provider.does(
        agree_plan,
        request_key=str(provider.parts.ids.new_uuid()),
        customer_id=provider.town.achol.customer_id,
        parts=parts,
        through="staff",
        now=provider.clock.now(),
    )


def promises(provider, until):
    provider.does(
        take_promise,
        customer_id=provider.town.achol.customer_id,
        until_day=until,
        staff_id=provider.town.staff["mary"],
        now=provider.clock.now(),
    )


def looks_again(provider):
    return provider.does(
        reconnect,
        customer_id=provider.town.achol.customer_id,
        issuer=provider.issuer,
        now=provider.clock.now(),
        why="agreed",
    )


def states(provider, *services):
    return [provider.service(one).state for one in services]


def test_a_pound_buys_nothing_back_while_a_bill_outside_the_plan_is_the_reason(provider):
    service = owes(provider)
    provider.on("2026-12-14", 9)
    agrees_on(provider)
    provider.pays(14_000)
    provider.on("2027-01-01", 9)
    provider.bills()
    provider.on("2027-01-15", 9)
    duns_daily_until(provider, "2027-01-26")
    for day in ("2027-01-27", "2027-01-28"):
        assert states(provider, service) == ["suspended"]
        assert provider.pays(1).back_on == ()
        duns(provider, day)
    new = provider.invoices()[-1]
    assert provider.pays(int(new.due), invoice_id=new.id).back_on == (provider.service(service).number,)
    duns(provider, "2027-01-29")
    assert states(provider, service) == ["active"]
    provider.agrees()


@pytest.fixture
def two_off(provider):
    """HOME since 1 November and BIGGER since the 10th, both off for their first bill."""
    first = provider.begins("HOME")
    provider.on("2026-11-10")
    second = provider.begins("BIGGER")
    for day in ("2026-12-01", "2026-12-10"):
        provider.on(day)
        provider.bills()
    provider.on("2026-12-15", 9)
    duns_daily_until(provider, "2027-01-04")
    assert states(provider, first, second) == ["suspended", "suspended"]
    return first, second


@pytest.mark.parametrize("paid", [0, 1])
def test_the_service_whose_bill_is_paid_goes_on_and_the_other_stays_off(provider, two_off, paid):
    bill = provider.invoices()[paid]
    used = provider.pays(int(bill.total), invoice_id=bill.id)
    assert used.back_on == (provider.service(two_off[paid]).number,)
    assert states(provider, two_off[1 - paid]) == ["suspended"]


def test_a_charge_of_no_service_keeps_off_all_that_are_paid_afterwards(provider, two_off):
    charged(provider, 5_000)
    provider.on("2027-01-11", 9)
    for bill in provider.invoices()[:2]:
        assert provider.pays(int(bill.total), invoice_id=bill.id).back_on == ()
    assert len(provider.pays(5_000).back_on) == 2


@pytest.mark.parametrize("how", ["promise", "plan"])
def test_a_word_that_is_held_to_puts_the_service_on_and_money_on_its_way_does_not(provider, how):
    service = owes(provider)
    duns_daily_until(provider, "2026-12-22")
    intent(provider, "submitted")
    assert provider.pays(1).back_on == ()
    if how == "promise":
        promises(provider, date(2026, 12, 30))
    else:
        agrees_on(provider, 3)
    assert looks_again(provider) == [provider.service(service).number]
    forget_intents(provider)
    duns(provider, "2026-12-23")
    assert states(provider, service) == ["active"]


@pytest.mark.parametrize(("day", "back"), [("2027-01-19", True), ("2027-01-20", False)])
def test_a_bill_that_dunning_only_reminds_of_keeps_nothing_off(provider, day, back):
    service = owes(provider)
    duns_daily_until(provider, "2026-12-22")
    provider.on("2027-01-15")
    charged(provider, 7_000, service)
    provider.on(day)
    provider.pays(36_000)
    assert [one.due for one in provider.invoices()] == [0, 7_000]
    assert (provider.service(service).state == "active") is back


EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["passes", "passes", "duns", "duns", "bills", "pays", "pays", "charges", "promises", "agrees"]),
        st.integers(1, 24),
    ),
    min_size=6,
    max_size=25,
)


class Story:
    """One customer with two services that are paid afterwards."""

    def __init__(self, provider):
        self.provider = provider
        self.services = [owes(provider), provider.begins("BIGGER")]

    def does(self, verb, number):
        p = self.provider
        before = states(p, *self.services)
        match verb:
            case "passes":
                p.clock.advance(days=number % 6 + 1)
            case "duns":
                duns_daily_until(p, (p.today + timedelta(days=number % 5 + 1)).isoformat())
            case "bills":
                p.bills()
            case "charges":
                charged(p, number * 1_000, [None, *self.services][number % 3])
            case "pays":
                bills = [one.id for one in p.invoices() if one.due]
                p.pays(number * number * 100, invoice_id=bills[number % len(bills)] if bills else None)
            case "promises":
                promises(p, p.today + timedelta(days=number % 10 + 1))
            case "agrees":
                agrees_on(p, number % 5 + 2)
        self.looks(verb, before)

    def looks(self, verb, before):
        """After what puts services on: who is off would be cut, and who is on again is not."""
        p = self.provider
        if verb in ("promises", "agrees"):
            looks_again(p)
        elif verb != "pays":
            return
        with p.parts.db.reading() as connection:
            agreed = agreed_invoices(connection, p.town.achol.customer_id, p.clock.now())
        for one, state in zip(self.services, before, strict=True):
            row = p.service(one)
            reasons = p.rows(
                "SELECT d.invoice_id FROM invoice_due d JOIN invoice i ON i.id = d.invoice_id"
                " WHERE d.due_minor > 0 AND coalesce(i.subscription_id, :service) = :service AND d.due_on + 5 <= :today"
                " AND d.customer_id = :who AND NOT d.invoice_id = ANY(:agreed)",
                service=one,
                today=p.today,
                who=p.town.achol.customer_id,
                agreed=list(agreed),
            )
            if row.state == "suspended":
                assert reasons
            elif state == "suspended" and row.state == "active":
                assert not reasons
            if row.state == "active" and not row.slowed and not reasons:
                self.stays_on(one)

    def stays_on(self, service):
        p = self.provider
        if may_cut_off(p.clock.now(), ()):
            assert duns(p).failed == 0
            row = p.service(service)
            assert (row.state, row.slowed) == ("active", False)


@settings(
    max_examples=25,
    deadline=None,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)
@given(events=EVENTS)
def test_whatever_happens_who_is_off_would_be_cut_and_who_is_on_again_is_not(provider, events):
    forget(provider)
    story = Story(provider)
    for verb, number in events:
        try:
            story.does(verb, number)
        except Refusal:
            continue
    provider.pays(10_000_000)
    assert provider.balance() > ssp(0)
    assert all(provider.service(one).state != "suspended" for one in story.services)
