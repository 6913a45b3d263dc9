"""The door itself: who may pass, what every answer carries, and how a refusal looks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from flask import Response, current_app, g, make_response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError, generate_csrf
from werkzeug.exceptions import HTTPException

from admin import desk, figures, words
from admin.pages import ROUTES
from admin.permits import GuardedBlueprint, body_bytes_max, permission_of, public
from admin.visitors import visitor
from core import errors
from core.languages import LANGUAGES, Language
from core.languages import marked as _
from core.logs import log
from core.parts import Parts
from core.staff.roles import Permission, may
from web import speech
from web.assets import Assets
from web.cookies import CSRF
from web.forms import asked
from web.headers import with_headers
from web.packing import packed_if_wanted
from web.status import status_of

BODY_BYTES_MAX: Final = 64 * 1024
FAULTS: Final = {
    400: _("The page was open too long or came from elsewhere. Nothing was done. Please go back and send it again."),
    404: _("We could not find that."),
    405: _("That is not possible here."),
    413: _("That is too much to send at once."),
    500: _("Something broke here. It was written down. Please try again."),
}
ASSETS: Final = Assets(
    Path(__file__).parent / "static",
    "admin.asset",
    {"admin.css": "text/css; charset=utf-8", "admin.js": "text/javascript; charset=utf-8"},
)
_log = log("admin")


@dataclass(frozen=True, slots=True)
class Link:
    """A link of the bar on top. It leads to the first of its pages that the reader may see.

    `under`: more pages on which it is marked as where we are.
    """

    text: str
    pages: Mapping[str, Permission]
    under: frozenset[str] = frozenset()


LINKS: Final = (
    Link(_("Stuck"), {"admin.stuck": "outbox.see"}),
    Link(
        _("Payments"),
        {"admin.unknown": "payments.see"},
        frozenset({"admin.alarms", "admin.payment"})
        | {f"admin.{name}" for name in ("shift", "drawers", "shifts", "one_shift", "voids", "void_receipt")}
        | {"admin.reconciliation"}
        | {f"admin.{name}" for name in ("payouts", "payout", "refund", "owners", "owner", "settlement", "auto_top_ups")}
        | {
            f"admin.{name}"
            for name in ("statements", "statement_file", "lines", "line", "claims", "accounts", "account")
        },
    ),
    Link(
        _("Network"),
        {"admin.network": "network.see", "admin.batches": "cards.sell"},
        frozenset(f"admin.{name}" for name in ("routers", "router", "router_throughput", "outages", "outage_credits"))
        | {"admin.batch", "admin.guesses", "admin.owner_trade", "admin.owner_shop"},
    ),
    Link(
        _("Prices"),
        {"admin.tariffs": "catalogue.manage"},
        frozenset(
            f"admin.{name}" for name in ("new_tariff", "tariff", "what_if", "promotions", "taxes", "rates", "holidays")
        ),
    ),
    Link(
        _("Billing"),
        {
            "admin.billing": "catalogue.manage",
            "admin.adjustments": "adjustments.ask",
            "admin.reports": "reports.see",
            "admin.months": "months.close",
        },
        frozenset({"admin.ageing"}),
    ),
    Link(_("Programs"), {"admin.keys": "partners.manage"}, frozenset({"admin.webhooks"})),
    Link(_("Staff"), {"admin.staff": "staff.manage"}),
)


def create_blueprint(parts: Parts) -> GuardedBlueprint:
    """The staff web, to be mounted at `/admin`; `init_app` prepares the app it is mounted on.

    Raises:
        AssertionError: a view does not name the permission it needs.
    """
    door = GuardedBlueprint("admin", __name__, template_folder="templates")
    door.record_once(lambda state: state.app.extensions.__setitem__(desk.PARTS, parts))
    door.add_url_rule("/assets/<name>", "asset", hand_out)
    for route in ROUTES:
        door.add_url_rule(route.rule, route.name, route.view, methods=[route.method])
    door.before_request(admit)
    door.after_request(_finish)
    door.context_processor(_for_templates)
    for name, show in speech.FILTERS.items():
        door.add_app_template_filter(show, name)
    door.add_app_template_filter(figures.plain, "plain")
    door.add_app_template_filter(figures.gigabytes, "gigabytes")
    door.register_error_handler(errors.Refusal, refused)
    door.register_error_handler(HTTPException, _fault)
    door.register_error_handler(500, _broken)
    return door


@public
def hand_out(name: str) -> ResponseReturnValue:
    """The style sheet or the script."""
    return ASSETS.hand_out(name)


def admit() -> ResponseReturnValue | None:
    """Let a request in, or send it away. The only gate: views do not check again."""
    wanted = current_app.view_functions.get(str(request.endpoint))
    request.max_content_length = body_bytes_max(wanted, BODY_BYTES_MAX)
    g.member = None
    if request.endpoint == "admin.asset":  # no cookie is read: caches may keep the answer for everybody
        return None
    g.tongue = _stranger_language()
    view: Callable[..., Any] = current_app.view_functions[str(request.endpoint)]
    permission = permission_of(view)
    if permission is None:
        CSRF.protect()
        return None
    g.member = visitor()
    if g.member is None:
        back = request.full_path.rstrip("?") if request.method == "GET" else None
        return redirect(url_for("admin.log_in", next=back), 303)
    g.tongue = g.member.language
    if not may(g.member.role, permission):
        raise errors.NotAllowed(permission=permission)
    CSRF.protect()
    return None


def refused(refusal: errors.Refusal) -> Response:
    """A refusal as a page of one sentence."""
    code = desk.parts().settings.service_code
    return _sentence_page(words.refusal_sentence(refusal, code), status_of(refusal))


def _fault(fault: HTTPException) -> Response:
    status = fault.code or 500
    if isinstance(fault, CSRFError):
        _log.info("a form without its token was refused", path=request.path)
    return _sentence_page(str(speech.t(FAULTS.get(status, FAULTS[405]))), status)


def _broken(_error: Exception) -> Response:
    return _sentence_page(str(speech.t(FAULTS[500])), 500)


def _sentence_page(sentence: str, status: int) -> Response:
    return make_response(render_template("admin/refused.html", sentence=sentence), status)


def _stranger_language() -> Language:
    chosen = asked("language")
    for language in LANGUAGES:
        if chosen == language:
            session["language"] = language
            return language
    kept = session.get("language") or request.accept_languages.best_match(LANGUAGES)
    return "ar" if kept == "ar" else "en"


def _finish(response: Response) -> Response:
    return packed_if_wanted(with_headers(response))


def _link(link: Link, allowed: Callable[[Permission], bool]) -> tuple[str, str, bool] | None:
    """Where a link leads, its text, and whether we are there; None for whom it leads nowhere."""
    to = next((page for page, permission in link.pages.items() if allowed(permission)), None)
    return (to, link.text, request.endpoint in {*link.pages, *link.under}) if to else None


def _for_templates() -> dict[str, Any]:
    member = g.get("member")

    def allowed(permission: Permission) -> bool:
        return member is not None and may(member.role, permission)

    return {
        "t": speech.t,
        "word": words.word,
        "asset": ASSETS.address,
        "member": member,
        "may": allowed,
        "language": speech.tongue(),
        "direction": "rtl" if speech.tongue() == "ar" else "ltr",
        "links": [shown for link in LINKS if (shown := _link(link, allowed))],
        "csrf_token": generate_csrf,
        "new_key": lambda: str(desk.parts().ids.new_uuid()),
        "token_left": speech.token_left,
        "plan": speech.plan,
        "lasting": speech.lasting,
        "money": speech.money_of,
        "known_words": words.WORDS,
    }
