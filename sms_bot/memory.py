"""Where a conversation by SMS stands, in Redis. Lost, a number is read as a new text."""

from __future__ import annotations

import json
from typing import Any, Final

from redis import Redis
from redis.exceptions import RedisError

from core.logs import log
from flows.session import Session

LOG = log("sms_bot.memory")
SESSION_TTL_S: Final = 30 * 60  # people put the phone down and come back


class Memory:
    """One conversation per phone."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def load(self, phone: str) -> Session | None:
        """Where the phone stands; None when nowhere, or Redis is away."""
        try:
            stored: Any = self._redis.get(f"sms:{phone}")
        except RedisError as error:
            LOG.warning("redis away", error=type(error).__name__)
            return None
        try:
            return Session.from_json(json.loads(stored)) if stored else None
        except (LookupError, TypeError, ValueError):
            LOG.warning("conversation of another version")
            return None

    def store(self, phone: str, session: Session | None) -> None:
        """Remember it, or forget."""
        try:
            if session is None:
                self._redis.delete(f"sms:{phone}")
            else:
                self._redis.set(f"sms:{phone}", json.dumps(session.to_json(), ensure_ascii=False), ex=SESSION_TTL_S)
        except RedisError as error:
            LOG.warning("redis away", error=type(error).__name__)
