"""The `shabaka` command: what an operator does from a terminal. Exit 0 done, 1 refused or faults, 2 wrong usage."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.parts import Parts

VERSION = "0.1.0"
DEFAULT_HOME = Path("var")
DEFAULT_PORT = 8000
PORT_MOST = 65535


class UsageError(Exception):
    """What was asked cannot be done as asked; the text is the one sentence that says why."""


def _home() -> Path:
    return Path(os.environ.get("HOME_DIR") or DEFAULT_HOME)


def _port(typed: str) -> int:
    if not typed.isdecimal() or not 1 <= int(typed) <= PORT_MOST:
        raise UsageError(f"A port is a number from 1 to {PORT_MOST}, not {typed}.")
    return int(typed)


def _say(text: str) -> None:
    print(text)


def run(arguments: argparse.Namespace) -> int:
    """Start everything and keep it alive."""
    from supervisor.run import run as supervise

    port = _port(arguments.port)
    return supervise(home=arguments.home or _home(), port=port, demo=arguments.demo, environ=dict(os.environ))


def migrate(_arguments: argparse.Namespace) -> int:
    """Bring the database to the schema of this code."""
    from core.db.migrate import migrate as bring_up
    from core.db.revision import newest

    with _parts() as parts:
        bring_up(parts.db.engine)
    _say(f"The database is at revision {newest()}.")
    return 0


def seed(_arguments: argparse.Namespace) -> int:
    """Put the demo town's people, plans and routers into the database; nothing that is there is changed."""
    from sandbox.seed import seed as plant

    with _environment() as environ:
        if not (Path(environ["SHABAKA_HOME"]) / "sandbox.json").exists():
            return _refuse("There is no demo town here yet. Start one with `make run`.")
        plant(environ)
    return 0


def check(_arguments: argparse.Namespace) -> int:
    """Hold books and data against themselves: a line per fault."""
    from core.integrity import all_faults

    with _parts() as parts, parts.db.reading() as connection:
        faults = all_faults(connection, parts.clock.now())
    for fault in faults:
        _say(fault)
    _say(f"{len(faults)} faults." if faults else "The books and the data agree.")
    return 1 if faults else 0


def expire(_arguments: argparse.Namespace) -> int:
    """End every grant that is over."""
    from core.network.expire import expire_due, forget_long_ended

    with _parts() as parts:
        ended = expire_due(parts.db, parts.clock.now())
        forget_long_ended(parts.db, parts.clock.now())
    _say(f"{ended} grants ended.")
    return 0


def sync(arguments: argparse.Namespace) -> int:
    """Visit routers now: all, or the one named."""
    from sqlalchemy import select

    from core.gateways.routeros import RouterOsRouter
    from core.network.models import RouterRow
    from core.network.sync import sync_router

    query = select(RouterRow.id, RouterRow.name).order_by(RouterRow.name)
    if arguments.router:
        query = query.where(RouterRow.name == arguments.router)
    failed = 0
    with _parts() as parts:
        with parts.db.reading() as connection:
            routers = connection.execute(query).all()
        if arguments.router and not routers:
            return _refuse(f"There is no router named {arguments.router}.")
        for router in routers:
            visited = sync_router(
                router.id, db=parts.db, connector=RouterOsRouter, sealer=parts.sealer, clock=parts.clock, force=True
            )
            with parts.db.reading() as connection:
                error = connection.execute(select(RouterRow.last_error).where(RouterRow.id == router.id)).scalar()
            failed += bool(error) or not visited
            _say(f"{router.name}: {error or ('in step' if visited else 'being visited by another')}")
    return 1 if failed else 0


def staff(arguments: argparse.Namespace) -> int:
    """Add a staff member, or give one a new password. The password is read from standard input, or made."""
    from core.errors import Refusal
    from core.ids import SystemIds
    from core.staff.add import add_member, reset_password
    from flows.refusals import sentence

    given = "" if sys.stdin.isatty() else sys.stdin.readline().strip()
    password = given or SystemIds().typeable(16)
    try:
        with _parts() as parts, parts.db.transaction() as tx:
            if arguments.staff_act == "add":
                add_member(
                    tx,
                    username=arguments.username,
                    name=arguments.name or arguments.username,
                    role=arguments.role,
                    language=arguments.lang,
                    password=password,
                    now=parts.clock.now(),
                    ids=parts.ids,
                )
            else:
                reset_password(tx, username=arguments.username, password=password, now=parts.clock.now(), ids=parts.ids)
    except Refusal as refusal:
        return _refuse(sentence(refusal, "en"))
    _say(f"{arguments.username}: done." + ("" if given else f" Password: {password}"))
    return 0


def chat(arguments: argparse.Namespace) -> int:
    """Talk to the running system as a phone would."""
    from sandbox.chat import chat as talk

    return talk(home=arguments.home or _home(), phone=arguments.phone, sms=arguments.sms, language=arguments.lang)


def bench(arguments: argparse.Namespace) -> int:
    """Measure a performance claim as a ratio to a ceiling of the same run."""
    from bench import run_bench

    return run_bench(arguments.name, as_json=arguments.json)


def version(_arguments: argparse.Namespace) -> int:
    """Say which Shabaka this is."""
    _say(f"shabaka {VERSION}")
    return 0


@contextmanager
def _environment() -> Iterator[dict[str, str]]:
    """The environment given; else that of the running house, or of its servers started for as long as it takes."""
    from supervisor.household import House, open_house

    if "DATABASE_URL" in os.environ and "SHABAKA_SECRET_KEY" in os.environ:  # a child of `run`, or a systemd unit
        yield dict(os.environ)
        return
    home = _home().resolve()
    port = _port(os.environ.get("PORT", str(DEFAULT_PORT)))
    if not (home / "postgres").is_dir() and "DATABASE_URL" not in os.environ:
        raise UsageError(f"There is no Shabaka in {home}. Name its folder with --home, or start one: `make run`.")
    demo = (home / "sandbox.json").exists()
    with open_house(House(home=home, port=port, demo=demo, environ=dict(os.environ))) as environ:
        yield environ


@contextmanager
def _parts() -> Iterator[Parts]:
    """The parts for one command."""
    from core import logs
    from core.bells import bell
    from core.parts import assemble
    from core.settings import load

    with _environment() as environ:
        settings = load(environ)
        logs.configure("WARNING", settings.secrets)
        parts = assemble(settings, ring=bell(settings.redis_url), pool_size=2)
        try:
            yield parts
        finally:
            parts.db.close()


def _refuse(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="shabaka", description="Billing by SMS and USSD.")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")

    def verb(name: str, act: Callable[[argparse.Namespace], int], example: str) -> argparse.ArgumentParser:
        added = verbs.add_parser(name, help=act.__doc__, description=act.__doc__, epilog=f"Example: {example}")
        added.set_defaults(act=act)
        added.add_argument("--home", type=Path, help="where data lives (default: $HOME_DIR, else var)")
        return added

    added = verb("run", run, "shabaka run --demo --port 8000")
    added.add_argument("--demo", action="store_true", help="with the sandbox town and its people")
    added.add_argument("--port", default=str(DEFAULT_PORT))
    verb("migrate", migrate, "shabaka migrate")
    verb("seed", seed, "shabaka seed")
    verb("check", check, "shabaka check")
    verb("expire", expire, "shabaka expire")
    verb("sync", sync, "shabaka sync juba-town").add_argument("router", nargs="?")
    added = verb("staff", staff, "shabaka staff add mary --role manager --name 'Mary Keji'")
    added.add_argument("staff_act", choices=["add", "reset"], metavar="add|reset")
    added.add_argument("username")
    added.add_argument("--role", choices=["admin", "manager", "cashier", "technician"], default="cashier")
    added.add_argument("--name")
    added.add_argument("--lang", choices=["en", "ar"], default="en")
    added = verb("chat", chat, "shabaka chat --phone 0921000001")
    added.add_argument("--phone", default="0921000001")
    added.add_argument("--sms", action="store_true", help="by text instead of dialling")
    added.add_argument("--lang", choices=["en", "ar"], help="of this program's own words")
    added = verb("bench", bench, "shabaka bench hop --json")
    added.add_argument("name")
    added.add_argument("--json", action="store_true")
    verb("version", version, "shabaka version")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb."""
    arguments = _parser().parse_args(argv)
    from core.settings import SettingsError
    from supervisor.errors import CannotRunError

    if arguments.home is not None:
        os.environ["HOME_DIR"] = str(arguments.home)
    try:
        return int(arguments.act(arguments))
    except (UsageError, CannotRunError) as error:
        return _refuse(str(error))
    except SettingsError as error:
        for fault in error.faults:
            print(fault, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        if type(error).__name__ != "OperationalError":  # by name: `run` should not load what only this needs
            raise
        return _refuse("PostgreSQL does not answer yet. Try again in a moment.")


if __name__ == "__main__":
    raise SystemExit(main())
