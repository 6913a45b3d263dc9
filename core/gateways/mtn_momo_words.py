"""MTN MoMo's words and ours: statuses, reasons, amounts, phones. Pure; the calls are in `mtn_momo`.

MTN writes `reason` as an object or as a bare string, and amounts as strings or as numbers; all are read.
"""

from __future__ import annotations

import json
import re
import unicodedata
from decimal import Decimal
from typing import Any, Final

from core.errors import Refusal
from core.money import MINOR_DIGITS, Money
from core.payments.collector import RAW_CHARS_MAX, CollectionState, CollectionStatus, FailureReason
from core.phones import parse_phone

MESSAGE_CHARS_MAX: Final = 160
AMOUNT_CHARS_MAX: Final = 24
REFERENCE_CHARS_MAX: Final = 64

_STATES: Final = {
    "PENDING": CollectionState.PENDING,
    "SUCCESSFUL": CollectionState.SUCCESSFUL,
    "FAILED": CollectionState.FAILED,
}

# The reason of a request that FAILED. Two pages of MTN name an empty wallet differently, and
# INTERNAL_PROCESSING_ERROR nearly always is one; the raw word is kept for whoever must tell them apart.
_REASONS: Final = {
    "NOT_ENOUGH_FUNDS": FailureReason.INSUFFICIENT_FUNDS,
    "INTERNAL_PROCESSING_ERROR": FailureReason.INSUFFICIENT_FUNDS,
    "LOW_BALANCE_OR_PAYEE_LIMIT_REACHED_OR_NOT_ALLOWED": FailureReason.INSUFFICIENT_FUNDS,
    "APPROVAL_REJECTED": FailureReason.REFUSED_BY_PAYER,
    "PAYMENT_NOT_APPROVED": FailureReason.REFUSED_BY_PAYER,
    "TRANSACTION_CANCELED": FailureReason.REFUSED_BY_PAYER,
    "EXPIRED": FailureReason.EXPIRED,
    "COULD_NOT_PERFORM_TRANSACTION": FailureReason.EXPIRED,  # approval not given within five minutes
    "PAYER_NOT_FOUND": FailureReason.PAYER_NOT_FOUND,
    "PAYER_LIMIT_REACHED": FailureReason.LIMIT_REACHED,
    "PAYEE_LIMIT_REACHED": FailureReason.LIMIT_REACHED,
    "NOT_ALLOWED": FailureReason.NOT_ALLOWED,
    "SENDER_ACCOUNT_NOT_ACTIVE": FailureReason.NOT_ALLOWED,
    "PAYEE_NOT_ALLOWED_TO_RECEIVE": FailureReason.PROVIDER_ERROR,
    "PAYEE_NOT_FOUND": FailureReason.PROVIDER_ERROR,
    "NOT_ALLOWED_TARGET_ENVIRONMENT": FailureReason.PROVIDER_ERROR,
    "INVALID_CALLBACK_URL_HOST": FailureReason.PROVIDER_ERROR,
    "INVALID_CURRENCY": FailureReason.PROVIDER_ERROR,
    "VALIDATION_ERROR": FailureReason.PROVIDER_ERROR,
    "SERVICE_UNAVAILABLE": FailureReason.PROVIDER_ERROR,
    "RESOURCE_NOT_FOUND": FailureReason.PROVIDER_ERROR,
    "TRANSACTION_NOT_FOUND": FailureReason.PROVIDER_ERROR,
    "RESOURCE_ALREADY_EXIST": FailureReason.PROVIDER_ERROR,
}

# Codes that, as the answer to a request, say that it was not taken and never will be: MTN sends several of
# them with HTTP 500. The two that may come after the request was taken are not here: INTERNAL_PROCESSING_ERROR
# and SERVICE_UNAVAILABLE.
_REFUSING_CODES: Final = frozenset(
    {
        "NOT_ALLOWED",
        "NOT_ALLOWED_TARGET_ENVIRONMENT",
        "INVALID_CALLBACK_URL_HOST",
        "INVALID_CURRENCY",
        "VALIDATION_ERROR",
        "PAYER_NOT_FOUND",
        "PAYEE_NOT_FOUND",
        "PAYER_LIMIT_REACHED",
        "PAYEE_LIMIT_REACHED",
        "PAYEE_NOT_ALLOWED_TO_RECEIVE",
        "SENDER_ACCOUNT_NOT_ACTIVE",
        "NOT_ENOUGH_FUNDS",
    }
)

_AMOUNT: Final = re.compile(r"\d{1,18}(\.\d{1,4})?", re.ASCII)
_PHONE_DIGITS: Final = re.compile(r"\d{6,15}", re.ASCII)
_UNSTORABLE: Final = dict.fromkeys((0, *range(0xD800, 0xE000)))
_NOT_PLAIN: Final = re.compile(r"[^\w .,:-]|_")


def read_json(text: str) -> Any:
    """Parse JSON without ever making a float.

    Raises:
        ValueError: it is not JSON.
    """
    try:
        return json.loads(text, parse_float=Decimal, parse_constant=_no_constant)
    except (ArithmeticError, RecursionError) as fault:  # 1e9999999999999999999; ten thousand brackets
        raise ValueError("no JSON of any use") from fault


def storable(text: str, chars_max: int = RAW_CHARS_MAX) -> str:
    """Their text as PostgreSQL and JSON take it: without the zero character and halves of pairs, and not endless."""
    return text.translate(_UNSTORABLE)[:chars_max]


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number")


def amount_text(amount: Money) -> str:
    """The amount as MTN reads it: `500`, or `500.50` when there is a fraction."""
    digits = MINOR_DIGITS[amount.currency]
    whole, fraction = divmod(amount.minor, 10**digits)
    return f"{whole}.{fraction:0{digits}d}" if fraction else str(whole)


def read_amount(value: Any, currency: Any) -> Money | None:
    """The amount in minor units, exactly; None when it is not clearly one."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal) or not isinstance(currency, str):
        return None
    if isinstance(value, str):
        value = value.strip()
        if len(value) > AMOUNT_CHARS_MAX or not _AMOUNT.fullmatch(value):
            return None
    try:
        amount = Money.of(value, currency)
    except (ValueError, ArithmeticError):
        return None
    return amount if amount.minor > 0 else None


def read_phone(party: Any) -> str | None:
    """E.164 from `{"partyIdType": "MSISDN", "partyId": …}`: a string or a number, with the country or without."""
    party_id = party.get("partyId") if isinstance(party, dict) else None
    if isinstance(party_id, bool) or not isinstance(party_id, str | int):
        return None
    digits = str(party_id).strip().removeprefix("+")
    if not _PHONE_DIGITS.fullmatch(digits):
        return None
    try:
        return parse_phone(digits)
    except Refusal:  # not of here: as it is
        return "+" + digits


def read_reason(reason: Any) -> str | None:
    """MTN's own word from `{"code": …}` or from a bare string, safe to store."""
    if isinstance(reason, dict):
        reason = reason.get("code")
    return storable(reason).strip() or None if isinstance(reason, str) else None


def canonical_reason(word: str | None) -> FailureReason:
    """Our word for theirs; a word we never saw is `UNKNOWN`."""
    return _REASONS.get(word or "", FailureReason.UNKNOWN)


def refuses(code: str | None) -> bool:
    """Whether this code, answered to a request, says for certain that it was not taken."""
    return code in _REFUSING_CODES


def read_status(body: Any, raw: str) -> CollectionStatus:
    """A status answer as ours. What is not clearly one of their three statuses is `UNKNOWN`."""
    if not isinstance(body, dict):
        return CollectionStatus(CollectionState.UNKNOWN, raw=raw)
    word = body.get("status")
    state = _STATES.get(word, CollectionState.UNKNOWN) if isinstance(word, str) else CollectionState.UNKNOWN
    amount = read_amount(body.get("amount"), body.get("currency"))
    if state is CollectionState.SUCCESSFUL and amount is None:
        state = CollectionState.UNKNOWN  # money moved, but how much nobody can say: a person must look
    raw_reason = read_reason(body.get("reason"))
    return CollectionStatus(
        state=state,
        amount=amount,
        payer_phone=read_phone(body.get("payer")),
        provider_reference=_reference(body.get("financialTransactionId")),
        reason=canonical_reason(raw_reason) if state is CollectionState.FAILED else None,
        raw_reason=raw_reason,
        raw=raw,
        external_id=_external_id(body.get("externalId")),
    )


def _reference(value: Any) -> str | None:
    """Their number of the payment; None when it cannot serve as one. Cut short, two of them could be the same."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    reference = str(value).strip()
    return reference if 0 < len(reference) <= REFERENCE_CHARS_MAX and reference.isprintable() else None


def _external_id(value: Any) -> str | None:
    """What we called the payment; None when it does not say."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return storable(str(value)).strip() or None


def plain_message(text: str) -> str:
    """The text without the signs MTN answers 400 to (apostrophe, `&`, …), and no longer than it allows."""
    unmarked = "".join(sign for sign in text if not unicodedata.combining(sign))  # Arabic vowel signs are no letters
    return " ".join(_NOT_PLAIN.sub(" ", unmarked).split())[:MESSAGE_CHARS_MAX].rstrip()
