"""Logging in with the code that came by SMS; a stranger becomes a customer thereby."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, update

from core.customers.queries import account
from core.customers.register import register
from core.db.engine import Transaction
from core.errors import CustomerNotActive
from core.ids import Ids
from core.languages import Tongue
from core.phones import western_digits
from core.visits.begin_visit import begin_visit
from core.visits.limits import CODE_LIVES, CODE_TRIES_MAX
from core.visits.log_in import phone_mark
from core.visits.models import LogInCode, SecretFailure
from core.visits.send_code import code_mac


@dataclass(frozen=True, slots=True)
class Entered:
    """Who came in, and the token of their visit, for the cookie."""

    customer_id: int
    token: str


def log_in_by_code(
    tx: Transaction,
    *,
    code_id: int,
    phone: str,
    typed_code: str,
    language: Tongue,
    now: datetime,
    began_at: datetime,
    ids: Ids,
    key: str,
) -> Entered | None:
    """Begin a visit by a code. None: it is wrong, used or over, which is no refusal: that it was tried must stay.

    A code is good once, for `CODE_LIVES` and `CODE_TRIES_MAX` tries, and only for the browser that asked for it:
    `code_id` and `phone` are what `send_code` answered there, and tries count against that code alone. Several codes of
    a phone may be good at once, each in its own browser. `began_at` is by the clock visits run by.

    Raises:
        CustomerNotActive: they are no customer of ours any more.
    """
    if not _is_good(tx, code_id, phone, "".join(western_digits(typed_code).split()), now, key):
        return None
    who = register(tx, phone=phone, language="en" if language == "en" else "ar", script=None, through="portal", now=now)
    customer = account(tx.connection, who.customer_id)
    if customer.status == "closed":
        raise CustomerNotActive(number=customer.number)
    tx.execute(delete(SecretFailure).where(SecretFailure.phone_mark == phone_mark(phone, key)))
    token = begin_visit(tx, customer_id=who.customer_id, by_code=True, now=began_at, ids=ids)
    return Entered(who.customer_id, token)


def _is_good(tx: Transaction, code_id: int, phone: str, code: str, now: datetime, key: str) -> bool:
    tried = (
        update(LogInCode)
        .where(
            LogInCode.id == code_id,
            LogInCode.phone == phone,
            LogInCode.used_at.is_(None),
            LogInCode.tries < CODE_TRIES_MAX,
            LogInCode.sent_at > now - CODE_LIVES,
        )
        .values(tries=LogInCode.tries + 1)
        .returning(LogInCode.id, LogInCode.code_mac)
    )
    row = tx.execute(tried).first()
    if row is None or not hmac.compare_digest(bytes(row.code_mac), code_mac(key, phone=phone, code=code)):
        return False
    tx.execute(update(LogInCode).where(LogInCode.id == row.id).values(used_at=now))
    return True
