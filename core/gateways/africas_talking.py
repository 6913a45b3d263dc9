"""Africa's Talking bulk SMS through the `africastalking` SDK: their words to ours, by tables.

Traps of SDK 2.0.3 that shape this file: module globals (so `SMSService` is made directly, one per account);
an exact compare of the content type (so an answer may be text instead of a dict); exceptions that carry the
body but no HTTP status (so bodies are matched); a phone check that lets `+2119` pass (so ours comes first).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import requests
import urllib3
from africastalking.Service import AfricasTalkingException
from africastalking.SMS import SMSService

from core.errors import Refusal
from core.messaging.sender import Accepted, DeliveryState, OutgoingText, Refused, SendResult, Sent, Unknown
from core.phones import parse_phone

CONNECT_TIMEOUT_S: Final = 5.0
ANSWER_TIMEOUT_S: Final = 20.0
RAW_CHARS_MAX: Final = 500
TEXT_CHARS_MAX: Final = 1600  # ten segments; longer is a mistake of ours, not a message

ACCEPTED_CODES: Final = frozenset({100, 101, 102})  # Processed, Sent, Queued


@dataclass(frozen=True, slots=True)
class _No:
    """One of their refusals in our words. Permanent: text or phone is at fault, not account or hour."""

    reason: str
    permanent: bool


# 402 and 405 wait for the operator (register the sender, top the account up); 5xx for the provider.
REFUSED_CODES: Final[Mapping[int, _No]] = {
    401: _No("held_as_risk", permanent=True),
    402: _No("sender_not_registered", permanent=False),
    403: _No("invalid_phone", permanent=True),
    404: _No("unsupported_number", permanent=True),
    405: _No("provider_account_empty", permanent=False),
    406: _No("opted_out_at_provider", permanent=True),
    407: _No("no_route", permanent=True),
    409: _No("do_not_disturb", permanent=True),
    500: _No("provider_error", permanent=False),
    501: _No("provider_gateway_error", permanent=False),
    502: _No("rejected_by_gateway", permanent=False),
}
# `Message` when Recipients is empty: the whole request was refused, with 201 all the same.
REFUSED_MESSAGES: Final[Mapping[str, _No]] = {
    "invalidsenderid": REFUSED_CODES[402],
    "invalidphonenumber": REFUSED_CODES[403],
    "insufficientbalance": REFUSED_CODES[405],
    "userinblacklist": REFUSED_CODES[406],
}
# Bodies that come with a 4xx: nothing was taken. Any other exception may be a 5xx, which says nothing.
REFUSED_BODIES: Final[Mapping[str, _No]] = {
    "authentication is invalid": _No("provider_key_wrong", permanent=False),
    "missing required": _No("malformed_request", permanent=True),
    "was malformed": _No("malformed_request", permanent=True),
    "too many requests": _No("provider_busy", permanent=False),
}
# Status words of delivery reports. A word that is not here is kept raw and moves nothing.
DELIVERY_WORDS: Final[Mapping[str, DeliveryState]] = {
    "Sent": DeliveryState.SENT,
    "Submitted": DeliveryState.SUBMITTED,
    "Buffered": DeliveryState.BUFFERED,
    "Success": DeliveryState.DELIVERED,
    "Failed": DeliveryState.FAILED,
    "AbsentSubscriber": DeliveryState.FAILED,
    "Rejected": DeliveryState.REJECTED,
    "Expired": DeliveryState.EXPIRED,
}


class AfricasTalkingSender:
    """Sends through one Africa's Talking account. Threads may share it: each send is a request of its own.

    Args:
        username: the application's name; `sandbox` makes the SDK choose their sandbox host.
        api_key: secret; only ever a header.
        base_url: another host that speaks the same API, without the version (`http://127.0.0.1:9001`).
        connect_timeout_s: to reach the host.
        answer_timeout_s: between two bytes of the answer.
    """

    def __init__(
        self,
        *,
        username: str,
        api_key: str,
        base_url: str | None = None,
        connect_timeout_s: float = CONNECT_TIMEOUT_S,
        answer_timeout_s: float = ANSWER_TIMEOUT_S,
    ) -> None:
        self._service = SMSService(username, api_key)
        if base_url is not None:
            # The SDK knows two hosts and has no setting for a third. `_baseUrl` is what its `_make_url` puts
            # before every path; the pinned version and the tests against real sockets notice if that changes.
            self._service._baseUrl = base_url.rstrip("/") + "/version1"  # noqa: SLF001
        self._timeout_s = (connect_timeout_s, answer_timeout_s)

    def send(self, text: OutgoingText) -> SendResult:
        """Send one text to one phone. Every failure comes back as a value; see `Sender`."""
        try:
            phone = parse_phone(text.to)
        except Refusal as refusal:
            return Refused(reason="invalid_phone", permanent=True, raw=type(refusal).__name__)
        if not text.text or len(text.text) > TEXT_CHARS_MAX:
            return Refused(reason="invalid_text", permanent=True, raw=f"{len(text.text)} characters")
        try:
            answer = self._service.send(
                text.text, [phone], sender_id=text.sender, enqueue=True, timeout=self._timeout_s
            )
        except AfricasTalkingException as error:
            return _read_error(str(error))
        except ValueError as error:  # the SDK's own check, or a body that claims to be JSON and is not
            return Unknown(raw=_cut(f"{type(error).__name__}: {error}"))
        except requests.exceptions.RequestException as error:
            return _read_network_error(error)
        return read_answer(answer, phone)


def read_answer(answer: Any, phone: str) -> SendResult:
    """Translate the body of a 2xx answer, a dict or its text, for the one phone that was asked for."""
    raw = _cut(answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False, default=str))
    data = _data(answer)
    if data is None:
        return Unknown(raw=raw)
    recipients = data.get("Recipients")
    if not isinstance(recipients, list):
        return Unknown(raw=raw)
    if not recipients:
        message = str(data.get("Message", "")).strip().lower()
        no = REFUSED_MESSAGES.get(message, _No("nothing_sent", permanent=False))
        return Refused(reason=no.reason, permanent=no.permanent, raw=raw)
    ours = [entry for entry in recipients if isinstance(entry, dict) and entry.get("number") == phone]
    return _read_recipient(ours[0], raw) if ours else Unknown(raw=raw)


def _read_recipient(entry: dict[str, Any], raw: str) -> SendResult:
    try:
        code = int(entry.get("statusCode", 0))
    except (TypeError, ValueError):
        return Unknown(raw=raw)
    if code in REFUSED_CODES:
        no = REFUSED_CODES[code]
        return Refused(reason=no.reason, permanent=no.permanent, raw=raw)
    sent = Sent(
        provider_id=str(entry.get("messageId") or ""),
        status_word=str(entry.get("status", "")),
        cost=str(entry.get("cost", "")),
    )
    if code not in ACCEPTED_CODES or sent.provider_id in {"", "None"}:
        return Unknown(raw=raw)  # a new word, or an acceptance without the id its reports will carry
    return Accepted(provider_id=sent.provider_id, cost=sent.cost)


def _data(answer: Any) -> dict[str, Any] | None:
    if isinstance(answer, str):
        try:
            answer = json.loads(answer)
        except ValueError:
            return None
    data = answer.get("SMSMessageData") if isinstance(answer, dict) else None
    return data if isinstance(data, dict) else None


def _read_error(body: str) -> SendResult:
    lowered = body.lower()
    for words, no in REFUSED_BODIES.items():
        if words in lowered:
            return Refused(reason=no.reason, permanent=no.permanent, raw=_cut(body))
    return Unknown(raw=_cut(body))


def _read_network_error(error: requests.exceptions.RequestException) -> SendResult:
    """Only a connection that never came about surely sent nothing; a cut or silent one may have."""
    raw = type(error).__name__  # its text holds the URL and addresses of objects: no use to a reader
    if isinstance(error, requests.exceptions.ConnectTimeout) or _never_connected(error):
        return Refused(reason="provider_unreachable", permanent=False, raw=raw)
    return Unknown(raw=raw)


def _never_connected(error: requests.exceptions.RequestException) -> bool:
    cause = error.args[0] if error.args else None
    reason = getattr(cause, "reason", None)  # urllib3's MaxRetryError wraps what happened
    return isinstance(reason, urllib3.exceptions.NewConnectionError)  # refused, no route, name not found


def _cut(text: str) -> str:
    return text[:RAW_CHARS_MAX]
