"""Those who sell for an owner."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import exists, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from core.customers.models import Contact
from core.customers.queries import Account, account
from core.customers.register import register
from core.db.engine import Transaction
from core.errors import HelpsAlready, NotFound, NotPossibleNow, OwnNumber
from core.messaging.queue_text import queue_text
from core.owners.limits import HELPERS_PER_OWNER_MAX
from core.owners.locked import lock_owner
from core.owners.models import WifiHelper, WifiOwner
from core.phones import national, parse_phone


def add_helper(tx: Transaction, *, owner: Account, typed_phone: str, code: str, now: datetime) -> int:
    """Let somebody sell for an owner, and text them so; a stranger becomes a customer. Their customer id.

    `code` is what people dial.

    Raises:
        InvalidPhone, ForeignPhone, NotMobile: no phone that can sell.
        OwnNumber: the owner's.
        HelpsAlready: they are an owner, or sell for another one.
        NotPossibleNow: as many help already as may.
        NotAnOwner, OwnerSuspended: the owner may not.
    """
    phone = parse_phone(typed_phone)
    lock_owner(tx, owner.customer_id)
    language = "en" if owner.tongue == "en" else "ar"
    helper_id = register(tx, phone=phone, language=language, script=None, through="owner", now=now).customer_id
    if helper_id == owner.customer_id:
        raise OwnNumber
    if tx.execute(select(exists().where(WifiOwner.customer_id == helper_id))).scalar():
        raise HelpsAlready(phone=phone)
    theirs = (WifiHelper.owner_id == owner.customer_id, WifiHelper.removed_at.is_(None))
    if tx.execute(select(exists().where(WifiHelper.helper_id == helper_id, *theirs))).scalar():
        return helper_id
    if tx.execute(select(func.count()).where(*theirs)).scalar_one() >= HELPERS_PER_OWNER_MAX:
        raise NotPossibleNow(what="helper", state="full")
    added = (
        upsert(WifiHelper)
        .values(owner_id=owner.customer_id, helper_id=helper_id, added_at=now)
        .on_conflict_do_nothing()
        .returning(WifiHelper.id)
    )
    added_id = tx.execute(added).scalar()
    if added_id is None:
        raise HelpsAlready(phone=phone)
    helper = account(tx.connection, helper_id)
    queue_text(
        tx,
        phone=phone,
        tongue=helper.tongue,
        template="helper_added",
        key=f"helper:{added_id}",
        now=now,
        facts={"phone": national(owner.main_phone, spaced=helper.tongue != "ar"), "code": code},
    )
    return helper_id


def remove_helper(tx: Transaction, *, owner_id: int, typed_phone: str, now: datetime) -> None:
    """They sell no more for this owner, from this moment on.

    Raises:
        NotFound: nobody with this phone helps them.
        NotAnOwner, OwnerSuspended: the owner may not.
    """
    phone = parse_phone(typed_phone)
    lock_owner(tx, owner_id)
    of_phone = select(Contact.customer_id).where(Contact.phone == phone).scalar_subquery()
    removed = update(WifiHelper).where(
        WifiHelper.owner_id == owner_id, WifiHelper.helper_id == of_phone, WifiHelper.removed_at.is_(None)
    )
    if tx.execute(removed.values(removed_at=now).returning(WifiHelper.id)).scalar() is None:
        raise NotFound(what="helper")
