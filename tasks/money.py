"""Tasks of the outbox, of payments and of payouts: rows are claimed, acted on, recorded."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from core.billing.of_statements import bills_of
from core.db.engine import Database
from core.logs import log
from core.messaging.relay import relay
from core.owners.tell_sales import tell_sales
from core.payments.ask_payment import claim_due
from core.payouts.ask_payout_status import claim_due_payout
from core.payouts.ask_pre_approval import claim_due_pre_approval
from core.payouts.run_auto_top_ups import run_auto_top_ups
from core.payouts.run_settlements import run_settlements
from core.places import place
from core.statements.read_import import read_waiting
from tasks.shared import app, worker

LOG = log("worker")
ASKS_PER_RUN_MAX: Final = 200


@app.task(name="relay")
def relay_due(kind: str) -> None:
    """Empty the outbox of one kind."""
    shared = worker()
    with place(kind) as free:
        if free:
            relay(shared.parts.db, kind=kind, handlers=shared.handlers, clock=shared.parts.clock)


@app.task(name="ask")
def ask_due(_bell: str = "momo.ask") -> None:
    """Ask about every payment that is due, within the provider's rate over all processes."""
    _ask_all("momo.ask", claim_due, worker().ask_payment)


@app.task(name="ask payouts")
def ask_payouts(_bell: str = "payout.ask") -> None:
    """Ask about every payout that is due."""
    if worker().disburser is not None:
        _ask_all("payout.ask", claim_due_payout, worker().ask_payout)


@app.task(name="ask consents")
def ask_consents(_bell: str = "pre_approval.ask") -> None:
    """Ask about every consent to later charges that is due."""
    _ask_all("pre_approval.ask", claim_due_pre_approval, worker().ask_consent)


def _ask_all(kind: str, claim: Callable[[Database, datetime], int | None], ask: Callable[[int], object]) -> None:
    """Ask about one after the other until none is due. One that fails in our own code keeps nobody waiting."""
    shared = worker()
    with place(kind) as free:
        for _ask in range(ASKS_PER_RUN_MAX if free else 0):
            found = claim(shared.parts.db, shared.parts.clock.now())
            if found is None:
                return
            shared.throttle.wait()
            try:
                ask(found)
            except Exception:
                LOG.exception("asking failed", kind=kind, row=found)


@app.task(name="read statements")
def read_statements(_bell: str = "statements.read") -> None:
    """Read the files of banks and providers that wait, each on from where it was left."""
    shared = worker()
    parts = shared.parts
    with place("statements.read") as free:
        if free:
            read_waiting(parts.db, clock=parts.clock, bills=bills_of(shared.issuer))


@app.task(name="top up")
def top_up() -> None:
    """Announce and make the top-ups that customers agreed to."""
    shared = worker()
    parts = shared.parts
    with place("top_up") as free:
        if free:
            run_auto_top_ups(parts.db, now=parts.clock.now(), platform=shared.momo.platform, ids=parts.ids)


@app.task(name="settle")
def settle_with_owners() -> None:
    """Settle with the Wi-Fi owners who have something to get, once a day."""
    shared = worker()
    parts = shared.parts
    with place("settle") as free:
        if free and shared.disburser is not None:
            run_settlements(parts.db, now=parts.clock.now(), platform=shared.disburser.platform, ids=parts.ids)


@app.task(name="tell sales")
def tell_owners_of_sales() -> None:
    """Text Wi-Fi owners in the morning what was sold the day before."""
    parts = worker().parts
    with place("tell_sales") as free:
        if free:
            tell_sales(parts.db, parts.clock.now())
