"""Logging in: guessing is slowed, in the database, so that no restart forgets it.

Failures of 24 hours are counted three ways. Past the free ones each further failure costs a wait: 30 s, doubling to
15 minutes.

- A name from one address: 5 free. Who guesses elsewhere slows only himself, not the owner of the name.
- An address, whatever the names: 20 free; a whole office shares one.
- A name from everywhere: 500 free, the limit on a guesser who has many addresses. One address at one name gets
  no further than 105 failures a day, so it takes five lines at work all day to make the owner wait too.

A log-in clears the failures of its name from its address, and no others: else each visit of the owner would give
a guesser elsewhere his free tries anew.
"""

from __future__ import annotations

import hmac
import ipaddress
import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, and_, delete, func, insert, select, update

from core.db.engine import Database, Transaction
from core.errors import TooManyTries, WrongPassword
from core.staff.audit import write
from core.staff.models import LoginFailure, StaffMember
from core.staff.passwords import is_right, rehashed
from core.staff.queries import Member, member_named

USERNAME_CHARS_MAX: Final = 40
ADDRESS_CHARS_MAX: Final = 40
PAIR_TRIES_FREE: Final = 5
ADDRESS_TRIES_FREE: Final = 20
NAME_TRIES_FREE: Final = 500
WAIT_FIRST_S: Final = 30  # doubles with every further failure
WAIT_MAX_S: Final = 900
FAILURES_REMEMBERED: Final = timedelta(hours=24)
FORGOTTEN_AT_ONCE_MAX: Final = 100  # each failure adds one row and takes away up to so many


@dataclass(frozen=True, slots=True)
class _Limit:
    """Failures that count together, and how many of them cost no wait."""

    which: ColumnElement[bool]
    tries_free: int


def wait_s(failures: int, tries_free: int, since_last: timedelta) -> int:
    """How many seconds are left to wait after so many failures, the last of them `since_last` ago."""
    if failures < tries_free:
        return 0
    whole = min(WAIT_MAX_S, WAIT_FIRST_S << min(failures - tries_free, 20))
    return max(0, min(whole, math.ceil(whole - since_last.total_seconds())))


def counted_address(address: str) -> str:
    """What of an address counts: an IPv4 address; of IPv6 the /64 network, of which one line has every address."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:ADDRESS_CHARS_MAX]
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(parsed), 64), strict=False))


def name_mark(name: str, secret: str) -> str:
    """What failures of a name are counted under.

    Not the name: people type passwords there, and from a plain hash those are quickly guessed back.
    """
    return hmac.digest(secret.encode(), f"log-in name {name}".encode("utf-8", "replace"), "sha256").hex()


def log_in(db: Database, *, username: str, password: str, address: str, secret: str, now: datetime) -> Member:
    """Who this is, proven by password, and written down as a log-in. `secret` is the installation's own.

    Raises:
        TooManyTries: the password was not even looked at.
        WrongPassword: the name or the password is wrong, or they no longer work here; which is not said.
    """
    member = prove(db, username=username, password=password, address=address, secret=secret, now=now)
    db.run(lambda tx: _note(tx, member, "log_in", address=address, now=now))
    return member


def prove(db: Database, *, username: str, password: str, address: str, secret: str, now: datetime) -> Member:
    """Who this is, by password. A success clears the failures of the name from here. Refuses as `log_in` does."""
    username = username.strip().lower()[:USERNAME_CHARS_MAX]
    mark, from_where = name_mark(username, secret), counted_address(address)
    # The try is written down as a failure before the password is looked at: a hundred guesses at once
    # are then a hundred counted, not one.
    db.run(lambda tx: _count(tx, mark=mark, address=from_where, now=now))
    with db.reading() as connection:
        kept = connection.execute(
            select(StaffMember.password_hash).where(StaffMember.username == username, StaffMember.active)
        ).scalar()
        member = member_named(connection, username)
    right = is_right(password, kept)
    if member is None or kept is None or not right:
        db.run(lambda tx: _note(tx, member, "log_in_refused", address=address, now=now))
        raise WrongPassword
    fresh_hash = rehashed(password, kept)

    def clear(tx: Transaction) -> None:
        tx.execute(delete(LoginFailure).where(LoginFailure.name_mark == mark, LoginFailure.address == from_where))
        if fresh_hash:
            tx.execute(
                update(StaffMember)
                .where(StaffMember.id == member.staff_id, StaffMember.password_hash == kept)
                .values(password_hash=fresh_hash)
            )

    db.run(clear)
    return member


def _count(tx: Transaction, *, mark: str, address: str, now: datetime) -> None:
    """Refuse while a wait runs, else count one more failure. Names are locked before addresses: no deadlock."""
    tx.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"log-in name {mark}", 0))))
    tx.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"log-in address {address}", 0))))
    limits = (
        _Limit(and_(LoginFailure.name_mark == mark, LoginFailure.address == address), PAIR_TRIES_FREE),
        _Limit(LoginFailure.address == address, ADDRESS_TRIES_FREE),
        _Limit(LoginFailure.name_mark == mark, NAME_TRIES_FREE),
    )
    waits = []
    for limit in limits:
        failures, last = tx.execute(
            select(func.count(), func.max(LoginFailure.at)).where(
                limit.which, LoginFailure.at > now - FAILURES_REMEMBERED
            )
        ).one()
        waits.append(wait_s(failures, limit.tries_free, now - (last or now)))
    if max(waits):
        raise TooManyTries(wait_s=max(waits))
    tx.execute(insert(LoginFailure).values(name_mark=mark, address=address, at=now))
    _forget_old(tx, now)


def _forget_old(tx: Transaction, now: datetime) -> None:
    """Drop some of the failures that no longer count.

    The oldest rows have the least ids, so a look at a bounded number of them is enough, whatever the table's size.
    One who clears or forgets the same rows at this moment is not waited for.
    """
    oldest = select(LoginFailure.id, LoginFailure.at).order_by(LoginFailure.id).limit(FORGOTTEN_AT_ONCE_MAX)
    looked_at = oldest.with_for_update(skip_locked=True).cte("oldest")
    tx.execute(
        delete(LoginFailure).where(
            LoginFailure.id.in_(select(looked_at.c.id).where(looked_at.c.at < now - FAILURES_REMEMBERED))
        )
    )


def _note(tx: Transaction, member: Member | None, act: str, *, address: str, now: datetime) -> None:
    # An unknown name is not written down: people type passwords there. The row itself is, so that a known name
    # and an unknown one take the same time.
    write(
        tx,
        staff_id=member.staff_id if member and act == "log_in" else None,
        act=act,
        subject=f"staff:{member.username if member else '?'}",
        now=now,
        detail={"address": address[:ADDRESS_CHARS_MAX]},
    )
