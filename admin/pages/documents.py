"""Documents of a customer: what was issued, a statement between two days, and all of it as PDF."""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from flask import Response, render_template
from flask.typing import ResponseReturnValue
from markupsafe import Markup, escape

from admin.desk import parts
from admin.permits import needs
from admin.routes import Route
from core.crm.find import Profile, profile
from core.days import DAY, first_of_month, juba_day
from core.documents.labels import TITLES
from core.documents.papers import House, Statement, house_of
from core.documents.pdf import pdf, sheet_of
from core.documents.read import document, documents_of, paid_receipt
from core.documents.sheet import PAPER_LANGUAGES, PaperLanguage
from core.documents.speech import END, LTR, OWN
from core.documents.statement import statement
from core.errors import InvalidDay
from web.forms import asked
from web.speech import tongue

YEARS: Final = range(2000, 2200)
_RUN: Final = re.compile(f"([{LTR}{OWN}])([^{END}]*){END}")


@needs("billing.see")
def show_document(number: str) -> ResponseReturnValue:
    """A document on the screen, to read out or to print, each line explained."""
    with parts().db.reading() as connection:
        found = document(connection, number)
    language = _language()
    return render_template(
        "admin/document.html",
        document=found,
        sheet=sheet_of(found, language, _house()),
        language_of_paper=language,
        languages=PAPER_LANGUAGES,
        said=said,
    )


@needs("billing.see")
def download_document(number: str) -> ResponseReturnValue:
    """The same as PDF."""
    with parts().db.reading() as connection:
        found = document(connection, number)
    return _download(pdf(found, _language(), _house()), found.number)


@needs("billing.see")
def list_documents(number: str) -> ResponseReturnValue:
    """What was issued to a customer, the newest first."""
    with parts().db.reading() as connection:
        who = profile(connection, number)
        rows = documents_of(connection, who.customer_id)
    return render_template("admin/documents.html", who=who, documents=rows, titles=TITLES)


@needs("billing.see")
def show_statement(number: str) -> ResponseReturnValue:
    """What moved between two days; from the first of last month until today unless days are given."""
    who, found = _statement(number)
    language = _language()
    return render_template(
        "admin/statement.html",
        who=who,
        statement=found,
        sheet=sheet_of(found, language, _house()),
        language_of_paper=language,
        languages=PAPER_LANGUAGES,
        said=said,
    )


@needs("billing.see")
def download_statement(number: str) -> ResponseReturnValue:
    """The same as PDF."""
    who, found = _statement(number)
    return _download(pdf(found, _language(), _house()), f"{who.number}-{found.first}-{found.last}")


@needs("receipts.see")
def download_receipt(number: str) -> ResponseReturnValue:
    """A receipt as PDF."""
    with parts().db.reading() as connection:
        found = paid_receipt(connection, number)
    return _download(pdf(found, _language(), _house()), f"receipt-{found.number}")


def said(words: str) -> Markup:
    """Words of a sheet for a page: each marked run in a `<bdi>` of its own."""
    pieces, done = [], 0
    for run in _RUN.finditer(words):
        way = Markup(' dir="ltr"') if run[1] == LTR else Markup()
        pieces += [escape(words[done : run.start()]), Markup("<bdi{}>{}</bdi>").format(way, run[2])]
        done = run.end()
    return Markup().join([*pieces, escape(words[done:])])


def _statement(number: str) -> tuple[Profile, Statement]:
    today = juba_day(parts().clock.now())
    last = _day("to", today)
    first = _day("from", first_of_month(first_of_month(today) - DAY))
    with parts().db.reading() as connection:
        who = profile(connection, number)
        return who, statement(connection, who.customer_id, first, last)


def _day(name: str, otherwise: date) -> date:
    """A day from the address.

    Raises:
        InvalidDay: what is there is none, or of no year we do business in.
    """
    typed = asked(name)
    if not typed:
        return otherwise
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        raise InvalidDay(typed=typed) from None
    if day.year not in YEARS:
        raise InvalidDay(typed=typed)
    return day


def _language() -> PaperLanguage:
    """The language asked for, else the reader's."""
    wanted = asked("language")
    otherwise: PaperLanguage = "ar" if tongue() == "ar" else "en"
    return next((language for language in PAPER_LANGUAGES if language == wanted), otherwise)


def _house() -> House:
    return house_of(parts().settings)


def _download(content: bytes, name: str) -> Response:
    response = Response(content, mimetype="application/pdf")
    # To be saved: the pages' policy lets nothing be embedded, and a browser's viewer is an embedded thing.
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.pdf"'
    return response


ROUTES: Final = (
    Route("GET", "/documents/<number>.pdf", "document_pdf", download_document),
    Route("GET", "/documents/<number>", "document", show_document),
    Route("GET", "/customers/<number>/documents", "documents", list_documents),
    Route("GET", "/customers/<number>/statement", "statement", show_statement),
    Route("GET", "/customers/<number>/statement.pdf", "statement_pdf", download_statement),
    Route("GET", "/receipts/<number>.pdf", "receipt_pdf", download_receipt),
)
