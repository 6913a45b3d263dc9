"""Sending one claimed text through a gateway, and recording what the gateway said."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import select, update

from core.clock import Clock
from core.db.engine import Database, Transaction
from core.logs import log
from core.messaging import outbox
from core.messaging.models import TextMessage
from core.messaging.outbox import Claimed
from core.messaging.record_delivery import apply_early_reports, lock_provider_id
from core.messaging.sender import Accepted, OutgoingText, Refused, Sender
from core.sealing import Sealer

LOG = log("messaging.send_text")
PROVIDER_ID_CHARS_MAX: Final = 200
COST_CHARS_MAX: Final = 40
FAILURE_CHARS_MAX: Final = 200
# Where no provider has taken a text yet: failed and rejected ones are tried again when a person pushes them. Anywhere
# else a worker that was held up past its lease comes second, and what the first one sent and heard of it stands.
_NOT_TAKEN: Final = TextMessage.state.in_(("queued", "failed", "rejected")) & TextMessage.provider_id.is_(None)


def send_text(
    row: Claimed, *, db: Database, sender: Sender, sealer: Sealer, clock: Clock, sender_name: str | None
) -> None:
    """Send the text of an outbox row. No database connection is held while the gateway is slow.

    An outcome we do not know is tried again: a code texted twice harms less than one never texted.
    """
    with db.reading() as connection:
        message = connection.execute(
            select(TextMessage.id, TextMessage.phone, TextMessage.shown, TextMessage.text_sealed).where(
                TextMessage.id == row.body["message"]
            )
        ).one()
    text = sealer.open(message.text_sealed) if message.text_sealed else message.shown
    result = sender.send(OutgoingText(key=row.key, to=message.phone, text=text, sender=sender_name))
    now = clock.now()
    with db.transaction() as tx:
        if isinstance(result, Accepted):
            outbox.done(tx, row.id, now)
            _sent(tx, message.id, result, now)
        elif isinstance(result, Refused) and result.permanent:
            outbox.bury(tx, row.id, now=now, error=result.reason)
            _given_up(tx, message.id, "rejected", result.reason, now)
        else:
            reason = result.reason if isinstance(result, Refused) else "no answer from the gateway"
            if not outbox.again(tx, row.id, attempts=row.attempts, now=now, error=reason):
                _given_up(tx, message.id, "failed", reason, now)
    LOG.info("text", message=message.id, outcome=type(result).__name__, attempt=row.attempts)


def _given_up(tx: Transaction, message_id: int, state: str, reason: str, now: datetime) -> None:
    tx.execute(
        update(TextMessage)
        .where(TextMessage.id == message_id, _NOT_TAKEN)
        .values(state=state, state_at=now, failure=reason[:FAILURE_CHARS_MAX])
    )


def _sent(tx: Transaction, message_id: int, accepted: Accepted, now: datetime) -> None:
    """Record that it left. Whatever id the provider gave, recording never ends in sending it again."""
    provider_id = accepted.provider_id[:PROVIDER_ID_CHARS_MAX].replace("\x00", "")
    lock_provider_id(tx, provider_id)
    taken = tx.execute(
        select(TextMessage.id).where(TextMessage.provider_id == provider_id, TextMessage.id != message_id)
    ).scalar()
    if taken is not None:
        LOG.error("provider repeats an id", message=message_id, first=taken)
    tx.execute(
        update(TextMessage)
        .where(TextMessage.id == message_id, _NOT_TAKEN)
        .values(
            state="sent",
            state_at=now,
            failure=None,
            provider_id=None if taken is not None else provider_id,
            cost=accepted.cost[:COST_CHARS_MAX].replace("\x00", ""),
        )
    )
    apply_early_reports(tx, provider_id=provider_id, now=now)
