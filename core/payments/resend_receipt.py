"""Texting a receipt again, to the customer it is of: with its check number, so that paper and text can be compared."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import exists, select

from core.customers.queries import account
from core.days import juba_day
from core.db.engine import Transaction
from core.errors import NotFound
from core.ledger.models import LedgerEntry
from core.messaging.queue_text import queue_text
from core.money import Money
from core.payments.models import Receipt


def resend_receipt(tx: Transaction, *, number: str, request_key: str, now: datetime, code: str) -> bool:
    """Queue the text once per `request_key`; `code` is what people dial. False: it was queued before.

    Of one that was taken back it tells just that.

    Raises:
        NotFound: no receipt has this number.
    """
    row = tx.execute(
        select(
            Receipt.customer_id,
            Receipt.amount_minor,
            Receipt.currency,
            Receipt.received_at,
            Receipt.check_code,
            exists().where(LedgerEntry.reverses_id == Receipt.entry_id).label("taken_back"),
        ).where(Receipt.number == number)
    ).first()
    if row is None:
        raise NotFound(what="receipt")
    customer = account(tx.connection, row.customer_id)
    return queue_text(
        tx,
        phone=customer.main_phone,
        tongue=customer.tongue,
        template=_template(taken_back=row.taken_back, has_code=row.check_code is not None),
        key=f"receipt_again:{request_key}",
        now=now,
        facts={
            "amount": Money(row.amount_minor, row.currency),
            "receipt": number,
            "day": f"{juba_day(row.received_at):%d/%m/%Y}",
            "check": row.check_code or "",
            "code": code,
        },
    )


def _template(*, taken_back: bool, has_code: bool) -> str:
    if taken_back:
        return "receipt_voided"
    return "receipt_again" if has_code else "receipt_again_old"
