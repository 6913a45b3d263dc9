"""A delivery report: moves a text forward, never back."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from core.db.engine import Transaction
from core.messaging.models import EarlyReport, TextMessage
from core.messaging.sender import DeliveryState, forward_only


def record_delivery(
    tx: Transaction, *, provider_id: str, phone: str, reported: DeliveryState, failure: str | None, now: datetime
) -> bool:
    """Take a report for the text with this provider id AND this phone. False: none such, or it says nothing new."""
    lock_provider_id(tx, provider_id)
    message = tx.execute(
        select(TextMessage.id, TextMessage.state)
        .where(TextMessage.provider_id == provider_id, TextMessage.phone == phone)
        .with_for_update()
    ).first()
    if message is None:  # it overtook our own commit, or is not ours: kept until the text has its id
        tx.execute(
            upsert(EarlyReport)
            .values(provider_id=provider_id, phone=phone, state=reported, failure=failure, came_at=now)
            .on_conflict_do_nothing()
        )
        return False
    current = DeliveryState(message.state)
    state = forward_only(current, reported)
    if state == current:
        return False
    tx.execute(
        update(TextMessage).where(TextMessage.id == message.id).values(state=state, state_at=now, failure=failure)
    )
    return True


def lock_provider_id(tx: Transaction, provider_id: str) -> None:
    """Until the transaction ends nobody else writes this provider id, or a report for it."""
    tx.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"report:{provider_id}", 0))))


def apply_early_reports(tx: Transaction, *, provider_id: str, now: datetime) -> None:
    """Reports that came before the text had its id, in the order they came."""
    early = tx.execute(
        delete(EarlyReport)
        .where(EarlyReport.provider_id == provider_id)
        .returning(EarlyReport.phone, EarlyReport.state, EarlyReport.failure, EarlyReport.id)
    ).all()
    for report in sorted(early, key=lambda row: row.id):
        record_delivery(
            tx,
            provider_id=provider_id,
            phone=report.phone,
            reported=DeliveryState(report.state),
            failure=report.failure,
            now=now,
        )
