"""Files of banks and providers: taken in, read as far as a page may take, and what became of each."""

from __future__ import annotations

import time
from typing import Final

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from admin.acts import act, issuer, note
from admin.desk import member, parts
from admin.permits import needs, takes
from admin.routes import Route
from admin.words import refusal_sentence
from core.billing.of_statements import bills_of
from core.db.engine import Transaction
from core.errors import FileRefused, MappingWrong
from core.languages import marked as _
from core.statements.accounts import account_named, money_accounts
from core.statements.queries import imports, one_import
from core.statements.read_import import Progress, read_import
from core.statements.receive_file import FILE_BYTES_MAX, MEGABYTE, receive_file
from web.forms import row_id, typed
from web.speech import ltr, t
from web.status import status_of

BODY_BYTES_MAX: Final = FILE_BYTES_MAX + 64 * 1024
READING_S_MAX: Final = 8  # the rest is read by the worker, or by another press


@needs("statements.manage")
def show_statements() -> ResponseReturnValue:
    """The files, and a form for the next."""
    return _page(None)


@needs("statements.manage")
@takes(BODY_BYTES_MAX)
def receive() -> ResponseReturnValue:
    """Take a file in and read it, or the beginning of it."""
    received: list[int] = []

    def work(tx: Transaction) -> Markup:
        sent = request.files.get("file")
        if sent is None or not sent.filename:
            raise FileRefused(megabytes_max=FILE_BYTES_MAX // MEGABYTE)
        account = account_named(tx.connection, typed("account"))
        import_id = receive_file(
            tx,
            account_id=account.account_id,
            file_name=sent.filename,
            content=sent.stream,
            staff_id=member().staff_id,
            now=parts().clock.now(),
        )
        received.append(import_id)
        note(tx, "statement_received", f"account:{account.code}", {"import": import_id, "file": sent.filename[:200]})
        return t(_("The file is here."))

    def read_on() -> str:
        _read(received[-1])
        return url_for("admin.statement_file", number=received[-1])

    return act(work, back=read_on, again=_page)


@needs("statements.manage")
def show_file(number: int) -> ResponseReturnValue:
    """What became of a file: its counts, and the lines that could not be read."""
    return _file(row_id(number), None)


@needs("statements.manage")
def go_on(number: int) -> ResponseReturnValue:
    """Read a file on."""
    import_id = row_id(number)
    try:
        _read_some(import_id)
    except MappingWrong as refusal:
        return _file(import_id, refusal_sentence(refusal, "")), status_of(refusal)
    return _file(import_id, None)


def _read_some(import_id: int) -> Progress:
    ends = time.monotonic() + READING_S_MAX
    return read_import(
        parts().db,
        import_id,
        clock=parts().clock,
        bills=bills_of(issuer()),
        enough=lambda: time.monotonic() > ends,
    )


def _read(import_id: int) -> None:
    """Read; where the mapping does not fit, the page of the file says so."""
    try:
        _read_some(import_id)
    except MappingWrong:
        return


def _file(import_id: int, refused: Markup | None) -> str:
    with parts().db.reading() as connection:
        return render_template("admin/statement_file.html", file=one_import(connection, import_id), refused=refused)


def _page(refused: Markup | None) -> str:
    with parts().db.reading() as connection:
        return render_template(
            "admin/statements.html",
            imports=imports(connection),
            accounts=money_accounts(connection),
            most=ltr(FILE_BYTES_MAX // MEGABYTE),
            refused=refused,
            opened="",
        )


ROUTES: Final = (
    Route("GET", "/statements", "statements", show_statements),
    Route("POST", "/statements", "receive_statement", receive),
    Route("GET", "/statements/<int:number>", "statement_file", show_file),
    Route("POST", "/statements/<int:number>", "read_statement", go_on),
)
