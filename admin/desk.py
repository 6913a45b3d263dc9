"""What every page uses: the parts of this process, who is at the desk, and what was typed."""

from __future__ import annotations

import uuid
from typing import Final

from flask import current_app, flash, g, request, url_for
from markupsafe import Markup

from core.errors import NotFound, NotPossibleNow
from core.parts import Parts
from core.staff.queries import Member

PARTS: Final = "admin.parts"
FIELD_CHARS_MAX: Final = 200
BACK_CHARS_MAX: Final = 300
ROW_ID_MAX: Final = 2**63 - 1


def parts() -> Parts:
    """The parts handed to `create_blueprint`."""
    found: Parts = current_app.extensions[PARTS]
    return found


def member() -> Member:
    """Who is at the desk. The gate has let them in."""
    found: Member = g.member
    return found


def address() -> str:
    """Where the request came from; a proxy in front is the edge's to unwrap."""
    return request.remote_addr or "unknown"


def typed(name: str, chars_max: int = FIELD_CHARS_MAX) -> str:
    """A field of the form, without the zero character that PostgreSQL cannot hold."""
    return request.form.get(name, "").replace("\x00", "")[:chars_max].strip()


def asked(name: str, chars_max: int = FIELD_CHARS_MAX) -> str:
    """A field of the address, likewise."""
    return request.args.get(name, "").replace("\x00", "")[:chars_max].strip()


def row_id(number: int) -> int:
    """A row's id from an address.

    Raises:
        NotFound: no row can have it.
    """
    if not 0 < number <= ROW_ID_MAX:
        raise NotFound(what="row")
    return number


def form_key() -> str:
    """The key of a form whose second sending must do nothing. It is made when the form is shown.

    Raises:
        NotPossibleNow: one we cannot have made. It is not replaced: a fresh key would do the thing twice.
    """
    try:
        return str(uuid.UUID(typed("key")))
    except ValueError:
        raise NotPossibleNow(what="form", state="without its key") from None


def own_page(wanted: str) -> str:
    """The page somebody wants to go back to if it is one of ours, else the first page."""
    home = url_for("admin.home")
    ours = wanted.startswith(home) and wanted.isprintable() and not any(sign in wanted for sign in ("\\", "//", "/.."))
    return wanted if ours else home


def tell(sentence: Markup) -> None:
    """Say on the next page what was done."""
    flash(sentence, "done")
