"""What all of MTN's products are asked alike: the answer to a sending, a wallet's holder, a balance."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from core.errors import GatewayError
from core.gateways.bearer_line import Answer
from core.gateways.mtn_momo_line import MomoLine
from core.gateways.mtn_momo_words import canonical_reason, plain_message, refuses
from core.gateways.readings import amount_text, read_money, storable
from core.money import Money
from core.payments.collector import FailureReason, RequestAnswer, RequestOutcome

NAME_CHARS_MAX: Final = 120
REFERENCE_UUID_VERSION: Final = 4  # MTN takes no other
RAIL: Final = "mtn-momo"

_OK: Final = 200
_ACCEPTED: Final = 202
_BAD_REQUEST: Final = 400
_NOT_FOUND: Final = 404
_CONFLICT: Final = 409


def check_ours(reference: UUID, amount: Money, currency: str) -> None:
    """Stop what is wrong on our side before it is sent.

    Raises:
        GatewayError: permanent; the account is in another currency, nothing was sent.
    """
    assert reference.version == REFERENCE_UUID_VERSION, "MTN takes only random UUIDs"  # noqa: S101
    assert amount.minor > 0, "nobody is asked for nothing"  # noqa: S101
    if amount.currency != currency:  # a setting is wrong: for a person to see, not a crash
        raise GatewayError(
            f"MOMO_CURRENCY is {currency}, the request is in {amount.currency}: nothing sent", permanent=True
        )


def sending_headers(reference: UUID, callback_url: str | None) -> dict[str, str]:
    """The headers of what is sent under our reference."""
    headers = {"X-Reference-Id": str(reference)}
    if callback_url:  # present but empty is an error to them
        headers["X-Callback-Url"] = callback_url
    return headers


def money_body(amount: Money, external_id: str, payer_message: str, payee_note: str) -> dict[str, object]:
    """What every movement of money says."""
    return {
        "amount": amount_text(amount),
        "currency": amount.currency,
        "externalId": external_id,
        "payerMessage": plain_message(payer_message),
        "payeeNote": plain_message(payee_note),
    }


def party(phone: str) -> dict[str, str]:
    """A phone as MTN writes the one who pays or is paid."""
    return {"partyIdType": "MSISDN", "partyId": phone.removeprefix("+")}


def read_outcome(answer: Answer) -> RequestOutcome:
    """What became of a sending: believed by its code, never by its HTTP status alone."""
    raw = told(answer)
    if answer.http == _ACCEPTED and (answer.is_json or not answer.raw.strip()):
        return RequestOutcome(RequestAnswer.ACCEPTED, raw=raw)
    if answer.code == "RESOURCE_ALREADY_EXIST" or (answer.http == _CONFLICT and answer.is_json):
        return RequestOutcome(RequestAnswer.ALREADY_KNOWN, raw=raw)
    if refuses(answer.code):
        return RequestOutcome(RequestAnswer.REFUSED, canonical_reason(answer.code), raw)
    if answer.http == _BAD_REQUEST and answer.is_json:
        return RequestOutcome(RequestAnswer.REFUSED, FailureReason.PROVIDER_ERROR, raw)
    return RequestOutcome(RequestAnswer.UNKNOWN, raw=raw)


def is_not_found(answer: Answer) -> bool:
    """Whether MoMo itself says that there is no such thing here."""
    return answer.http == _NOT_FOUND and answer.code == "RESOURCE_NOT_FOUND"


def told(answer: Answer) -> str:
    """The answer as it is kept for a person to read."""
    return answer.raw or f"HTTP {answer.http}"


def holder_active(line: MomoLine, phone: str) -> bool | None:
    """Whether the phone has an active wallet; None when they would not say."""
    answer = line.call("GET", f"/v1_0/accountholder/msisdn/{phone.removeprefix('+')}/active")
    result = answer.body.get("result") if isinstance(answer.body, dict) else None
    if answer.http == _OK and isinstance(result, bool):
        return result
    return False if is_not_found(answer) else None


def holder_name(line: MomoLine, phone: str) -> str | None:
    """The name on the wallet; None when they would not say."""
    answer = line.call("GET", f"/v1_0/accountholder/msisdn/{phone.removeprefix('+')}/basicuserinfo")
    if answer.http != _OK or not isinstance(answer.body, dict):
        return None
    names = (answer.body.get("given_name"), answer.body.get("family_name"))
    parts = (storable(part).strip() for part in names if isinstance(part, str))
    return " ".join(part for part in parts if part)[:NAME_CHARS_MAX] or None


def balance(line: MomoLine) -> Money | None:
    """What the account of this product holds; None when they would not say, or not clearly."""
    answer = line.call("GET", "/v1_0/account/balance")
    if answer.http != _OK or not isinstance(answer.body, dict):
        return None
    return read_money(answer.body.get("availableBalance"), answer.body.get("currency"))
