"""A person says how a payment ended that no provider can tell of. With evidence, once, and never against the books."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from core.db.engine import Transaction
from core.errors import NotFound, NotPossibleNow, ReferenceUsed
from core.payments.evidence import Evidence, keep_evidence
from core.payments.models import PaymentIntent
from core.payments.provider_reference import normal_id
from core.payments.settle import Fulfil, settle
from core.payments.states import move
from core.payments.tell import tell_ended

REFERENCE_CHARS_MAX: Final = 200
# Who was told that nothing was taken, and shows that it was, is believed by a person too. What a provider can still
# tell of is not a person's to say.
FROM: Final[Mapping[str, frozenset[str]]] = {
    "paid": frozenset({"unknown", "refused", "expired"}),
    "refused": frozenset({"unknown"}),
}


def settle_by_hand(
    tx: Transaction,
    *,
    intent_id: int,
    outcome: Literal["paid", "refused"],
    provider_reference: str,
    evidence: Evidence,
    staff_id: int,
    now: datetime,
    fulfil: Mapping[str, Fulfil],
    code: str,
) -> None:
    """Settle a payment by what a person found out. The caller has checked that they may; the first of two does it.

    `paid` needs the provider's own number of it, and credits what was asked for: what came otherwise is credited from
    a statement instead. `refused`: nothing was taken, and the customer is told so.

    Raises:
        NotFound: no such payment.
        NotPossibleNow: it is known by now, or still the provider's to tell.
        ReferenceUsed: that number is on another receipt, or there is none.
        EvidenceMissing, FileRefused: as `keep_evidence`.
    """
    intent = tx.execute(select(PaymentIntent).where(PaymentIntent.id == intent_id).with_for_update()).mappings().first()
    if intent is None:
        raise NotFound(what="payment")
    if intent["state"] not in FROM[outcome]:
        raise NotPossibleNow(what="payment", state=intent["state"])
    keep_evidence(tx, evidence, staff_id=staff_id, now=now, intent_id=intent_id)
    why: dict[str, Any] = {"says": outcome, "staff": staff_id}
    if outcome == "refused":
        values = {"settled_by": staff_id, "ask_again_at": None}
        move(tx, intent_id=intent_id, state=intent["state"], to="refused", now=now, why=why, **values)
        tell_ended(tx, intent_id=intent_id, template="payment_not_taken", now=now, code=code)
        return
    reference = normal_id(provider_reference)[:REFERENCE_CHARS_MAX]
    if not reference:
        raise ReferenceUsed(reference="-")
    try:
        with tx.connection.begin_nested():
            settle(
                tx,
                intent_id=intent_id,
                provider_reference=reference,
                now=now,
                why=why,
                fulfil=fulfil,
                settled_by=staff_id,
            )
    except IntegrityError as error:
        if "uq_receipt_provider_reference" not in str(error.orig):
            raise
        raise ReferenceUsed(reference=reference) from None
