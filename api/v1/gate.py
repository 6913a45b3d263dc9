"""Who may pass: a bearer that is one of our keys, allowed this, and not above its pace."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from redis import Redis
from redis.exceptions import RedisError

from api.v1.faults import ApiFault
from api.v1.operations import Operation
from core.logs import log
from core.partners.know_key import Key, is_use_due, know_key, note_use
from core.parts import Parts

LOG = log("api")
MINUTE_S: Final = 60
BEARER: Final = "bearer "
AUTHORIZATION_CHARS_MAX: Final = 200
NO_KEY: Final = "Send a key as `Authorization: Bearer …`. This one is missing, wrong or withdrawn."


def admit(parts: Parts, redis: Redis, operation: Operation, authorization: str, now: datetime) -> Key:
    """The key of a request that may pass.

    Raises:
        ApiFault: 401 without a key in force, 403 where it is not allowed this, 429 above its `requests_a_minute`.
    """
    key = None
    if authorization[: len(BEARER)].lower() == BEARER and len(authorization) <= AUTHORIZATION_CHARS_MAX:
        with parts.db.reading() as connection:
            key = know_key(connection, authorization[len(BEARER) :].strip())
    if key is None:
        raise ApiFault(401, "no_key", NO_KEY, {"WWW-Authenticate": 'Bearer realm="shabaka"'})
    _keep_pace(redis, key, now)
    if operation.scope not in key.scopes:
        raise ApiFault(403, "wrong_scope", f"This key lacks the scope {operation.scope}.")
    if is_use_due(key, now):
        with parts.db.transaction() as tx:
            note_use(tx, key, now)
    return key


def _keep_pace(redis: Redis, key: Key, now: datetime) -> None:
    """Count the requests of this minute. Without Redis nobody is counted, and nobody is kept out."""
    second = int(now.timestamp())
    counter = f"api:{key.key_id}:{second // MINUTE_S}"
    try:
        with redis.pipeline(transaction=False) as pipe:
            pipe.incr(counter)
            pipe.expire(counter, 2 * MINUTE_S)
            count = int(pipe.execute()[0])
    except RedisError as error:
        LOG.warning("requests are not counted", error=type(error).__name__)
        return
    if count > key.requests_a_minute:
        wait_s = MINUTE_S - second % MINUTE_S
        message = f"This key may ask {key.requests_a_minute} times a minute. Wait {wait_s} seconds."
        raise ApiFault(429, "too_many_requests", message, {"Retry-After": str(wait_s)})
