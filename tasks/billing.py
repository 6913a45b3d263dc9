"""Tasks of bills and of the books."""

from __future__ import annotations

from core.billing.agreements import expire_agreements
from core.billing.bill_left import bill_all_left
from core.billing.credit_outages import credit_outages
from core.billing.dun import dun
from core.billing.money_came import put_on_again
from core.billing.renewal_reminders import remind_renewals
from core.billing.run import bill_due
from core.billing.tell_invoices import tell_invoices
from core.days import juba_day
from core.integrity import all_faults
from core.logs import log
from core.places import place
from core.subscriptions.keep_speed import keep_speed
from tasks.shared import app, worker

LOG = log("worker")


@app.task(name="bill")
def bill() -> None:
    """Bill what is due by today, and give every service the speed its tariff has today."""
    shared = worker()
    parts, now = shared.parts, shared.parts.clock.now()
    with place("bill") as free:
        if not free:
            return
        run = bill_due(parts.db, day=juba_day(now), issuer=shared.issuer, now=now)
        left = bill_all_left(parts.db, issuer=shared.issuer, now=now)
        keep_speed(parts.db, now)
    for fault in run.faults:
        LOG.error("service not billed", fault=fault)
    if run.issued or run.lapsed or left:
        LOG.info("billed", documents=run.issued + left, lapsed=run.lapsed)


@app.task(name="dun")
def dun_due() -> None:
    """Tell of new bills, remind of old ones, cut off and end what must be; end agreements that were not kept."""
    shared = worker()
    parts, now, code = shared.parts, shared.parts.clock.now(), shared.parts.settings.service_code
    with place("dun") as free:
        if not free:
            return
        tell_invoices(parts.db, now=now, code=code)
        expire_agreements(parts.db, now)
        dun(parts.db, now=now, code=code)
        put_on_again(parts.db, issuer=shared.issuer, now=now)
        credit_outages(parts.db, issuer=shared.issuer, now=now)
        remind_renewals(parts.db, now=now, code=code, step_minor=shared.issuer.step_minor)


@app.task(name="check")
def check() -> None:
    """Hold the books against themselves; a fault is an alarm in the log."""
    parts = worker().parts
    with parts.db.reading() as connection:
        for fault in all_faults(connection, parts.clock.now()):
            LOG.error("books", fault=fault)
