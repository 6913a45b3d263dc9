"""Whatever is done in whatever order: the books balance, nothing is settled twice, no day is billed twice or missed."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from core.billing.adjust import ask_adjustment
from core.billing.change_service import change_service
from core.billing.credit import credit_invoice
from core.billing.end_service import end_service
from core.errors import Refusal
from core.subscriptions.pause import pause, unpause
from core.subscriptions.suspend import resume, suspend
from tests.provider import ssp

ACTS = "pass pass bill bill pay pause unpause suspend resume upgrade downgrade later credit write_off charge next_charge next_discount end begin"
VERBS = st.lists(st.tuples(st.sampled_from(ACTS.split()), st.integers(1, 45)), min_size=4, max_size=14)


class Story:
    """One customer with one service at a time, and what was paid in."""

    def __init__(self, provider, tariffs):
        self.provider = provider
        self.small, self.big = tariffs
        self.service = None
        self.paid_in = 0

    def tariff_id(self, code):
        return self.provider.rows("SELECT id FROM tariff WHERE code = :code", code=code)[0].id

    def does(self, verb, number):
        p = self.provider
        on = {"subscription_id": self.service, "by": p.by()}
        match verb:
            case "pass":
                p.on(p.today + timedelta(days=number))
            case "bill":
                p.bills()
            case "pay":
                p.pays(number * 1_000)
                self.paid_in += number * 1_000
            case "begin" if self.service is None:
                self.service = p.begins(self.small)
            case _ if self.service is None:
                pass
            case "pause":
                p.does(pause, **on)
            case "unpause":
                p.does(unpause, **on)
            case "suspend":
                p.does(suspend, reason="staff", **on)
            case "resume":
                p.does(resume, **on)
            case "upgrade" | "downgrade" | "later":
                code = self.small if verb == "downgrade" else self.big
                p.does(
                    change_service,
                    tariff_id=self.tariff_id(code),
                    at_period_end=verb == "later",
                    issuer=p.issuer,
                    key=str(p.parts.ids.new_uuid()),
                    **on,
                )
            case "end":
                p.does(end_service, issuer=p.issuer, **on)
                self.service = None
            case "credit" | "write_off" | "charge" | "next_charge" | "next_discount":
                self.adjusts(verb, number)

    def adjusts(self, verb, number):
        p = self.provider
        if verb.startswith("next"):
            self.asks(verb, number * 1_500, None)
            return
        open_ones = [one for one in p.invoices() if one.kind != "credit_note"]
        if verb == "credit" and open_ones:
            p.does(
                credit_invoice,
                key=str(p.parts.ids.new_uuid()),
                invoice_id=open_ones[number % len(open_ones)].id,
                amount=ssp(number * 100),
                reason="agreed",
                issuer=p.issuer,
                now=p.clock.now(),
            )
        elif verb != "credit" and open_ones:
            self.asks(verb, number * 100, open_ones[-1].id if verb == "write_off" else None)

    def asks(self, kind, pounds, invoice_id):
        p = self.provider
        p.does(
            ask_adjustment,
            request_key=str(p.parts.ids.new_uuid()),
            kind=kind,
            customer_id=p.town.achol.customer_id,
            invoice_id=invoice_id,
            amount=ssp(pounds),
            reason="agreed",
            staff_id=p.town.staff["mary"],
            role="admin",
            issuer=p.issuer,
            now=p.clock.now(),
            product_class="telecom" if kind.startswith("next") else None,
        )


def everything_holds(story):
    p = story.provider
    p.agrees()
    assert p.rows("SELECT 1 FROM invoice_due WHERE due_minor < 0") == []
    assert p.rows(
        "SELECT i.id FROM invoice i JOIN allocation a ON a.invoice_id = i.id GROUP BY i.id, i.total_minor"
        " HAVING sum(a.amount_minor) > i.total_minor"
    ) == []  # fmt: skip
    # Every pound paid in lies on the balance, settles an invoice, or was refunded.
    used = p.rows("SELECT coalesce(sum(amount_minor), 0) / 100 FROM allocation WHERE kind = 'payment'")[0][0]
    given = p.rows(
        "SELECT coalesce(sum(p.amount_minor), 0) / 100 FROM ledger_entry e JOIN ledger_posting p ON p.entry_id = e.id"
        " JOIN ledger_account a ON a.id = p.account_id AND a.code LIKE 'wallet:%' WHERE e.kind = 'credit_to_balance'"
    )[0][0]
    assert story.paid_in + given == used + p.balance().major


@pytest.mark.parametrize("tariffs", [("HOME", "BIGGER"), ("PREHOME", "PREPLUS")], ids=["postpaid", "prepaid"])
@settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)
@given(verbs=VERBS)
def test_any_sequence_of_verbs_leaves_the_books_in_order(provider, tariffs, verbs):
    clean(provider)
    provider.on("2026-11-01")
    story = Story(provider, tariffs)
    story.does("pay", 45)
    for verb, number in [("begin", 1), *verbs, ("bill", 1)]:
        try:
            story.does(verb, number)
        except Refusal:
            continue
    everything_holds(story)


@settings(
    max_examples=8,
    deadline=None,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)
@given(
    st.lists(
        st.tuples(
            st.integers(1, 40),
            st.sampled_from(["pause", "unpause", "upgrade", "later", "next_charge", "next_discount"]),
        ),
        max_size=5,
    )
)
def test_billing_day_by_day_equals_billing_after_a_gap(provider, acts):
    """The same acts on the same days; once with a run each day, once with a single run at the end."""
    told = []
    for daily in (True, False):
        clean(provider)
        provider.on("2026-11-01")
        story = Story(provider, ("HOME", "BIGGER"))
        story.does("begin", 1)
        for days, act in acts:
            passes(provider, days, daily=daily)
            if act.startswith("next") and provider.today.day == 1:
                continue  # on the day of a bill it matters which of the two is first
            try:
                story.does(act, 30)
            except Refusal:
                continue
        passes(provider, 45, daily=daily)
        provider.bills()
        told.append([tuple(one)[1:] for one in provider.invoices()])
        told.append([tuple(line) for one in provider.invoices() for line in provider.lines(one.id)])
        provider.agrees()
    assert told[:2] == told[2:]


def passes(provider, days, *, daily):
    if daily:
        provider.bills_daily_until(provider.today + timedelta(days=days))
    else:
        provider.on(provider.today + timedelta(days=days))


def clean(provider):
    """As if nobody had ever been connected. Triggers stand aside: history is not rewritten, it is another world."""
    tables = (
        "allocation, invoice_due, invoice_line, invoice_tax, charge, adjustment, invoice, document_series, dunning_act,"
        " plan_invoice, instalment, payment_plan, promise_to_pay, subscription_move, subscription_term, free_days, subscription,"
        " receipt, ledger_posting, ledger_entry, placement, grant_usage, access_grant, text_message, outbox, closed_month"
    )
    with provider.parts.db.transaction() as tx:
        tx.execute(text("SET LOCAL session_replication_role = replica"))
        tx.execute(text(f"TRUNCATE {tables} RESTART IDENTITY CASCADE"))
        tx.execute(text("UPDATE ledger_account SET balance_minor = 0"))
        tx.execute(text("UPDATE cash_drawer SET next_number = 1"))
