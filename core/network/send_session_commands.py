"""Saying to routers what is to happen with sessions: claimed, said without the database, and recorded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, or_, select, update

from core.access.models import AccessGrant
from core.clock import Clock
from core.db.engine import Database, Transaction
from core.errors import GatewayError
from core.logs import log
from core.network.kick import kick
from core.network.models import RouterRow, SessionCommand
from core.network.session_control import Answer, Answered, NasAddress, OpenSession, SessionControl, Speed
from core.sealing import SealBrokenError, Sealer
from core.usage.models import UsageSession

LOG = log("network.session_commands")
LEASE: Final = timedelta(seconds=60)
AGAIN_FIRST: Final = timedelta(seconds=5)
AGAIN_MOST: Final = timedelta(seconds=60)
COMMANDS_MAX: Final = 500  # said in one run; the sweep finds the rest
SESSIONS_MAX: Final = 10  # of one grant; the lease is long enough for that many that time out
ERROR_CHARS_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class Command:
    """A command this worker may say until its lease ends. The lease is also the proof that it is its own."""

    command_id: int
    router_id: int
    router: str
    grant_id: int
    act: str
    tries: int
    leased_until: datetime
    host: str
    port: int
    radius_secret: bytes
    speed: Speed
    sessions: tuple[OpenSession, ...]


def send_session_commands(db: Database, *, control: SessionControl, sealer: Sealer, clock: Clock) -> int:
    """Say what is due to the routers that ask by RADIUS. Returns how many commands were answered.

    A router that does not answer keeps its own commands waiting, and nobody else's.
    """
    _give_up(db, clock.now())
    answered = 0
    for _command in range(COMMANDS_MAX):
        command = _claim(db, clock.now())
        if command is None:
            break
        try:
            found = _say(command, control, sealer)
        except GatewayError as error:
            LOG.warning("session command failed", router=command.router, act=command.act, error=str(error))
            _leave(db, command, str(error), clock.now())
        else:
            _record(db, command, found, clock.now())
            answered += 1
    return answered


def _give_up(db: Database, now: datetime) -> None:
    """A kick that came too late would end what may have been bought since."""
    late = update(SessionCommand).where(
        SessionCommand.outcome.is_(None),
        SessionCommand.not_after <= now,
        or_(SessionCommand.leased_until.is_(None), SessionCommand.leased_until <= now),
        SessionCommand.router_id.in_(select(RouterRow.id).where(RouterRow.access_by == "radius")),
    )
    with db.transaction() as tx:
        tx.execute(late.values(outcome="too_late", done_at=now))


def _claim(db: Database, now: datetime) -> Command | None:
    until = now + LEASE
    with db.transaction() as tx:
        row = tx.execute(
            select(
                SessionCommand.id,
                SessionCommand.router_id,
                RouterRow.name,
                SessionCommand.grant_id,
                SessionCommand.act,
                SessionCommand.tries,
                RouterRow.nas_address,
                RouterRow.coa_port,
                RouterRow.radius_secret,
                AccessGrant.up_kbps,
                AccessGrant.down_kbps,
                func.radius_rate(
                    AccessGrant.up_kbps,
                    AccessGrant.down_kbps,
                    AccessGrant.burst_up_kbps,
                    AccessGrant.burst_down_kbps,
                ).label("rate"),
            )
            .join(RouterRow, RouterRow.id == SessionCommand.router_id)
            .join(AccessGrant, AccessGrant.id == SessionCommand.grant_id)
            .where(
                SessionCommand.outcome.is_(None),
                SessionCommand.not_after > now,
                or_(SessionCommand.leased_until.is_(None), SessionCommand.leased_until <= now),
                RouterRow.access_by == "radius",
            )
            .order_by(SessionCommand.id)
            .limit(1)
            .with_for_update(of=SessionCommand, skip_locked=True)
        ).first()
        if row is None:
            return None
        mine = update(SessionCommand).where(SessionCommand.id == row.id)
        tx.execute(mine.values(leased_until=until, tries=SessionCommand.tries + 1))
        sessions = _open_sessions(tx, row.grant_id, row.router_id)
    return Command(
        row.id,
        row.router_id,
        row.name,
        row.grant_id,
        row.act,
        row.tries + 1,
        until,
        row.nas_address,
        row.coa_port,
        row.radius_secret,
        Speed(row.up_kbps, row.down_kbps, row.rate),
        sessions,
    )


def _open_sessions(tx: Transaction, grant_id: int, router_id: int) -> tuple[OpenSession, ...]:
    query = (
        select(UsageSession.username, UsageSession.session, UsageSession.address, UsageSession.mac)
        .where(
            UsageSession.grant_id == grant_id,
            UsageSession.router_id == router_id,
            UsageSession.stopped_at.is_(None),
        )
        .order_by(UsageSession.heard_at.desc())
        .limit(SESSIONS_MAX)
    )
    return tuple(OpenSession(*row) for row in tx.execute(query))


def _say(command: Command, control: SessionControl, sealer: Sealer) -> list[Answered]:
    try:
        secret = sealer.radius.open(command.radius_secret)
    except SealBrokenError:
        raise GatewayError("the router's RADIUS secret is sealed with a key we do not have") from None
    nas = NasAddress(command.host, command.port, secret)
    if command.act == "disconnect":
        return [control.disconnect(nas, session) for session in command.sessions]
    return [control.change(nas, session, command.speed) for session in command.sessions]


def _record(db: Database, command: Command, found: list[Answered], now: datetime) -> None:
    """Done if any session was there and none was refused. What cannot be changed is ended: it comes back right."""
    answers = {one.answer for one in found}
    outcome = next((answer for answer in (Answer.REFUSED, Answer.DONE) if answer in answers), Answer.NOBODY)
    causes = sorted({one.cause for one in found if one.cause})
    values: dict[str, Any] = {"outcome": outcome.value, "done_at": now, "leased_until": None}
    values["last_error"] = ", ".join(causes)[:ERROR_CHARS_MAX] or None

    def work(tx: Transaction) -> None:
        if _update(tx, command, values) and outcome is Answer.REFUSED and command.act == "change":
            kick(tx, grant_id=command.grant_id, act="disconnect", now=now)

    db.run(work)
    LOG.info("session command said", router=command.router, act=command.act, outcome=outcome.value, sessions=len(found))


def _leave(db: Database, command: Command, error: str, now: datetime) -> None:
    """Leave all of a router that does not answer for a while."""
    again = now + min(AGAIN_FIRST * 2 ** min(command.tries - 1, 10), AGAIN_MOST)

    def work(tx: Transaction) -> None:
        if not _update(tx, command, {"leased_until": again, "last_error": error[:ERROR_CHARS_MAX]}):
            return
        others = update(SessionCommand).where(
            SessionCommand.router_id == command.router_id,
            SessionCommand.outcome.is_(None),
            or_(SessionCommand.leased_until.is_(None), SessionCommand.leased_until <= now),
        )
        tx.execute(others.values(leased_until=again))

    db.run(work)


def _update(tx: Transaction, command: Command, values: dict[str, Any]) -> bool:
    mine = update(SessionCommand).where(
        SessionCommand.id == command.command_id, SessionCommand.leased_until == command.leased_until
    )
    return tx.execute(mine.values(values).returning(SessionCommand.id)).first() is not None
