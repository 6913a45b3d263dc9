"""The books: bills, tariffs for the regulator, statements of banks, reconciliation, and everything as files."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from commands.edge import UsageError, open_parts, read_day, refuse, say, warn

if TYPE_CHECKING:
    from core.billing.bill_chunk import Outcome
    from core.parts import Parts


def bill(arguments: argparse.Namespace) -> int:
    """Bill all that is due by a day; the same day twice changes nothing. --dry-run prints what it would do."""
    from core.billing.draft import issuer_of
    from core.billing.run import bill_due, preview
    from core.days import juba_day
    from core.errors import InvalidDay
    from core.money import Money

    with open_parts() as parts:
        now, issuer = parts.clock.now(), issuer_of(parts.settings)
        day = read_day(arguments.date) if arguments.date else juba_day(now)
        try:
            run = (preview if arguments.dry_run else bill_due)(
                parts.db, day=day, issuer=issuer, now=now, heard=_tell_billed
            )
        except InvalidDay:
            return refuse(f"{day} is still to come in Juba.")
    for fault in run.faults:
        warn(fault)
    would = "would be " if arguments.dry_run else ""
    say(f"{run.issued} documents {would}issued, {Money(run.total_minor, 'SSP')}; {run.lapsed} services {would}lapsed.")
    return 1 if run.faults else 0


def _tell_billed(outcome: Outcome) -> None:
    for one in outcome.issued:
        say(f"{one.number}  {one.draft.issued_on}  account {one.draft.buyer.number}  {one.total}")
        for line in one.draft.lines:
            days = f"{line.days.first} to {line.days.last}" if line.days else ""
            say(f"    {line.kind:10} {days:26} {line.amount}")
    for number in outcome.lapsed:
        say(f"service {number}: the balance does not cover the next month")


def tariffs(arguments: argparse.Namespace) -> int:
    """Print the filing of tariffs and promotions for the regulator, as CSV."""
    from core.catalog.file_tariffs import tariff_filing
    from core.errors import InvalidDay

    try:
        with open_parts() as parts, parts.db.reading() as connection:
            filing = tariff_filing(connection, arguments.quarter)
    except InvalidDay:
        return refuse(f"A quarter is written like 2026Q4, not {arguments.quarter}.")
    sys.stdout.write(filing)
    return 0


def export(arguments: argparse.Namespace) -> int:
    """Write the books as a beancount journal, and customers, documents, receipts and payments as CSV."""
    from core.reports.export import export as write_files

    with open_parts() as parts, parts.db.snapshot() as connection:
        for path in write_files(connection, arguments.folder, parts.clock.now()):
            say(str(path))
    return 0


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
        warn(f"{progress.lines} lines read")

    try:
        with open_parts() as parts, arguments.file.open("rb") as content:
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
        return refuse(sentence(refusal, "en"))
    except OSError as error:
        return refuse(f"{arguments.file}: {error.strerror}.")
    for number, reason in bad["lines"]:
        say(f"line {number}: {reason}")
    say(f"{done.lines} lines, {done.new} new, {done.matched} matched, {done.bad} could not be read.")
    return 1 if done.bad else 0


def reconcile(arguments: argparse.Namespace) -> int:
    """Hold every account and drawer against the books, by day. Exit 1 when something is not explained.

    --ask has the providers tell what we have with them now. It is only shown: no provider says as of when.
    """
    from core.days import DAY, juba_day
    from core.statements.reconcile import closings
    from core.statements.reconcile import reconcile as reconciled

    with open_parts() as parts, parts.db.reading() as connection:
        last = read_day(arguments.to) if arguments.to else juba_day(parts.clock.now())
        first = read_day(getattr(arguments, "from")) if getattr(arguments, "from") else last - 6 * DAY
        if first > last:
            raise UsageError("The first day is after the last.")
        rows, balances = reconciled(connection, first, last), closings(connection)
        told = _told_balances(parts) if arguments.ask else []
    for row in rows:
        why = "; ".join(f"{word} {part}" for word, part in row.why.items())
        suspense = f"  on suspense {row.suspense}" if row.suspense else ""
        said = f"they {row.theirs}  books {row.ours}  difference {row.difference}"
        say(f"{row.day}  {row.code:20} {said}  {why}{suspense}")
    for closing in balances:
        if closing.differs:
            say(f"{closing.day}  {closing.code:20} their balance {closing.theirs}, the books' {closing.ours}")
    for line in told:
        say(line)
    look = sum(row.unexplained for row in rows) + sum(closing.differs for closing in balances)
    say(f"{look} to look into." if look else "Everything is explained." if rows else "There is nothing to reconcile.")
    return 1 if look else 0


def _told_balances(parts: Parts) -> list[str]:
    """What each provider says we have with it, from collecting and for paying out."""
    from core.gateways.wiring import collectors, disburser

    paying = disburser(parts.settings)
    asked = [(one.rail, one.platform, one.balance()) for one in collectors(parts.settings).values()]
    asked += [(f"{paying.rail}, to pay out", paying.platform, paying.balance())] if paying else []
    return [f"{rail} ({platform}): {balance or 'no answer'}" for rail, platform, balance in asked]
