"""Stories of cash, in a word each: drawers, people, notes."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from sqlalchemy import insert, text

from core.billing.take_back import take_back
from core.cash.ask_void import ask_void
from core.cash.bank_cash import bank_cash, bring_from_bank
from core.cash.close_shift import ShiftClosed, close_shift
from core.cash.decide_void import decide_void
from core.cash.move_cash import move_cash
from core.cash.open_drawer import open_drawer
from core.cash.open_shift import Float, open_shift
from core.cash.take_cash import CashTaken, take_cash
from core.customers.queries import Account
from core.money import Money
from core.parts import Parts
from core.staff.models import StaffMember
from tests.town import Town, everything_agrees

_keys = itertools.count(1)


def ssp(pounds: int) -> Money:
    return Money.of(pounds, "SSP")


@dataclass
class Tills:
    """A cashier Rose, an agent Lado and Mary, who looks after all drawers. Kiden has no permission at all."""

    parts: Parts
    town: Town

    ROLES: ClassVar = {"rose": "cashier", "lado": "cashier", "mary": "manager", "gatluak": "technician", "kiden": ""}

    @property
    def now(self) -> Any:
        return self.parts.clock.now()

    def hires(self, username: str) -> int:
        with self.parts.db.transaction() as tx:
            self.town.staff[username] = tx.execute(
                insert(StaffMember)
                .values(
                    username=username,
                    name=username.title(),
                    role="cashier",
                    language="en",
                    password_hash="-",
                    session_mark="-",
                    active=True,
                    added_at=self.now,
                )
                .returning(StaffMember.id)
            ).scalar_one()
        return self.town.staff[username]

    def does(self, verb: Callable[..., Any], **values: Any) -> Any:
        return self.parts.db.run(lambda tx: verb(tx, **values))

    def rows(self, query: str, **values: Any) -> list[Any]:
        with self.parts.db.reading() as connection:
            return list(connection.execute(text(query), values))

    def one(self, query: str, **values: Any) -> Any:
        (row,) = self.rows(query, **values)
        return row

    def drawer(self, code: str) -> int:
        return int(self.one("SELECT id FROM cash_drawer WHERE code = :code", code=code).id)

    def drawer_with(self, username: str) -> str:
        """The code of the drawer at which somebody works."""
        return str(
            self.one(
                "SELECT d.code FROM cash_shift s JOIN cash_drawer d ON d.id = s.drawer_id"
                " WHERE s.staff_id = :staff AND s.closed_at IS NULL",
                staff=self.town.staff[username],
            ).code
        )

    def stands(self, code: str) -> Money:
        """The balance of an account of the books: what we have stands below zero."""
        (row,) = self.rows(
            "SELECT coalesce(sum(p.amount_minor), 0)::bigint AS minor FROM ledger_account a"
            " LEFT JOIN ledger_posting p ON p.account_id = a.id WHERE a.code = :code",
            code=f"{code}:SSP",
        )
        return Money(row.minor, "SSP")

    def holds(self, drawer: str) -> Money:
        return -self.stands(f"cash:{drawer}")

    def makes(self, code: str, kind: str = "counter", holder: str | None = None, limit: int | None = None) -> int:
        found: int = self.does(
            open_drawer,
            code=code,
            name=code.title(),
            kind=kind,
            holder_id=self.town.staff[holder] if holder else None,
            limit=ssp(limit) if limit else None,
            now=self.now,
        )
        return found

    def opens(
        self,
        who: str,
        drawer: str = "counter",
        counted: int = 0,
        brought: int = 0,
        why: str = "",
        key: str | None = None,
    ) -> int:
        """Open a shift; its id."""
        begun = self.does(
            open_shift,
            request_key=key or f"open-{next(_keys)}",
            drawer_id=self.drawer(drawer),
            staff_id=self.town.staff[who],
            counted=ssp(counted),
            brought=Float(self.drawer("safe"), ssp(brought)) if brought else None,
            why=why,
            now=self.now,
        )
        return int(begun.shift_id)

    def takes(self, who: str, pounds: int, customer: Account | None = None, key: str | None = None) -> str:
        """Take cash; the number of its receipt."""
        taken: CashTaken = self.does(
            take_cash,
            request_key=key or f"cash-{next(_keys)}",
            customer_id=(customer or self.town.achol).customer_id,
            amount=ssp(pounds),
            staff_id=self.town.staff[who],
            now=self.now,
        )
        return taken.receipt_number

    def closes(self, who: str, shift: int, counted: int, why: str = "") -> ShiftClosed:
        found: ShiftClosed = self.does(
            close_shift,
            shift_id=shift,
            counted=ssp(counted),
            why=why,
            staff_id=self.town.staff[who],
            role=self.ROLES[who],
            now=self.now,
        )
        return found

    def moves(self, who: str, source: str, to: str, pounds: int, key: str | None = None) -> Any:
        return self.does(
            move_cash,
            request_key=key or f"move-{next(_keys)}",
            from_drawer_id=self.drawer(source),
            to_drawer_id=self.drawer(to),
            amount=ssp(pounds),
            staff_id=self.town.staff[who],
            role=self.ROLES[who],
            now=self.now,
        )

    def banks(self, who: str, drawer: str, pounds: int, slip: str = "0017", key: str | None = None) -> Any:
        return self._with_bank(bank_cash, who, drawer, pounds, slip, key)

    def brings(self, who: str, drawer: str, pounds: int, slip: str = "", key: str | None = None) -> Any:
        return self._with_bank(bring_from_bank, who, drawer, pounds, slip, key)

    def _with_bank(self, verb: Any, who: str, drawer: str, pounds: int, slip: str, key: str | None) -> Any:
        return self.does(
            verb,
            request_key=key or f"bank-{next(_keys)}",
            drawer_id=self.drawer(drawer),
            bank_code="equity",
            amount=ssp(pounds),
            slip=slip,
            staff_id=self.town.staff[who],
            role=self.ROLES[who],
            now=self.now,
        )

    def opens_a_bank(self) -> None:
        with self.parts.db.transaction() as tx:
            tx.execute(
                text(
                    "INSERT INTO money_account (code, kind, name, ledger_code, currency, mapping, opened_at)"
                    " VALUES ('equity', 'bank', 'Equity', 'bank:equity', 'SSP', '{}', now())"
                )
            )

    def asks_back(self, who: str, receipt: str, why: str = "typed a nought too many") -> int:
        asked = self.does(ask_void, receipt_number=receipt, reason=why, staff_id=self.town.staff[who], now=self.now)
        return int(asked.void_id)

    def decides(self, who: str, void: int, *, approve: bool = True) -> str:
        return str(
            self.does(
                decide_void,
                void_id=void,
                approve=approve,
                staff_id=self.town.staff[who],
                role=self.ROLES[who],
                take_back=take_back,
                now=self.now,
            )
        )

    def agrees(self) -> None:
        everything_agrees(self.parts)
