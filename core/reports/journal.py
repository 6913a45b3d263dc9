"""The books as a journal in beancount's text, for an accountant and for a second opinion: `bean-check` reads it.

Signs are turned: here what we have stands above zero. Every account whose balance we keep is asserted at the end with
that kept balance, so that whoever checks the file checks our triggers too.
Format: beancount language syntax, https://beancount.github.io/docs/beancount_language_syntax.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Final

from sqlalchemy import Connection, text

from core.days import DAY, juba_day
from core.money import MINOR_DIGITS

SIDES: Final = {"asset": "Assets", "liability": "Liabilities", "income": "Income", "expense": "Expenses"}
ROWS_AT_ONCE: Final = 5000
_ACCOUNTS: Final = text("""
    SELECT a.code, a.kind, a.currency, a.keeps_balance, a.balance_minor,
           (SELECT min(e.occurred_at) FROM ledger_posting p JOIN ledger_entry e ON e.id = p.entry_id
            WHERE p.account_id = a.id) AS first_at
    FROM ledger_account a WHERE EXISTS (SELECT 1 FROM ledger_posting WHERE account_id = a.id) ORDER BY a.code
""")
_POSTINGS: Final = text("""
    SELECT e.id, e.kind, e.key, e.occurred_at, e.reverses_id, a.code, a.kind AS side, p.currency, p.amount_minor
    FROM ledger_entry e JOIN ledger_posting p ON p.entry_id = e.id JOIN ledger_account a ON a.id = p.account_id
    ORDER BY e.id, p.id
""")


def journal(connection: Connection, now: datetime) -> Iterator[str]:
    """The lines of the journal, entry after entry: memory does not grow with the books.

    The connection must hold one snapshot (a repeatable read), or what is asserted may be newer than what is listed.
    """
    accounts = connection.execute(_ACCOUNTS).all()
    yield 'option "title" "Shabaka"\n'
    for currency in sorted({account.currency for account in accounts}):
        yield f'option "operating_currency" "{currency}"\n'
    opened: set[str] = set()
    for account in accounts:
        name = account_name(account.code, account.kind)
        if name not in opened:  # one account in two currencies is one here
            firsts = [one.first_at for one in accounts if account_name(one.code, one.kind) == name]
            yield f"{juba_day(min(firsts))} open {name}\n"
            opened.add(name)
    yield from _entries(connection)
    after = juba_day(now) + DAY  # an assertion holds at the beginning of its day
    for account in accounts:
        if account.keeps_balance:
            amount = _amount(-account.balance_minor, account.currency)
            yield f"{after} balance {account_name(account.code, account.kind)} {amount}\n"


def account_name(code: str, side: str) -> str:
    """`wallet:10017:SSP` as beancount names accounts: `Liabilities:Wallet:10017`. The currency stands with amounts."""
    parts = [re.sub(r"[^A-Za-z0-9-]", "-", part) for part in code.split(":")[:-1]]
    return ":".join([SIDES[side], *(part[:1].upper() + part[1:] for part in parts)])


def _entries(connection: Connection) -> Iterator[str]:
    last = None
    for row in connection.execution_options(yield_per=ROWS_AT_ONCE).execute(_POSTINGS):
        if row.id != last:
            words = f"{row.kind} {row.id}" if row.reverses_id is None else f"{row.kind} {row.id} of {row.reverses_id}"
            yield f'\n{juba_day(row.occurred_at)} * "{words}"\n'
            yield f'  key: "{_quoted(row.key)}"\n'
            last = row.id
        yield f"  {account_name(row.code, row.side)}  {_amount(-row.amount_minor, row.currency)}\n"


def _amount(minor: int, currency: str) -> str:
    return f"{Decimal(minor).scaleb(-MINOR_DIGITS[currency])} {currency}"


def _quoted(text_: str) -> str:
    return text_.replace("\\", "\\\\").replace('"', '\\"')
