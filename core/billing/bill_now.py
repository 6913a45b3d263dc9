"""A bill outside the run: what begins, changes or is charged today is invoiced today."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from core.billing.allocate import Part, allocate_many, locked_balance, pay_from_balance
from core.billing.bill_chunk import Outcome, bill_chunk
from core.billing.billable import exemptions_of, only
from core.billing.draft import Buyer, Draft, Issuer, Line
from core.billing.issue import Issued, issue, totals_of
from core.billing.run import terms_of
from core.catalog.taxes import HOME_CURRENCY
from core.days import juba_day
from core.db.engine import Transaction
from core.errors import InsufficientBalance
from core.money import Money


def bill_service_now(tx: Transaction, *, subscription_id: int, issuer: Issuer, now: datetime) -> Outcome:
    """Bill the next days of one service today, all or nothing.

    Raises:
        InsufficientBalance: it is prepaid and the balance does not cover it; nothing was done.
        NoExchangeRate: its price cannot be turned into pounds today.
    """
    terms = terms_of(tx.connection, juba_day(now), issuer)
    chunk = only(tx, subscription_id=subscription_id, issue_day=terms.issue_day)
    return bill_chunk(tx, chunk, terms, now, refuse=True)


def invoice_lines(
    tx: Transaction,
    *,
    key: str,
    buyer: Buyer,
    lines: Sequence[Line],
    due_days: int,
    issuer: Issuer,
    now: datetime,
    subscription_id: int | None = None,
    from_balance: bool = False,
    made_by: int | None = None,
    reason: str = "",
    corrects_id: int | None = None,
) -> Issued | None:
    """Issue an invoice of these lines today, or a debit note to the invoice it corrects.

    It is paid from what credit there is; with `from_balance`, wholly or not at all. None: it comes to nothing.

    Raises:
        InsufficientBalance: `from_balance`, and the balance does not cover it; the caller rolls back.
    """
    terms = terms_of(tx.connection, juba_day(now), issuer)
    draft = Draft(
        key=key,
        kind="debit_note" if corrects_id is not None else "invoice",
        buyer=buyer,
        lines=tuple(lines),
        issued_on=terms.issue_day,
        due_on=terms.issue_day + timedelta(days=due_days),
        exemptions=exemptions_of(tx.connection, [buyer.customer_id], terms.issue_day).get(buyer.customer_id, {}),
        subscription_id=subscription_id,
        credits_id=corrects_id,
        reason=reason,
        made_by=made_by,
    )
    totals = totals_of(draft, terms.rates, issuer)
    if totals.total.minor <= 0:
        return None
    have = locked_balance(tx, buyer.wallet_id)
    if from_balance and have < totals.total:
        raise InsufficientBalance(needed=totals.total, have=have)
    (issued,) = issue(tx, [(draft, totals)], issuer=issuer, now=now)
    if from_balance:
        number = buyer.number
        allocate_many(tx, [Part("issue", "payment", issued.invoice_id, number, f"wallet:{number}", issued.total)], now)
    elif have > Money(0, HOME_CURRENCY):
        pay_from_balance(tx, customer_id=buyer.customer_id, key=f"credit:{issued.invoice_id}", now=now)
    return issued
