"""What a subscription's state means for its access, and telling the router. The one place where both meet."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Final

from core.access import change
from core.access.grant import Granted, Limits, grant
from core.access.speed import Speed
from core.catalog.tariffs import TariffTerms
from core.db.engine import Transaction
from core.ids import Ids
from core.network.place import place
from core.sealing import Sealer
from core.subscriptions.queries import Service

DEVICES_MAX: Final = 20  # of a home or an office behind one log-in; RouterOS counts them as shared users
SLOWED_KBPS: Final = 256  # down, for an unpaid bill: enough to read a message and to pay


def open_access(
    tx: Transaction, *, router_id: int, terms: TariffTerms, now: datetime, ids: Ids, sealer: Sealer
) -> Granted:
    """Grant a service its access at a router, without an end."""
    limits = Limits(None, None, devices_max=DEVICES_MAX, **asdict(speed_of(terms, slowed=False, held=None)))
    granted = grant(tx, router_id=router_id, limits=limits, now=now, ids=ids, sealer=sealer)
    place(tx, grant_id=granted.grant_id, wanted="present", now=now, router_id=router_id)
    return granted


def stop(tx: Transaction, service: Service, now: datetime) -> None:
    """Cut it off for a while."""
    if service.grant_id is not None and change.pause(tx, grant_id=service.grant_id):
        place(tx, grant_id=service.grant_id, wanted="disabled", now=now)


def go_on(tx: Transaction, service: Service, now: datetime) -> None:
    """Let it online again."""
    if service.grant_id is not None and change.resume(tx, grant_id=service.grant_id):
        place(tx, grant_id=service.grant_id, wanted="present", now=now)


def set_speed(tx: Transaction, service: Service, terms: TariffTerms, now: datetime, *, slowed: bool) -> None:
    """The speed of its tariff, or a slow one (`speed_of`). One that is cut off is told when it goes on."""
    if service.grant_id is None:
        return
    speed = speed_of(terms, slowed=slowed, held=held(service))
    change.set_speed(tx, grant_id=service.grant_id, speed=speed)
    if service.state == "active":
        place(tx, grant_id=service.grant_id, wanted="present", now=now)


def speed_of(terms: TariffTerms, *, slowed: bool, held: tuple[int, int] | None) -> Speed:
    """The speed of its tariff, with its burst; for an unpaid bill or fair use the slowest of all, without one."""
    if not slowed and held is None:
        return Speed(terms.down_kbps, terms.up_kbps, terms.burst_down_kbps, terms.burst_up_kbps)
    speeds = [(terms.down_kbps, terms.up_kbps)]
    if slowed:
        speeds.append((SLOWED_KBPS, SLOWED_KBPS))
    if held is not None:
        speeds.append(held)
    return Speed(min(down for down, _up in speeds), min(up for _down, up in speeds))


def held(service: Service) -> tuple[int, int] | None:
    """The speed fair use holds a service to, down and up; None: it does not."""
    if service.held_down_kbps is None or service.held_up_kbps is None:
        return None
    return service.held_down_kbps, service.held_up_kbps


def close(tx: Transaction, service: Service, now: datetime) -> None:
    """Take it back for good."""
    if service.grant_id is not None and change.end(tx, grant_id=service.grant_id, now=now):
        place(tx, grant_id=service.grant_id, wanted="absent", now=now)
