"""What an operation of the API is: one declaration, from which it is routed, guarded, checked and described."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from api.v1.fits import Schema
from core.db.engine import Transaction
from core.partners.know_key import Key
from core.partners.scopes import Scope
from core.parts import Parts


@dataclass(frozen=True, slots=True)
class Parameter:
    """A part of the address: in its path or behind its question mark. `schema`: what fits; texts and numbers only."""

    name: str
    schema: Schema
    says: str
    where: Literal["path", "query"] = "query"
    needed: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """One request that was let in, read and checked. `values`: its parameters that were said."""

    parts: Parts
    key: Key
    now: datetime
    values: Mapping[str, Any]
    body: Any = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered: JSON, and its status."""

    body: Any
    status: int = 200


@dataclass(frozen=True, slots=True)
class Operation:
    """Something a program may ask for. `reads` changes nothing; `works` is done in a transaction, or not at all.

    `keyed`: it takes an Idempotency-Key. `answers`: status -> what it means, and the name of the schema of its body.
    """

    method: Literal["GET", "POST"]
    rule: str
    name: str
    scope: Scope
    says: str
    answers: Mapping[int, tuple[str, str]]
    more: str = ""
    parameters: tuple[Parameter, ...] = ()
    body: str | None = None
    keyed: bool = False
    reads: Callable[[Call], Reply] | None = None
    works: Callable[[Call, Transaction], Reply] | None = None
