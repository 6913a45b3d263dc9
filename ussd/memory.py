"""What Redis remembers of a session: the screen last shown and where it stood. May vanish; then it is rebuilt."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field
from typing import Any, Final

from redis import Redis
from redis.exceptions import RedisError

from core.logs import log
from ussd.scripts import Connections, Script

LOG = log("ussd.memory")
SESSION_TTL_MS: Final = 10 * 60 * 1000  # gateways end sessions after 180 s; late duplicates come within minutes
RESUME_TTL_MS: Final = 10 * 60 * 1000
LOCK_MS: Final = 5_000  # longer than any hop; a process that dies in one frees it by this
HISTORY_MAX: Final = 12  # screens kept for late duplicates of earlier hops
_as_json: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

_IN: Final = """
local lock = redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) or redis.call('GET', KEYS[1]) == ARGV[1]
return {lock and 1 or 0, redis.call('GET', KEYS[2]), redis.call('GET', KEYS[3])}
"""
_OUT: Final = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3])
if ARGV[4] ~= '' then redis.call('SET', KEYS[3], ARGV[4], 'PX', ARGV[5]) else redis.call('DEL', KEYS[3]) end
return redis.call('DEL', KEYS[1])
"""
_RELEASE: Final = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"


@dataclass(slots=True)
class Remembered:
    """A session as it stood after its last hop."""

    phone: str
    began: float
    text: str
    screen: str
    session: dict[str, Any]
    history: dict[str, str] = field(default_factory=dict)
    tongue: str = "en"

    def to_json(self) -> str:
        """For Redis."""
        return _as_json([self.phone, self.began, self.text, self.screen, self.session, self.history, self.tongue])

    @classmethod
    def from_json(cls, stored: str | bytes) -> Remembered | None:
        """From Redis; None when another version of the code wrote it: the text rebuilds it."""
        try:
            known = cls(*json.loads(stored))
        except (ValueError, TypeError):
            LOG.warning("session of another version")
            return None
        texts = isinstance(known.text, str) and isinstance(known.tongue, str)
        whole = texts and isinstance(known.session, dict) and isinstance(known.history, dict)
        return known if whole else None


@dataclass(frozen=True, slots=True)
class Held:
    """The turn of a session, as it came out of Redis. `locked` is false where another process is at it."""

    locked: bool
    lock: str
    remembered: Remembered | None
    resume: dict[str, Any] | None


class Memory:
    """Sessions in Redis: one round trip in, one out."""

    def __init__(self, redis: Redis) -> None:
        connections = Connections(redis)
        self._in = Script(connections, _IN)
        self._out = Script(connections, _OUT)
        self._release = Script(connections, _RELEASE)

    def take(self, gateway: str, session_id: str, phone: str) -> Held:
        """Lock the session and read it, and where the phone's last call was dropped. Without Redis: nothing."""
        lock = secrets.token_hex(8)
        keys = self._keys(gateway, session_id, phone)
        try:
            locked, stored, resume = self._in(keys, lock, LOCK_MS)
        except RedisError as error:
            LOG.warning("redis away", error=type(error).__name__)
            return Held(locked=True, lock="", remembered=None, resume=None)
        return Held(
            locked=bool(locked),
            lock=lock,
            remembered=Remembered.from_json(stored) if stored else None,
            resume=_place(resume) if resume else None,
        )

    def keep(
        self, gateway: str, session_id: str, held: Held, remembered: Remembered, resume: dict[str, Any] | None
    ) -> None:
        """Store the session and release it. A lock lost to time stores nothing: the text rebuilds it."""
        if not held.lock:
            return
        keys = self._keys(gateway, session_id, remembered.phone)
        place = _as_json(resume) if resume else ""
        try:
            self._out(keys, held.lock, remembered.to_json(), SESSION_TTL_MS, place, RESUME_TTL_MS)
        except RedisError as error:
            LOG.warning("redis away", error=type(error).__name__)

    def release(self, gateway: str, session_id: str, phone: str, held: Held) -> None:
        """Let others at the session; it stands as it stood."""
        if not (held.lock and held.locked):
            return
        try:
            self._release(self._keys(gateway, session_id, phone)[:1], held.lock)
        except RedisError as error:
            LOG.warning("redis away", error=type(error).__name__)

    @staticmethod
    def _keys(gateway: str, session_id: str, phone: str) -> list[str]:
        name = f"ussd:{gateway}:{session_id}"
        return [f"{name}:lock", name, f"ussd:resume:{phone}"]


def _place(stored: str) -> dict[str, Any] | None:
    """Where a dropped call stopped; None when it cannot be read."""
    try:
        place = json.loads(stored)
    except ValueError:
        return None
    return place if isinstance(place, dict) else None
