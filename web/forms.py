"""What was typed into a form or an address, and the key that makes a form count once."""

from __future__ import annotations

import uuid
from typing import Final

from flask import flash, request
from markupsafe import Markup

from core.errors import NotFound, NotPossibleNow

FIELD_CHARS_MAX: Final = 200
ROW_ID_MAX: Final = 2**63 - 1


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


def tell(sentence: Markup) -> None:
    """Say on the next page what was done."""
    flash(sentence, "done")
