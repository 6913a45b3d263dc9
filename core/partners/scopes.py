"""What a key may be allowed. A word of its own for each kind of harm."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal, get_args

from core.errors import NotPossibleNow

Scope = Literal[
    "customers:read",  # names and phones
    "services:read",
    "services:write",  # cut services off, and let them go on
    "usage:write",  # what it tells is counted, and may be billed
    "events",  # what happens to services, payments and routers
    "radius",  # log-ins and accounting of equipment
    "radius:passwords",  # with `radius`: also a customer's password in clear, for CHAP and MS-CHAP
]
SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)


def scopes_named(words: Iterable[str]) -> tuple[Scope, ...]:
    """The scopes of these names, in our order.

    Raises:
        NotPossibleNow: one is none, there is none at all, or passwords are asked for without log-ins.
    """
    said = set(words)
    found = tuple(scope for scope in SCOPES if scope in said)
    if not found or len(found) != len(said) or ("radius:passwords" in said and "radius" not in said):
        raise NotPossibleNow(what="api key", state="scopes")
    return found
