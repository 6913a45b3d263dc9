"""Going in: from a payment that is waited for, or a token, to the router's log-in."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

from flask import Response, redirect, url_for
from flask.typing import ResponseReturnValue

from core.errors import NoHotspot, NotPossibleNow
from core.languages import say
from core.messaging.texts import REASONS
from core.owners.network_at import NetworkView, code_on_poster, network_at
from core.payments.payment_state import payment_state
from core.tokens.let_in import Entry, entry_of_payment, entry_of_token
from portal.hotspot_look import READY_S, WAITS_S, language, page
from portal.hotspot_pass import Pass, open_pass, seal_pass
from portal.hotspot_visit import Visit
from portal.look import parts
from web.speech import tongue


def network_of(code: str) -> NetworkView:
    """The network with this code.

    Raises:
        NoHotspot: there is none.
    """
    meant = code_on_poster(code)
    if meant is None:
        raise NoHotspot
    with parts().db.reading() as connection:
        found = network_at(connection, meant)
    if found is None:
        raise NoHotspot
    return found


def to_go(here: NetworkView, visit: Visit, held: Pass) -> ResponseReturnValue:
    """Lead to where one goes in. What the pass opens stands in the query, which no log of ours keeps."""
    said: dict[str, Any] = {"pass": seal(held), "language": language(), **visit.fields()}
    return redirect(url_for(".go_in", code=here.code, **said), 303)


def go(here: NetworkView, visit: Visit, held: Pass) -> Response:
    """Go in, or say what is still waited for.

    Raises:
        NotPossibleNow: the token is over.
    """
    ours = parts()
    with ours.db.reading() as connection:
        if held.token_id is not None:
            entry = entry_of_token(connection, held.token_id, ours.sealer)
        else:
            entry = entry_of_payment(connection, held.intent_id or 0, ours.sealer)
        payment = None if held.intent_id is None else payment_state(connection, held.intent_id)
    if entry is not None:
        if not entry.opens:
            raise NotPossibleNow(what="token", state=entry.status)
        if visit.is_at_router and entry.is_known:
            return let_in(here, visit, held, entry)
        waits = visit.is_at_router
        return page("bought", visit=visit, network=here, entry=entry, held=held, seconds=READY_S if waits else 0)
    if payment is None:
        raise NotPossibleNow(what="token", state="gone")
    reason = say(tongue(), REASONS.get(payment.reason or "unknown", REASONS["unknown"]))
    waits = payment.state in ("created", "submitted")
    return page("payment", visit=visit, network=here, payment=payment, reason=reason, seconds=WAITS_S if waits else 0)


def let_in(here: NetworkView, visit: Visit, held: Pass, entry: Entry) -> Response:
    """Send the browser to the router's own log-in with the token, and from there to our page of those who are in."""
    said: dict[str, Any] = {"pass": seal(Pass(held.hotspot_id, token_id=entry.token_id)), "language": language()}
    fields = {
        "username": entry.username,
        "password": visit.answer(entry.password),
        "dst": parts().settings.public_url + url_for(".online", code=here.code, **said),
        "popup": "false",
    }
    return page("let_in", visit=visit, script="send", network=here, fields=fields)


def pass_of_failed(visit: Visit) -> str:
    """The pass of a log-in the router refused just now: it tells where that was to lead, which was to our own page."""
    ours, back = parts(), visit.back_to
    if not back.startswith(f"{ours.settings.public_url}/hotspot/"):
        return ""
    (sealed,) = parse_qs(urlsplit(back).query).get("pass", [""])[:1]
    return sealed if open_pass(ours.sealer, sealed, ours.clock.now()) else ""


def seal(held: Pass) -> str:
    """The key that goes along to the next page, good from now."""
    return seal_pass(parts().sealer, held, parts().clock.now())
