"""MTN MoMo's words and ours: statuses, reasons, amounts, phones. Pure; the calls are in `mtn_momo`.

MTN writes `reason` as an object or as a bare string, and amounts as strings or as numbers; all are read.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any, Final

from core.errors import Refusal
from core.gateways.readings import read_amount, read_reference, storable
from core.payments.collector import CollectionState, CollectionStatus, FailureReason
from core.payments.disburser import DisbursementStatus
from core.payments.pre_approver import PreApprovalState, PreApprovalStatus
from core.phones import parse_phone

MESSAGE_CHARS_MAX: Final = 160

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

# Who pays out is the payer: these words then speak of the other side.
_PAYOUT_REASONS: Final = {
    "PAYEE_NOT_FOUND": FailureReason.PAYER_NOT_FOUND,
    "PAYEE_NOT_ALLOWED_TO_RECEIVE": FailureReason.NOT_ALLOWED,
    "PAYER_NOT_FOUND": FailureReason.PROVIDER_ERROR,
    "INTERNAL_PROCESSING_ERROR": FailureReason.PROVIDER_ERROR,
}

_CONSENTS: Final = {
    "PENDING": PreApprovalState.PENDING,
    "APPROVED": PreApprovalState.APPROVED,
    "REJECTED": PreApprovalState.REJECTED,
    "CANCELLED": PreApprovalState.CANCELLED,
    "EXPIRED": PreApprovalState.EXPIRED,
    "FAILED": PreApprovalState.REJECTED,
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

_PHONE_DIGITS: Final = re.compile(r"\d{6,15}", re.ASCII)
_NOT_PLAIN: Final = re.compile(r"[^\w .,:-]|_")


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


def payout_reason(word: str | None) -> FailureReason:
    """Our word for theirs about money that we send."""
    return _PAYOUT_REASONS.get(word or "") or canonical_reason(word)


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
        provider_reference=read_reference(body.get("financialTransactionId")),
        reason=canonical_reason(raw_reason) if state is CollectionState.FAILED else None,
        raw_reason=raw_reason,
        raw=raw,
        external_id=_external_id(body.get("externalId")),
    )


def read_payout_status(body: Any, raw: str) -> DisbursementStatus:
    """A status answer about money we send, as ours; read as strictly as one about money that comes."""
    read = read_status(body, raw)
    payee = body.get("payee") if isinstance(body, dict) else None
    return DisbursementStatus(
        state=read.state,
        amount=read.amount,
        payee_phone=read_phone(payee),
        provider_reference=read.provider_reference,
        reason=payout_reason(read.raw_reason) if read.state is CollectionState.FAILED else None,
        raw_reason=read.raw_reason,
        raw=raw,
        external_id=read.external_id,
    )


def read_consent(body: Any, raw: str) -> PreApprovalStatus:
    """A consent as it stands. What is not clearly one of their words is `UNKNOWN`, and allows nothing."""
    if not isinstance(body, dict):
        return PreApprovalStatus(PreApprovalState.UNKNOWN, raw=raw)
    word = body.get("status")
    state = _CONSENTS.get(word, PreApprovalState.UNKNOWN) if isinstance(word, str) else PreApprovalState.UNKNOWN
    raw_reason = read_reason(body.get("reason"))
    return PreApprovalStatus(
        state=state,
        payer_phone=read_phone(body.get("payer")),
        reason=canonical_reason(raw_reason) if raw_reason else None,
        raw_reason=raw_reason,
        raw=raw,
    )


def _external_id(value: Any) -> str | None:
    """What we called the payment; None when it does not say."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return storable(str(value)).strip() or None


def plain_message(text: str) -> str:
    """The text without the signs MTN answers 400 to (apostrophe, `&`, …), and no longer than it allows."""
    unmarked = "".join(sign for sign in text if not unicodedata.combining(sign))  # Arabic vowel signs are no letters
    return " ".join(_NOT_PLAIN.sub(" ", unmarked).split())[:MESSAGE_CHARS_MAX].rstrip()
