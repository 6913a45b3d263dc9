"""A bank and a wallet of the provider, and what their files and people do, in a word each."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import text

from core.billing.draft import issuer_of
from core.billing.of_statements import bills_of
from core.clock import FixedClock
from core.customers.queries import Account
from core.errors import Refusal
from core.money import Money
from core.parts import Parts
from core.statements.accounts import AccountWords, NewAccount, open_money_account, set_mapping
from core.statements.claim_payment import Claimed, claim_payment
from core.statements.mapping import CsvMapping
from core.statements.open_line import Matched
from core.statements.read_import import Progress, read_import
from core.statements.receive_file import receive_file
from tests.town import Town

COLUMNS = {
    "day": "Date",
    "amount": "Amount",
    "reference": "Reference",
    "payer": "Payer",
    "phone": "Phone",
    "details": "Details",
}
HEADER = "Date,Amount,Reference,Payer,Phone,Details"


def ssp(pounds: int) -> Money:
    return Money.of(pounds, "SSP")


def row(
    amount: Any, details: str = "", *, day: str = "20/11/2026", ref: str = "", payer: str = "", phone: str = ""
) -> str:
    """A line of a file."""
    return f'{day},"{amount}",{ref},{payer},{phone},"{details}"'


def csv_of(*rows: str) -> bytes:
    return "\n".join([HEADER, *rows, ""]).encode()


@dataclass
class Bank:
    """Equity Bank as `eco`, m-GURUSH as `gurush`; and MTN, which is there from the start."""

    parts: Parts
    town: Town
    clock: FixedClock
    ids: dict[str, int] = field(default_factory=dict)
    keys: int = 0

    @property
    def bills(self) -> Any:
        return bills_of(issuer_of(self.parts.settings))

    def opens(self) -> Bank:
        with self.parts.db.transaction() as tx:
            for code, kind, name, alias in (("eco", "bank", "Eco Bank", None), ("gurush", "wallet", "m-GURUSH", 1)):
                self.ids[code] = open_money_account(
                    tx,
                    NewAccount(code, kind, "SSP", AccountWords(name, "0921000000", alias=alias)),
                    now=self.clock.now(),
                )
            self.ids["mtn-momo"] = tx.execute(text("SELECT id FROM money_account WHERE code = 'mtn-momo'")).scalar_one()
            for code in self.ids:
                set_mapping(
                    tx,
                    self.ids[code],
                    CsvMapping(columns=COLUMNS | ({"external_id": "Payer"} if code == "mtn-momo" else {})),
                )
        return self

    def receives(self, content: bytes, account: str = "eco", name: str = "november.csv") -> int:
        with self.parts.db.transaction() as tx:
            return receive_file(
                tx,
                account_id=self.ids[account],
                file_name=name,
                content=io.BytesIO(content),
                staff_id=self.town.staff["mary"],
                now=self.clock.now(),
            )

    def reads(self, import_id: int, **options: Any) -> Progress:
        return read_import(self.parts.db, import_id, clock=self.clock, bills=self.bills, **options)

    def imports(self, content: bytes, account: str = "eco") -> Progress:
        return self.reads(self.receives(content, account))

    def rows(self, query: str, **values: Any) -> Sequence[Any]:
        with self.parts.db.reading() as connection:
            return connection.execute(text(query), values).all()

    def lines(self, account: str = "eco") -> Sequence[Any]:
        return self.rows("SELECT * FROM statement_line WHERE account_id = :id ORDER BY id", id=self.ids[account])

    def line(self, details: str) -> int:
        (found,) = self.rows("SELECT id FROM statement_line WHERE details = :d OR reference = :d", d=details)
        return int(found.id)

    def stands(self, code: str, currency: str = "SSP") -> int:
        """What an account of the books holds, in piasters."""
        ((minor,),) = self.rows(
            "SELECT coalesce(sum(p.amount_minor), 0) FROM ledger_posting p JOIN ledger_account a ON a.id = p.account_id"
            " WHERE a.code = :code",
            code=f"{code}:{currency}",
        )
        return int(minor)

    def does(self, verb: Any, /, **values: Any) -> Any:
        """A verb by Mary in a transaction of its own, with a fresh key where it takes one."""
        self.keys += 1
        if "request_key" in verb.__code__.co_varnames[: verb.__code__.co_kwonlyargcount + 1]:
            values.setdefault("request_key", f"form-{self.keys}")
        if "bills" in verb.__code__.co_varnames[: verb.__code__.co_kwonlyargcount + 1]:
            values.setdefault("bills", self.bills)
        values.setdefault("staff_id", self.town.staff["mary"])
        return self.parts.db.run(lambda tx: verb(tx, now=self.clock.now(), **values))

    def claims(
        self, who: Account, typed: str, *, said: int | None = None, account: str = "gurush", key: str = ""
    ) -> Claimed:
        self.keys += 1
        key = key or f"claim-{self.keys}"
        return self.parts.db.run(
            lambda tx: claim_payment(
                tx,
                request_key=key,
                customer=who,
                account_id=self.ids[account],
                typed=typed,
                said=ssp(said) if said else None,
                phone=who.main_phone,
                now=self.clock.now(),
                bills=self.bills,
            )
        )

    def is_refused(self, refused: type[Refusal], verb: Any, /, **values: Any) -> Refusal:
        try:
            self.does(verb, **values)
        except refused as refusal:
            return refusal
        raise AssertionError(f"{verb.__name__} did it")


DAY = date(2026, 11, 20)
__all__ = ["COLUMNS", "DAY", "HEADER", "Bank", "Matched", "csv_of", "row", "ssp"]
