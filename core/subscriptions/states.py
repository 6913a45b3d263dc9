"""The life of a subscription. Declared once; every act writes a row that says who, when and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import insert, update

from core.db.engine import Transaction
from core.errors import NotPossibleNow, ReasonMissing
from core.subscriptions.models import Subscription, SubscriptionMove
from core.subscriptions.queries import Service

REASON_CHARS_MAX: Final = 200
# verb -> the states it may be done in, and the state it leads to; None: the state stays.
MOVES: Final[Mapping[str, tuple[frozenset[str], str | None]]] = {
    "add": (frozenset({"pending"}), "pending"),
    "activate": (frozenset({"pending"}), "active"),
    "pause": (frozenset({"active"}), "paused"),
    "unpause": (frozenset({"paused"}), "active"),
    "suspend": (frozenset({"active"}), "suspended"),
    "resume": (frozenset({"suspended"}), "active"),
    "slow": (frozenset({"active"}), None),
    "unslow": (frozenset({"active", "paused", "suspended"}), None),
    "hold": (frozenset({"active", "paused", "suspended"}), None),
    "release": (frozenset({"active", "paused", "suspended"}), None),
    "change_plan": (frozenset({"active"}), None),
    "keep_plan": (frozenset({"active"}), None),
    "relocate": (frozenset({"active", "paused", "suspended"}), None),
    "terminate": (frozenset({"pending", "active", "paused", "suspended"}), "terminated"),
}


@dataclass(frozen=True, slots=True)
class By:
    """Who acts, when and why. Without staff it was the system, by its own rules, or the customer.

    `request`: the key of the request that asks for it, kept with the act, so that the same one is known again.
    """

    now: datetime
    why: str
    staff_id: int | None = None
    request: str | None = None

    def __post_init__(self) -> None:
        """Refuse an act without a reason."""
        if not self.why.strip():
            raise ReasonMissing


def refuse_unless_possible(service: Service, verb: str) -> None:
    """Look before anything is touched.

    Raises:
        NotPossibleNow: the verb is not for the state the subscription is in.
    """
    if service.state not in MOVES[verb][0]:
        raise NotPossibleNow(what="subscription", state=service.state)


def move(tx: Transaction, service: Service, verb: str, by: By, detail: Mapping[str, Any], **values: Any) -> str:
    """Do a verb on a locked subscription: its new state and other columns, and the row that tells of it.

    Raises:
        NotPossibleNow: not from the state it is in.
    """
    refuse_unless_possible(service, verb)
    state = MOVES[verb][1] or service.state
    tx.execute(update(Subscription).where(Subscription.id == service.subscription_id).values(state=state, **values))
    tx.execute(
        insert(SubscriptionMove).values(
            subscription_id=service.subscription_id,
            verb=verb,
            from_state=service.state,
            to_state=state,
            at=by.now,
            staff_id=by.staff_id,
            why=by.why.strip()[:REASON_CHARS_MAX],
            detail={**detail, "request": by.request} if by.request else dict(detail),
        )
    )
    return state
