"""Which doors have a cookie, and how forms prove that they were ours.

A machine has none: opening an empty session costs a hop a tenth of a millisecond.
"""

from __future__ import annotations

from typing import Final

from flask import Flask, Request, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask_wtf.csrf import CSRFProtect

from core.settings import Settings

COOKIES: Final = {"/admin": "shabaka_staff", "/portal": "shabaka_portal"}
CSRF: Final = CSRFProtect()


class DoorSessions(SecureCookieSessionInterface):
    """For each door with a log-in a cookie of its own, sent back to that door only."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """The session of a door with a log-in; for anything else a null session."""
        return super().open_session(app, request) if _door(request) else None

    def get_cookie_name(self, _app: Flask) -> str:
        """The name of the cookie of this door."""
        return COOKIES[_door(request)]

    def get_cookie_path(self, _app: Flask) -> str:
        """Where it is sent to."""
        return _door(request)


def _door(asking: Request) -> str:
    first = f"/{asking.path.split('/', 2)[1]}"
    return first if first in COOKIES else ""


def prepare(app: Flask, settings: Settings) -> None:
    """Prepare an app for doors with log-ins. Nothing is hooked into requests of other doors."""
    app.secret_key = app.secret_key or settings.secret_key
    app.session_interface = DoorSessions()
    app.config.update(
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.public_url.startswith("https://"),
        SESSION_REFRESH_EACH_REQUEST=False,  # a lasting cookie is not sent anew with every page
        # The doors check by themselves; machines that post to other doors have no token.
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_METHODS=frozenset({"POST", "PUT", "PATCH", "DELETE"}),
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session it is bound to
        WTF_CSRF_SSL_STRICT=True,
        WTF_CSRF_FIELD_NAME="csrf_token",
        WTF_CSRF_HEADERS=(),
    )
