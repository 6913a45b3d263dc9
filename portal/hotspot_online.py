"""The page of whoever is in: what is left of their token, and how its time stands still and goes on."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Response, request
from flask.typing import ResponseReturnValue

from core.errors import NotFound, Refusal
from core.owners.network_at import NetworkView
from core.tokens.let_in import Entry, entry_of_token
from core.tokens.pause_token import pause_token, resume_token
from portal.hotspot_going_in import network_of, seal, to_go
from portal.hotspot_look import page, refusal_page
from portal.hotspot_pass import Pass, open_pass
from portal.hotspot_visit import Visit, read_visit
from portal.look import parts
from web import speech


def online(code: str) -> Response:
    """Where the router leads whoever it let in."""
    return _shown(network_of(code))


def pause(code: str) -> Response:
    """Let the token stand still: who is online with it is sent off."""
    here, ours = network_of(code), parts()
    entry = _held(here)
    if entry is None or entry.recipient_phone is None:
        raise NotFound(what="token")
    phone, now = entry.recipient_phone, ours.clock.now()
    try:
        ours.db.run(lambda tx: pause_token(tx, token_id=entry.token_id, phone=phone, now=now))
    except Refusal as refusal:
        return refusal_page(refusal, "online", visit=Visit(), **_facts(here, entry, now))
    return _shown(here)


def resume(code: str) -> ResponseReturnValue:
    """Let it go on, and let its holder in."""
    here, visit, ours = network_of(code), read_visit(request.form), parts()
    entry = _held(here)
    if entry is None or entry.recipient_phone is None:
        raise NotFound(what="token")
    phone, now = entry.recipient_phone, ours.clock.now()
    if entry.status == "paused":
        ours.db.run(lambda tx: resume_token(tx, token_id=entry.token_id, phone=phone, now=now))
    return to_go(here, visit, Pass(here.hotspot_id, token_id=entry.token_id))


def paused_page(here: NetworkView, visit: Visit, entry: Entry) -> Response:
    """What a token that stands still looks like to whoever holds it."""
    return page("online", visit=visit, **_facts(here, entry, parts().clock.now()))


def _shown(here: NetworkView) -> Response:
    return page("online", visit=Visit(), **_facts(here, _held(here), parts().clock.now()))


def _held(here: NetworkView) -> Entry | None:
    """The token of the pass that came along; None: its hour is over, or it is none."""
    ours = parts()
    held = open_pass(ours.sealer, request.values.get("pass", ""), ours.clock.now())
    if held is None or held.token_id is None or held.hotspot_id != here.hotspot_id:
        return None
    with ours.db.reading() as connection:
        return entry_of_token(connection, held.token_id, ours.sealer)


def _facts(here: NetworkView, entry: Entry | None, now: datetime) -> dict[str, Any]:
    facts: dict[str, Any] = {"network": here, "entry": entry, "left": "", "held": ""}
    if entry is None:
        return facts
    facts["held"] = seal(Pass(here.hotspot_id, token_id=entry.token_id))
    if entry.ends_at is not None and entry.status == "running":
        used = {"ends_at": entry.ends_at, "data_bytes": entry.data_bytes, "used_bytes": entry.used_bytes}
        facts["left"] = speech.token_left(used, now)
    return facts
