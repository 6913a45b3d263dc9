"""A line to a provider that wants a bearer: one HTTP call out, one checked answer in, and the token that opens it."""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import requests
import urllib3

from core.gateways.readings import read_json, storable
from core.logs import log

# MTN's gateway answers 403 with an HTML page to any agent that names the requests library.
USER_AGENT: Final = "Shabaka-billing/1"
CONNECT_TIMEOUT_S: Final = 10.0
ANSWER_BYTES_MAX: Final = 64 * 1024
CODE_CHARS_MAX: Final = 200
# A call is two sendings, each within the timeouts above, and begins again within this time or not at all: 85 s at most.
REPEAT_WITHIN_S: Final = 5.0
TOKEN_EARLY_S: Final = 600.0  # "refresh 10 minutes early"
TOKEN_LIFETIME_FALLBACK_S: Final = 3600.0

_log = log(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `http` 0: nothing did. `body` is None unless it is JSON and says so."""

    http: int
    body: Any = None
    raw: str = ""

    @property
    def code(self) -> str | None:
        """Their error code, or the OAuth error of the token door; safe to store."""
        if not isinstance(self.body, dict):
            return None
        code = self.body.get("code") or self.body.get("error")
        return storable(code, CODE_CHARS_MAX) if isinstance(code, str) else None

    @property
    def is_json(self) -> bool:
        """Whether the provider itself spoke: pages of firewalls in between are HTML."""
        return self.body is not None


@dataclass(frozen=True, slots=True)
class _Token:
    value: str
    refresh_at: float
    dead_at: float


class BearerLine(ABC):
    """Sends calls with a valid bearer. Many threads may share it; each has its own connection."""

    def __init__(self, root: str, timeout_s: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._root = root
        self._timeout_s = timeout_s
        self._monotonic = monotonic
        self._threads = threading.local()
        self._token: _Token | None = None
        self._token_lock = threading.Lock()
        self._fetches = 0

    @abstractmethod
    def _fetch_token(self) -> Answer:
        """Ask for a bearer."""

    @abstractmethod
    def _every_header(self) -> Mapping[str, str]:
        """What each call carries besides its bearer."""

    @abstractmethod
    def _is_stale(self, answer: Answer) -> bool:
        """Whether they no longer know the bearer, and so did not look at the call."""

    def call(self, method: str, path: str, *, json: object = None, headers: Mapping[str, str] | None = None) -> Answer:
        """One call with the bearer; a bearer they no longer know is replaced once and the call repeated.

        The repetition is safe: a call refused with 401 was not looked at. It must not outlive the leases of workers.
        `json` that is text already goes as it is.
        """
        began = self._monotonic()
        token = self._bearer()
        if isinstance(token, Answer):
            return token
        answer = self._send(method, path, json=json, headers=self._headers(token, headers))
        if not self._is_stale(answer):
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
            _log.error("token_refused", line=type(self).__name__, http=answer.http, code=answer.code)
            return Answer(0, raw=f"no token: HTTP {answer.http} {answer.code or ''}".rstrip())

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

    def _send(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str],
        json: object = None,
        form: Mapping[str, str] | None = None,
    ) -> Answer:
        timeout_s = self._timeout_s
        try:
            with self._session().request(
                method,
                self._root + path,
                data=json if isinstance(json, str) else form,
                json=None if isinstance(json, str) else json,
                headers={**self._every_header(), **headers},
                timeout=(min(CONNECT_TIMEOUT_S, timeout_s), timeout_s),
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
