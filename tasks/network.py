"""Tasks of the network: routers kept true, usage counted, sessions ended."""

from __future__ import annotations

from core.access.seal_for_radius import forget_guesses, seal_for_radius
from core.gateways.radius_coa import RadiusSessions
from core.logs import log
from core.network.expire import expire_due, forget_long_ended
from core.network.kick import kick_strays
from core.network.send_session_commands import send_session_commands
from core.network.tell_forgotten import tell_forgotten
from core.network.tell_outages import tell_outages
from core.network.watch import watch
from core.places import place
from core.subscriptions.keep_fair_use import keep_fair_use
from core.tokens.fill_lookups import fill_lookups
from core.tokens.guesses import forget_misses
from core.tokens.tell_usage import tell_token_usage
from core.usage.fold import close_lost, fold
from tasks.shared import app, worker

LOG = log("worker")


@app.task(name="sync")
def sync_due(_bell: str = "router") -> None:
    """Begin a visit to each router that is due."""
    worker().keeper.visit_due()


@app.task(name="check routers")
def check_routers(_bell: str = "router.check") -> None:
    """Look at each router that is to be checked."""
    with place("router.check") as free:
        if free:
            worker().keeper.check_due()


@app.task(name="watch routers")
def watch_routers() -> None:
    """Write down which routers went down or are up again, and tell technicians."""
    parts = worker().parts
    with place("watch") as free:
        if free:
            watch(parts.db, parts.clock.now())
            tell_outages(parts.db, parts.clock.now())


@app.task(name="fold usage")
def fold_usage() -> None:
    """Count what equipment told of, and do what follows of it: limits of routers that forgot, fair use."""
    parts = worker().parts
    with place("usage") as free:
        if free:
            if fold(parts.db, parts.clock.now(), parts.settings.usage_months):
                tell_forgotten(parts.db, parts.clock.now())
            close_lost(parts.db, parts.clock.now())
            keep_fair_use(parts.db, parts.clock.now())


@app.task(name="tell sessions")
def tell_sessions(_bell: str = "session") -> None:
    """Have routers that ask by RADIUS end sessions, or change them."""
    parts = worker().parts
    with place("session") as free:
        if free:
            send_session_commands(parts.db, control=RadiusSessions(), sealer=parts.sealer, clock=parts.clock)


@app.task(name="radius")
def radius() -> None:
    """Give the RADIUS server what it is to check against, and find who runs on without leave."""
    parts = worker().parts
    with place("radius") as free:
        if not free:
            return
        seal_for_radius(parts.db, parts.sealer)
        fill_lookups(parts.db, parts.sealer)
        forget_guesses(parts.db, parts.clock.now())
        forget_misses(parts.db, parts.clock.now())
        strays = kick_strays(parts.db, parts.clock.now())
    if strays:
        LOG.warning("sessions ran on without leave", grants=strays)


@app.task(name="expire")
def expire() -> None:
    """End what is over; take what ended long ago off its router; tell who has used up their token, or will soon."""
    parts = worker().parts
    ended = expire_due(parts.db, parts.clock.now())
    forget_long_ended(parts.db, parts.clock.now())
    tell_token_usage(parts.db, parts.clock.now(), parts.settings.service_code)
    if ended:
        LOG.info("grants ended", count=ended)
