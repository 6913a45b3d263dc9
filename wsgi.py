"""The web process: every door, wired once."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import cast

from flask import Flask, Response, redirect
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix

import admin
from api import callbacks, health, town
from api.v1 import door as api_v1
from api.whole_bodies import WholeBodies
from core import logs
from core.bells import bell
from core.callers.queries import CALLER, CallerFacts
from core.db.quick import QuickStatements
from core.parts import assemble
from core.settings import load
from portal import door as portal
from portal import hotspot
from sms_bot import africastalking as sms_africastalking
from sms_bot.converse import Conversations
from ussd import africastalking as ussd_africastalking
from ussd.hop import Hops
from ussd.memory import Memory as UssdMemory
from ussd.sessions import STATEMENTS as SESSION_STATEMENTS

# Fewer than threads: Python runs one of them at a time, and each PostgreSQL connection costs 10 MB.
CONNECTIONS = 4
BODY_BYTES_MAX = 64 * 1024
REDIS_TIMEOUT_S = 2


def redis_client(url: str) -> Redis:
    """A client that gives up quickly: without Redis a hop is slower, not dead."""
    return Redis.from_url(
        url,
        socket_timeout=REDIS_TIMEOUT_S,
        socket_connect_timeout=REDIS_TIMEOUT_S,
        retry=Retry(NoBackoff(), 1),
        decode_responses=True,
    )


def create_app(environ: Mapping[str, str] | None = None) -> Flask:
    """The web application.

    Raises:
        SettingsError: with every fault of the environment.
    """
    settings = load(os.environ if environ is None else environ)
    logs.configure(settings.log_level, settings.secrets)
    parts = assemble(settings, ring=bell(settings.redis_url), pool_size=CONNECTIONS)
    redis = redis_client(settings.redis_url)
    app = Flask("shabaka", static_folder=None)
    app.config.update(SECRET_KEY=settings.secret_key, MAX_CONTENT_LENGTH=BODY_BYTES_MAX)
    app.extensions["shabaka"] = parts

    quick = QuickStatements(settings.database_url, {"caller": CALLER, **SESSION_STATEMENTS}, connections=CONNECTIONS)
    facts = CallerFacts(parts, quick)
    app.register_blueprint(ussd_africastalking.create_blueprint(parts, Hops(parts, UssdMemory(redis), facts, quick)))
    conversations = Conversations(parts, facts)
    app.register_blueprint(sms_africastalking.create_blueprint(parts, conversations))
    app.register_blueprint(callbacks.create_blueprint(parts))
    app.register_blueprint(health.create_blueprint(parts, redis))
    app.register_blueprint(api_v1.create_blueprint(parts, redis))
    admin.init_app(app, parts)
    app.register_blueprint(admin.create_blueprint(parts), url_prefix="/admin")
    portal.init_app(app, parts)
    app.register_blueprint(portal.create_blueprint(parts), url_prefix="/portal")
    app.register_blueprint(hotspot.create_blueprint(parts), url_prefix="/hotspot")
    if settings.sandbox_url:
        app.register_blueprint(town.create_blueprint(settings.sandbox_url))

    @app.get("/")
    def front() -> Response:
        """Whoever opens the address of the ready line."""
        return cast("Response", redirect("/sandbox/" if settings.sandbox_url else "/admin/"))

    app.wsgi_app = WholeBodies(app.wsgi_app, BODY_BYTES_MAX)  # type: ignore[method-assign]  # as below
    if settings.behind_proxy:  # nginx in deploy/: without it every caller has the proxy's address
        app.wsgi_app = ProxyFix(app.wsgi_app)  # type: ignore[method-assign]  # Flask's own documented way

    @app.errorhandler(HTTPException)
    def refused(error: HTTPException) -> Response:
        """One line, no page: the readers are machines, and staff who mistyped."""
        if error.response is not None:
            return cast("Response", error.response)
        return Response(f"{error.name}.\n", error.code, content_type="text/plain; charset=utf-8")

    return app
