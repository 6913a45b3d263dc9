"""Doing what a form asks: one transaction, its line in the trail, and a redirect; refused, the form again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import redirect
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from admin.desk import member, parts
from admin.words import refusal_sentence
from core.billing.draft import Issuer, issuer_of
from core.db.engine import Transaction
from core.errors import KeyReused, Refusal
from core.payments.alarms import alarm_of_clash
from core.staff import audit
from core.subscriptions.states import By
from web.forms import tell
from web.status import status_of


def act(
    work: Callable[[Transaction], Markup], *, back: Callable[[], str], again: Callable[[Markup], str]
) -> ResponseReturnValue:
    """Do the work and say on the page `back` what it says; refused, show the form `again` with one sentence."""
    try:
        said = parts().db.run(work)
    except Refusal as refusal:
        alarm_if_clash(refusal)
        return again(refusal_sentence(refusal, "")), status_of(refusal)
    tell(said)
    return redirect(back(), 303)


def alarm_if_clash(refusal: Refusal) -> None:
    """An alarm where a form's key came back with another content. In a transaction of its own: the act's is undone."""
    if isinstance(refusal, KeyReused):
        now, who = parts().clock.now(), member().username
        parts().db.run(lambda tx: alarm_of_clash(tx, refusal, who=who, now=now))


def note(tx: Transaction, what: str, subject: str, detail: Mapping[str, Any] | None = None) -> None:
    """Write into the trail what the member at the desk does, in the transaction of the act."""
    now = parts().clock.now()
    audit.write(tx, staff_id=member().staff_id, act=what, subject=subject, now=now, detail=detail)


def by(why: str) -> By:
    """The member at the desk acts now, for this reason.

    Raises:
        ReasonMissing: there is none.
    """
    return By(parts().clock.now(), why, member().staff_id)


def issuer() -> Issuer:
    """Who sells, as it stands on documents."""
    return issuer_of(parts().settings)
