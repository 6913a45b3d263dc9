"""A new drawer: a counter's, an agent's in the field, another safe."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from sqlalchemy.dialects.postgresql import insert as upsert

from core.cash.limits import KINDS, NAME_CHARS_MAX
from core.cash.models import CashDrawer
from core.catalog.taxes import HOME_CURRENCY
from core.db.engine import Transaction
from core.errors import CodeTaken, InvalidName, NotPossibleNow
from core.money import Money

_CODE: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,19}")


def open_drawer(
    tx: Transaction, *, code: str, name: str, kind: str, holder_id: int | None, limit: Money | None, now: datetime
) -> int:
    """Open a drawer, empty. Its code is part of every receipt's number and stays for ever. Returns its id.

    Raises:
        InvalidName: no code or no name.
        NotPossibleNow: an unknown kind, or a limit that is nothing.
        CodeTaken: there is or was a drawer of this code.
    """
    if not _CODE.fullmatch(code):
        raise InvalidName(typed=code[:NAME_CHARS_MAX])
    if kind not in KINDS:
        raise NotPossibleNow(what="drawer", state=kind)
    drawer_id = tx.execute(
        upsert(CashDrawer)
        .values(
            code=code,
            name=name_of(name),
            kind=kind,
            holder_id=holder_id,
            currency=HOME_CURRENCY,
            held_max_minor=limit_of(limit),
            next_number=1,
            opened_at=now,
        )
        .on_conflict_do_nothing(index_elements=[CashDrawer.code])
        .returning(CashDrawer.id)
    ).scalar()
    if drawer_id is None:
        raise CodeTaken(taken=code)
    return int(drawer_id)


def name_of(name: str) -> str:
    """A drawer's name as it is kept.

    Raises:
        InvalidName: none, or too long a one.
    """
    plain = name.strip()
    if not plain or len(plain) > NAME_CHARS_MAX:
        raise InvalidName(typed=plain[:NAME_CHARS_MAX])
    return plain


def limit_of(limit: Money | None) -> int | None:
    """A drawer's limit as it is kept; None: none.

    Raises:
        NotPossibleNow: nothing may lie in it.
    """
    if limit is not None and limit.minor <= 0:
        raise NotPossibleNow(what="drawer", state="limit")
    return limit.minor if limit is not None else None
