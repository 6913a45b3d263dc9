"""People: who works here, and the operators' networks customers call from."""

from __future__ import annotations

import argparse
import sys

from commands.edge import UsageError, open_parts, refuse, say


def staff(arguments: argparse.Namespace) -> int:
    """Add a staff member, or give one a new password. The password is read from standard input, or made."""
    from core.errors import Refusal
    from core.ids import SystemIds
    from core.staff.add import add_member, reset_password
    from flows.refusals import sentence

    given = "" if sys.stdin.isatty() else sys.stdin.readline().strip()
    password = given or SystemIds().typeable(16)
    try:
        with open_parts() as parts, parts.db.transaction() as tx:
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
        return refuse(sentence(refusal, "en"))
    say(f"{arguments.username}: done." + ("" if given else f" Password: {password}"))
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
    with open_parts() as parts, parts.db.transaction() as tx:
        if arguments.code:
            try:
                set_script(tx, network=arguments.code, script=arguments.script)
            except NotFound:
                return refuse(f"There is no network {arguments.code}. `shabaka network` lists them.")
        for known in networks(tx.connection):
            say(f"{known.code:8}  {known.script:6}  {known.name}")
    return 0
