"""Usage at a terminal: the bytes that nobody known has used."""

from __future__ import annotations

import argparse
from datetime import timedelta

from commands.edge import open_parts, say


def usage(arguments: argparse.Namespace) -> int:
    """List the bytes of the last days that belong to nobody, by equipment and user name."""
    from core.clock import JUBA
    from core.usage.unattributed import SHOWN_MAX, unattributed

    with open_parts() as parts:
        since = parts.clock.now() - timedelta(days=arguments.days)
        with parts.db.reading() as connection:
            found = unattributed(connection, since)
    for one in found:
        heard = f"{one.heard_at.astimezone(JUBA):%Y-%m-%d %H:%M}"
        # As equipment sent it: quoted, so that no name can move the cursor of who reads it.
        who = f"{one.equipment!a} {one.username!a}"
        say(f"{who}: {one.sessions} sessions, {one.up_bytes} bytes up, {one.down_bytes} down, last heard of {heard}")
    if not found:
        say("Every byte has its customer.")
    if len(found) == SHOWN_MAX:
        say(f"There may be more. These are the {SHOWN_MAX} with the most bytes.")
    return 0
