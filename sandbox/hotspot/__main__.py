"""`python -m sandbox.hotspot --settings FILE`: be the gateway of the network namespace this runs in.

Says `hotspot ready` when it takes log-ins and orders. It keeps nothing: a gateway whose power is cut has forgotten who
was online, and says so to the server when it is back (Accounting-On).
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Final

from sandbox.hotspot.accounts import Accounts
from sandbox.hotspot.asking import Server
from sandbox.hotspot.firewall import Firewall
from sandbox.hotspot.orders import Orders
from sandbox.hotspot.page import page_server
from sandbox.hotspot.sessions import Sessions
from sandbox.hotspot.settings import read_settings
from sandbox.hotspot.shaper import Shaper

LOOK_S: Final = 0.1
READY: Final = "hotspot ready"
FORWARDING: Final = Path("/proc/sys/net/ipv4/ip_forward")


def main() -> None:
    """Run until told to end."""
    parser = argparse.ArgumentParser(prog="sandbox.hotspot", description=__doc__)
    parser.add_argument("--settings", required=True, type=Path, help="a JSON file; see settings.py")
    settings = read_settings(parser.parse_args().settings)
    server = Server(settings)
    accounts = Accounts(server.hears)
    sessions = Sessions(
        settings,
        server=server,
        firewall=Firewall(
            inside=settings.inside, gateway=settings.gateway, page_port=settings.page_port, garden=settings.garden
        ),
        shaper=Shaper(inside=settings.inside, outside=settings.outside),
        accounts=accounts,
    )
    FORWARDING.write_text("1", encoding="ascii")
    page, orders, over = page_server(settings, sessions), Orders(settings, sessions), threading.Event()
    for work in (accounts.tell_for_ever, page.serve_forever, orders.hear_for_ever):
        threading.Thread(target=work, name=work.__qualname__, daemon=True).start()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    sys.stdout.write(f"{READY}\n")
    sys.stdout.flush()
    while not over.wait(LOOK_S):
        sessions.look()
    os._exit(0)


if __name__ == "__main__":
    main()
