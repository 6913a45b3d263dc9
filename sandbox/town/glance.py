"""What the page shows, gathered from the simulators in one answer, so that looking costs one request."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from werkzeug.test import EnvironBuilder, run_wsgi_app

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

TEXTS_MAX: Final = 200
USERS_MAX: Final = 40
ASKED_OF_PEOPLE: Final = ("requesttopay", "requesttowithdraw", "preapproval")
TRIAL_USER: Final = "default-trial"  # every router has it; nobody logs in with it
_ROUTER_FACTS: Final = ("name", "plugged", "version", "api_sessions", "active")
_USER_FACTS: Final = ("name", "password", "profile", "disabled", "uptime", "limit-uptime", "comment")


def ask(app: WSGIApplication, path: str) -> Any:
    """GET from a simulator in this process; None when it will not say."""
    builder = EnvironBuilder(path=path)
    try:
        chunks, status, _ = run_wsgi_app(app, builder.get_environ(), buffered=True)
        return json.loads(b"".join(chunks)) if status.startswith("200") else None
    finally:
        builder.close()


def texts(aggregator: WSGIApplication) -> dict[str, Any]:
    """Texts in both directions, newest last."""
    return {
        "messages": (ask(aggregator, f"/sandbox/messages?limit={TEXTS_MAX}") or {}).get("messages", []),
        "inbound": (ask(aggregator, f"/sandbox/inbound?limit={TEXTS_MAX}") or {}).get("messages", []),
    }


def prompts(momo: WSGIApplication, orange: WSGIApplication) -> list[dict[str, Any]]:
    """Payments, and consents to later ones, that wait for somebody's thumb; `provider` is whose prompt it is."""
    facts = ("reference", "msisdn", "amount", "currency", "payer_message", "decision")
    return [
        {"provider": provider, **{name: row.get(name) for name in facts}}
        for provider, app in (("momo", momo), ("orange", orange))
        for row in (ask(app, "/sandbox/requests") or {}).get("requests", [])
        if row.get("kind", "requesttopay") in ASKED_OF_PEOPLE and row.get("status") == "PENDING"
    ]


def routers(control: WSGIApplication) -> list[dict[str, Any]]:
    """Routers with their newest users and everybody online."""
    return [_router(state) for state in (ask(control, "/sandbox/state") or {}).get("routers", [])]


def _router(state: dict[str, Any]) -> dict[str, Any]:
    users = [user for user in state.get("users", []) if user.get("name") != TRIAL_USER]
    return {
        **{name: state.get(name) for name in _ROUTER_FACTS},
        "users_count": len(users),
        "users": [{name: user.get(name) for name in _USER_FACTS} for user in users[-USERS_MAX:][::-1]],
    }
