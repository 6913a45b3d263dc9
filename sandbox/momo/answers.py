"""Answers in MTN's shapes."""

from __future__ import annotations

from flask import Response

from sandbox.furniture.answers import as_json
from sandbox.momo.words import MESSAGES


def error(http: int, code: str, message: str | None = None) -> Response:
    """MTN's `{"code", "message"}`."""
    return as_json(http, {"code": code, "message": message or MESSAGES.get(code, code)})
