"""Days pass, money comes or not, agreements are made and broken, jobs run when there is power: what always holds."""

from datetime import timedelta

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from core.billing.agreements import expire_agreements, held_invoices
from core.billing.dunning_rule import may_cut_off
from core.billing.payment_plan import agree_plan
from core.billing.promise import take_promise
from core.clock import JUBA
from core.days import DAY
from core.errors import Refusal
from tests.core.billing.owing import duns, forget, forget_intents, intent, owes

EVENTS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "passes",
                "passes",
                "passes",
                "duns",
                "duns",
                "duns",
                "bills",
                "pays",
                "promises",
                "agrees",
                "expires",
                "unknown",
            ]
        ),
        st.integers(1, 24),
    ),
    min_size=5,
    max_size=25,
)


class Story:
    """One customer with one unpaid service."""

    def __init__(self, provider):
        self.provider = provider
        self.service = owes(provider)
        self.who = provider.town.achol.customer_id

    def does(self, verb, number):
        p = self.provider
        now = p.clock.now()
        match verb:
            case "passes":
                p.clock.advance(hours=13 * number)
            case "duns":
                self.duns(number)
            case "bills":
                p.bills()
            case "pays":
                p.pays(number * 2_000)
            case "promises":
                until = p.today + timedelta(days=number % 10 + 1)
                p.does(take_promise, customer_id=self.who, until_day=until, staff_id=None, now=now)
            case "agrees":
                p.does(
                    agree_plan,
                    request_key=str(p.parts.ids.new_uuid()),
                    customer_id=self.who,
                    parts=number % 5 + 2,
                    through="ussd",
                    now=now,
                )
            case "expires":
                expire_agreements(p.parts.db, now)
            case "unknown":
                intent(p, "submitted", hours_ago=number)

    def duns(self, hour):
        """The job when it is some hour next, held against what it may do then."""
        p = self.provider
        day = p.today if hour % 24 >= p.clock.now().astimezone(JUBA).hour else p.today + DAY
        p.on(day, hour % 24)
        before = p.service(self.service)
        with p.parts.db.reading() as connection:
            held = held_invoices(connection, self.who, p.clock.now())
        open_ones = {one.id for one in p.invoices() if one.due}
        assert duns(p).failed == 0
        after = p.service(self.service)
        if (before.state, before.slowed) != (after.state, after.slowed):
            assert may_cut_off(p.clock.now(), ())
            assert open_ones - held


@settings(
    max_examples=15,
    deadline=None,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)
@given(events=EVENTS)
def test_whatever_happens_dunning_is_fair_and_the_books_agree(provider, events):
    forget(provider)
    story = Story(provider)
    for verb, number in events:
        try:
            story.does(verb, number)
        except Refusal:
            continue
    p = provider
    assert p.rows("SELECT invoice_id FROM dunning_act GROUP BY invoice_id, step_id HAVING count(*) > 1") == []
    assert p.rows(
        "SELECT customer_id FROM payment_plan WHERE state = 'running' GROUP BY customer_id HAVING count(*) > 1"
    ) == []  # fmt: skip
    assert p.rows(
        "SELECT p.id FROM payment_plan p WHERE p.state = 'kept' AND EXISTS (SELECT 1 FROM plan_invoice c"
        " JOIN invoice_due d USING (invoice_id) WHERE c.plan_id = p.id AND d.due_minor > 0)"
    ) == []  # fmt: skip
    # Nobody is cut down twice a day.
    assert p.rows(
        "SELECT subscription_id FROM subscription_move WHERE verb IN ('slow', 'suspend', 'terminate')"
        " GROUP BY subscription_id, (at AT TIME ZONE 'Africa/Juba')::date HAVING count(*) > 1"
    ) == []  # fmt: skip
    # Who has paid all is on, unless the service has ended.
    p.pays(1_000_000)
    row = p.service(story.service)
    assert row.state == "terminated" or (row.state, row.slowed) == ("active", False)
    p.bills()
    forget_intents(p)
    p.agrees()
