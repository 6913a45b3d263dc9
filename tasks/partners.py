"""Tasks of partners: what they were told, and what they asked, is not kept for ever."""

from __future__ import annotations

from core.partners.forget import forget_events
from core.partners.once import forget_requests
from tasks.shared import app, worker


@app.task(name="forget told")
def forget_told() -> None:
    """Forget events that are old, and answers to requests that nobody sends again."""
    parts = worker().parts
    forget_requests(parts.db, parts.clock.now())
    forget_events(parts.db, parts.clock.now())
