"""Africa's Talking: its USSD callback and its end-of-session event, over HTTP."""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from functools import partial
from typing import Final

from flask import Blueprint, Flask, Response, abort, request
from flask.blueprints import BlueprintSetupState
from werkzeug.routing import Rule

from core.errors import Refusal
from core.languages import say
from core.parts import Parts
from core.phones import parse_phone
from flows.refusals import sentence
from ussd.end import record_end
from ussd.hop import STRANGER, Hop, Hops
from ussd.shortcut import Reply, Shortcut

GATEWAY: Final = "at"
BODY_BYTES_MAX: Final = 16 * 1024
TEXT_CHARS_MAX: Final = 1000  # a session of 180 s cannot hold more
SESSION_ID_CHARS_MAX: Final = 120
_METADATA_CHARS_MAX: Final = 99


def create_blueprint(parts: Parts, hops: Hops) -> Blueprint:
    """The door at `/ussd/africastalking/<key>`. A wrong key is 404 and says nothing."""
    door = Blueprint("ussd_africastalking", __name__)

    def guard(key: str) -> None:
        if not hmac.compare_digest(key.encode(), parts.settings.gateway_key.encode()):
            abort(404)
        if (request.content_length or 0) > BODY_BYTES_MAX:
            abort(413)
        request.max_content_length = BODY_BYTES_MAX

    @door.post("/ussd/africastalking/<key>", provide_automatic_options=False)
    def callback(key: str) -> Response:
        guard(key)
        reply = answer(hops, request.form)
        return Response(reply.text, 200, reply.headers)

    @door.post("/ussd/africastalking/<key>/events", provide_automatic_options=False)
    def events(key: str) -> Response:
        guard(key)
        if not request.form.get("sessionId", "").strip():
            return Response("An event names its sessionId.", 400, content_type="text/plain; charset=utf-8")
        with parts.db.transaction() as tx:
            record_end(tx, gateway=GATEWAY, form=request.form, now=parts.clock.now())
        return Response("", 200)

    @door.endpoint(f"{door.name}.nothing_else")
    def nothing_else(rest: str) -> Response:  # noqa: ARG001 - the rule's variable
        abort(404)

    # A rule without methods takes every method there is; 405 would say that the address is one of ours.
    anything_else = Rule("/ussd/africastalking/<path:rest>", endpoint=f"{door.name}.nothing_else")
    door.record_once(lambda state: state.app.url_map.add(anything_else))

    def shorten(state: BlueprintSetupState) -> None:
        app: Flask = state.app  # type: ignore[assignment]
        path = f"/ussd/africastalking/{parts.settings.gateway_key}"
        app.wsgi_app = Shortcut(app.wsgi_app, path, BODY_BYTES_MAX, partial(answer, hops))  # type: ignore[method-assign]

    door.record_once(shorten)
    return door


def answer(hops: Hops, form: Mapping[str, str]) -> Reply:
    """Answer what the gateway posted."""
    session_id = form.get("sessionId", "").strip()
    text = form.get("text", "")
    malformed = not session_id or "phoneNumber" not in form or not _plain(session_id, text)
    try:
        phone = parse_phone(form.get("phoneNumber", ""))
    except Refusal as refusal:  # nobody here has such a number: nobody has told us their language
        said = say("en", STRANGER) if malformed else sentence(refusal, "en")
        return _reply(said, ends=True, state="malformed" if malformed else "foreign")
    if malformed:
        return _reply(say(hops.tongue(phone), STRANGER), ends=True, state="malformed")
    network = re.sub(r"\W", "", form.get("networkCode", ""))[:20] or None
    answered = hops.answer(Hop(GATEWAY, session_id, phone, text, network))
    return _reply(answered.text, ends=answered.ends, state=answered.state)


def _plain(session_id: str, text: str) -> bool:
    """Bounded, and free of what PostgreSQL cannot store."""
    return len(session_id) <= SESSION_ID_CHARS_MAX and len(text) <= TEXT_CHARS_MAX and "\x00" not in session_id + text


def _reply(text: str, *, ends: bool, state: str) -> Reply:
    """CON or END first, no blank before it: anything else ends the session at the gateway."""
    # State names only: the gateway echoes it and shows it on its dashboard.
    metadata = ("at-ussd-hop-metadata", state.replace("|", "")[:_METADATA_CHARS_MAX])
    return Reply(f"{'END' if ends else 'CON'} {text}", (("Content-Type", "text/plain; charset=utf-8"), metadata))
