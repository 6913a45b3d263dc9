"""Cutting a service off and letting it go on, by a program: one that watches for abuse, or keeps a prepaid shop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from api.v1.operations import Call, Operation, Parameter, Reply
from api.v1.schemas import NUMBER
from api.v1.services import shown
from core.days import juba_day
from core.db.engine import Transaction
from core.errors import NotPossibleNow
from core.staff import audit
from core.subscriptions.overview import View, view_numbered
from core.subscriptions.states import By
from core.subscriptions.suspend import resume, suspend

SERVICE: Final = Parameter("number", NUMBER, "The number of the service.", "path", needed=True)


def suspend_service(call: Call, tx: Transaction) -> Reply:
    """Cut it off: from tomorrow on nothing is billed."""

    def work(view: View, by: By) -> None:
        suspend(tx, subscription_id=view.service.subscription_id, reason="staff", by=by)

    return _moved(call, tx, "suspend", work)


def resume_service(call: Call, tx: Transaction) -> Reply:
    """Let it go on. What is off for money goes on with the money alone."""

    def work(view: View, by: By) -> None:
        if view.service.suspended_for not in (None, "staff"):
            raise NotPossibleNow(what="subscription", state=f"suspended as {view.service.suspended_for}")
        resume(tx, subscription_id=view.service.subscription_id, by=by)

    return _moved(call, tx, "resume", work)


def _moved(call: Call, tx: Transaction, verb: str, work: Callable[[View, By], None]) -> Reply:
    number, today = call.values["number"], juba_day(call.now)
    why = f"{call.key.name}: {call.body['why'].strip()}"
    work(view_numbered(tx.connection, number, today), By(call.now, why))
    detail = {"verb": verb, "why": why, "api_key": call.key.prefix}
    audit.write(tx, staff_id=None, act="service_moved", subject=f"service:{number}", now=call.now, detail=detail)
    moved: dict[str, Any] = shown(tx.connection, [view_numbered(tx.connection, number, today)])[0]
    return Reply(moved)


OPERATIONS: Final = tuple(
    Operation(
        method="POST",
        rule=f"/services/<number>/{verb}",
        name=f"{verb}Service",
        scope="services:write",
        says=says,
        more=more,
        parameters=(SERVICE,),
        body="Reason",
        keyed=True,
        answers={200: ("The service as it is now", "Service")},
        works=works,
    )
    for verb, says, more, works in (
        ("suspend", "Cut an active service off.", "From tomorrow on nothing is billed.", suspend_service),
        (
            "resume",
            "Let a service go on that was cut off by a person or a program.",
            "One that is off for an unpaid bill, or because its prepaid time is over, goes on with the money alone.",
            resume_service,
        ),
    )
)
