"""Payment callbacks: kept, and taken as a hint to ask the provider. Always 200 for the right key."""

from __future__ import annotations

import hmac
from typing import Final

from flask import Blueprint, Response, abort, request
from werkzeug.routing import Rule

from core.parts import Parts
from core.payments.alarms import raise_alarm
from core.payments.hear_callback import hear_callback
from core.payouts.hint_payout import hint_payout

BODY_BYTES_MAX: Final = 64 * 1024
REFERENCE_CHARS_MAX: Final = 100


def create_blueprint(parts: Parts) -> Blueprint:
    """The door at `/callbacks/mtn-momo/<key>[/<reference>]` and `/callbacks/orange-money/<key>[/<reference>]`.

    By POST or PUT. Anything else is 404 and says nothing.
    """
    door = Blueprint("callbacks", __name__)

    def heard(provider: str, key: str, reference: str | None) -> Response:
        if not hmac.compare_digest(key.encode(), parts.settings.gateway_key.encode()):
            abort(404)
        if (request.content_length or 0) > BODY_BYTES_MAX:
            abort(413)
        request.max_content_length = BODY_BYTES_MAX
        body = request.get_data().decode("utf-8", "replace")
        now = parts.clock.now()
        with parts.db.transaction() as tx:
            heard = hear_callback(
                tx, provider=provider, method=request.method, path_reference=reference, body=body, now=now
            )
            if not heard.known and not hint_payout(tx, heard.reference, now):
                # Whoever knows the key should know our references too. One row, however many come.
                facts = {"reference": str(heard.reference or reference)[:REFERENCE_CHARS_MAX]}
                raise_alarm(tx, kind="callback_unknown", subject=provider, facts=facts, now=now)
        return Response("", 200)

    @door.route("/callbacks/mtn-momo/<key>", methods=["POST", "PUT"], provide_automatic_options=False)
    @door.route("/callbacks/mtn-momo/<key>/<reference>", methods=["POST", "PUT"], provide_automatic_options=False)
    def mtn_momo(key: str, reference: str | None = None) -> Response:
        return heard("mtn-momo", key, reference)

    @door.route("/callbacks/orange-money/<key>", methods=["POST", "PUT"], provide_automatic_options=False)
    @door.route("/callbacks/orange-money/<key>/<reference>", methods=["POST", "PUT"], provide_automatic_options=False)
    def orange_money(key: str, reference: str | None = None) -> Response:
        return heard("orange-money", key, reference)

    @door.endpoint(f"{door.name}.nothing_else")
    def nothing_else(rest: str) -> Response:  # noqa: ARG001 - the rule's variable
        abort(404)

    # A rule without methods takes every method there is; 405 would say that the address is one of ours.
    anything_else = Rule("/callbacks/<path:rest>", endpoint=f"{door.name}.nothing_else")
    door.record_once(lambda state: state.app.url_map.add(anything_else))
    return door
