"""Words of the tables of payouts, as staff read them. The key is `subject.word`; see `admin.words.word`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from core.languages import marked as _

PAYOUT_WORDS: Final[Mapping[str, str]] = {
    "payout.waiting": _("to be approved"),
    "payout.approved": _("approved"),
    "payout.submitted": _("sent"),
    "payout.paid": _("paid"),
    "payout.refused": _("did not go"),
    "payout.unknown": _("nobody knows"),
    "payout.cancelled": _("taken back"),
    "payout_kind.transfer": _("Payout"),
    "payout_kind.refund": _("Money back"),
    "sent_by.mtn-momo": _("by MTN MoMo"),
    "sent_by.cash": _("in notes"),
    "sent_by.by_hand": _("sent by a person"),
    "rail.by_hand": _("by hand"),
    "consent.created": _("not asked yet"),
    "consent.submitted": _("waits for the PIN"),
    "consent.agreed": _("agreed"),
    "consent.refused": _("refused"),
    "consent.ended": _("ended"),
    "outbox.payout.name": _("name of a payee"),
    "outbox.owner.name": _("name of an owner's wallet"),
    "outbox.payout.send": _("payout"),
    "outbox.pre_approval.request": _("consent to be charged"),
    "outbox.pre_approval.cancel": _("consent taken back"),
    "alarm.payout_differs": _("a payout went otherwise than it was sent"),
    "alarm.paid_after_refusal": _("a payout was paid after it was refused"),
    "act.refund_asked": _("asked to give money back"),
    "act.payout_approved": _("approved a payout"),
    "act.payout_cancelled": _("took a payout back"),
    "act.payout_handed_out": _("handed out a payout"),
    "act.payout_settled_paid": _("settled a payout: paid"),
    "act.payout_settled_refused": _("settled a payout: did not go"),
    "act.owner_terms_set": _("agreed on terms with a Wi-Fi owner"),
    "act.owner_settled": _("settled with a Wi-Fi owner"),
    "act.auto_top_up_stopped": _("ended a topping up by itself"),
}
