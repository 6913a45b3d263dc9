"""Money accounts: opened with a code that stays, changed in words and mapping, closed. And reads of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, insert, select, update
from sqlalchemy.exc import IntegrityError

from core.db.engine import Transaction
from core.errors import CodeTaken, InvalidName, NotFound, NotPossibleNow
from core.ledger.accounts import open_account
from core.ledger.post import Posting, post
from core.money import MINOR_DIGITS, Money
from core.payments.rails import LEDGER_CODES
from core.statements.mapping import CsvMapping, checked, mapping_of
from core.statements.models import MoneyAccount

KINDS: Final = ("bank", "momo", "orange", "wallet")
LEDGER: Final = {"bank": "bank", "wallet": "ewallet"}
POSTS_ITSELF: Final = frozenset({"momo", "orange"})
NAME_CHARS_MAX: Final = 30  # it stands in texts
LINE_CHARS_MAX: Final = 200
CODE_CHARS_MAX: Final = 20
ALIAS_MAX: Final = 89
_CODE_SIGNS: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-")


@dataclass(frozen=True, slots=True)
class MoneyAccountRow:
    """An account of ours. `posts_itself`: our own machine writes its movements, a statement only confirms them."""

    account_id: int
    code: str
    kind: str
    name: str
    alias: int | None
    ledger_code: str
    currency: str
    pay_to: str | None
    instructions_en: str | None
    instructions_ar: str | None
    mapping: CsvMapping
    mapped: bool
    closed_at: datetime | None

    @property
    def posts_itself(self) -> bool:
        """Whether its movements are in the books before a statement tells of them."""
        return self.kind in POSTS_ITSELF


@dataclass(frozen=True, slots=True)
class AccountWords:
    """What people read of an account: its name, where to pay to and how, and its number in lists."""

    name: str
    pay_to: str = ""
    instructions_en: str = ""
    instructions_ar: str = ""
    alias: int | None = None

    def values(self, kind: str) -> dict[str, Any]:
        """As columns.

        Raises:
            InvalidName: a name or a number to pay to is missing, or something is too long.
        """
        texts = {
            name: " ".join(getattr(self, name).split())
            for name in ("name", "pay_to", "instructions_en", "instructions_ar")
        }
        if not texts["name"] or len(texts["name"]) > NAME_CHARS_MAX:
            raise InvalidName(typed=self.name[:NAME_CHARS_MAX])
        if any(len(one) > LINE_CHARS_MAX for one in texts.values()) or (kind == "wallet" and not texts["pay_to"]):
            raise InvalidName(typed=self.pay_to[:NAME_CHARS_MAX])
        if self.alias is not None and not 1 <= self.alias <= ALIAS_MAX:
            raise NotPossibleNow(what="account", state="alias")
        optional = {name: text or None for name, text in texts.items() if name != "name"}
        return {"name": texts["name"], "alias": self.alias} | optional


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account to be opened. `opening` is what lies there on that day; nothing where it is empty."""

    code: str
    kind: str
    currency: str
    words: AccountWords
    opening: Money | None = None
    mapping: CsvMapping = field(default_factory=CsvMapping)


def open_money_account(tx: Transaction, new: NewAccount, *, now: datetime) -> int:
    """Open an account; its id. What lies there already is posted from `opening:<code>`.

    Raises:
        CodeTaken: another has this code, this number in lists, or this place in the books.
        InvalidName: a name or number is missing or too long.
        NotPossibleNow: no such kind, code or currency.
    """
    good_code = 0 < len(new.code) <= CODE_CHARS_MAX and set(new.code) <= _CODE_SIGNS and new.code[0] != "-"
    if new.kind not in KINDS or not good_code or new.currency not in MINOR_DIGITS:
        raise NotPossibleNow(what="account", state="code")
    if new.kind in POSTS_ITSELF:
        if new.code not in LEDGER_CODES:
            raise NotPossibleNow(what="account", state="rail")
        ledger_code = LEDGER_CODES[new.code]
    else:
        ledger_code = f"{LEDGER[new.kind]}:{new.code}"
    values = {
        "code": new.code,
        "kind": new.kind,
        "ledger_code": ledger_code,
        "currency": new.currency,
        "mapping": new.mapping.to_json() if new.mapping.columns else {},
        "opened_at": now,
    } | new.words.values(new.kind)
    account_id = _written(tx, insert(MoneyAccount).values(values).returning(MoneyAccount.id), new.code, new.words.alias)
    if new.opening is not None and new.opening:
        here = open_account(tx, ledger_code, new.currency)
        before = open_account(tx, f"opening:{new.code}", new.currency)
        came = new.opening.minor > 0
        post(
            tx,
            key=f"opening:account:{account_id}",
            kind="opening",
            occurred_at=now,
            now=now,
            postings=[Posting(here, before, new.opening) if came else Posting(before, here, -new.opening)],
            memo={"account": new.code},
        )
    return account_id


def change_money_account(tx: Transaction, account_id: int, words: AccountWords) -> None:
    """Change what people read of an account.

    Raises:
        NotFound, InvalidName, CodeTaken: as when opening.
    """
    account = money_account(tx.connection, account_id)
    change = update(MoneyAccount).where(MoneyAccount.id == account_id).values(words.values(account.kind))
    _written(tx, change.returning(MoneyAccount.id), account.code, words.alias)


def set_mapping(tx: Transaction, account_id: int, mapping: CsvMapping) -> None:
    """Keep how the account's CSV files are read.

    Raises:
        NotFound: no such account.
        MappingWrong: a file could not be read by it.
    """
    account = money_account(tx.connection, account_id)
    # Claims are answered by the ids of a wallet, and receipts by those of a provider: there they are unique.
    kept = checked(replace(mapping, unique_ids=mapping.unique_ids or account.kind != "bank")).to_json()
    tx.execute(update(MoneyAccount).where(MoneyAccount.id == account_id).values(mapping=kept))


def close_money_account(tx: Transaction, account_id: int, *, now: datetime) -> None:
    """Nobody pays to it any more. Its statements can still be read in: money comes late.

    Raises:
        NotFound, NotPossibleNow: none, or closed before.
    """
    account = money_account(tx.connection, account_id)
    if account.closed_at is not None:
        raise NotPossibleNow(what="account", state="closed")
    tx.execute(update(MoneyAccount).where(MoneyAccount.id == account_id).values(closed_at=now, alias=None))


def _written(tx: Transaction, statement: Any, code: str, alias: int | None) -> int:
    try:
        with tx.connection.begin_nested():
            return int(tx.execute(statement).scalar_one())
    except IntegrityError as error:
        if "alias" in str(error.orig):
            raise CodeTaken(taken=str(alias)) from None
        if "uq_money_account" in str(error.orig):
            raise CodeTaken(taken=code) from None
        raise


def money_account(connection: Connection, account_id: int, *, lock: bool = False) -> MoneyAccountRow:
    """An account. `lock`: imports and matches of one account follow each other.

    Raises:
        NotFound: there is none.
    """
    query = select(MoneyAccount).where(MoneyAccount.id == account_id)
    found = connection.execute(query.with_for_update(key_share=True) if lock else query).mappings().first()
    if found is None:
        raise NotFound(what="account")
    return _row(found)


def account_named(connection: Connection, code: str) -> MoneyAccountRow:
    """An account by its code.

    Raises:
        NotFound: there is none.
    """
    found = connection.execute(select(MoneyAccount).where(MoneyAccount.code == code)).mappings().first()
    if found is None:
        raise NotFound(what="account")
    return _row(found)


def money_accounts(connection: Connection) -> Sequence[MoneyAccountRow]:
    """All accounts, the open ones first."""
    query = select(MoneyAccount).order_by(MoneyAccount.closed_at.is_not(None), MoneyAccount.kind, MoneyAccount.code)
    return [_row(found) for found in connection.execute(query).mappings()]


def open_wallets(connection: Connection) -> Sequence[MoneyAccountRow]:
    """Wallets that customers pay to and send in the transaction id of, by their number in lists."""
    query = (
        select(MoneyAccount)
        .where(MoneyAccount.kind == "wallet", MoneyAccount.closed_at.is_(None))
        .order_by(MoneyAccount.alias.nulls_last(), MoneyAccount.id)
    )
    return [_row(found) for found in connection.execute(query).mappings()]


def _row(found: RowMapping) -> MoneyAccountRow:
    return MoneyAccountRow(
        account_id=found["id"],
        code=found["code"],
        kind=found["kind"],
        name=found["name"],
        alias=found["alias"],
        ledger_code=found["ledger_code"],
        currency=found["currency"],
        pay_to=found["pay_to"],
        instructions_en=found["instructions_en"],
        instructions_ar=found["instructions_ar"],
        mapping=mapping_of(found["mapping"], found["kind"]),
        mapped=bool(found["mapping"]),
        closed_at=found["closed_at"],
    )
