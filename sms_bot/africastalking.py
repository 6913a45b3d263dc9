"""Africa's Talking: inbound SMS, delivery reports and opt-outs, over HTTP."""

from __future__ import annotations

import hmac
from typing import Final

import psycopg2
from flask import Blueprint, Response, abort, request
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.routing import Rule

from core.errors import Refusal
from core.logs import log
from core.messaging.record_delivery import record_delivery
from core.messaging.sender import DeliveryState
from core.messaging.silence import silence
from core.parts import Parts
from core.phones import parse_phone
from flows.refusals import sentence
from sms_bot.converse import Conversations, Inbound

LOG = log("sms_bot.africastalking")
GATEWAY: Final = "at"
BODY_BYTES_MAX: Final = 16 * 1024
TEXT_CHARS_MAX: Final = 1600  # ten segments
ID_CHARS_MAX: Final = 150  # it becomes part of keys of 200

# Their word -> ours. An unknown word moves nothing: it is logged and the text stays where it was.
STATES: Final = {
    "sent": DeliveryState.SENT,
    "submitted": DeliveryState.SUBMITTED,
    "buffered": DeliveryState.BUFFERED,
    "success": DeliveryState.DELIVERED,
    "failed": DeliveryState.FAILED,
    "rejected": DeliveryState.REJECTED,
    "expired": DeliveryState.EXPIRED,
    "absentsubscriber": DeliveryState.FAILED,
}


def create_blueprint(parts: Parts, conversations: Conversations) -> Blueprint:  # noqa: C901 - three routes, one guard
    """The door at `/sms/africastalking/<key>`. A wrong key is 404 and says nothing.

    What is no text of a South Sudan phone is taken with 200 and a sentence, and changes nothing: anything else
    would have the gateway repeat it for hours.
    """
    door = Blueprint("sms_africastalking", __name__)

    def guard(key: str) -> None:
        if not hmac.compare_digest(key.encode(), parts.settings.gateway_key.encode()):
            abort(404)
        if (request.content_length or 0) > BODY_BYTES_MAX:
            abort(413)
        request.max_content_length = BODY_BYTES_MAX

    def field(name: str, most: int) -> str:
        return request.form.get(name, "").replace("\x00", "").strip()[:most]

    @door.post("/sms/africastalking/<key>/inbound", provide_automatic_options=False)
    def inbound_text(key: str) -> Response:
        guard(key)
        gateway_id, sender = field("id", ID_CHARS_MAX), field("from", 40)
        if not gateway_id or not sender:
            return _plain("A text names its id and its sender.", 400)
        try:
            phone = parse_phone(sender)
        except Refusal as refusal:
            return _plain(sentence(refusal, "en"), 200)
        inbound = Inbound(GATEWAY, gateway_id, phone, field("text", TEXT_CHARS_MAX))
        try:
            fresh = conversations.hear(inbound)
        except (SQLAlchemyError, psycopg2.Error):
            raise  # the database is away: 500, and the gateway brings the text again
        except Exception:  # our own fault: the same text would fail again for hours, so it is taken and answered
            LOG.exception("text failed")
            fresh = conversations.apologise(inbound)
        return _plain("" if fresh else "taken before", 200)

    @door.post("/sms/africastalking/<key>/delivery", provide_automatic_options=False)
    def delivery(key: str) -> Response:
        guard(key)
        provider_id, word = field("id", ID_CHARS_MAX), field("status", 40)
        if not provider_id or not word:
            return _plain("A delivery report names its id and its status.", 400)
        state = STATES.get(word.lower())
        if state is None:
            LOG.warning("unknown delivery word", word=word)
            return _plain("", 200)
        try:
            phone = parse_phone(field("phoneNumber", 40))
        except Refusal as refusal:
            return _plain(sentence(refusal, "en"), 200)
        with parts.db.transaction() as tx:
            record_delivery(
                tx,
                provider_id=provider_id,
                phone=phone,
                reported=state,
                failure=field("failureReason", 200) or None,
                now=parts.clock.now(),
            )
        return _plain("", 200)

    @door.post("/sms/africastalking/<key>/optout", provide_automatic_options=False)
    def optout(key: str) -> Response:
        guard(key)
        try:
            phone = parse_phone(field("phoneNumber", 40))
        except Refusal as refusal:
            return _plain(sentence(refusal, "en"), 200)
        with parts.db.transaction() as tx:
            silence(tx, phone, parts.clock.now())
        return _plain("", 200)

    @door.endpoint(f"{door.name}.nothing_else")
    def nothing_else(rest: str) -> Response:  # noqa: ARG001 - the rule's variable
        abort(404)

    # A rule without methods takes every method there is; 405 would say that the address is one of ours.
    anything_else = Rule("/sms/africastalking/<path:rest>", endpoint=f"{door.name}.nothing_else")
    door.record_once(lambda state: state.app.url_map.add(anything_else))
    return door


def _plain(text: str, status: int) -> Response:
    return Response(text, status, content_type="text/plain; charset=utf-8")
