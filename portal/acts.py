"""Doing what a form asks: one transaction and a redirect; refused, the form again with one sentence."""

from __future__ import annotations

from collections.abc import Callable

from flask import redirect
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from core.db.engine import Transaction
from core.errors import Refusal
from portal.look import parts, sentence_of
from portal.visitors import visitor
from web.forms import form_key, tell
from web.status import status_of


def act(
    work: Callable[[Transaction], Markup | None], *, back: str, again: Callable[[Markup], str]
) -> ResponseReturnValue:
    """Do the work and say on the page `back` what it says; refused, show the form `again` with one sentence."""
    try:
        said = parts().db.run(work)
    except Refusal as refusal:
        return again(sentence_of(refusal)), status_of(refusal)
    if said is not None:
        tell(said)
    return redirect(back, 303)


def request_key() -> str:
    """The key of this form, which belongs to who sends it: nobody meets another's.

    Raises:
        NotPossibleNow: the form came without one.
    """
    return request_key_of(form_key())


def request_key_of(key: str) -> str:
    """The key of a form whose own part of it is known."""
    return f"portal:{visitor().account.customer_id}:{key}"
