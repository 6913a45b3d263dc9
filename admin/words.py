"""Words of our tables and refusals, as staff read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from markupsafe import Markup

from admin.billing_words import BILLING_WORDS
from admin.cash_words import CASH_WORDS
from admin.owner_words import OWNER_WORDS
from admin.partner_words import PARTNER_WORDS
from admin.payout_words import PAYOUT_WORDS
from admin.refusal_words import sentence_of
from admin.router_words import ROUTER_WORDS
from admin.statement_words import STATEMENT_WORDS
from core.errors import Refusal
from core.languages import marked as _
from web.speech import ltr, refused, t

# Words of our tables, as staff read them. The key is `subject.word`.
WORDS: Final[Mapping[str, str]] = {
    "customer.active": _("active"),
    "customer.suspended": _("suspended"),
    "customer.closed": _("closed"),
    "through.ussd": _("by USSD"),
    "through.sms": _("by SMS"),
    "through.staff": _("by staff"),
    "through.seed": _("with the demo data"),
    "through.portal": _("on the web"),
    "through.owner": _("by a Wi-Fi owner"),
    "payment.created": _("not sent yet"),
    "payment.submitted": _("waits for approval"),
    "payment.paid": _("paid"),
    "payment.refused": _("refused"),
    "payment.expired": _("not approved in time"),
    "payment.unknown": _("nobody knows"),
    "rail.mtn-momo": _("MTN MoMo"),
    "rail.orange-money": _("Orange Money"),
    "rail.cash": _("cash"),
    "paid_by.cash": _("in cash"),
    "paid_by.mtn-momo": _("by MoMo"),
    "paid_by.orange-money": _("by Orange Money"),
    "alarm.callback_unknown": _("The provider called about a payment that is none of ours"),
    "alarm.callback_differs": _("The provider called with another amount than was asked for"),
    "alarm.payment_differs": _("Paid at the provider, but not as it was asked for"),
    "alarm.reference_reused": _("The provider gave a number that is on another receipt"),
    "alarm.key_reused": _("One request came twice, with two contents"),
    "purpose.topup": _("top up"),
    "purpose.token": _("Wi-Fi token"),
    "purpose.data": _("more data"),
    "token.waiting": _("not used yet"),
    "token.running": _("running"),
    "token.expired": _("over"),
    "token.revoked": _("stopped"),
    "token.paused": _("stopped for a while"),
    "text.queued": _("waits to be sent"),
    "text.sent": _("sent"),
    "text.delivered": _("delivered"),
    "text.failed": _("failed"),
    "ticket.open": _("open"),
    "ticket.closed": _("closed"),
    "fault.no_internet": _("no internet"),
    "fault.slow": _("slow"),
    "fault.cannot_log_in": _("cannot log in"),
    "fault.money": _("money"),
    "fault.other": _("other"),
    "outbox.sms": _("SMS"),
    "outbox.momo.request": _("MoMo request"),
    "outbox.momo.note": _("MoMo receipt note"),
    "role.admin": _("admin"),
    "role.manager": _("manager"),
    "role.cashier": _("cashier"),
    "role.technician": _("technician"),
    "act.log_in": _("logged in"),
    "act.log_in_refused": _("log-in refused"),
    "act.log_out": _("logged out"),
    "act.cash_taken": _("took cash"),
    "act.customer_registered": _("registered a customer"),
    "act.customer_changed": _("changed a customer"),
    "act.customer_status": _("changed a customer's status"),
    "act.ticket_closed": _("closed a fault"),
    "act.token_stopped": _("stopped a Wi-Fi token"),
    "act.cards_made": _("made cards"),
    "act.cards_printed": _("printed cards"),
    "act.cards_sold": _("opened cards"),
    "act.cards_voided": _("took cards back"),
    "act.outbox_pushed": _("pushed"),
    "act.staff_phone_set": _("noted a phone of staff"),
    "act.staff_added": _("added staff"),
    "act.staff_activated": _("let in"),
    "act.staff_deactivated": _("shut out"),
    "act.password_reset": _("reset a password"),
    "act.password_changed": _("changed their password"),
    "act.language_chosen": _("chose a language"),
    "act.payment_asked": _("asked MTN again"),
    "act.payment_settled_paid": _("settled a payment: paid"),
    "act.payment_settled_refused": _("settled a payment: nothing taken"),
    "act.receipt_sent_again": _("texted a receipt again"),
    "act.alarm_seen": _("looked into an alarm"),
    **OWNER_WORDS,
    **BILLING_WORDS,
    **STATEMENT_WORDS,
    **CASH_WORDS,
    **PAYOUT_WORDS,
    **ROUTER_WORDS,
    **PARTNER_WORDS,
}


def word(subject: str, key: str | None) -> Markup:
    """A word of our tables in the reader's language; one we do not know, as it is."""
    original = WORDS.get(f"{subject}.{key}")
    return t(original) if original else ltr(key or "")


def choices(subject: str, keys: Sequence[str]) -> list[tuple[str, Markup]]:
    """Words of our tables for a list to choose from: each with how it reads."""
    return [(key, word(subject, key)) for key in keys]


def refusal_sentence(refusal: Refusal, code: str) -> Markup:
    """A refusal as one sentence to staff, in the reader's language."""
    return refused(refusal, sentence_of(refusal), code)
