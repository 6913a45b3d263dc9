"""An owner names the MoMo number their money goes to: it gets a code, and its provider is asked whose it is."""

from __future__ import annotations

import hmac
import math
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, exists, select
from sqlalchemy.dialects.postgresql import insert as upsert

from core.customers.queries import Account
from core.db.engine import Transaction
from core.errors import NotMomoPhone, TooManyTries
from core.ids import Ids
from core.messaging import outbox
from core.messaging.models import OutboxRow
from core.messaging.queue_text import queue_text
from core.owners.limits import CODE_DIGITS, CODES_COUNTED_OVER, CODES_SENT_MAX
from core.owners.locked import lock_owner
from core.owners.models import MomoCode
from core.phones import can_pay_by_momo, parse_phone
from core.sealing import Sealer

ABOUT: Final = "momo code"
_ASKED_BEFORE: Final = select(exists().where(OutboxRow.kind == "owner.name", OutboxRow.key == bindparam("key")))


def code_mac(key: str, *, owner_id: int, phone: str, code: str) -> bytes:
    """What is kept of a code: worth nothing without our key, for another owner or for another phone."""
    return hmac.digest(key.encode(), f"{ABOUT}:{owner_id}:{phone}:{code}".encode(), "sha256")


def name_momo(
    tx: Transaction,
    *,
    owner: Account,
    typed_phone: str,
    request_key: str,
    now: datetime,
    ids: Ids,
    sealer: Sealer,
    key: str,
) -> str:
    """Text a code to the number, once per request; what stood before stays until it is confirmed. It, as E.164.

    `key` is our secret key. The last code sent is the one that is good.

    Raises:
        InvalidPhone, ForeignPhone, NotMobile: no mobile number here.
        NotMomoPhone: another operator's.
        TooManyTries: so many codes were sent within the hour.
        NotAnOwner, OwnerSuspended: they may not.
    """
    phone = parse_phone(typed_phone)
    if not can_pay_by_momo(phone):
        raise NotMomoPhone(phone=phone)
    lock_owner(tx, owner.customer_id)
    if tx.execute(_ASKED_BEFORE, {"key": request_key}).scalar():
        return phone
    sends, since = _counted(tx, owner.customer_id, now)
    code = f"{ids.new_uuid().int % 10**CODE_DIGITS:0{CODE_DIGITS}d}"
    values: dict[str, Any] = {
        "phone": phone,
        "code_mac": code_mac(key, owner_id=owner.customer_id, phone=phone, code=code),
        "sent_at": now,
        "tries": 0,
        "used_at": None,
        "sends": sends,
        "sends_since": since,
        "wallet_active": None,
        "wallet_name": None,
    }
    fresh = upsert(MomoCode).values(owner_id=owner.customer_id, **values)
    tx.execute(fresh.on_conflict_do_update(index_elements=[MomoCode.owner_id], set_=values))
    queue_text(
        tx,
        phone=phone,
        tongue=owner.tongue,
        template="momo_code",
        key=f"momo_code:{request_key}",
        now=now,
        facts={},
        secrets={"digits": code},
        sealer=sealer,
    )
    outbox.put(tx, kind="owner.name", key=request_key, body={"owner": owner.customer_id, "phone": phone}, now=now)
    return phone


def _counted(tx: Transaction, owner_id: int, now: datetime) -> tuple[int, datetime]:
    """How many codes were sent with this one, since when."""
    row = tx.execute(select(MomoCode.sends, MomoCode.sends_since).where(MomoCode.owner_id == owner_id)).first()
    if row is None or row.sends_since <= now - CODES_COUNTED_OVER:
        return 1, now
    if row.sends >= CODES_SENT_MAX:
        raise TooManyTries(wait_s=max(1, math.ceil((row.sends_since + CODES_COUNTED_OVER - now).total_seconds())))
    return row.sends + 1, row.sends_since
