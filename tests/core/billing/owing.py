"""What stories of unpaid bills have in common: the job at an hour, and what a phone was told."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import text

from core.billing.bill_now import invoice_lines
from core.billing.draft import Line
from core.billing.dun import DunRun, dun
from core.billing.promise import take_promise
from core.billing.queries import buyer
from tests.provider import Provider, ssp
from tests.town import ACHOL, texts_to

CODE = "*384*77#"
ABOUT_BILLS = ("bill_", "service_", "renewal_", "plan_")


def duns(provider: Provider, day: str | None = None, hour: int = 9) -> DunRun:
    """The job, on a day at an hour of Juba; now if none is named."""
    if day is not None:
        provider.on(day, hour)
    return dun(provider.parts.db, now=provider.clock.now(), code=CODE)


def duns_daily_until(provider: Provider, last: str, hour: int = 9) -> None:
    """The job once a day from tomorrow on."""
    while provider.today.isoformat() < last:
        provider.clock.advance(days=1)
        duns(provider, provider.today.isoformat(), hour)


def owes(provider: Provider, who: Any = None, tariff: str = "HOME") -> int:
    """A service since 1 November with a bill of SSP 36,000 from 1 December, due on the 15th. The service's id."""
    provider.on("2026-11-01")
    service = provider.begins(tariff, who)
    provider.on("2026-12-01", 9)
    provider.bills()
    return service


def charged(provider: Provider, pounds: int = 5_000, subscription_id: int | None = None, who: Any = None) -> int:
    """A bill of today for something else than a service's days, due at once. Its id."""
    who = who or provider.town.achol

    def work(tx: Any) -> int:
        issued = invoice_lines(
            tx,
            key=str(provider.parts.ids.new_uuid()),
            buyer=buyer(tx.connection, who.customer_id),
            lines=[Line("charge", "other", ssp(pounds), {"what": "a cable"})],
            due_days=0,
            issuer=provider.issuer,
            now=provider.clock.now(),
            subscription_id=subscription_id,
        )
        assert issued is not None
        return issued.invoice_id

    return int(provider.parts.db.run(work))


def promises(provider: Provider, until: date | str) -> None:
    """A word to pay by a day."""
    provider.does(
        take_promise,
        customer_id=provider.town.achol.customer_id,
        until_day=date.fromisoformat(until) if isinstance(until, str) else until,
        staff_id=provider.town.staff["mary"],
        now=provider.clock.now(),
    )


def told(provider: Provider, phone: str = ACHOL) -> list[str]:
    """The names of the texts about bills queued for a phone."""
    return [template for template, _words in texts_to(provider.parts, phone) if template.startswith(ABOUT_BILLS)]


def words(provider: Provider, template: str, phone: str = ACHOL) -> list[str]:
    """What the texts of a name said."""
    return [said for name, said in texts_to(provider.parts, phone) if name == template]


def acts(provider: Provider) -> list[tuple[Any, ...]]:
    """The steps taken, in order: days from due, act, outcome."""
    rows = provider.rows(
        "SELECT p.days, p.act, a.outcome FROM dunning_act a JOIN dunning_step p ON p.id = a.step_id ORDER BY a.id"
    )
    return [tuple(row) for row in rows]


def intent(provider: Provider, state: str = "submitted", hours_ago: int = 0) -> None:
    """A payment by MoMo of which nobody can tell yet."""
    provider.does(
        lambda tx: tx.connection.exec_driver_sql(
            "INSERT INTO payment_intent (reference, request_key, rail, platform, customer_id, payer_phone, amount_minor,"
            " currency, purpose, purpose_body, state, created_at, ended_at, asks)"
            " VALUES (gen_random_uuid(), %(key)s, 'mtn-momo', 'x', %(who)s, '+211921234567', 3600000, 'SSP', 'top_up',"
            " '{}', %(state)s, %(at)s::timestamptz - make_interval(hours => %(ago)s),"
            " CASE WHEN %(state)s IN ('created', 'submitted') THEN NULL ELSE %(at)s::timestamptz END, 0)",
            {
                "key": str(provider.parts.ids.new_uuid()),
                "who": provider.town.achol.customer_id,
                "state": state,
                "at": provider.clock.now(),
                "ago": hours_ago,
            },
        )
    )


def forget(provider: Provider) -> None:
    """As if nobody had ever been connected, for examples that share a database. Triggers stand aside."""
    tables = (
        "allocation, invoice_due, invoice_line, invoice_tax, charge, adjustment, invoice, document_series, dunning_act,"
        " plan_invoice, instalment, payment_plan, promise_to_pay, payment_intent, payment_intent_move,"
        " subscription_move, subscription_term, free_days, subscription, receipt, ledger_posting, ledger_entry, placement,"
        " grant_usage, access_grant, text_message, outbox"
    )
    _in_another_world(provider, f"TRUNCATE {tables} RESTART IDENTITY CASCADE")
    _in_another_world(provider, "UPDATE ledger_account SET balance_minor = 0")
    _in_another_world(provider, "UPDATE cash_drawer SET next_number = 1")


def forget_intents(provider: Provider) -> None:
    """Payments written by `intent`, which no provider will ever answer for."""
    _in_another_world(provider, "DELETE FROM payment_intent")


def _in_another_world(provider: Provider, statement: str) -> None:
    """History is not rewritten in this one: triggers and keys stand aside."""
    with provider.parts.db.transaction() as tx:
        tx.execute(text("SET LOCAL session_replication_role = replica"))
        tx.execute(text(statement))
