"""Payment callbacks: kept, and taken as a hint to ask the provider. Always 200 for the right key."""

from __future__ import annotations

import hmac
from typing import Final

from flask import Blueprint, Response, abort, request
from werkzeug.routing import Rule

from core.parts import Parts
from core.payments.hear_callback import hear_callback

BODY_BYTES_MAX: Final = 64 * 1024


def create_blueprint(parts: Parts) -> Blueprint:
    """The door at `/callbacks/mtn-momo/<key>[/<reference>]`, by POST or PUT. Anything else is 404 and says nothing."""
    door = Blueprint("callbacks", __name__)

    @door.route("/callbacks/mtn-momo/<key>", methods=["POST", "PUT"], provide_automatic_options=False)
    @door.route("/callbacks/mtn-momo/<key>/<reference>", methods=["POST", "PUT"], provide_automatic_options=False)
    def mtn_momo(key: str, reference: str | None = None) -> Response:
        if not hmac.compare_digest(key.encode(), parts.settings.gateway_key.encode()):
            abort(404)
        if (request.content_length or 0) > BODY_BYTES_MAX:
            abort(413)
        request.max_content_length = BODY_BYTES_MAX
        body = request.get_data().decode("utf-8", "replace")
        with parts.db.transaction() as tx:
            hear_callback(
                tx,
                provider="mtn-momo",
                method=request.method,
                path_reference=reference,
                body=body,
                now=parts.clock.now(),
            )
        return Response("", 200)

    @door.endpoint(f"{door.name}.nothing_else")
    def nothing_else(rest: str) -> Response:  # noqa: ARG001 - the rule's variable
        abort(404)

    # A rule without methods takes every method there is; 405 would say that the address is one of ours.
    anything_else = Rule("/callbacks/<path:rest>", endpoint=f"{door.name}.nothing_else")
    door.record_once(lambda state: state.app.url_map.add(anything_else))
    return door
