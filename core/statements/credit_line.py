"""A person says whose money a line is: on the balance, with a receipt, their bills settled. In parts too."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, func, not_, select, update

from core.catalog.taxes import HOME_CURRENCY, MILLION, exchange_on
from core.customers.queries import account as customer_account
from core.db.engine import Transaction
from core.errors import CustomerNotActive, DoesNotFit, NoExchangeRate
from core.ledger.accounts import open_account
from core.ledger.post import Posting, post
from core.money import MINOR_DIGITS, Money
from core.payments.models import PaymentIntent, Receipt
from core.payments.write_receipt import write_receipt
from core.statements.bills import Bills, Credit
from core.statements.books import RECEIVED, memo
from core.statements.models import PaymentClaim
from core.statements.open_line import (
    Matched,
    OpenLine,
    done_before,
    happened_at,
    lock_line,
    matched_before,
    wanted_of,
    write_match,
)
from core.statements.tell import tell_credited
from core.statements.write_lines import provider_reference


def credit_line(
    tx: Transaction,
    *,
    request_key: str,
    line_id: int,
    customer_id: int,
    amount: Money | None,
    why: str,
    staff_id: int | None,
    now: datetime,
    bills: Bills,
    invoice_id: int | None = None,
) -> Matched:
    """Credit what came, or a part of it, to a customer: with a receipt, their bills settled, and a text.

    Money in another currency is turned into ours at the rate of the line's day.

    Raises:
        AboveWhatIsLeft: less is left of the line.
        CustomerNotActive: the account is closed.
        DoesNotFit: money that went is no customer's; or our own machine still asks about this payment.
        NoExchangeRate: no fresh rate is known for that day.
        KeyReused: the same form with other contents.
    """
    one = lock_line(tx, line_id)
    first = done_before(tx, one, request_key)
    customer = customer_account(tx.connection, customer_id)
    wanted = wanted_of(tx, one, amount, first)
    if first is None:
        _refuse_credit(tx, one, customer.status, customer.number)
    credited = _in_home_currency(tx, one, wanted)
    recorded = post(
        tx,
        key=f"line:{line_id}:{request_key}",
        kind=RECEIVED,
        occurred_at=happened_at(tx, one, now),
        now=now,
        postings=_to_wallet(tx, one, wanted, credited, customer.wallet_id),
        memo=memo(one.account, line=line_id),
    )
    if recorded.again:
        return matched_before(tx, recorded.entry_id)
    written = write_receipt(
        tx,
        customer_id=customer_id,
        entry_id=recorded.entry_id,
        provider=one.account.code,
        provider_reference=provider_reference(one.account, one.line, one.fingerprint),
        amount=credited,
        now=now,
        statement_line_id=line_id,
        part=_next_part(tx, one),
        payer_phone=one.line.payer_phone,
    )
    match_id = write_match(
        tx, one, "receipt", wanted, why, staff_id, now, receipt_id=written.receipt_id, entry_id=recorded.entry_id
    )
    _settle_claim(tx, one, customer_id, written.receipt_id, staff_id, now)
    credit = Credit(customer_id, written.number, invoice_id)
    bills.money_came(tx, [credit], now)
    tell_credited(tx, one.account, [credit], [credited.minor], now)
    return Matched(match_id, written.number)


def _refuse_credit(tx: Transaction, one: OpenLine, status: str, number: str) -> None:
    if not one.came:
        raise DoesNotFit(what="direction")
    if status == "closed":
        raise CustomerNotActive(number=number)
    if one.account.posts_itself and (_is_ours(tx, one.line.external_id) or _is_credited(tx, one)):
        raise DoesNotFit(what="intent")


def _is_ours(tx: Transaction, external_id: str | None) -> bool:
    """Whether our own machine asked for this payment: it is settled there, not credited past it.

    Unless a person has ended it there: what came otherwise than asked for is credited from here.
    """
    try:
        reference = UUID(external_id or "")
    except ValueError:
        return False
    ended = and_(PaymentIntent.state == "refused", PaymentIntent.settled_by.is_not(None))
    asked = select(PaymentIntent.id).where(PaymentIntent.reference == reference, not_(ended))
    return tx.execute(asked).first() is not None


def _is_credited(tx: Transaction, one: OpenLine) -> bool:
    """Whether our own machine has credited this number of theirs already."""
    credited = select(Receipt.id).where(
        Receipt.provider == one.account.code,
        Receipt.provider_reference == provider_reference(one.account, one.line, one.fingerprint),
        Receipt.intent_id.is_not(None),
    )
    return tx.execute(credited).first() is not None


def _in_home_currency(tx: Transaction, one: OpenLine, wanted: Money) -> Money:
    if wanted.currency == HOME_CURRENCY:
        return wanted
    exchange = exchange_on(tx.connection, wanted.currency, one.line.booked_on)
    if exchange is None:
        raise NoExchangeRate(currency=wanted.currency)
    scale = 10 ** (MINOR_DIGITS[HOME_CURRENCY] - MINOR_DIGITS[wanted.currency])
    return Money(wanted.minor * scale, HOME_CURRENCY).share_half_even(exchange.rate_millionths, MILLION)


def _to_wallet(tx: Transaction, one: OpenLine, wanted: Money, credited: Money, wallet_id: int) -> list[Posting]:
    """From where it lies to the wallet. Two currencies meet on the exchange account, and each balances alone."""
    source = open_account(tx, one.lies_at, wanted.currency)
    if wanted.currency == credited.currency:
        return [Posting(source, wallet_id, wanted)]
    between = f"exchange:{one.account.code}"
    return [
        Posting(source, open_account(tx, between, wanted.currency), wanted),
        Posting(open_account(tx, between, credited.currency), wallet_id, credited),
    ]


def _next_part(tx: Transaction, one: OpenLine) -> int:
    reference = provider_reference(one.account, one.line, one.fingerprint)
    query = select(func.coalesce(func.max(Receipt.part), 0)).where(
        Receipt.provider == one.account.code, Receipt.provider_reference == reference
    )
    return int(tx.execute(query).scalar_one()) + 1


def _settle_claim(
    tx: Transaction, one: OpenLine, customer_id: int, receipt_id: int, staff_id: int | None, now: datetime
) -> None:
    """A claim of this customer for this id waits no more."""
    if one.line.reference is None:
        return
    tx.execute(
        update(PaymentClaim)
        .where(
            PaymentClaim.account_id == one.account.account_id,
            PaymentClaim.reference == one.line.reference,
            PaymentClaim.customer_id == customer_id,
            PaymentClaim.state == "waiting",
        )
        .values(state="credited", receipt_id=receipt_id, decided_at=now, decided_by=staff_id)
    )
