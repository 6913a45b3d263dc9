"""MTN MoMo collection: asks a phone for money and asks what became of it.

An answer is believed by its `code`, never by its HTTP status alone: several plain refusals come as 500, and a
500 may come after the request was taken.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from core.errors import GatewayError
from core.gateways.mtn_momo_line import Answer, MomoAccount, MomoLine
from core.gateways.mtn_momo_words import (
    amount_text,
    canonical_reason,
    plain_message,
    read_status,
    refuses,
    storable,
)
from core.logs import log
from core.payments.collector import (
    CollectionRequest,
    CollectionState,
    CollectionStatus,
    FailureReason,
    RequestAnswer,
    RequestOutcome,
)

PRODUCT: Final = "collection"
NAME_CHARS_MAX: Final = 120
REFERENCE_UUID_VERSION: Final = 4  # MTN takes no other

_OK: Final = 200
_ACCEPTED: Final = 202
_BAD_REQUEST: Final = 400
_NOT_FOUND: Final = 404
_CONFLICT: Final = 409

__all__ = ["MomoAccount", "MtnMomoCollector"]

_log = log(__name__)


class MtnMomoCollector:
    """A `Collector` over MTN's Open API."""

    def __init__(self, account: MomoAccount, *, line: MomoLine | None = None) -> None:
        self._account = account
        self._line = line or MomoLine(account, PRODUCT)

    @property
    def platform(self) -> str:
        """Its address: an account is on one."""
        return self._account.base_url

    def request(self, request: CollectionRequest) -> RequestOutcome:
        """Send the request under its own reference.

        Raises:
            GatewayError: permanent; the account is in another currency, nothing was sent.
        """
        assert request.reference.version == REFERENCE_UUID_VERSION, "MTN takes only random UUIDs"  # noqa: S101
        assert request.amount.minor > 0, "nobody is asked for nothing"  # noqa: S101
        if request.amount.currency != self._account.currency:  # a setting is wrong: for a person to see, not a crash
            raise GatewayError(
                f"MOMO_CURRENCY is {self._account.currency}, the request is in {request.amount.currency}: nothing sent",
                permanent=True,
            )
        headers = {"X-Reference-Id": str(request.reference)}
        if request.callback_url:  # present but empty is an error to them
            headers["X-Callback-Url"] = request.callback_url
        answer = self._line.call("POST", "/v1_0/requesttopay", json=_body(request), headers=headers)
        outcome = _outcome(answer)
        _log.info(
            "momo_request",
            reference=str(request.reference),
            answer=outcome.answer.value,
            http=answer.http,
            code=answer.code,
        )
        return outcome

    def status(self, reference: UUID) -> CollectionStatus:
        """Ask what became of a request."""
        answer = self._line.call("GET", f"/v1_0/requesttopay/{reference}")
        if answer.http == _OK and answer.is_json:
            return read_status(answer.body, answer.raw)
        if answer.http == _NOT_FOUND and answer.code == "RESOURCE_NOT_FOUND":
            return CollectionStatus(CollectionState.NOT_FOUND, raw=answer.raw)
        return CollectionStatus(CollectionState.UNKNOWN, raw_reason=answer.code, raw=_told(answer))

    def account_holder_active(self, phone: str) -> bool | None:
        """Whether the phone has a wallet that can pay; None when they would not say."""
        answer = self._line.call("GET", f"/v1_0/accountholder/msisdn/{_digits(phone)}/active")
        result = answer.body.get("result") if isinstance(answer.body, dict) else None
        if answer.http == _OK and isinstance(result, bool):
            return result
        return False if answer.http == _NOT_FOUND and answer.code == "RESOURCE_NOT_FOUND" else None

    def payer_name(self, phone: str) -> str | None:
        """The name on the wallet; None when they would not say."""
        answer = self._line.call("GET", f"/v1_0/accountholder/msisdn/{_digits(phone)}/basicuserinfo")
        if answer.http != _OK or not isinstance(answer.body, dict):
            return None
        names = (answer.body.get("given_name"), answer.body.get("family_name"))
        parts = (storable(part).strip() for part in names if isinstance(part, str))
        return " ".join(part for part in parts if part)[:NAME_CHARS_MAX] or None


def _digits(phone: str) -> str:
    return phone.removeprefix("+")


def _body(request: CollectionRequest) -> dict[str, object]:
    return {
        "amount": amount_text(request.amount),
        "currency": request.amount.currency,
        "externalId": request.external_id,
        "payer": {"partyIdType": "MSISDN", "partyId": _digits(request.payer_phone)},
        "payerMessage": plain_message(request.payer_message),
        "payeeNote": plain_message(request.payee_note),
    }


def _outcome(answer: Answer) -> RequestOutcome:
    raw = _told(answer)
    if answer.http == _ACCEPTED and (answer.is_json or not answer.raw.strip()):
        return RequestOutcome(RequestAnswer.ACCEPTED, raw=raw)
    if answer.code == "RESOURCE_ALREADY_EXIST" or (answer.http == _CONFLICT and answer.is_json):
        return RequestOutcome(RequestAnswer.ALREADY_KNOWN, raw=raw)
    if refuses(answer.code):
        return RequestOutcome(RequestAnswer.REFUSED, canonical_reason(answer.code), raw)
    if answer.http == _BAD_REQUEST and answer.is_json:
        return RequestOutcome(RequestAnswer.REFUSED, FailureReason.PROVIDER_ERROR, raw)
    return RequestOutcome(RequestAnswer.UNKNOWN, raw=raw)


def _told(answer: Answer) -> str:
    return answer.raw or f"HTTP {answer.http}"
