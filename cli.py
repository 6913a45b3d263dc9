"""The `shabaka` command: what an operator does from a terminal. Exit 0 done, 1 refused or faults, 2 wrong usage."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from commands import books, house, partners, people, routers, usage
from commands.edge import DEFAULT_PORT, UsageError, refuse, warn


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="shabaka", description="Billing by SMS and USSD.")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")

    def verb(name: str, act: Callable[[argparse.Namespace], int], example: str) -> argparse.ArgumentParser:
        added = verbs.add_parser(name, help=act.__doc__, description=act.__doc__, epilog=f"Example: {example}")
        added.set_defaults(act=act)
        added.add_argument("--home", type=Path, help="where data lives (default: $HOME_DIR, else var)")
        return added

    added = verb("run", house.run, "shabaka run --demo --port 8000")
    added.add_argument("--demo", action="store_true", help="with the sandbox town and its people")
    added.add_argument("--port", default=str(DEFAULT_PORT))
    verb("migrate", house.migrate, "shabaka migrate")
    verb("seed", house.seed, "shabaka seed")
    verb("check", house.check, "shabaka check")
    verb("export", books.export, "shabaka export /media/usb").add_argument("folder", type=Path, metavar="DIR")
    verb("expire", routers.expire, "shabaka expire")
    added = verb("bill", books.bill, "shabaka bill --date 2026-12-01 --dry-run")
    added.add_argument("--date", help="bill all that is due by this day (default: today)")
    added.add_argument("--dry-run", action="store_true", help="print what would be done, and do nothing")
    verb("tariffs", books.tariffs, "shabaka tariffs 2026Q4").add_argument("quarter")
    added = verb("statement", books.statement, "shabaka statement import eco november.csv")
    added.add_argument("statement_act", choices=["import"], metavar="import")
    added.add_argument("account", metavar="ACCOUNT")
    added.add_argument("file", type=Path, metavar="FILE")
    added = verb("reconcile", books.reconcile, "shabaka reconcile --from 2026-11-01 --to 2026-11-30")
    added.add_argument("--from", help="the first day (default: six days before the last)")
    added.add_argument("--to", help="the last day (default: today)")
    added.add_argument("--ask", action="store_true", help="have the providers tell what we have with them")
    added = verb("sync", routers.sync, "shabaka sync juba-town --dry-run")
    added.add_argument("router", nargs="?")
    added.add_argument("--dry-run", action="store_true", help="say what would be changed, and change nothing")
    verb("usage", usage.usage, "shabaka usage --days 31").add_argument(
        "--days", type=int, choices=range(1, 3661), metavar="DAYS", default=31, help="how far back (31)"
    )
    added = verb("radius", routers.radius, "shabaka radius key")
    added.add_argument("radius_act", choices=["key", "reseal"], metavar="key|reseal")
    added = verb("staff", people.staff, "shabaka staff add mary --role manager --name 'Mary Keji'")
    added.add_argument("staff_act", choices=["add", "reset"], metavar="add|reset")
    added.add_argument("username")
    added.add_argument("--role", choices=["admin", "manager", "cashier", "technician"], default="cashier")
    added.add_argument("--name")
    added.add_argument("--lang", choices=["en", "ar"], default="en")
    added = verb("network", people.network, "shabaka network digitel --script latin")
    added.add_argument("code", nargs="?", metavar="CODE")
    added.add_argument("--script", choices=["arabic", "latin"])
    _take_key(verb("api", partners.api, "shabaka api key make 'Munuki' --scope radius --router munuki"))
    added = verb("chat", house.chat, "shabaka chat --phone 0921000001")
    added.add_argument("--phone", default="0921000001")
    added.add_argument("--sms", action="store_true", help="by text instead of dialling")
    added.add_argument("--lang", choices=["en", "ar"], help="of this program's own words")
    added = verb("bench", house.bench, "shabaka bench hop --json")
    added.add_argument("name")
    added.add_argument("--json", action="store_true")
    verb("version", house.version, "shabaka version")
    return parser


def _take_key(added: argparse.ArgumentParser) -> None:
    added.add_argument("api_what", choices=["key"], metavar="key")
    added.add_argument("key_act", choices=["make", "list", "withdraw"], metavar="make|list|withdraw")
    added.add_argument("name", nargs="?", help="of the key to make; the beginning of the one to withdraw")
    added.add_argument("--scope", action="append", help="what it may; say it again for each")
    added.add_argument("--router", help="it speaks for this router alone")
    added.add_argument("--pace", type=int, default=600, help="requests it may make in a minute (default: 600)")


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
        return refuse(str(error))
    except SettingsError as error:
        for fault in error.faults:
            warn(fault)
        return 1
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        if type(error).__name__ != "OperationalError":  # by name: `run` should not load what only this needs
            raise
        return refuse("PostgreSQL does not answer yet. Try again in a moment.")


if __name__ == "__main__":
    raise SystemExit(main())
