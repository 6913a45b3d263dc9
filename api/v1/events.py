"""Events, for those who cannot be reached: asked for page by page."""

from __future__ import annotations

from typing import Any, Final

from api.v1.operations import Call, Operation, Parameter, Reply
from core.db.engine import Transaction
from core.partners.events import PAGE_MOST, Event, events_page
from core.partners.forget import KEPT
from core.partners.kinds import KINDS

PAGE_USUAL: Final = 50
_CURSOR: Final = {"type": "string", "pattern": "^[0-9]{1,18}$", "examples": ["17"]}


def list_events(call: Call, tx: Transaction) -> Reply:
    """A page of events. They get their places in the reading, so it is no mere read."""
    cursor = call.values.get("cursor", "0")
    most = call.values.get("limit", PAGE_USUAL)
    found = events_page(tx, after=int(cursor), most=most, kind=call.values.get("kind"))
    behind = str(found[-1].place) if found else cursor
    return Reply({"events": [_shown(one) for one in found], "next": behind})


def _shown(event: Event) -> dict[str, Any]:
    return {"id": event.uid, "kind": event.kind, "at": event.at.isoformat(), "data": event.body}


OPERATIONS: Final = (
    Operation(
        method="GET",
        rule="/events",
        name="listEvents",
        scope="events",
        says="What happened, in an order that stays.",
        more=(
            "The same events that webhooks carry, for programs that nobody can reach. Ask again with `cursor` set to "
            f"`next`; a page without events means that nothing new has happened. Kept for {KEPT.days} days."
        ),
        parameters=(
            Parameter("cursor", _CURSOR, "The `next` of the page before."),
            Parameter("limit", {"type": "integer", "minimum": 1, "maximum": PAGE_MOST}, f"{PAGE_USUAL} if not said."),
            Parameter("kind", {"type": "string", "enum": list(KINDS)}, "Only events of this kind."),
        ),
        answers={200: ("A page of events", "Events")},
        works=list_events,
    ),
)
