"""A rate that all processes keep together: so many questions a second to one provider."""

from __future__ import annotations

import time
from typing import Any, Final

from redis import Redis
from redis.exceptions import RedisError

# One counter a second, by Redis's own clock; returns how many milliseconds to wait before trying again.
_SCRIPT: Final = """
local now = redis.call('TIME')
local key = KEYS[1] .. ':' .. now[1]
local count = redis.call('INCR', key)
if count == 1 then redis.call('EXPIRE', key, 3) end
if count <= tonumber(ARGV[1]) then return 0 end
return 1000 - math.floor(tonumber(now[2]) / 1000) + 1
"""


class AsksThrottle:
    """Holds the caller back until its question fits the rate (MTN allows 10 status questions a second)."""

    def __init__(self, redis_url: str, *, per_second: int, name: str = "throttle:mtn-momo") -> None:
        redis = Redis.from_url(redis_url, socket_timeout=2, socket_connect_timeout=2)
        self._script = redis.register_script(_SCRIPT)
        self._name = name
        self._per_second = per_second

    def wait(self) -> None:
        """Return when the question may be asked. Without Redis each process keeps the rate alone."""
        while True:
            try:
                milliseconds: Any = self._script(keys=[self._name], args=[self._per_second])
            except RedisError:
                time.sleep(1 / self._per_second)
                return
            if not milliseconds:
                return
            time.sleep(int(milliseconds) / 1000)
