"""The house itself: start it, bring its database up, ask it whether it is well, talk to it, measure it."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Final

from commands.edge import home_folder, open_environment, open_parts, read_port, refuse, say

VERSION: Final = "0.1.0"


def run(arguments: argparse.Namespace) -> int:
    """Start everything and keep it alive."""
    from supervisor.run import run as supervise

    port = read_port(arguments.port)
    return supervise(home=arguments.home or home_folder(), port=port, demo=arguments.demo, environ=dict(os.environ))


def migrate(_arguments: argparse.Namespace) -> int:
    """Bring the database to the schema of this code."""
    from core.db.migrate import migrate as bring_up
    from core.db.revision import newest

    with open_parts() as parts:
        if parts.settings.demo:
            from sandbox.seed import refuse_a_real_one

            refuse_a_real_one(parts.db)  # before its schema is touched
        bring_up(parts.db.engine)
    say(f"The database is at revision {newest()}.")
    return 0


def seed(_arguments: argparse.Namespace) -> int:
    """Put the demo town's people, plans and routers into the database; nothing that is there is changed."""
    from sandbox.seed import seed as plant

    with open_environment() as environ:
        if not (Path(environ["SHABAKA_HOME"]) / "sandbox.json").exists():
            return refuse("There is no demo town here yet. Start one with `make run`.")
        plant(environ)
    return 0


def check(_arguments: argparse.Namespace) -> int:
    """Hold books and data against themselves: a line per fault."""
    from core.integrity import all_faults

    with open_parts() as parts, parts.db.reading() as connection:
        faults = all_faults(connection, parts.clock.now())
    for fault in faults:
        say(fault)
    say(f"{len(faults)} faults." if faults else "The books and the data agree.")
    return 1 if faults else 0


def chat(arguments: argparse.Namespace) -> int:
    """Talk to the running system as a phone would."""
    from sandbox.chat import chat as talk

    return talk(home=arguments.home or home_folder(), phone=arguments.phone, sms=arguments.sms, language=arguments.lang)


def bench(arguments: argparse.Namespace) -> int:
    """Measure a performance claim as a ratio to a ceiling of the same run."""
    from bench import run_bench

    return run_bench(arguments.name, as_json=arguments.json)


def version(_arguments: argparse.Namespace) -> int:
    """Say which Shabaka this is."""
    say(f"shabaka {VERSION}")
    return 0
