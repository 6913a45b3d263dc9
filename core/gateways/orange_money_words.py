"""Orange Money's words and ours: statuses, refusals, order numbers, phones as at home. Pure; the calls are elsewhere.

A word that is in no table is `UNKNOWN`, kept raw, and never a success.
"""

from __future__ import annotations

import binascii
import unicodedata
from base64 import b32decode, b32encode
from typing import Any, Final
from uuid import UUID

import phonenumbers

from core.gateways.readings import read_amount, read_reference, storable
from core.money import Money
from core.payments.collector import CollectionState, CollectionStatus, FailureReason

ORDER_CHARS_MAX: Final = 30
ORDER_CHARS: Final = 26  # a UUID in base 32: its 36 characters are too many for them
WORD_CHARS_MAX: Final = 200

_STATES: Final = {
    "INITIATED": CollectionState.PENDING,  # the payer has not begun; how long that may last is for the caller to say
    "PENDING": CollectionState.PENDING,
    "SUCCESS": CollectionState.SUCCESSFUL,
    "SUCCESSFUL": CollectionState.SUCCESSFUL,
    "SUCCESSFULL": CollectionState.SUCCESSFUL,  # sic
    "FAILED": CollectionState.FAILED,
    "EXPIRED": CollectionState.FAILED,
    "CANCELLED": CollectionState.FAILED,
}
_REASONS: Final = {"EXPIRED": FailureReason.EXPIRED, "CANCELLED": FailureReason.REFUSED_BY_PAYER}

# What stands in `message`, `inittxnmessage` or `confirmtxnmessage`, without accents and in small letters. Each begins
# a sentence that says for certain that nothing was taken.
_REFUSALS: Final = (
    ("beneficiaire introuvable", FailureReason.PAYER_NOT_FOUND),
    ("le solde du compte du payeur est insuffisant", FailureReason.INSUFFICIENT_FUNDS),
    ("solde insuffisant", FailureReason.INSUFFICIENT_FUNDS),
    ("utilisateur bloque", FailureReason.NOT_ALLOWED),
    ("transaction annulee", FailureReason.REFUSED_BY_PAYER),
    ("plafond atteint", FailureReason.LIMIT_REACHED),
    ("code pin incorrect", FailureReason.PROVIDER_ERROR),  # ours: tried again it would be blocked
)
_NOT_THERE: Final = ("transaction introuvable", "paytoken introuvable", "transaction not found")


def order_id(reference: UUID) -> str:
    """Our reference as they take it."""
    return b32encode(reference.bytes).decode().rstrip("=")


def reference_of(order: Any) -> str | None:
    """Our reference from an order number, as text; what is none of ours as it came."""
    if not isinstance(order, str) or not order.strip():
        return None
    try:
        return str(UUID(bytes=b32decode(order[:ORDER_CHARS] + "======")))
    except (binascii.Error, ValueError):
        return storable(order, WORD_CHARS_MAX)


def national_digits(phone: str, country: str) -> str | None:
    """An E.164 number as it is dialled in its country, without a leading zero; None when it is of another country."""
    try:
        number = phonenumbers.parse(phone)
    except phonenumbers.NumberParseException:
        return None
    if number.country_code != phonenumbers.country_code_for_region(country):
        return None
    return phonenumbers.national_significant_number(number)


def read_national(digits: Any, country: str) -> str | None:
    """E.164 from digits as they write them, with the country or without; None when they are no number."""
    if isinstance(digits, bool) or not isinstance(digits, str | int):
        return None
    text = str(digits).strip()
    code = str(phonenumbers.country_code_for_region(country))
    for typed, region in ((text, country), (f"+{text.removeprefix('+')}", None)):
        try:
            number = phonenumbers.parse(typed, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_possible_number(number) and str(number.country_code) == code:
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return None


def state_of(word: Any) -> CollectionState:
    """Our word for their status."""
    return _STATES.get(word, CollectionState.UNKNOWN) if isinstance(word, str) else CollectionState.UNKNOWN


def refusal_in(body: Any) -> FailureReason | None:
    """Why they refuse, when one of their sentences says so for certain."""
    for sentence in _sentences(body):
        for beginning, reason in _REFUSALS:
            if sentence.startswith(beginning):
                return reason
    return None


def says_not_there(body: Any) -> bool:
    """Whether they say that they know no such payment."""
    return any(sentence.startswith(_NOT_THERE) for sentence in _sentences(body))


def envelope(body: Any) -> dict[str, Any]:
    """What stands in the `data` of an answer; empty when nothing does."""
    data = body.get("data") if isinstance(body, dict) else None
    return data if isinstance(data, dict) else {}


def raw_reason_of(body: Any) -> str | None:
    """Their own sentence, or word, for a person to read."""
    said = (*_texts(body), envelope(body).get("status"), body.get("status") if isinstance(body, dict) else None)
    return next((storable(text, WORD_CHARS_MAX) for text in said if isinstance(text, str) and text.strip()), None)


def read_page_status(body: Any, raw: str, amount: Money | None) -> CollectionStatus:
    """A `webpay` status. It names no amount: they answer only who names order, token and amount of one payment."""
    found = body if isinstance(body, dict) else {}
    state = state_of(found.get("status"))
    if state is CollectionState.SUCCESSFUL and amount is None:
        state = CollectionState.UNKNOWN
    return _status(state, found, body, raw, amount=amount, external_id=reference_of(found.get("order_id")))


def read_prompt_status(body: Any, raw: str, currency: str, country: str) -> CollectionStatus:
    """An `omcore` status. The account has one currency, and the amount is in it."""
    data = envelope(body)
    state, amount = state_of(data.get("status")), read_amount(data.get("amount"), currency)
    if state is CollectionState.SUCCESSFUL and amount is None:
        state = CollectionState.UNKNOWN  # money moved, but how much nobody can say: a person must look
    phone = read_national(data.get("subscriberMsisdn"), country)
    return _status(state, data, body, raw, amount=amount, payer_phone=phone)


def _status(
    state: CollectionState,
    found: dict[str, Any],
    body: Any,
    raw: str,
    *,
    amount: Money | None,
    payer_phone: str | None = None,
    external_id: str | None = None,
) -> CollectionStatus:
    reason = raw_reason = None
    if state is CollectionState.FAILED:
        reason = refusal_in(body) or _REASONS.get(str(found.get("status"))) or FailureReason.UNKNOWN
    if state in (CollectionState.FAILED, CollectionState.UNKNOWN):
        raw_reason = raw_reason_of(body)
    return CollectionStatus(
        state=state,
        amount=amount,
        payer_phone=payer_phone,
        provider_reference=read_reference(found.get("txnid")),
        reason=reason,
        raw_reason=raw_reason,
        raw=raw,
        external_id=external_id,
    )


def _texts(body: Any) -> tuple[Any, ...]:
    data = envelope(body)
    outer = body.get("message") if isinstance(body, dict) else None
    return (data.get("confirmtxnmessage"), data.get("inittxnmessage"), outer)


def _sentences(body: Any) -> list[str]:
    """Their sentences without accents, in small letters: the same one comes with and without."""
    texts = (unicodedata.normalize("NFD", text) for text in _texts(body) if isinstance(text, str))
    return ["".join(sign for sign in text if not unicodedata.combining(sign)).casefold().strip() for text in texts]
