"""A code by SMS to whoever wants to log in by phone, known to us or not: what happens is the same.

Each text costs us money and its reader patience, so they are counted by phone, by address and over all.
"""

from __future__ import annotations

import hmac
import math
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, func, insert, select

from core.customers.queries import tongue_for
from core.days import DAY, juba_day, start_of_day
from core.db.engine import Transaction
from core.errors import TooManyTries
from core.ids import Ids
from core.languages import Tongue
from core.logs import log
from core.messaging.queue_text import queue_text
from core.phones import parse_phone
from core.sealing import Sealer
from core.staff.log_in import counted_address
from core.visits.limits import (
    CODE_DIGITS,
    CODE_EVERY,
    CODES_PER_ADDRESS_HOUR_MAX,
    CODES_PER_DAY_MAX,
    CODES_PER_PHONE_DAY_MAX,
    FORGOTTEN_AT_ONCE_MAX,
)
from core.visits.models import LogInCode

LOG: Final = log("visits.send_code")
HOUR: Final = DAY / 24
_IN_TURN: Final = select(func.pg_advisory_xact_lock(func.hashtextextended("log-in codes", 0)))


@dataclass(frozen=True, slots=True)
class CodeSent:
    """A code that is on its way: its row, for the browser that asked to keep, and the phone, as E.164."""

    code_id: int
    phone: str


def code_mac(key: str, *, phone: str, code: str) -> bytes:
    """What is kept of a code: worth nothing without our key, or for another phone."""
    return hmac.digest(key.encode(), f"log-in code:{phone}:{code}".encode(), "sha256")


def send_code(
    tx: Transaction,
    *,
    typed_phone: str,
    address: str,
    otherwise: Tongue,
    now: datetime,
    ids: Ids,
    sealer: Sealer,
    key: str,
) -> CodeSent:
    """Text a code to a phone. It is good only in the browser that asked, which keeps what is answered here.

    Codes that other browsers asked for to the same phone stay good there: else whoever knows the number could make
    them worth nothing. `otherwise` is the language for a stranger, `key` our secret key.

    Raises:
        InvalidPhone, ForeignPhone, NotMobile: nothing can be texted there.
        TooManyTries: one was sent a moment ago, or as many as may be.
    """
    phone = parse_phone(typed_phone)
    from_where = counted_address(address)
    tx.execute(_IN_TURN)
    _refuse_too_many(tx, phone, from_where, now)
    code = f"{ids.new_uuid().int % 10**CODE_DIGITS:0{CODE_DIGITS}d}"
    row = {"phone": phone, "address": from_where, "code_mac": code_mac(key, phone=phone, code=code), "sent_at": now}
    code_id = tx.execute(insert(LogInCode).values(row).returning(LogInCode.id)).scalar_one()
    queue_text(
        tx,
        phone=phone,
        tongue=tongue_for(tx.connection, phone, otherwise),
        template="log_in_code",
        key=f"log_in_code:{code_id}",
        now=now,
        facts={},
        secrets={"digits": code},
        sealer=sealer,
    )
    _forget_old(tx, now)
    return CodeSent(code_id, phone)


def _refuse_too_many(tx: Transaction, phone: str, address: str, now: datetime) -> None:
    today = start_of_day(juba_day(now))
    tomorrow = start_of_day(juba_day(now) + DAY)
    of_phone = LogInCode.phone == phone
    last = tx.execute(select(func.max(LogInCode.sent_at)).where(of_phone)).scalar()
    if last is not None and last + CODE_EVERY > now:
        _refuse_until(last + CODE_EVERY, now)
    if _count(tx, of_phone, LogInCode.sent_at >= today) >= CODES_PER_PHONE_DAY_MAX:
        _refuse_until(tomorrow, now)
    if _count(tx, LogInCode.address == address, LogInCode.sent_at > now - HOUR) >= CODES_PER_ADDRESS_HOUR_MAX:
        _refuse_until(now + HOUR, now)
    if _count(tx, LogInCode.sent_at >= today) >= CODES_PER_DAY_MAX:
        LOG.warning("no code by SMS is left for today", most=CODES_PER_DAY_MAX)
        _refuse_until(tomorrow, now)


def _count(tx: Transaction, *which: Any) -> int:
    return int(tx.execute(select(func.count()).select_from(LogInCode).where(*which)).scalar_one())


def _refuse_until(until: datetime, now: datetime) -> None:
    raise TooManyTries(wait_s=max(1, math.ceil((until - now).total_seconds())))


def _forget_old(tx: Transaction, now: datetime) -> None:
    """Codes of the day before yesterday count nowhere. The oldest rows have the least ids."""
    oldest = select(LogInCode.id, LogInCode.sent_at).order_by(LogInCode.id).limit(FORGOTTEN_AT_ONCE_MAX).cte("oldest")
    tx.execute(delete(LogInCode).where(LogInCode.id.in_(select(oldest.c.id).where(oldest.c.sent_at < now - 2 * DAY))))
