"""The door itself, mounted at `/portal`: who may pass, and what every page knows."""

from __future__ import annotations

from typing import Any, Final

from flask import Flask, current_app, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup

from core.languages import LANGUAGES, Language
from core.parts import Parts
from portal.look import dress, parts
from portal.pages import ROUTES
from portal.permits import GuardedBlueprint, who_may
from web import cookies

BODY_BYTES_MAX: Final = 64 * 1024
# What is the same for everybody: no cookie is read, so caches may keep it.
OF_NOBODY: Final = frozenset(f"portal.{name}" for name in ("asset", "manifest", "service_worker", "no_network"))


def init_app(app: Flask, parts: Parts) -> None:
    """Prepare an app for log-ins at this door."""
    cookies.prepare(app, parts.settings)


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
    if request.endpoint in OF_NOBODY:
        return None
    g.tongue = language_of_stranger()
    if who_may(current_app.view_functions[str(request.endpoint)]) != "public":
        return redirect(url_for("portal.front"), 303)
    cookies.CSRF.protect()
    return None


def language_of_stranger() -> Language:
    """The language chosen in this browser, or the one it asks for."""
    kept = session.get("language") or request.accept_languages.best_match(LANGUAGES)
    return "ar" if kept == "ar" else "en"


def _for_templates() -> dict[str, Any]:
    if request.endpoint in OF_NOBODY:
        return {}
    return {
        "links": (),
        "visitor": None,
        "token": lambda: Markup('<input type="hidden" name="csrf_token" value="{}">').format(generate_csrf()),
        "new_key": lambda: str(parts().ids.new_uuid()),
    }
