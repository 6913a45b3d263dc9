"""The code that came to an owner's MoMo number, typed back: their money goes there from now on."""

from __future__ import annotations

import hmac
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import select, update

from core.customers.queries import Account
from core.days import DAY, juba_day
from core.db.engine import Transaction
from core.messaging.queue_text import queue_text
from core.owners.limits import CODE_LIVES, CODE_TRIES_MAX, COMMISSION_MILLIONTHS, WITHHOLDING_MILLIONTHS
from core.owners.locked import lock_owner
from core.owners.models import MomoCode, WifiOwner
from core.owners.name_momo import code_mac
from core.payouts.models import OwnerTerms
from core.payouts.owner_terms import set_owner_terms, terms_on
from core.phones import national, western_digits

Outcome = Literal["confirmed", "wrong", "over", "no_wallet"]
_TEXT: Final[dict[Outcome, str]] = {
    "confirmed": "momo_confirmed",
    "wrong": "momo_code_wrong",
    "over": "momo_code_over",
    "no_wallet": "momo_no_wallet",
}


def confirm_momo(tx: Transaction, *, owner: Account, typed: str, request_key: str, now: datetime, key: str) -> Outcome:
    """Take a code, and text the owner what came of it. A wrong one is no refusal: that it was tried must stay written.

    A code is good once, for `CODE_LIVES` and `CODE_TRIES_MAX` tries.

    Raises:
        NotAnOwner, OwnerSuspended: they may not.
    """
    lock_owner(tx, owner.customer_id)
    outcome, phone = _try(tx, owner.customer_id, "".join(western_digits(typed).split()), now, key)
    if outcome == "confirmed":
        _pay_there(tx, owner.customer_id, phone, now)
    queue_text(
        tx,
        phone=owner.main_phone,
        tongue=owner.tongue,
        template=_TEXT[outcome],
        key=f"momo_confirm:{request_key}",
        now=now,
        facts={"phone": national(phone, spaced=owner.tongue != "ar") if phone else ""},
    )
    return outcome


def _try(tx: Transaction, owner_id: int, code: str, now: datetime, key: str) -> tuple[Outcome, str]:
    tried = (
        update(MomoCode)
        .where(
            MomoCode.owner_id == owner_id,
            MomoCode.used_at.is_(None),
            MomoCode.tries < CODE_TRIES_MAX,
            MomoCode.sent_at > now - CODE_LIVES,
        )
        .values(tries=MomoCode.tries + 1)
        .returning(MomoCode.code_mac, MomoCode.phone, MomoCode.wallet_active, MomoCode.wallet_name)
    )
    row = tx.execute(tried).first()
    if row is None:
        return "over", ""
    if not hmac.compare_digest(bytes(row.code_mac), code_mac(key, owner_id=owner_id, phone=row.phone, code=code)):
        return "wrong", row.phone
    tx.execute(update(MomoCode).where(MomoCode.owner_id == owner_id).values(used_at=now))
    if row.wallet_active is False:
        return "no_wallet", row.phone
    confirmed: dict[str, Any] = {"momo_phone": row.phone, "momo_name": row.wallet_name, "momo_confirmed_at": now}
    tx.execute(update(WifiOwner).where(WifiOwner.customer_id == owner_id).values(confirmed))
    return "confirmed", row.phone


def _pay_there(tx: Transaction, owner_id: int, phone: str, now: datetime) -> None:
    """Terms that pay to this phone, from the first day on that has none of its own: terms never change.

    Who has none yet has those of everybody who signs up.
    """
    taken = set(tx.execute(select(OwnerTerms.from_day).where(OwnerTerms.owner_id == owner_id)).scalars())
    day = juba_day(now)
    while day in taken:
        day += DAY
    terms = terms_on(tx.connection, owner_id, day)
    if terms is not None and terms.payout_phone == phone:
        return
    set_owner_terms(
        tx,
        owner_id=owner_id,
        from_day=day,
        commission_millionths=terms.commission_millionths if terms else COMMISSION_MILLIONTHS,
        withholding_millionths=terms.withholding_millionths if terms else WITHHOLDING_MILLIONTHS,
        payout_phone=phone,
        staff_id=None,
        now=now,
    )
