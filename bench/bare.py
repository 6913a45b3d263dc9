"""The ceiling of a hop: a Flask route that does one Redis GET and one SET, under the same server."""

from __future__ import annotations

import os

from flask import Flask, Response, request
from redis import Redis


def create_app() -> Flask:
    """The barest application that remembers a session."""
    app = Flask("bare", static_folder=None)
    redis = Redis.from_url(os.environ["REDIS_URL"], decode_responses=True)

    @app.post("/hop")
    def hop() -> Response:
        key = "bare:" + request.form["sessionId"]
        before = redis.get(key)
        redis.set(key, request.form["text"] + str(before)[:100], ex=600)
        return Response("CON hello", content_type="text/plain; charset=utf-8")

    return app
