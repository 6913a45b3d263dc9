"""Usage in: a batch of counters, each taken or refused on its own."""

from __future__ import annotations

from datetime import UTC
from typing import Any, Final

from api.v1.fits import instant, misfit
from api.v1.operations import Call, Operation, Reply
from api.v1.schemas import SAMPLES_MAX, SCHEMAS
from core.db.engine import Transaction
from core.partners.take_usage import NotTaken, Sample, take_usage


def add_samples(call: Call, tx: Transaction) -> Reply:
    """Take what can be taken."""
    items = call.body["samples"]
    refused: dict[int, NotTaken] = {}
    samples: dict[int, Sample] = {}
    for place, item in enumerate(items):
        fault = misfit(SCHEMAS["UsageSample"], item, "The sample")
        if fault is None and "router" not in item and call.key.router is None:
            fault = "router is missing."
        if fault is not None:
            refused[place] = NotTaken("bad_sample", fault)
            continue
        samples[place] = _sample(item, call.key.router or "")
    refused |= take_usage(tx, samples, now=call.now, only_router=call.key.router)
    told = [{"index": place, "code": refused[place].code, "message": refused[place].why} for place in sorted(refused)]
    return Reply({"accepted": len(items) - len(refused), "refused": told})


def _sample(item: dict[str, Any], router: str) -> Sample:
    at = instant(item["at"])
    if at is None:
        raise AssertionError("its form was checked")
    return Sample(
        router=item.get("router", router),
        session=item["session"],
        username=item["username"],
        packet=item.get("event", "interim"),
        at=at.astimezone(UTC),
        session_s=item["session_s"],
        up_bytes=item["up_bytes"],
        down_bytes=item["down_bytes"],
        mac=item.get("mac", "").upper(),
        address=item.get("address", ""),
        cause=item.get("cause", ""),
    )


OPERATIONS: Final = (
    Operation(
        method="POST",
        rule="/usage",
        name="addUsage",
        scope="usage:write",
        says=f"Counters of sessions, up to {SAMPLES_MAX} at once; each is taken or refused on its own.",
        more=(
            "Counters are cumulative within a session, as in RADIUS accounting: the same one twice counts once, they "
            "may come in any order, and one that fell has wrapped at 2^32 or begun anew. Bytes of a username nobody "
            "has are kept apart. What was taken is counted within seconds."
        ),
        body="UsageBatch",
        keyed=True,
        answers={200: ("How many were taken, and which were not", "UsageTaken")},
        works=add_samples,
    ),
)
