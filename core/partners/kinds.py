"""What partners may be told of. Names are theirs for ever; what a kind says of itself only grows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from core.errors import NotPossibleNow

KINDS: Final = (
    "service.ordered",
    "service.activated",
    "service.paused",
    "service.suspended",
    "service.resumed",
    "service.slowed",
    "service.unslowed",
    "service.plan_changed",
    "service.terminated",
    "payment.received",
    "token.sold",
    "usage.share_reached",
    "outage.began",
    "outage.ended",
)
TEST_KIND: Final = "test"  # sent when somebody presses the button, to see that it arrives


def kinds_named(words: Iterable[str]) -> list[str]:
    """The kinds of these names, in our order.

    Raises:
        NotPossibleNow: one is none, or there is none at all.
    """
    said = set(words)
    found: list[str] = [kind for kind in KINDS if kind in said]
    if not found or len(found) != len(said):
        raise NotPossibleNow(what="webhook", state="kinds")
    return found
