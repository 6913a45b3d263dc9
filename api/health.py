"""Health for operations: alive, ready (and if not, why), and figures for a monitor."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Final

from flask import Blueprint, Response
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from core.db.revision import current, newest
from core.parts import Parts
from core.tokens.guesses import MISSES_MAX, WINDOW_S

_IN_WINDOW: Final = f"began_at > now() - interval '{WINDOW_S} seconds'"

_SILENCED_FROM: Final = f"CASE kind WHEN 'address' THEN {MISSES_MAX['address']} ELSE {MISSES_MAX['phone']} END"

# name -> (help, query of one number). The outbox's age is the first sign that something outside is stuck.
FIGURES: Final = {
    "shabaka_outbox_waiting": ("Rows that wait to leave", "SELECT count(*) FROM outbox WHERE state = 'waiting'"),
    "shabaka_outbox_dead": ("Rows a person must push", "SELECT count(*) FROM outbox WHERE state = 'dead'"),
    "shabaka_outbox_oldest_due_seconds": (
        "Age of the most overdue row",
        "SELECT coalesce(extract(epoch FROM now() - min(due_at)), 0) FROM outbox WHERE state = 'waiting'",
    ),
    "shabaka_payments_open": (
        "Payments not ended",
        "SELECT count(*) FROM payment_intent WHERE state IN ('created', 'submitted')",
    ),
    "shabaka_payments_unknown": (
        "Payments a person must settle",
        "SELECT count(*) FROM payment_intent WHERE state = 'unknown'",
    ),
    "shabaka_placements_open": (
        "Grants a router does not hold yet",
        "SELECT count(*) FROM placement WHERE confirmed_at IS NULL",
    ),
    "shabaka_routers_failing": ("Routers that do not answer", "SELECT count(*) FROM router WHERE failures > 0"),
    "shabaka_webhooks_failing": (
        "Addresses of partners that do not take our events",
        "SELECT count(*) FROM webhook WHERE active AND failures > 0",
    ),
    "shabaka_codes_wrong": (
        "Wrong codes of cards and tokens typed by all in the window that runs",
        f"SELECT coalesce(sum(misses), 0) FROM token_guess WHERE kind = 'all' AND {_IN_WINDOW}",
    ),
    "shabaka_codes_silenced": (
        "Phones, devices and addresses that are not listened to for wrong codes",
        f"SELECT count(*) FROM token_guess WHERE kind <> 'all' AND {_IN_WINDOW} AND misses >= {_SILENCED_FROM}",
    ),
    "shabaka_grants_running": ("Grants in use", "SELECT count(*) FROM access_grant WHERE status = 'running'"),
}


def create_blueprint(parts: Parts, redis: Redis) -> Blueprint:
    """`/health/live`, `/health/ready`, `/metrics`."""
    door = Blueprint("health", __name__)
    wanted = newest()

    def database() -> str:
        try:
            found = current(parts.db.engine)
        except SQLAlchemyError as error:
            return f"PostgreSQL does not answer ({type(error).__name__})"
        return "" if found == wanted else f"the database is at revision {found}, this code wants {wanted}"

    def memory() -> str:
        try:
            redis.ping()
        except RedisError as error:
            return f"Redis does not answer ({type(error).__name__})"
        return ""

    checks: dict[str, Callable[[], str]] = {"database": database, "redis": memory}

    @door.get("/health/live")
    def live() -> Response:
        return Response("ok\n", content_type="text/plain; charset=utf-8")

    @door.get("/health/ready")
    def ready() -> Response:
        faults = {name: fault for name, check in checks.items() if (fault := check())}
        body = json.dumps({"ready": not faults, "faults": faults})
        return Response(body, 503 if faults else 200, content_type="application/json")

    @door.get("/metrics")
    def metrics() -> Response:
        lines = []
        with parts.db.reading() as connection:
            for name, (explained, query) in FIGURES.items():
                value = float(connection.execute(text(query)).scalar_one())
                lines += [f"# HELP {name} {explained}", f"# TYPE {name} gauge", f"{name} {value:g}"]
        return Response("\n".join(lines) + "\n", content_type="text/plain; version=0.0.4; charset=utf-8")

    return door
