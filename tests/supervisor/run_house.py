"""`run_house.py HOME PORT [CHILD=ROLE...]`: `shabaka run --demo` with stand-ins for the product's programs."""

from __future__ import annotations

import dataclasses
import os
import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from supervisor.run import Commands, run

STAND_IN = str(Path(__file__).with_name("stand_in.py"))


def main(home, port, *others):
    # A suite run under nohup, or in the background of a script, would hand these down ignored.
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    roles = {field.name: field.name for field in dataclasses.fields(Commands) if field.name != "root"}
    roles |= dict(other.split("=") for other in others)
    commands = Commands(
        **{name: (sys.executable, "-u", STAND_IN, role, "{home}") for name, role in roles.items()},
        root=Path(STAND_IN).parent,
    )
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    return run(home=Path(home), port=int(port), demo=True, environ=environ, commands=commands)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
