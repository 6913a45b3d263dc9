"""What explains a movement on a statement, in a tongue, from the kind of its entry and what it belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from core.documents.speech import Free, told
from core.languages import marked as _
from core.languages import say
from core.money import Money
from core.phones import national

# By the kind of entry, or of allocation.
SENTENCES: Final[Mapping[str, str]] = {
    "cash": _("Cash, receipt {receipt}"),
    "momo": _("MoMo {telephone}, receipt {receipt}"),
    "payment": _("Payment, receipt {receipt}"),
    "voided": _("Receipt {receipt}, taken back since"),
    "receipt_taken_back": _("Receipt {receipt} taken back"),
    "invoice": _("Invoice {document}"),
    "credit_note": _("Credit note {document}"),
    "debit_note": _("Debit note {document}"),
    "used": _("{amount} of the balance used for {document}"),
    "taken_back": _("{amount} for {document} taken back"),
    "withholding": _("Tax withheld from {document}, certificate {certificate}"),
    "write_off": _("Written off {document}"),
    "credit_to_balance": _("{amount} of {document} moved to the balance"),
    "goodwill": _("Goodwill: {reason}"),
    "outage_credit": _("Credit for an outage"),
    "refund": _("Refund: {reason}"),
    "deposit_return": _("Deposit returned: {reason}"),
    "payout_hold": _("Paid out to you: {reason}"),
    "payout_back": _("Came back, not paid out: {reason}"),
    "token_sale": _("Wi-Fi token"),
    "card_sale": _("Wi-Fi cards"),
    "cards_voided": _("Wi-Fi cards taken back"),
    "reversal": _("Correction"),
}
OTHERWISE: Final = _("Other movement")


def movement_words(tongue: str, kind: str, facts: Mapping[str, Any], amount: Money) -> str:
    """The explanation: `MoMo 0921 234 567, receipt 100007`. What we cannot say more of is another movement."""
    original = SENTENCES.get(kind, OTHERWISE)
    said: dict[str, object] = {name: fact for name, fact in facts.items() if fact is not None}
    for name, shape in (("reason", Free), ("telephone", national)):
        if name in said:
            said[name] = shape(str(said[name]))
    try:
        return told(tongue, original, amount=amount, **said)
    except KeyError:
        return say(tongue, OTHERWISE)
