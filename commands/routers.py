"""Routers: visit them now, and end what they should no longer let through."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from commands.edge import open_parts, refuse, say

if TYPE_CHECKING:
    from core.network.house import House
    from core.parts import Parts


def sync(arguments: argparse.Namespace) -> int:
    """Visit routers now: all, or the one named; or say what a visit would change."""
    from sqlalchemy import select

    from core.gateways.routeros import RouterOsRouter
    from core.network.house import house_of
    from core.network.models import RouterRow
    from core.network.sync import sync_router

    query = select(RouterRow.id, RouterRow.name).order_by(RouterRow.name)
    if arguments.router:
        query = query.where(RouterRow.name == arguments.router)
    failed = 0
    with open_parts() as parts:
        with parts.db.reading() as connection:
            routers = connection.execute(query).all()
        if arguments.router and not routers:
            return refuse(f"There is no router named {arguments.router}.")
        house = house_of(parts.settings, parts.sealer.radius.open)
        for router in routers:
            if arguments.dry_run:
                failed += _dry_run(parts, router.id, router.name, house)
                continue
            visited = sync_router(
                router.id,
                db=parts.db,
                connector=RouterOsRouter,
                sealer=parts.sealer,
                clock=parts.clock,
                force=True,
                house=house,
            )
            with parts.db.reading() as connection:
                error = connection.execute(select(RouterRow.last_error).where(RouterRow.id == router.id)).scalar()
            failed += bool(error) or not visited
            say(f"{router.name}: {error or ('in step' if visited else 'being visited by another')}")
    return 1 if failed else 0


def _dry_run(parts: Parts, router_id: int, name: str, house: House) -> bool:
    """Print what one router does not hold as it should. True: it could not be asked."""
    from core.errors import GatewayError
    from core.gateways.routeros import RouterOsRouter
    from core.network.drift import sentences
    from core.network.sync import look_only
    from core.sealing import SealBrokenError

    try:
        found = look_only(
            router_id, db=parts.db, connector=RouterOsRouter, sealer=parts.sealer, clock=parts.clock, house=house
        )
    except GatewayError as error:
        say(f"{name}: {error}")
        return True
    except SealBrokenError:
        say(f"{name}: our password for it is sealed with a key we do not have")
        return True
    if found is None:
        say(f"{name}: being visited by another")
        return True
    lines = sentences(found.drift) + [f"cannot be told: {user} ({why})" for user, why in sorted(found.failed.items())]
    for line in lines or ["in step"]:
        say(f"{name}: {line}")
    return False


def expire(_arguments: argparse.Namespace) -> int:
    """End every grant that is over."""
    from core.network.expire import expire_due, forget_long_ended

    with open_parts() as parts:
        ended = expire_due(parts.db, parts.clock.now())
        forget_long_ended(parts.db, parts.clock.now())
    say(f"{ended} grants ended.")
    return 0


def radius(arguments: argparse.Namespace) -> int:
    """Print the RADIUS server's key (a secret), or seal all for RADIUS by the newest key."""
    from core.access.seal_for_radius import seal_for_radius
    from core.network.reseal import reseal_routers
    from core.sealing import SealBrokenError

    with open_parts() as parts:
        if arguments.radius_act == "key":
            say(parts.sealer.radius.setting)
            return 0
        try:
            routers = reseal_routers(parts.db, parts.sealer)
        except SealBrokenError:
            return refuse("A router's RADIUS secret opens with none of SHABAKA_ENCRYPTION_KEYS; nothing was changed.")
        passwords = seal_for_radius(parts.db, parts.sealer, all_keys=True)
    say(f"{routers} secrets of routers and {passwords} passwords are sealed by the newest key now.")
    return 0
