"""Partners: the keys their programs ask us with."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from commands.edge import UsageError, open_parts, refuse, say

if TYPE_CHECKING:
    from core.db.engine import Database


def api(arguments: argparse.Namespace) -> int:
    """Make a key of the API, list all, or withdraw one by its beginning. A key is printed once."""
    from core.errors import Refusal
    from core.partners.make_key import make_key, withdraw_key
    from core.partners.scopes import SCOPES
    from flows.refusals import sentence

    named, wanted = arguments.name, arguments.scope or []
    if arguments.key_act != "list" and not named:
        raise UsageError(f"Name the key to {arguments.key_act}, like: shabaka api key {arguments.key_act} ...")
    unknown = [scope for scope in wanted if scope not in SCOPES]
    if arguments.key_act == "make" and (unknown or not wanted):
        raise UsageError(f"A key needs one --scope or more of: {', '.join(SCOPES)}.")
    try:
        with open_parts() as parts:
            if arguments.key_act == "list":
                return _list(parts.db)
            with parts.db.transaction() as tx:
                if arguments.key_act == "withdraw":
                    say(f"{withdraw_key(tx, prefix=named, now=parts.clock.now())}: withdrawn.")
                    return 0
                made = make_key(
                    tx,
                    name=named,
                    scopes=wanted,
                    router=arguments.router or "",
                    requests_a_minute=arguments.pace,
                    now=parts.clock.now(),
                    ids=parts.ids,
                )
    except Refusal as refusal:
        return refuse(sentence(refusal, "en"))
    say(made.key)
    return 0


def _list(db: Database) -> int:
    from core.partners.keys import keys

    with db.reading() as connection:
        for key in keys(connection):
            state = "withdrawn" if key.withdrawn_at else f"used {key.last_used_at or 'never'}"
            of = f"  router {key.router}" if key.router else ""
            say(f"{key.prefix}  {key.name}  {','.join(key.scopes)}{of}  {state}")
    return 0
