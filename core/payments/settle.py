"""Crediting money that came: once, to the wallet, with a receipt; then doing what it was for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from psycopg2 import errors as pg
from sqlalchemy import bindparam, case, func, select
from sqlalchemy.exc import DBAPIError

from core.customers.queries import Account, account
from core.db.engine import Transaction
from core.ledger.accounts import open_account
from core.ledger.models import LedgerAccount
from core.ledger.post import Posting, post
from core.logs import log
from core.messaging import outbox
from core.money import Money
from core.payments.models import PaymentIntent
from core.payments.rails import LEDGER_CODES
from core.payments.states import move
from core.payments.tell import tell_on_balance
from core.payments.write_receipt import write_receipt

LOG = log("payments.settle")
# The intent, locked, and the account in our books that its rail pays from, where that is open already.
_LOCK: Final = (
    select(
        PaymentIntent,
        select(LedgerAccount.id)
        .where(
            LedgerAccount.code
            == func.concat(
                case(LEDGER_CODES, value=PaymentIntent.rail),
                ":",
                func.coalesce(PaymentIntent.charged_currency, PaymentIntent.currency),
            )
        )
        .scalar_subquery()
        .label("rail_account_id"),
    )
    .where(PaymentIntent.id == bindparam("intent_id"))
    .with_for_update(of=PaymentIntent)
)
_RACE_LOST: Final = (pg.SerializationFailure, pg.DeadlockDetected)  # all is done again from the start


@dataclass(frozen=True, slots=True)
class Paid:
    """A payment that was credited just now; what it was for is still to be done, in this transaction."""

    intent_id: int
    customer: Account  # as it was before the money came
    request_key: str
    purpose: str
    purpose_body: Mapping[str, Any]
    amount: Money
    receipt_number: str

    @property
    def customer_id(self) -> int:
        """Whose payment it is."""
        return self.customer.customer_id


# Does what a payment was for. Wired at the edge, by purpose: payments do not know tokens or invoices.
Fulfil = Callable[[Transaction, Paid, datetime], None]


def settle(
    tx: Transaction,
    *,
    intent_id: int,
    provider_reference: str,
    now: datetime,
    why: Mapping[str, Any],
    fulfil: Mapping[str, Fulfil],
    settled_by: int | None = None,
) -> bool:
    """Credit a payment the provider has confirmed, then do what it was for. False: it was credited before.

    `settled_by` is the person who found it out where no provider can tell. Money that came is credited whatever becomes
    of its purpose: what cannot be done leaves it on the balance, and the customer is told. Once by three locks: the
    intent's row, UNIQUE (provider, reference) of receipts, the ledger's key.
    """
    intent = tx.execute(_LOCK, {"intent_id": intent_id}).mappings().one()
    if intent["state"] == "paid":
        return False
    paid = _receive(tx, intent, provider_reference, now)
    move(
        tx,
        intent_id=intent_id,
        state=intent["state"],
        to="paid",
        now=now,
        why=why,
        provider_reference=provider_reference,
        settled_by=settled_by,
        ask_again_at=None,
    )
    outbox.put(tx, kind="momo.note", key=str(intent["reference"]), body={"intent": intent["id"]}, now=now)
    if not _attempt(tx, paid, lambda: fulfil[paid.purpose](tx, paid, now)):
        _attempt(tx, paid, lambda: _tell_on_balance(tx, paid, now))
    return True


def _receive(tx: Transaction, intent: Mapping[str, Any], provider_reference: str, now: datetime) -> Paid:
    """Write the money into the books and onto a receipt."""
    amount = Money(intent["amount_minor"], intent["currency"])
    customer = account(tx.connection, intent["customer_id"])
    recorded = post(
        tx,
        key=f"payment:{intent['reference']}",
        kind="payment",
        occurred_at=now,
        now=now,
        postings=_postings(tx, intent, customer.wallet_id, amount),
        memo={"intent": intent["id"], "provider_reference": provider_reference},
        falls_freely=True,  # accounts at providers have no floor, and a wallet only rises
    )
    receipt = write_receipt(
        tx,
        customer_id=customer.customer_id,
        entry_id=recorded.entry_id,
        provider=intent["rail"],
        provider_reference=provider_reference,
        amount=amount,
        now=now,
        intent_id=intent["id"],
        payer_phone=intent["payer_phone"],
    )
    return Paid(
        intent["id"],
        customer,
        intent["request_key"],
        intent["purpose"],
        intent["purpose_body"],
        amount,
        receipt.number,
    )


def _postings(tx: Transaction, intent: Mapping[str, Any], wallet_id: int, amount: Money) -> list[Posting]:
    """From the rail's account to the wallet. Two currencies meet on the exchange account, and each balances alone."""
    foreign = intent["charged_currency"] is not None
    charged = Money(intent["charged_minor"], intent["charged_currency"]) if foreign else amount
    source = intent["rail_account_id"] or open_account(tx, LEDGER_CODES[intent["rail"]], charged.currency)
    if not foreign:
        return [Posting(source, wallet_id, amount)]
    return [
        Posting(
            source,
            open_account(tx, f"exchange:{intent['rail']}", charged.currency),
            charged,
        ),
        Posting(open_account(tx, f"exchange:{intent['rail']}", amount.currency), wallet_id, amount),
    ]


def _tell_on_balance(tx: Transaction, paid: Paid, now: datetime) -> None:
    tell_on_balance(
        tx,
        customer_id=paid.customer_id,
        purpose=paid.purpose,
        amount=paid.amount,
        receipt_number=paid.receipt_number,
        now=now,
    )


def _attempt(tx: Transaction, paid: Paid, act: Callable[[], None]) -> bool:
    """Do it in a savepoint. False: it failed in our own code, the log says why, and it left no trace."""
    try:
        with tx.connection.begin_nested():
            act()
    except Exception as fault:
        if isinstance(fault, DBAPIError) and (fault.connection_invalidated or isinstance(fault.orig, _RACE_LOST)):
            raise
        LOG.exception("paid for, and not done", intent=paid.intent_id, purpose=paid.purpose)
        return False
    return True
