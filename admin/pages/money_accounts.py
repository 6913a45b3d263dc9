"""Accounts of ours at banks, providers and wallets: what people read of them, and how their files are read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from admin.acts import act, note
from admin.desk import parts
from admin.figures import whole_of
from admin.permits import needs
from admin.routes import Route
from admin.words import choices
from core.catalog.taxes import HOME_CURRENCY
from core.db.engine import Transaction
from core.languages import marked as _
from core.money import MINOR_DIGITS
from core.statements.accounts import (
    KINDS,
    AccountWords,
    NewAccount,
    account_named,
    change_money_account,
    close_money_account,
    money_accounts,
    open_money_account,
    set_mapping,
)
from core.statements.figures import DECIMALS, ORDERS, THOUSANDS
from core.statements.mapping import COLUMNS, DELIMITERS, SIGNS, CsvMapping
from flows.amounts import TYPED_CHARS_MAX, parse_amount
from web.forms import typed
from web.speech import t

WORDS_CHARS_MAX: Final = 200


@needs("statements.manage")
def show_accounts() -> ResponseReturnValue:
    """All accounts, and a form for a new one."""
    return _list(None, "")


@needs("statements.manage")
def open_new() -> ResponseReturnValue:
    """Open an account."""

    def work(tx: Transaction) -> Markup:
        opening = parse_amount(typed("opening", TYPED_CHARS_MAX + 1), typed("currency")) if typed("opening") else None
        new = NewAccount(typed("code").lower(), typed("kind"), typed("currency"), _words(), opening)
        open_money_account(tx, new, now=parts().clock.now())
        note(tx, "account_opened", f"account:{new.code}", {"kind": new.kind, "opening": str(opening)})
        return t(_("The account is open."))

    return act(work, back=lambda: url_for("admin.accounts"), again=lambda sentence: _list(sentence, "open"))


@needs("statements.manage")
def show_account(number: str) -> ResponseReturnValue:
    """One account."""
    return _one(number, None, "")


@needs("statements.manage")
def change(number: str) -> ResponseReturnValue:
    """Change its words."""

    def work(tx: Transaction) -> Markup:
        change_money_account(tx, account_named(tx.connection, number).account_id, _words())
        note(tx, "account_changed", f"account:{number}")
        return t(_("It is changed."))

    return _done(number, "change", work)


@needs("statements.manage")
def map_columns(number: str) -> ResponseReturnValue:
    """Say how its CSV files are read."""

    def work(tx: Transaction) -> Markup:
        mapping = CsvMapping(
            columns={name: typed(f"column_{name}") for name in COLUMNS},
            order=typed("order"),
            decimal=typed("decimal"),
            thousands=typed("thousands"),
            delimiter=typed("delimiter"),
            skip_rows=whole_of(typed("skip_rows"), "skip_rows") or 0,
            header=typed("header") == "yes",
            signs=typed("signs"),
            inverted=typed("inverted") == "yes",
            in_words=_list_of("in_words"),
            done_words=_list_of("done_words"),
            unique_ids=typed("unique_ids") == "yes",
            newest_first=typed("newest_first") == "yes",
        )
        set_mapping(tx, account_named(tx.connection, number).account_id, mapping)
        note(tx, "account_mapped", f"account:{number}")
        return t(_("Files of this account are read like this from now on."))

    return _done(number, "mapping", work)


@needs("statements.manage")
def close(number: str) -> ResponseReturnValue:
    """Nobody pays to it any more."""

    def work(tx: Transaction) -> Markup:
        close_money_account(tx, account_named(tx.connection, number).account_id, now=parts().clock.now())
        note(tx, "account_closed", f"account:{number}")
        return t(_("The account is closed. Its statements can still be read in."))

    return _done(number, "close", work)


def _words() -> AccountWords:
    return AccountWords(
        name=typed("name"),
        pay_to=typed("pay_to"),
        instructions_en=typed("instructions_en"),
        instructions_ar=typed("instructions_ar"),
        alias=whole_of(typed("alias"), "alias"),
    )


def _list_of(name: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in typed(name, WORDS_CHARS_MAX).split(",") if word.strip())


def _done(number: str, form: str, work: Callable[[Transaction], Markup]) -> ResponseReturnValue:
    return act(
        work,
        back=lambda: url_for("admin.account", number=number),
        again=lambda sentence: _one(number, sentence, form),
    )


def _list(refused: Markup | None, opened: str) -> str:
    with parts().db.reading() as connection:
        return render_template(
            "admin/accounts.html",
            accounts=money_accounts(connection),
            kinds=choices("money_account", KINDS),
            currencies=[(code, code) for code in sorted(MINOR_DIGITS, key=lambda code: code != HOME_CURRENCY)],
            refused=refused,
            opened=opened,
        )


def _one(number: str, refused: Markup | None, opened: str) -> str:
    with parts().db.reading() as connection:
        return render_template(
            "admin/account.html",
            account=account_named(connection, number),
            columns=choices("column", COLUMNS),
            orders=choices("order", ORDERS),
            decimals=choices("decimal", DECIMALS),
            thousands=choices("thousands", tuple(THOUSANDS)),
            delimiters=choices("delimiter", tuple(DELIMITERS)),
            signs=choices("signs", SIGNS),
            refused=refused,
            opened=opened,
        )


ROUTES: Final = (
    Route("GET", "/accounts", "accounts", show_accounts),
    Route("POST", "/accounts", "open_account", open_new),
    Route("GET", "/accounts/<number>", "account", show_account),
    Route("POST", "/accounts/<number>", "change_account", change),
    Route("POST", "/accounts/<number>/mapping", "map_account", map_columns),
    Route("POST", "/accounts/<number>/close", "close_account", close),
)
