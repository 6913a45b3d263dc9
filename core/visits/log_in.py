"""Logging in by phone and PIN or password. Guessing is slowed in the database, so that no restart forgets it.

Of a phone `WRONG_PER_PHONE_MAX` wrong tries a day are listened to, wherever they come from; then only a code by SMS
lets it in. An address, whatever the phones, waits ever longer after `WRONG_PER_ADDRESS_FREE`.
"""

from __future__ import annotations

import hmac
from datetime import datetime
from typing import Final

from sqlalchemy import delete, func, insert, select, update

from core.customers.models import Contact, Customer
from core.db.engine import Database, Transaction
from core.errors import Refusal, SecretLocked, TooManyTries, WrongSecret
from core.hashing import hashed, is_outdated, matches
from core.ids import Ids
from core.phones import TYPED_CHARS_MAX, parse_phone
from core.staff.log_in import counted_address, wait_s
from core.visits.begin_visit import begin_visit
from core.visits.hashes import plain_secret
from core.visits.limits import (
    FAILURES_COUNTED_OVER,
    FORGOTTEN_AT_ONCE_MAX,
    PASSWORD_CHARS_MAX,
    WRONG_PER_ADDRESS_FREE,
    WRONG_PER_PHONE_MAX,
)
from core.visits.models import CustomerSecret, SecretFailure

_KEPT: Final = (
    select(Customer.id, CustomerSecret.secret_hash)
    .join(Contact, Contact.customer_id == Customer.id)
    .join(CustomerSecret, CustomerSecret.customer_id == Customer.id)
)


def phone_mark(phone: str, key: str) -> str:
    """What failures of a phone are counted under. Not the phone: people type PINs there."""
    return hmac.digest(key.encode(), f"log-in phone {phone}".encode("utf-8", "replace"), "sha256").hex()


def log_in(
    db: Database, *, typed_phone: str, secret: str, address: str, key: str, now: datetime, began_at: datetime, ids: Ids
) -> str:
    """Begin a visit; its token, for the cookie. `key` is our secret key, `began_at` by the clock visits run by.

    Raises:
        WrongSecret: nobody with this phone has this secret; which of the two is not said, and takes the same time.
        SecretLocked, TooManyTries: the secret was not even looked at.
    """
    phone = _phone(typed_phone)
    mark, from_where = phone_mark(phone, key), counted_address(address)
    # The try is written down as a failure before the secret is looked at: a hundred guesses at once are a hundred.
    db.run(lambda tx: _count(tx, mark, from_where, now))
    with db.reading() as connection:
        kept = connection.execute(_KEPT.where(Contact.phone == phone, Customer.status != "closed")).first()
    plain = plain_secret(secret[:PASSWORD_CHARS_MAX])
    right = matches(plain, kept.secret_hash if kept else None) and len(secret) <= PASSWORD_CHARS_MAX
    if kept is None or not right:
        raise WrongSecret

    def begin(tx: Transaction) -> str:
        mine = (SecretFailure.phone_mark == mark, SecretFailure.address == from_where)
        tx.execute(delete(SecretFailure).where(*mine))
        if is_outdated(kept.secret_hash):
            same = (CustomerSecret.customer_id == kept.id, CustomerSecret.secret_hash == kept.secret_hash)
            tx.execute(update(CustomerSecret).where(*same).values(secret_hash=hashed(plain)))
        # Chosen anew since we looked: what was proven is worth nothing.
        elif tx.execute(select(CustomerSecret.secret_hash).where(CustomerSecret.customer_id == kept.id)).scalar() != (
            kept.secret_hash
        ):
            raise WrongSecret
        return begin_visit(tx, customer_id=kept.id, by_code=False, now=began_at, ids=ids)

    return db.run(begin)


def _phone(typed: str) -> str:
    """The phone as E.164, or what was typed where it is none: it is counted, and found nowhere."""
    try:
        return parse_phone(typed)
    except Refusal:
        return typed.strip()[:TYPED_CHARS_MAX]


def _count(tx: Transaction, mark: str, address: str, now: datetime) -> None:
    """Refuse who tried too often, else count one more failure. Phones are locked before addresses: no deadlock."""
    tx.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"secret of {mark}", 0))))
    tx.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"secrets from {address}", 0))))
    recent = SecretFailure.at > now - FAILURES_COUNTED_OVER
    of_phone = select(func.count()).select_from(SecretFailure).where(SecretFailure.phone_mark == mark, recent)
    if tx.execute(of_phone).scalar_one() >= WRONG_PER_PHONE_MAX:
        raise SecretLocked
    of_address = select(func.count(), func.max(SecretFailure.at)).where(SecretFailure.address == address, recent)
    failures, last = tx.execute(of_address).one()
    wait = wait_s(failures, WRONG_PER_ADDRESS_FREE, now - (last or now))
    if wait:
        raise TooManyTries(wait_s=wait)
    tx.execute(insert(SecretFailure).values(phone_mark=mark, address=address, at=now))
    oldest = select(SecretFailure.id, SecretFailure.at).order_by(SecretFailure.id).limit(FORGOTTEN_AT_ONCE_MAX)
    looked_at = oldest.with_for_update(skip_locked=True).cte("oldest")
    over = select(looked_at.c.id).where(looked_at.c.at < now - FAILURES_COUNTED_OVER)
    tx.execute(delete(SecretFailure).where(SecretFailure.id.in_(over)))
