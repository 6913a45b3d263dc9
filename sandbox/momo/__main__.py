"""`python -m sandbox.momo --state-dir DIR [--port N]`: the simulator as a process of its own."""

from __future__ import annotations

import argparse
import logging
import sys

from werkzeug.serving import make_server

from sandbox.momo.app import create_app


def main() -> None:
    """Serve on loopback until killed; the address is the first line of the output."""
    parser = argparse.ArgumentParser(prog="sandbox.momo")
    parser.add_argument("--state-dir", required=True)
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument("--currency", default="SSP")
    parser.add_argument("--target-environment", default="mtnsouthsudan")
    parser.add_argument("--default-decision", default="ask", choices=("ask", "approve", "reject", "ignore"))
    parser.add_argument("--new-platform", action="store_true", help="the new gateway's rules")
    parser.add_argument("--financial-id-first", type=int, default=4_000_000_001, help="apart from a second platform's")
    chosen = parser.parse_args()
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    app = create_app(
        chosen.state_dir,
        currency=chosen.currency,
        target_environment=chosen.target_environment,
        default_decision=chosen.default_decision,
        new_platform=chosen.new_platform,
        financial_id_first=chosen.financial_id_first,
    )
    server = make_server("127.0.0.1", chosen.port, app, threaded=True)
    sys.stdout.write(f"http://127.0.0.1:{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main()
