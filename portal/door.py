"""The door itself, mounted at `/portal`: who may pass, and what every page knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from flask import Flask, current_app, flash, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup

from core.clock import Clock
from core.errors import NotAllowed
from core.languages import LANGUAGES, Language
from core.languages import marked as _
from core.parts import Parts
from portal.look import dress, parts
from portal.pages import ROUTES
from portal.pages.more import MORE
from portal.permits import GuardedBlueprint, Who, who_may
from portal.visitors import Visitor, find_visitor, init_clock
from portal.words import word
from web import cookies
from web.speech import t

BODY_BYTES_MAX: Final = 64 * 1024
# What is the same for everybody: no cookie is read, so caches may keep it.
OF_NOBODY: Final = frozenset(f"portal.{name}" for name in ("asset", "manifest", "service_worker", "no_network"))
# What is open to who came by a code and has not chosen a PIN or password yet.
BEFORE_A_SECRET: Final = frozenset(
    f"portal.{name}" for name in ("secret", "choose_secret", "log_out", "choose_language", "ask", "ask_code")
)

LOGGED_OUT: Final = _("You are logged out. Nothing was sent. Log in and do it again.")


@dataclass(frozen=True, slots=True)
class Link:
    """A link of the bar on top, and the pages under which it is marked as where we are."""

    page: str
    text: str
    who: Who
    under: frozenset[str] = frozenset()


LINKS: Final[tuple[Link, ...]] = (
    Link("portal.front", _("Sell"), "seller", frozenset({"portal.sell_now", "portal.sold"})),
    Link("portal.sales", _("Sales"), "seller", frozenset({"portal.token", "portal.money"})),
    Link("portal.batches", _("Cards"), "seller", frozenset({"portal.batch"})),
    Link("portal.more", _("More"), "owner", frozenset(f"portal.{link.page}" for link in MORE)),
)


def init_app(app: Flask, parts: Parts, *, session_clock: Clock | None = None) -> None:
    """Prepare an app for log-ins at this door. `session_clock`: see `portal.visitors.init_clock`."""
    cookies.prepare(app, parts.settings)
    init_clock(app, session_clock)


def create_blueprint(parts: Parts) -> GuardedBlueprint:
    """The pages of owners; `init_app` prepares the app they are mounted on.

    Raises:
        AssertionError: a view does not say who may see it.
    """
    door = GuardedBlueprint("portal", __name__, template_folder="templates")
    dress(door, parts)
    for route in ROUTES:
        door.add_url_rule(route.rule, route.name, route.view, methods=[route.method])
    door.before_request(admit)
    door.context_processor(_for_templates)
    return door


def admit() -> ResponseReturnValue | None:
    """Let a request in, or send it away. The only gate: views do not check again."""
    request.max_content_length = BODY_BYTES_MAX
    g.visitor = None
    if request.endpoint in OF_NOBODY:
        return None
    g.tongue = _language_of_stranger()
    who = who_may(current_app.view_functions[str(request.endpoint)])
    g.visitor = visitor = find_visitor()
    if visitor is not None:
        g.tongue = "en" if visitor.account.tongue == "en" else "ar"
        if not visitor.visit.has_secret and request.endpoint not in BEFORE_A_SECRET:
            return redirect(url_for("portal.secret"), 303)
    if who != "public":
        if visitor is None:
            if request.method == "POST":
                flash(t(LOGGED_OUT), "refused")
            return redirect(url_for("portal.front"), 303)
        if not visitor.may(who):
            raise NotAllowed(permission=who)
    cookies.CSRF.protect()
    return None


def _language_of_stranger() -> Language:
    """The language chosen in this browser, or the one it asks for."""
    kept = session.get("language") or request.accept_languages.best_match(LANGUAGES)
    return "ar" if kept == "ar" else "en"


def _links(visitor: Visitor | None) -> list[tuple[str, str, bool]]:
    """The links of the bar on top for a visitor: where each leads, its text, and whether we are there."""
    mine = [link for link in LINKS if visitor is not None and visitor.seat and visitor.may(link.who)]
    return [(link.page, link.text, request.endpoint in {link.page, *link.under}) for link in mine]


def _for_templates() -> dict[str, Any]:
    if request.endpoint in OF_NOBODY:
        return {}
    return {
        "links": _links(g.visitor),
        "visitor": g.visitor,
        "word": word,
        "csrf_field": lambda: Markup('<input type="hidden" name="csrf_token" value="{}">').format(generate_csrf()),
        "key_field": lambda: Markup('<input type="hidden" name="key" value="{}">').format(parts().ids.new_uuid()),
    }
