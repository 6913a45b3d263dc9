"""Words of our tables, as owners read them. The key is `subject.word`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from markupsafe import Markup

from core.languages import marked as _
from web.speech import ltr, t

WORDS: Final[Mapping[str, str]] = {
    "token.waiting": _("not used yet"),
    "token.running": _("running"),
    "token.expired": _("over"),
    "token.revoked": _("stopped"),
    "token.paused": _("stopped for a while"),
    "origin.sold": _("from a balance"),
    "origin.cash": _("cash"),
    "origin.momo": _("MoMo"),
    "origin.given": _("free"),
    "origin.card": _("a card"),
    "method.cash": _("Cash"),
    "method.momo": _("MoMo"),
    "method.card": _("Cards"),
    "method.wallet": _("From balances"),
    "method.given": _("Free"),
    "payout.waiting": _("waits"),
    "payout.approved": _("is being sent"),
    "payout.submitted": _("is being sent"),
    "payout.paid": _("paid"),
    "payout.refused": _("did not go, and its money is back"),
    "payout.unknown": _("nobody knows yet"),
    "payout.cancelled": _("taken back"),
}


def word(subject: str, key: str) -> Markup:
    """A word of our tables in the reader's language; one we do not know, as it is."""
    original = WORDS.get(f"{subject}.{key}")
    return t(original) if original else ltr(key)
