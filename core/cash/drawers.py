"""Drawers under lock. Whatever moves notes locks their drawers first: one thing happens to a drawer at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row, text

from core.db.engine import Transaction
from core.errors import DrawerFull, DrawerShort, NotAllowed, NotFound, NotPossibleNow
from core.ledger.accounts import open_accounts
from core.money import Money
from core.staff.roles import may

# In the order of their ids: two who move notes between the same drawers follow each other.
_LOCK: Final = text("""
    SELECT id, code, name, kind, holder_id, currency, held_max_minor, next_number, closed_at FROM cash_drawer
    WHERE id = ANY(:ids) ORDER BY id FOR UPDATE
""")
# Read after the lock, so that what the last one did is seen. The mark is the last posting: see `CashShift`.
_HOLDS: Final = text("""
    SELECT a.id, -a.balance_minor AS holds_minor,
           coalesce((SELECT max(p.id) FROM ledger_posting p WHERE p.account_id = a.id), 0) AS mark
    FROM ledger_account a WHERE a.id = ANY(:accounts)
""")
_OWN: Final = text("SELECT 1 FROM cash_shift WHERE drawer_id = :drawer AND staff_id = :staff AND closed_at IS NULL")


@dataclass(frozen=True, slots=True)
class Drawer:
    """A drawer that is locked: what it holds stays so until the transaction ends. `limit` None: it may hold anything.

    `mark` is the last posting of its account.
    """

    drawer_id: int
    code: str
    name: str
    kind: str
    holder_id: int | None
    limit: Money | None
    next_number: int
    is_closed: bool
    account_id: int
    holds: Money
    mark: int

    @property
    def account(self) -> str:
        """The account of its notes."""
        return account_of(self.code)

    def give(self, amount: Money) -> None:
        """Look whether so much can be taken out of it.

        Raises:
            DrawerShort: it holds less.
        """
        if amount > self.holds:
            raise DrawerShort(drawer=self.name, holds=self.holds)

    def take(self, amount: Money) -> None:
        """Look whether so much can be put into it.

        Raises:
            NotPossibleNow: it is closed.
            DrawerFull: it would hold more than it may.
        """
        if self.is_closed:
            raise NotPossibleNow(what="drawer", state="closed")
        if self.limit is not None and self.holds + amount > self.limit:
            raise DrawerFull(limit=self.limit, holds=self.holds)


def account_of(code: str) -> str:
    """The account of a drawer's notes, by its code."""
    return f"cash:{code}"


def lock_drawers(tx: Transaction, *drawer_ids: int) -> list[Drawer]:
    """Lock drawers and read what they hold; in the order asked for.

    Raises:
        NotFound: there is no such drawer.
    """
    rows = tx.execute(_LOCK, {"ids": sorted(set(drawer_ids))}).all()
    if len(rows) < len(set(drawer_ids)):
        raise NotFound(what="drawer")
    accounts: dict[str, int] = {}
    for currency in {row.currency for row in rows}:
        accounts |= open_accounts(tx, [account_of(row.code) for row in rows if row.currency == currency], currency)
    held = {row.id: row for row in tx.execute(_HOLDS, {"accounts": sorted(accounts.values())})}
    found = {row.id: _drawer(row, held[accounts[account_of(row.code)]]) for row in rows}
    return [found[drawer_id] for drawer_id in drawer_ids]


def refuse_strangers(tx: Transaction, drawer: Drawer, staff_id: int, role: str) -> None:
    """Notes are moved by whose shift is open at the drawer, or by who looks after all drawers.

    Raises:
        NotAllowed: by nobody else.
    """
    if may(role, "cash.manage") or tx.execute(_OWN, {"drawer": drawer.drawer_id, "staff": staff_id}).first():
        return
    raise NotAllowed(permission="cash.manage")


def _drawer(row: Row[Any], held: Row[Any]) -> Drawer:
    return Drawer(
        drawer_id=row.id,
        code=row.code,
        name=row.name,
        kind=row.kind,
        holder_id=row.holder_id,
        limit=Money(row.held_max_minor, row.currency) if row.held_max_minor is not None else None,
        next_number=row.next_number,
        is_closed=row.closed_at is not None,
        account_id=held.id,
        holds=Money(held.holds_minor, row.currency),
        mark=held.mark,
    )
