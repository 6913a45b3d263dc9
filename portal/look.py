"""How every page of this door looks and speaks, and how a refusal does."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from flask import Blueprint, Response, current_app, make_response, render_template
from markupsafe import Markup
from werkzeug.exceptions import HTTPException

from core.errors import Refusal
from core.languages import marked as _
from core.logs import log
from core.parts import Parts
from flows.refusals import SENTENCES, STAFF_SENTENCES
from web import speech
from web.assets import Assets
from web.headers import with_headers
from web.packing import packed_if_wanted
from web.status import status_of

PARTS: Final = "portal.parts"
ASSETS: Final = Assets(
    Path(__file__).parent / "static",
    "portal.asset",
    {
        "portal.css": "text/css; charset=utf-8",
        "portal.js": "text/javascript; charset=utf-8",
        "icon.svg": "image/svg+xml",
        "icon-192.png": "image/png",
        "icon-512.png": "image/png",
    },
)
FAULTS: Final = {
    400: _("The page was open too long or came from elsewhere. Nothing was done. Please go back and send it again."),
    404: _("We could not find that."),
    405: _("That is not possible here."),
    413: _("That is too much to send at once."),
    500: _("Something broke here. It was written down. Please try again."),
}
_log = log("portal")


def parts() -> Parts:
    """The parts of this process."""
    found: Parts = current_app.extensions[PARTS]
    return found


def dress(door: Blueprint, parts: Parts) -> None:
    """Give a blueprint of this door its filters, words, headers and pages of refusal."""
    door.record_once(lambda state: state.app.extensions.__setitem__(PARTS, parts))
    for name, show in speech.FILTERS.items():
        door.add_app_template_filter(show, name)
    door.context_processor(words)
    door.after_request(lambda response: packed_if_wanted(with_headers(response)))
    door.register_error_handler(Refusal, refused)
    door.register_error_handler(HTTPException, _fault)
    door.register_error_handler(500, _broken)


def words() -> dict[str, Any]:
    """What templates use beside their own facts."""
    return {
        "t": speech.t,
        "asset": ASSETS.address,
        "language": speech.tongue(),
        "direction": "rtl" if speech.tongue() == "ar" else "ltr",
        "plan": speech.plan,
        "lasting": speech.lasting,
        "money": speech.money_of,
        "code": parts().settings.service_code,
    }


def sentence_of(refusal: Refusal) -> Markup:
    """A refusal in one sentence to who reads."""
    original = SENTENCES.get(type(refusal)) or STAFF_SENTENCES[type(refusal)]
    return speech.refused(refusal, original, parts().settings.service_code)


def refused(refusal: Refusal) -> Response:
    """A refusal as a page of one sentence."""
    return _page(str(sentence_of(refusal)), status_of(refusal))


def _fault(fault: HTTPException) -> Response:
    status = fault.code or 500
    return _page(str(speech.t(FAULTS.get(status, FAULTS[405]))), status)


def _broken(error: Exception) -> Response:
    _log.error("a page broke", exc_info=error)
    return _page(str(speech.t(FAULTS[500])), 500)


def _page(sentence: str, status: int) -> Response:
    return make_response(render_template("portal/refused.html", sentence=sentence), status)
