"""A service cut off for money goes on as far as dunning would leave it now, slow or fast: not before, and not later."""

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from core.billing.agreements import agreed_invoices
from core.billing.dunning_rule import fair_due_day, may_cut_off
from core.billing.money_came import reconnect
from core.billing.payment_plan import agree_plan
from core.errors import Refusal
from tests.core.billing.owing import charged, duns, duns_daily_until, forget, forget_intents, intent, owes, promises
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


@pytest.mark.parametrize(
    ("day", "state", "slow", "kbps"),
    [
        ("2027-01-19", "active", False, 4_000),  # it is only reminded of by now
        ("2027-01-20", "active", True, 256),  # day 5: slow
        ("2027-01-21", "active", True, 256),
        ("2027-01-22", "suspended", True, 256),  # day 7: off
    ],
)
def test_the_worst_act_due_for_what_is_still_open_decides_how_a_service_goes_on(provider, day, state, slow, kbps):
    service = owes(provider)
    duns_daily_until(provider, "2026-12-22")
    provider.on("2027-01-15")
    charged(provider, 7_000, service)
    provider.on(day, 9)
    provider.pays(36_000)
    assert [one.due for one in provider.invoices()] == [0, 7_000]
    for _ in range(2):  # and the job, on that same day, leaves it so
        row = provider.service(service)
        assert (row.state, row.slowed, provider.access(service).down_kbps) == (state, slow, kbps)
        assert duns(provider).failed == 0


FULL, SLOW, OFF, ENDED = range(4)


def level(row):
    """How far a service is cut down."""
    if row.state == "active":
        return SLOW if row.slowed else FULL
    return {"suspended": OFF, "terminated": ENDED}[row.state]


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
        """After what puts services on: each is as far cut down as is due, and the job changes no such one."""
        p = self.provider
        if verb in ("promises", "agrees"):
            looks_again(p)
        elif verb != "pays":
            return
        levels = {}
        for one, was in zip(self.services, before, strict=True):
            levels[one], due = level(p.service(one)), self.due(one)
            if levels[one] == ENDED:
                continue
            assert levels[one] <= due, "nothing is cut down that is not due"
            if was == "suspended":
                assert levels[one] == min(due, OFF), "what was off is as far cut down as is due"
        if may_cut_off(p.clock.now(), ()):
            assert duns(p).failed == 0
            for one, was in levels.items():
                now = level(p.service(one))
                assert now == was or was < now <= self.due(one), "what is as far cut down as is due stays so"
            before = [level(p.service(one)) for one in self.services]
            assert duns(p).failed == 0
            assert [level(p.service(one)) for one in self.services] == before

    def due(self, service):
        """How far the open bills that nothing was agreed about cut a service down by the standard schedule."""
        p = self.provider
        with p.parts.db.reading() as connection:
            agreed = agreed_invoices(connection, p.town.achol.customer_id, p.clock.now())
        late = p.rows(
            "SELECT i.issued_on, i.issued_at, d.due_on FROM invoice_due d JOIN invoice i ON i.id = d.invoice_id"
            " WHERE d.due_minor > 0 AND coalesce(i.subscription_id, :service) = :service"
            " AND d.customer_id = :who AND NOT d.invoice_id = ANY(:agreed)",
            service=service,
            who=p.town.achol.customer_id,
            agreed=list(agreed),
        )
        days = [(p.today - fair_due_day(one.due_on, one.issued_on, one.issued_at)).days for one in late]
        return max((sum(day >= step for step in (5, 7, 60)) for day in days), default=FULL)


@settings(
    max_examples=25,
    deadline=None,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)
@given(events=EVENTS)
def test_whatever_happens_a_service_that_goes_on_is_as_a_fresh_run_would_leave_it(provider, events):
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
