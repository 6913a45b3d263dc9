"""`python -m sandbox --home DIR`: every simulator of the demo town in one process, each on its own loopback port.

Reads `DIR/sandbox.json`, keeps its memory under `DIR/sandbox/`, and says `sandbox ready` when all ports listen. The
ports it has (the system chooses where the file says 0) are then in `DIR/sandbox/ports.json`.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import signal
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from werkzeug.serving import BaseWSGIServer, make_server

from sandbox import aggregator, momo, orange, town
from sandbox.routeros import SimulatedRouter, control_app
from sandbox.settings import SandboxSettings, SandboxSettingsError, read_settings

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

HOST: Final = "127.0.0.1"
READY: Final = "sandbox ready"


@dataclass(frozen=True, slots=True)
class Running:
    """Everything that listens."""

    servers: dict[str, BaseWSGIServer]
    routers: list[SimulatedRouter]

    def ports(self) -> dict[str, object]:
        """Where to find each simulator."""
        routers = {router.name: router.port for router in self.routers}
        return {**{name: server.server_port for name, server in self.servers.items()}, "routers": routers}


def start(settings: SandboxSettings, state_dir: Path) -> Running:
    """Bring the town up; what an earlier life left in `state_dir` goes on.

    Raises:
        OSError: a port is taken or the folder cannot be written.
    """
    clock = town.TownClock(settings.clock_offset_file)
    aggregator_app = aggregator.create_app(
        state_dir / "aggregator",
        username=settings.at_username,
        api_key=settings.at_api_key,
        product_urls=_product_urls(settings),
        service_code=settings.service_code,
        short_code=settings.short_code,
        clock=clock,
    )
    momo_app = momo.create_app(
        state_dir / "momo",
        subscription_key=settings.momo.subscription_key,
        api_user=settings.momo.api_user,
        api_key=settings.momo.api_key,
        disbursement_subscription_key=settings.momo.disbursement_subscription_key,
        disbursement_api_user=settings.momo.disbursement_api_user,
        disbursement_api_key=settings.momo.disbursement_api_key,
        clock=clock.timestamp,
    )
    orange_app = orange.create_app(state_dir / "orange", clock=clock.timestamp, **settings.orange)
    routers_dir = state_dir / "routers"
    routers_dir.mkdir(parents=True, exist_ok=True)
    routers = [
        SimulatedRouter(row.name, HOST, row.port, row.user, row.password, routers_dir, clock=clock.timestamp).start()
        for row in settings.routers
    ]
    town_app = town.create_app(
        town.Town(
            aggregator=aggregator_app,
            momo=momo_app,
            orange=orange_app,
            routers=control_app(routers),
            clock=clock,
            residents=settings.customers,
            service_code=settings.service_code,
            short_code=settings.short_code,
            web=settings.web,
        )
    )
    servers = {
        "aggregator": _serve(aggregator_app, settings.aggregator_port, "aggregator"),
        "momo": _serve(momo_app, settings.momo_port, "momo"),
        "orange": _serve(orange_app, settings.orange_port, "orange"),
        "town": _serve(town_app, settings.town_port, "town"),
    }
    return Running(servers, routers)


def _product_urls(settings: SandboxSettings) -> aggregator.ProductUrls:
    ussd = f"{settings.web}/ussd/africastalking/{settings.key}"
    sms = f"{settings.web}/sms/africastalking/{settings.key}"
    return aggregator.ProductUrls(
        ussd=ussd,
        events=f"{ussd}/events",
        inbound=f"{sms}/inbound",
        delivery=f"{sms}/delivery",
        optout=f"{sms}/optout",
    )


def _serve(app: WSGIApplication, port: int, name: str) -> BaseWSGIServer:
    server = make_server(HOST, port, app, threaded=True)
    threading.Thread(target=server.serve_forever, name=f"{name}-server", daemon=True).start()
    return server


def main() -> None:
    """Run until told to end."""
    parser = argparse.ArgumentParser(prog="sandbox", description=__doc__)
    parser.add_argument("--home", required=True, type=Path, help="folder that holds sandbox.json")
    home: Path = parser.parse_args().home
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    state_dir = home / "sandbox"
    try:
        running = start(read_settings(home), state_dir)
    except (SandboxSettingsError, OSError) as error:
        sys.stderr.write(f"The sandbox cannot start: {error}\n")
        sys.exit(1)
    (state_dir / "ports.json").write_text(json.dumps(running.ports()), encoding="utf-8")
    sys.stdout.write(f"{READY}\n")
    sys.stdout.flush()
    ended.wait()
    # Nothing to save: whatever was acknowledged is on disk. Waiting for threads inside a callback would take seconds.
    os._exit(0)


if __name__ == "__main__":
    main()
