"""Sending one event to one webhook, and recording what came of it."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, select, text, update

from core.clock import Clock
from core.db.engine import Database, Transaction
from core.logs import log
from core.messaging import outbox
from core.messaging.outbox import Claimed
from core.partners.courier import Carried, Courier, signed_headers
from core.partners.models import PartnerEvent, Webhook
from core.sealing import Sealer

LOG = log("partners.send_event")
# Waits between tries, seconds: three days and a half in all, so that a weekend without power loses nothing.
WAITS_S: Final = (5, 30, 120, 600, 1800, 3600, 10_800, 21_600, 43_200, 86_400, 86_400, 43_200)
GONE: Final = 410
ERROR_CHARS_MAX: Final = 200
# One that does not answer is asked again by one event at a time: the others wait, and cost no time-outs.
OTHERS_WAIT_S: Final = (5, 30, 120, 600)
# One that took nothing for so long was away. Away for less, or choking on one event while it takes the others, it is
# sent what it refused at that one's own times: else each of the others would use up one of its tries.
AWAY_AFTER: Final = timedelta(hours=1)
_OTHERS: Final = """
    UPDATE outbox SET due_at = :due
    WHERE kind = 'webhook' AND state = 'waiting' AND leased_until IS NULL AND id <> :row
      AND CAST(body ->> 'webhook' AS bigint) = :webhook
"""
_OTHERS_LATER: Final = text(f"{_OTHERS} AND due_at < :due")
_OTHERS_NOW: Final = text(f"{_OTHERS} AND due_at > :due AND (attempts = 0 OR :was_away)")


def send_event(row: Claimed, *, db: Database, courier: Courier, sealer: Sealer, clock: Clock) -> None:
    """Send the event of an outbox row. No database connection is held while the other side is slow.

    An outcome we do not know is tried again under the same id: receivers know by it what they have already.
    """
    with db.reading() as connection:
        webhook = connection.execute(
            select(Webhook.url, Webhook.secret_sealed, Webhook.active).where(Webhook.id == row.body["webhook"])
        ).one()
        event = connection.execute(
            select(PartnerEvent.uid, PartnerEvent.kind, PartnerEvent.at, PartnerEvent.body).where(
                PartnerEvent.id == row.body["event"]
            )
        ).first()
    if event is None or not webhook.active:
        error = "switched off" if event is not None else "the event is forgotten"
        with db.transaction() as tx:
            outbox.bury(tx, row.id, now=clock.now(), error=error)
        return
    body = body_of(event)
    headers = {"Content-Type": "application/json"}
    headers |= signed_headers(sealer.open(webhook.secret_sealed), str(event.uid), body, clock.now())
    carried = courier.post(webhook.url, body, headers)
    with db.transaction() as tx:
        _record(tx, row, carried, clock.now())
    LOG.info("event told", uid=str(event.uid), status=carried.status, attempt=row.attempts, error=carried.error)


def body_of(event: Any) -> bytes:
    """An event as it goes out. The same bytes at every try."""
    said = {"id": str(event.uid), "kind": event.kind, "at": event.at.isoformat(), "data": event.body}
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def _record(tx: Transaction, row: Claimed, carried: Carried, now: datetime) -> None:
    webhook_id = int(row.body["webhook"])
    if carried.arrived:
        outbox.done(tx, row.id, now)
        failing_since = tx.execute(
            select(Webhook.failing_since).where(Webhook.id == webhook_id).with_for_update(key_share=True)
        ).scalar_one()
        tx.execute(
            update(Webhook)
            .where(Webhook.id == webhook_id)
            .values(failures=0, failing_since=None, last_error=None, told_at=now)
        )
        if failing_since is not None:  # it is back: what waits for it need not wait on
            was_away = now - failing_since >= AWAY_AFTER
            tx.execute(_OTHERS_NOW, {"due": now, "row": row.id, "webhook": webhook_id, "was_away": was_away})
            tx.ring("webhook")
        return
    error = (carried.error or f"answered {carried.status}")[:ERROR_CHARS_MAX]
    if carried.permanent or carried.status == GONE:
        outbox.bury(tx, row.id, now=now, error=error)
    else:
        outbox.again(tx, row.id, attempts=row.attempts, now=now, error=error, waits_s=WAITS_S)
    _failed(tx, row.id, webhook_id, error, now, gone=carried.status == GONE)


def _failed(tx: Transaction, row_id: int, webhook_id: int, error: str, now: datetime, *, gone: bool) -> None:
    since = func.coalesce(Webhook.failing_since, now)
    values: dict[str, Any] = {"failures": Webhook.failures + 1, "failing_since": since, "last_error": error}
    if gone:  # they want nothing more, and say so
        values["active"] = False
    failures = tx.execute(
        update(Webhook).where(Webhook.id == webhook_id).values(**values).returning(Webhook.failures)
    ).scalar_one()
    wait = OTHERS_WAIT_S[min(failures, len(OTHERS_WAIT_S)) - 1]
    due = now + timedelta(seconds=wait)
    tx.execute(_OTHERS_LATER, {"due": due, "row": row_id, "webhook": webhook_id})
