"""Topping a balance up by itself: what the customer consents to, before MTN asks for their PIN; and the end of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import exists, insert, select, update
from sqlalchemy.exc import IntegrityError

from core.customers.queries import Account, account
from core.db.engine import Transaction
from core.errors import AmountOutOfRange, AutoTopUpStands, CustomerNotActive, KeyReused, NotMomoPhone
from core.ids import Ids
from core.messaging import outbox
from core.messaging.queue_text import queue_text
from core.money import Money
from core.payouts.limits import AUTO_LEAST, AUTO_MOST, AUTO_TIMES_A_MONTH_MOST, CONSENT_LASTS
from core.payouts.models import PreApproval
from core.phones import can_pay_by_momo

LIVE: Final = PreApproval.state.in_(("created", "submitted", "agreed"))


@dataclass(frozen=True, slots=True)
class Agreed:
    """A consent. `again`: the same request had written it before."""

    pre_approval_id: int
    again: bool


def agree_auto_top_up(
    tx: Transaction,
    *,
    request_key: str,
    customer: Account,
    phone: str,
    amount: Money,
    below: Money,
    times_a_month: int,
    platform: str,
    now: datetime,
    ids: Ids,
) -> Agreed:
    """Write what is agreed, and the request that asks the phone for it. Once per `request_key`.

    `amount` is charged whenever the balance is `below` the mark, at most `times_a_month`. `platform`: the one we ask.

    Raises:
        CustomerNotActive, NotMomoPhone: nothing was written.
        AmountOutOfRange: the amount, or the mark, is not one that can be agreed on.
        AutoTopUpStands: one stands already; it is ended first.
        KeyReused: the same request with other contents.
    """
    if customer.status != "active":
        raise CustomerNotActive(number=customer.number)
    if not can_pay_by_momo(phone):
        raise NotMomoPhone(phone=phone)
    if not AUTO_LEAST <= amount <= AUTO_MOST or not 0 < below.minor <= AUTO_MOST.minor:
        raise AmountOutOfRange(least=AUTO_LEAST, most=AUTO_MOST)
    if not 1 <= times_a_month <= AUTO_TIMES_A_MONTH_MOST:
        raise AssertionError(f"a balance is topped up 1 to {AUTO_TIMES_A_MONTH_MOST} times a month")
    known = tx.execute(
        select(PreApproval.id, PreApproval.customer_id, PreApproval.phone, PreApproval.amount_minor).where(
            PreApproval.request_key == request_key
        )
    ).first()
    if known is not None:
        if tuple(known)[1:] != (customer.customer_id, phone, amount.minor):
            raise KeyReused(key=request_key)
        return Agreed(known.id, again=True)
    if tx.execute(select(exists().where(PreApproval.customer_id == customer.customer_id, LIVE))).scalar():
        raise AutoTopUpStands
    reference = ids.new_uuid()
    try:
        with tx.connection.begin_nested():
            pre_approval_id = tx.execute(
                insert(PreApproval)
                .values(
                    reference=reference,
                    request_key=request_key,
                    customer_id=customer.customer_id,
                    phone=phone,
                    platform=platform,
                    amount_minor=amount.minor,
                    below_minor=below.minor,
                    times_a_month_max=times_a_month,
                    currency=amount.currency,
                    state="created",
                    asked_at=now,
                    valid_until=now + CONSENT_LASTS,
                    asks=0,
                )
                .returning(PreApproval.id)
            ).scalar_one()
    except IntegrityError as error:  # two at once: the second finds the first
        if "ux_pre_approval_live" not in str(error.orig) and "request_key" not in str(error.orig):
            raise
        raise AutoTopUpStands from None
    outbox.put(tx, kind="pre_approval.request", key=str(reference), body={"pre_approval": pre_approval_id}, now=now)
    return Agreed(int(pre_approval_id), again=False)


def stop_auto_top_up(tx: Transaction, *, customer_id: int, now: datetime) -> bool:
    """End a customer's consent: nothing is charged by it from here on. False: there is none.

    A charge that is on the phone already is the provider's to end, by the customer's answer.
    """
    row = (
        tx.execute(select(PreApproval).where(PreApproval.customer_id == customer_id, LIVE).with_for_update())
        .mappings()
        .first()
    )
    if row is None:
        return False
    end_consent(tx, row, "ended", now)
    return True


def end_consent(tx: Transaction, row: Any, to: str, now: datetime, *, tell: str | None = "auto_top_up_ended") -> None:
    """End a consent that the caller has locked, take it back at the provider, and text the customer."""
    tx.execute(
        update(PreApproval)
        .where(PreApproval.id == row["id"])
        .values(state=to, ended_at=now, ask_again_at=None, announced_at=None)
    )
    reference = str(row["reference"])
    outbox.put(tx, kind="pre_approval.cancel", key=reference, body={"pre_approval": row["id"]}, now=now)
    if tell:
        tell_consent(tx, row, tell, now)


def tell_consent(tx: Transaction, row: Any, template: str, now: datetime, key: str = "") -> None:
    """Text the customer about their consent. Once per consent, template and key."""
    customer = account(tx.connection, row["customer_id"])
    queue_text(
        tx,
        phone=customer.main_phone,
        tongue=customer.tongue,
        template=template,
        key=f"{template}:{row['id']}{key}",
        now=now,
        facts={
            "amount": Money(row["amount_minor"], row["currency"]),
            "below": Money(row["below_minor"], row["currency"]),
            "balance": customer.balance,
        },
    )
