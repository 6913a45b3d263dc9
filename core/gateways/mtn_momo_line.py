"""The line to MTN MoMo: one HTTP call out, one checked answer in, and the bearer token that opens it."""

from __future__ import annotations

import threading
import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import requests
import urllib3

from core.gateways.mtn_momo_words import read_json, storable
from core.logs import log

# Their gateway answers 403 with an HTML page to any agent that names the requests library.
USER_AGENT: Final = "Shabaka-billing/1"
CONNECT_TIMEOUT_S: Final = 10.0
READ_TIMEOUT_S: Final = 30.0  # a token took 10 to 20 s on their new platform
ANSWER_BYTES_MAX: Final = 64 * 1024
CODE_CHARS_MAX: Final = 200
# A call is two sendings, each within the timeouts above, and begins again within this time or not at all: 85 s at most.
REPEAT_WITHIN_S: Final = 5.0
TOKEN_EARLY_S: Final = 600.0  # "refresh 10 minutes early"
TOKEN_LIFETIME_FALLBACK_S: Final = 3600.0

_log = log(__name__)


@dataclass(frozen=True, slots=True)
class MomoAccount:
    """One account on one platform. A status can be read only on the platform that took the request."""

    base_url: str
    target_environment: str
    subscription_key: str = field(repr=False)
    api_user: str
    api_key: str = field(repr=False)
    currency: str
    timeout_s: float = READ_TIMEOUT_S


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `http` 0: nothing did. `body` is None unless it is JSON and says so."""

    http: int
    body: Any = None
    raw: str = ""

    @property
    def code(self) -> str | None:
        """MTN's error code, or the OAuth error of the token door; safe to store."""
        if not isinstance(self.body, dict):
            return None
        code = self.body.get("code") or self.body.get("error")
        return storable(code, CODE_CHARS_MAX) if isinstance(code, str) else None

    @property
    def is_json(self) -> bool:
        """Whether MoMo itself spoke: pages of firewalls in between are HTML."""
        return self.body is not None


@dataclass(frozen=True, slots=True)
class _Token:
    value: str
    refresh_at: float
    dead_at: float


class MomoLine:
    """Sends calls of one product with a valid bearer. Many threads may share it; each has its own connection."""

    def __init__(self, account: MomoAccount, product: str, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.account = account
        self._root = f"{account.base_url.rstrip('/')}/{product}"
        self._monotonic = monotonic
        self._threads = threading.local()
        self._token: _Token | None = None
        self._token_lock = threading.Lock()
        self._fetches = 0

    def call(self, method: str, path: str, *, json: object = None, headers: Mapping[str, str] | None = None) -> Answer:
        """One call with the bearer; a bearer they no longer know is replaced once and the call repeated.

        The repetition is safe: a call refused with 401 was not looked at. It must not outlive the leases of workers.
        """
        began = self._monotonic()
        token = self._bearer()
        if isinstance(token, Answer):
            return token
        answer = self._send(method, path, json=json, headers=self._headers(token, headers))
        if answer.http != requests.codes.unauthorized or answer.code != "invalid_token":
            return answer
        self._forget(token)
        if self._monotonic() - began > REPEAT_WITHIN_S:
            return Answer(0, raw="no token: the one we held was refused, too late to ask for another")
        token = self._bearer()
        if isinstance(token, Answer):
            return token
        return self._send(method, path, json=json, headers=self._headers(token, headers))

    def _headers(self, token: str, more: Mapping[str, str] | None) -> dict[str, str]:
        return {"Authorization": f"Bearer {token}", **(more or {})}

    def _bearer(self) -> str | Answer:
        """A token good for minutes yet, or the answer that refused one. One thread fetches, the others wait.

        Refused to the one, it is refused to all who waited: in turn they would wait for minutes.
        """
        fetches = self._fetches
        with self._token_lock:
            now = self._monotonic()
            held = self._token
            if held is not None and now < held.refresh_at:
                return held.value
            if self._fetches != fetches:
                if held is not None and now < held.dead_at:
                    return held.value
                return Answer(0, raw="no token: another call has just been refused one")
            answer = self._fetch_token()
            self._fetches += 1
            self._token = fresh = _read_token(answer, now)
            if fresh is not None:
                return fresh.value
            if held is not None and now < held.dead_at:
                self._token = held  # the early refresh failed; the old one still opens
                return held.value
            _log.error("momo_token_refused", http=answer.http, code=answer.code)
            return Answer(0, raw=f"no token: HTTP {answer.http} {answer.code or ''}".rstrip())

    def _fetch_token(self) -> Answer:
        account = self.account
        pair = b64encode(f"{account.api_user}:{account.api_key}".encode()).decode()
        # Without Content-Length they answer 411; with a form in the body, an HTML page.
        return self._send("POST", "/token/", headers={"Authorization": f"Basic {pair}", "Content-Length": "0"})

    def _forget(self, token: str) -> None:
        with self._token_lock:
            if self._token is not None and self._token.value == token:  # else another thread has replaced it
                self._token = None

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._threads, "session", None)
        if session is None:
            session = requests.Session()
            session.trust_env = False  # a stray .netrc would overwrite the Authorization header
            session.headers["User-Agent"] = USER_AGENT
            session.headers["Accept"] = "application/json"
            self._threads.session = session
        return session

    def _send(self, method: str, path: str, *, json: object = None, headers: Mapping[str, str]) -> Answer:
        account = self.account
        every = {
            "Ocp-Apim-Subscription-Key": account.subscription_key,
            "X-Target-Environment": account.target_environment,
        }
        try:
            with self._session().request(
                method,
                self._root + path,
                json=json,
                headers={**every, **headers},
                timeout=(min(CONNECT_TIMEOUT_S, account.timeout_s), account.timeout_s),
                allow_redirects=False,
                stream=True,
            ) as response:
                content = response.raw.read(ANSWER_BYTES_MAX, decode_content=True)
                return _read_answer(response, content)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as fault:
            return Answer(0, raw=f"no answer: {type(fault).__name__}")


def _read_answer(response: requests.Response, content: bytes) -> Answer:
    text = content.decode("utf-8", errors="replace")
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    body = None
    if kind == "application/json" or kind.endswith("+json"):
        try:
            body = read_json(text)
        except ValueError:
            body = None
    return Answer(response.status_code, body, storable(text))


def _read_token(answer: Answer, now: float) -> _Token | None:
    value = answer.body.get("access_token") if isinstance(answer.body, dict) else None
    if answer.http != requests.codes.ok or not isinstance(value, str):
        return None
    if not value or not value.isascii() or not value.isprintable():  # no header can carry it
        return None
    try:
        lifetime_s = float(answer.body.get("expires_in", TOKEN_LIFETIME_FALLBACK_S))
    except (TypeError, ValueError, OverflowError):
        lifetime_s = TOKEN_LIFETIME_FALLBACK_S
    # A short-lived token is used for half its life: never refresh on every call.
    use_s = max(lifetime_s - TOKEN_EARLY_S, lifetime_s / 2)
    return _Token(value, now + use_s, now + lifetime_s)
