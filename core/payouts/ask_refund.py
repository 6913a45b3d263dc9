"""Giving money back: to where it came from, and never above what came."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, func, select, text

from core.customers.queries import account
from core.db.engine import Transaction
from core.errors import NotFound, NotPossibleNow, RefundTooLarge
from core.ids import Ids
from core.money import Money
from core.payments.models import PaymentIntent, Receipt
from core.payouts.ask_payout import Asked, Way, ask_payout, asked_before, by_momo
from core.payouts.limits import alone
from core.payouts.models import Payout
from core.phones import can_pay_by_momo

# Cash is another room beside this one: its table is read by name.
# Taken back by two people, or out of the books again because it was matched wrongly.
_TAKEN_BACK: Final = text("""
    SELECT 1 FROM receipt_void WHERE receipt_id = :receipt AND state <> 'refused'
    UNION ALL SELECT 1 FROM receipt r JOIN ledger_entry e ON e.reverses_id = r.entry_id WHERE r.id = :receipt
""")
_LIVE: Final = Payout.state.not_in(("refused", "cancelled"))


def ask_refund(
    tx: Transaction,
    *,
    request_key: str,
    receipt_number: str,
    amount: Money,
    reason: str,
    staff_id: int,
    role: str,
    platform: str | None,
    now: datetime,
    ids: Ids,
) -> Asked:
    """Ask for a receipt's money, or a part of it, to be given back.

    `platform`: the one our disburser speaks to; None: we have none, and a person sends it.

    Raises:
        NotFound: no such receipt.
        NotPossibleNow: it is being taken back as a whole.
        RefundTooLarge: more than came and is not given back yet.
        and what `ask_payout` raises.
    """
    receipt = tx.execute(select(Receipt).where(Receipt.number == receipt_number).with_for_update()).mappings().first()
    if receipt is None:
        raise NotFound(what="receipt")
    if tx.execute(select(Payout.id).where(Payout.request_key == request_key)).first() is not None:
        whose = receipt["customer_id"]
        return asked_before(tx, request_key, customer_id=whose, receipt_id=receipt["id"], amount=amount)
    if tx.execute(_TAKEN_BACK, {"receipt": receipt["id"]}).first() is not None:
        raise NotPossibleNow(what="receipt", state="taken back")
    most = refundable(tx.connection, receipt)
    if amount.currency != most.currency or amount > most:
        raise RefundTooLarge(most=most)
    return ask_payout(
        tx,
        request_key=request_key,
        way=way_back(tx.connection, receipt, platform),
        customer_id=receipt["customer_id"],
        source=f"wallet:{account(tx.connection, receipt['customer_id']).number}",
        amount=amount,
        reason=reason,
        staff_id=staff_id,
        role=role,
        now=now,
        ids=ids,
        receipt_id=receipt["id"],
        # By the receipt, not by the form: what was given back in pieces was given back.
        alone_most=_alone_still(role, Money(receipt["amount_minor"], receipt["currency"]) - most),
    )


def _alone_still(role: str, given: Money) -> Money:
    """What a role may still give back alone of a receipt of which so much was given back already."""
    most = alone(role, "refund")
    return most - given if given < most else most - most


def refundable(connection: Connection, receipt: Mapping[str, Any]) -> Money:
    """What came on a receipt and is not given back, or on its way back."""
    given = select(func.coalesce(func.sum(Payout.amount_minor), 0)).where(Payout.receipt_id == receipt["id"], _LIVE)
    return Money(receipt["amount_minor"] - int(connection.execute(given).scalar_one()), receipt["currency"])


def way_back(connection: Connection, receipt: Mapping[str, Any], platform: str | None) -> Way:
    """To where it came from.

    What MTN collected on the platform we still speak to is its own refund; else it is a transfer to the phone that
    paid. Notes go back as notes. What came to a bank, or to a wallet without an API, a person sends back.
    """
    if receipt["provider"] == "cash":
        return Way("cash")
    intent = _intent(connection, receipt["intent_id"])
    phone: str | None = receipt["payer_phone"] or (intent["payer_phone"] if intent else None)
    if platform is None or receipt["provider"] != "mtn-momo" or not phone or not can_pay_by_momo(phone):
        return Way("by_hand", payee_phone=phone)
    ours = intent is not None and intent["platform"] == platform
    return by_momo(platform, phone, "refund" if ours else "transfer")


def _intent(connection: Connection, intent_id: int | None) -> Mapping[str, Any] | None:
    if intent_id is None:
        return None
    query = select(PaymentIntent.platform, PaymentIntent.payer_phone).where(PaymentIntent.id == intent_id)
    return dict(connection.execute(query).mappings().one())
