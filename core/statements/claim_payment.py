"""A customer sends in the id of a payment to a wallet that has no machine of ours. Once, whoever is first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, func, insert, select

from core.customers.models import Contact
from core.customers.queries import Account
from core.db.engine import Transaction
from core.errors import CustomerNotActive, IdClaimed, KeyReused, NotFound, TooManyTries
from core.money import Money
from core.statements.accounts import money_account
from core.statements.bills import Bills
from core.statements.credit_line import credit_line
from core.statements.models import PaymentClaim, StatementLine
from core.statements.references import transaction_id
from core.statements.tell import tell_claim

# Ids can be guessed: whoever tries many is not looking for their own.
CLAIMS_AN_HOUR_MAX: Final = 5
CLAIMS_A_DAY_MAX: Final = 12
HOUR: Final = timedelta(hours=1)
A_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Claimed:
    """What became of a claim: `waiting` or `credited`, or `refused` where the same was decided before.

    `again`: the same customer had sent this id in before, and nothing was done now.
    """

    claim_id: int
    state: str
    reference: str
    receipt_number: str | None
    again: bool


def claim_payment(
    tx: Transaction,
    *,
    request_key: str,
    customer: Account,
    account_id: int,
    typed: str,
    said: Money | None,
    phone: str,
    now: datetime,
    bills: Bills,
) -> Claimed:
    """Take a claim. Where the wallet's statement tells of it already and agrees, it is credited at once; else it waits.

    Raises:
        NotFound: no such wallet.
        InvalidTransactionId: that is no id.
        IdClaimed: another sent it in first, or its money is on an account.
        CustomerNotActive: the account is closed.
        TooManyTries: too many ids within an hour or a day.
        KeyReused: the same request with another id.
    """
    reference = transaction_id(typed)
    wallet = money_account(tx.connection, account_id, lock=True)
    if wallet.kind != "wallet" or wallet.closed_at is not None:
        raise NotFound(what="wallet")
    if customer.status == "closed":
        raise CustomerNotActive(number=customer.number)
    before = _before(tx, request_key, account_id, reference)
    if before is not None:
        return _again(before, request_key, customer.customer_id, reference)
    _refuse_many(tx, customer.customer_id, now)
    line = _line_of(tx, account_id, reference)
    if line is not None and line.matched_minor > 0:
        raise IdClaimed(reference=reference)
    if _was_refused(tx, account_id, reference, customer.customer_id):  # a person said that it is not theirs
        raise IdClaimed(reference=reference)
    claim_id = _write(
        tx,
        request_key=request_key,
        account_id=account_id,
        reference=reference,
        customer_id=customer.customer_id,
        phone=phone,
        said_minor=said.minor if said and said.currency == wallet.currency else None,
        claimed_at=now,
    )
    if line is not None and _agrees(tx, line, customer.customer_id, phone, said):
        receipt = _credit(tx, claim_id, line.id, customer.customer_id, now, bills)
        return Claimed(claim_id, "credited", reference, receipt, again=False)
    tell_claim(
        tx,
        template="claim_heard",
        claim_id=claim_id,
        customer_id=customer.customer_id,
        reference=reference,
        through=wallet.name,
        now=now,
    )
    return Claimed(claim_id, "waiting", reference, None, again=False)


def _was_refused(tx: Transaction, account_id: int, reference: str, customer_id: int) -> bool:
    query = select(PaymentClaim.id).where(
        PaymentClaim.account_id == account_id,
        PaymentClaim.reference == reference,
        PaymentClaim.customer_id == customer_id,
        PaymentClaim.state == "refused",
    )
    return tx.execute(query.limit(1)).first() is not None


def _write(tx: Transaction, **values: Any) -> int:
    """Write a claim that waits."""
    query = insert(PaymentClaim).values(state="waiting", **values).returning(PaymentClaim.id)
    return int(tx.execute(query).scalar_one())


def _credit(tx: Transaction, claim_id: int, line_id: int, customer_id: int, now: datetime, bills: Bills) -> str | None:
    """Put the money of a line on the account of who claimed it; the number of the receipt."""
    return credit_line(
        tx,
        request_key=f"claim:{claim_id}",
        line_id=line_id,
        customer_id=customer_id,
        amount=None,
        why="claimed",
        staff_id=None,
        now=now,
        bills=bills,
    ).receipt_number


def _before(tx: Transaction, request_key: str, account_id: int, reference: str) -> Any:
    """The claim of this request, else the live one of this id."""
    columns = (
        PaymentClaim.id,
        PaymentClaim.request_key,
        PaymentClaim.customer_id,
        PaymentClaim.state,
        PaymentClaim.reference,
    )
    found = tx.execute(select(*columns).where(PaymentClaim.request_key == request_key)).first()
    if found is not None:
        return found
    return tx.execute(
        select(*columns).where(
            PaymentClaim.account_id == account_id,
            PaymentClaim.reference == reference,
            PaymentClaim.state != "refused",
        )
    ).first()


def _again(before: Any, request_key: str, customer_id: int, reference: str) -> Claimed:
    if before.request_key == request_key and (before.customer_id, before.reference) != (customer_id, reference):
        raise KeyReused(key=request_key)
    if before.customer_id != customer_id:
        raise IdClaimed(reference=reference)
    return Claimed(before.id, before.state, reference, None, again=True)


def _refuse_many(tx: Transaction, customer_id: int, now: datetime) -> None:
    """The account's lock makes claims of one wallet follow each other; a few more at another wallet are no matter."""
    query = select(
        func.count().filter(PaymentClaim.claimed_at > now - HOUR), func.count(), func.min(PaymentClaim.claimed_at)
    ).where(PaymentClaim.customer_id == customer_id, PaymentClaim.claimed_at > now - A_DAY)
    in_an_hour, in_a_day, _first = tx.execute(query).one()
    if in_a_day >= CLAIMS_A_DAY_MAX:
        raise TooManyTries(wait_s=int(A_DAY.total_seconds()))
    if in_an_hour >= CLAIMS_AN_HOUR_MAX:
        raise TooManyTries(wait_s=int(HOUR.total_seconds()))


def _line_of(tx: Transaction, account_id: int, reference: str) -> Any:
    """The money that the wallet's statement tells of under this id."""
    return tx.execute(
        select(
            StatementLine.id,
            StatementLine.amount_minor,
            StatementLine.currency,
            StatementLine.matched_minor,
            StatementLine.payer_phone,
        )
        .where(
            StatementLine.account_id == account_id,
            StatementLine.reference == reference,
            StatementLine.amount_minor > 0,
        )
        .order_by(StatementLine.id)
    ).first()


def _agrees(tx: Transaction, line: Any, customer_id: int, phone: str, said: Money | None) -> bool:
    """Whether nothing speaks against it: another amount than was said, or the phone of somebody else."""
    if said is not None and said != Money(line.amount_minor, line.currency):
        return False
    if line.payer_phone is None or line.payer_phone == phone:
        return True
    theirs = select(Contact.id).where(Contact.customer_id == customer_id, Contact.phone == line.payer_phone)
    return tx.execute(theirs).first() is not None


def claims_of(connection: Connection, customer_id: int, most: int = 10) -> Sequence[Any]:
    """A customer's claims, the newest first: rows of (reference, state, said_minor, claimed_at, why)."""
    return connection.execute(
        select(
            PaymentClaim.reference,
            PaymentClaim.state,
            PaymentClaim.said_minor,
            PaymentClaim.claimed_at,
            PaymentClaim.why,
        )
        .where(PaymentClaim.customer_id == customer_id)
        .order_by(PaymentClaim.id.desc())
        .limit(most)
    ).all()
