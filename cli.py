"""The `shabaka` command: what an operator does from a terminal. Exit 0 done, 1 refused or faults, 2 wrong usage."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.billing.bill_chunk import Outcome
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
        if parts.settings.demo:
            from sandbox.seed import refuse_a_real_one

            refuse_a_real_one(parts.db)  # before its schema is touched
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


def export(arguments: argparse.Namespace) -> int:
    """Write the books as a beancount journal, and customers, documents, receipts and payments as CSV."""
    from core.reports.export import export as write_files

    with _parts() as parts, parts.db.snapshot() as connection:
        for path in write_files(connection, arguments.folder, parts.clock.now()):
            _say(str(path))
    return 0


def expire(_arguments: argparse.Namespace) -> int:
    """End every grant that is over."""
    from core.network.expire import expire_due, forget_long_ended

    with _parts() as parts:
        ended = expire_due(parts.db, parts.clock.now())
        forget_long_ended(parts.db, parts.clock.now())
    _say(f"{ended} grants ended.")
    return 0


def bill(arguments: argparse.Namespace) -> int:
    """Bill all that is due by a day; the same day twice changes nothing. --dry-run prints what it would do."""
    from core.billing.draft import issuer_of
    from core.billing.run import bill_due, preview
    from core.days import juba_day
    from core.errors import InvalidDay
    from core.money import Money

    with _parts() as parts:
        now, issuer = parts.clock.now(), issuer_of(parts.settings)
        day = _day(arguments.date) if arguments.date else juba_day(now)
        try:
            run = (preview if arguments.dry_run else bill_due)(
                parts.db, day=day, issuer=issuer, now=now, heard=_tell_billed
            )
        except InvalidDay:
            return _refuse(f"{day} is still to come in Juba.")
    for fault in run.faults:
        print(fault, file=sys.stderr)
    would = "would be " if arguments.dry_run else ""
    _say(f"{run.issued} documents {would}issued, {Money(run.total_minor, 'SSP')}; {run.lapsed} services {would}lapsed.")
    return 1 if run.faults else 0


def _tell_billed(outcome: Outcome) -> None:
    for one in outcome.issued:
        _say(f"{one.number}  {one.draft.issued_on}  account {one.draft.buyer.number}  {one.total}")
        for line in one.draft.lines:
            days = f"{line.days.first} to {line.days.last}" if line.days else ""
            _say(f"    {line.kind:10} {days:26} {line.amount}")
    for number in outcome.lapsed:
        _say(f"service {number}: the balance does not cover the next month")


def tariffs(arguments: argparse.Namespace) -> int:
    """Print the filing of tariffs and promotions for the regulator, as CSV."""
    from core.catalog.file_tariffs import tariff_filing
    from core.errors import InvalidDay

    try:
        with _parts() as parts, parts.db.reading() as connection:
            filing = tariff_filing(connection, arguments.quarter)
    except InvalidDay:
        return _refuse(f"A quarter is written like 2026Q4, not {arguments.quarter}.")
    sys.stdout.write(filing)
    return 0


def _day(typed: str) -> date:
    try:
        return date.fromisoformat(typed)
    except ValueError:
        raise UsageError(f"A day is written like 2026-11-30, not {typed}.") from None


def statement(arguments: argparse.Namespace) -> int:
    """Read a bank's or provider's file in for one of our accounts. What is known already changes nothing."""
    from core.billing.draft import issuer_of
    from core.billing.of_statements import bills_of
    from core.errors import Refusal
    from core.statements.accounts import account_named
    from core.statements.queries import one_import
    from core.statements.read_import import Progress, read_import
    from core.statements.receive_file import receive_file
    from flows.refusals import sentence

    def tell(progress: Progress) -> None:
        print(f"{progress.lines} lines read", file=sys.stderr)

    try:
        with _parts() as parts, arguments.file.open("rb") as content:
            with parts.db.transaction() as tx:
                import_id = receive_file(
                    tx,
                    account_id=account_named(tx.connection, arguments.account).account_id,
                    file_name=arguments.file.name,
                    content=content,
                    staff_id=None,
                    now=parts.clock.now(),
                )
            bills = bills_of(issuer_of(parts.settings))
            done = read_import(parts.db, import_id, clock=parts.clock, bills=bills, heard=tell)
            with parts.db.reading() as connection:
                bad = one_import(connection, import_id)["bad_lines"]
    except Refusal as refusal:
        return _refuse(sentence(refusal, "en"))
    except OSError as error:
        return _refuse(f"{arguments.file}: {error.strerror}.")
    for number, reason in bad["lines"]:
        _say(f"line {number}: {reason}")
    _say(f"{done.lines} lines, {done.new} new, {done.matched} matched, {done.bad} could not be read.")
    return 1 if done.bad else 0


def reconcile(arguments: argparse.Namespace) -> int:
    """Hold every account and drawer against the books, by day. Exit 1 when something is not explained."""
    from core.days import DAY, juba_day
    from core.statements.reconcile import closings
    from core.statements.reconcile import reconcile as reconciled

    with _parts() as parts, parts.db.reading() as connection:
        last = _day(arguments.to) if arguments.to else juba_day(parts.clock.now())
        first = _day(getattr(arguments, "from")) if getattr(arguments, "from") else last - 6 * DAY
        if first > last:
            raise UsageError("The first day is after the last.")
        rows, balances = reconciled(connection, first, last), closings(connection)
    for row in rows:
        why = "; ".join(f"{word} {part}" for word, part in row.why.items())
        suspense = f"  on suspense {row.suspense}" if row.suspense else ""
        said = f"they {row.theirs}  books {row.ours}  difference {row.difference}"
        _say(f"{row.day}  {row.code:20} {said}  {why}{suspense}")
    for closing in balances:
        if closing.differs:
            _say(f"{closing.day}  {closing.code:20} their balance {closing.theirs}, the books' {closing.ours}")
    look = sum(row.unexplained for row in rows) + sum(closing.differs for closing in balances)
    _say(f"{look} to look into." if look else "Everything is explained." if rows else "There is nothing to reconcile.")
    return 1 if look else 0


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


def network(arguments: argparse.Namespace) -> int:
    """Show the operators' networks, or change the script that texts to the phones of one are written in."""
    from core.customers.queries import networks
    from core.customers.set_script import set_script
    from core.errors import NotFound

    if arguments.code and not arguments.script:
        raise UsageError(f"Which script can the phones of {arguments.code} show? --script arabic or --script latin.")
    if arguments.script and not arguments.code:
        raise UsageError("Name the network, like: shabaka network digitel --script latin")
    with _parts() as parts, parts.db.transaction() as tx:
        if arguments.code:
            try:
                set_script(tx, network=arguments.code, script=arguments.script)
            except NotFound:
                return _refuse(f"There is no network {arguments.code}. `shabaka network` lists them.")
        for known in networks(tx.connection):
            _say(f"{known.code:8}  {known.script:6}  {known.name}")
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
    verb("export", export, "shabaka export /media/usb").add_argument("folder", type=Path, metavar="DIR")
    verb("expire", expire, "shabaka expire")
    added = verb("bill", bill, "shabaka bill --date 2026-12-01 --dry-run")
    added.add_argument("--date", help="bill all that is due by this day (default: today)")
    added.add_argument("--dry-run", action="store_true", help="print what would be done, and do nothing")
    verb("tariffs", tariffs, "shabaka tariffs 2026Q4").add_argument("quarter")
    added = verb("statement", statement, "shabaka statement import eco november.csv")
    added.add_argument("statement_act", choices=["import"], metavar="import")
    added.add_argument("account", metavar="ACCOUNT")
    added.add_argument("file", type=Path, metavar="FILE")
    added = verb("reconcile", reconcile, "shabaka reconcile --from 2026-11-01 --to 2026-11-30")
    added.add_argument("--from", help="the first day (default: six days before the last)")
    added.add_argument("--to", help="the last day (default: today)")
    verb("sync", sync, "shabaka sync juba-town").add_argument("router", nargs="?")
    added = verb("staff", staff, "shabaka staff add mary --role manager --name 'Mary Keji'")
    added.add_argument("staff_act", choices=["add", "reset"], metavar="add|reset")
    added.add_argument("username")
    added.add_argument("--role", choices=["admin", "manager", "cashier", "technician"], default="cashier")
    added.add_argument("--name")
    added.add_argument("--lang", choices=["en", "ar"], default="en")
    added = verb("network", network, "shabaka network digitel --script latin")
    added.add_argument("code", nargs="?", metavar="CODE")
    added.add_argument("--script", choices=["arabic", "latin"])
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
