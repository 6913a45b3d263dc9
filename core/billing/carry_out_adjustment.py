"""What each kind of adjustment does in the books."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select, text

from core.billing.allocate import Part, allocate_many, locked_balance, open_invoices
from core.billing.bill_now import invoice_lines
from core.billing.charge_next import put_on_next_bill
from core.billing.credit import credit_invoice
from core.billing.draft import Buyer, Issuer, Line
from core.billing.issue import Issued
from core.billing.models import InvoiceLine
from core.billing.money_came import money_came
from core.billing.queries import buyer, invoice
from core.billing.withhold import record_withholding
from core.cash.own_shift import drawer_of
from core.catalog.taxes import HOME_CURRENCY, UNTAXED
from core.customers.queries import account
from core.db.engine import Transaction
from core.errors import AmountAboveDue, InsufficientBalance, NoShiftOpen, NotFound
from core.ledger.accounts import open_account
from core.ledger.post import Posting, post
from core.money import Money

CHARGE_DUE_DAYS: Final = 14
# What was billed as deposits and never came in money: still due, or written off. Of an invoice that bills other things
# too, the deposit is paid last. Locked: what is due does not change meanwhile.
_DEPOSITS: Final = text(
    """
    SELECT d.due_minor, (SELECT sum(l.amount_minor) FROM invoice_line l
                         WHERE l.invoice_id = d.invoice_id AND l.kind = 'deposit')::bigint AS deposit_minor,
           (SELECT coalesce(sum(a.amount_minor), 0) FROM allocation a
            WHERE a.invoice_id = d.invoice_id AND a.kind = 'write_off')::bigint AS written_off_minor
    FROM invoice_due d
    WHERE d.customer_id = :customer
      AND EXISTS (SELECT 1 FROM invoice_line l WHERE l.invoice_id = d.invoice_id AND l.kind = 'deposit')
    ORDER BY d.due_on, d.invoice_id FOR UPDATE OF d
    """
)


def carry_out(tx: Transaction, row: Mapping[str, Any], *, staff_id: int, issuer: Issuer, now: datetime) -> int | None:
    """Do an adjustment that was decided. Returns its entry in the books; None where the next bill will make that.

    Raises:
        CreditTooLarge, AmountAboveDue, WithheldTooLarge: more than the invoice bears.
        CertificateUsed: it was counted for this invoice before.
        InsufficientBalance: a refund beyond the balance, a return beyond what was paid as deposit.
        NoShiftOpen, DrawerShort: a refund is handed out of an open drawer that holds so much.
        NotFound: the kind needs an invoice of this customer, and there is none.
        NoNextBill: it is for the next bill, and there is none to come.
    """
    who = buyer(tx.connection, row["customer_id"])
    amount = Money(row["amount_minor"], row["currency"])
    match row["kind"]:
        case "goodwill" | "deposit_return":
            source = "goodwill"
            if row["kind"] == "deposit_return":
                source = f"deposit:{who.number}"
                _refuse_more(amount, _paid_deposit(tx, who, source))
            entry_id = _move(tx, row, source, f"wallet:{who.number}", amount, now)
            money_came(tx, customer_id=who.customer_id, key=f"adjustment:{row['id']}", issuer=issuer, now=now)
            return entry_id
        case "next_charge" | "next_discount":
            put_on_next_bill(tx, row, staff_id=staff_id, now=now)
            return None
        case "refund":
            return _refund(tx, row, who, amount, staff_id, now)
        case "write_off":
            entry_id = _write_off(tx, row, who, amount, now)
            _settled(tx, row, who, issuer, now)
            return entry_id
        case "withholding":
            invoice_id, number = _invoice_of(tx, row), row["reason"]
            entry_id = record_withholding(tx, invoice_id=invoice_id, amount=amount, certificate=number, now=now)
            _settled(tx, row, who, issuer, now)
            return entry_id
        case "credit_note":
            invoice_id = _invoice_of(tx, row)
            note = credit_invoice(
                tx,
                key=f"adjustment:{row['id']}",
                invoice_id=invoice_id,
                amount=amount,
                reason=row["reason"],
                issuer=issuer,
                now=now,
                made_by=staff_id,
            )
            _settled(tx, row, who, issuer, now)
            return note.entry_id
        case _:
            return _charge(tx, row, who, amount, staff_id, issuer, now).entry_id


def _refund(tx: Transaction, row: Mapping[str, Any], who: Buyer, amount: Money, staff_id: int, now: datetime) -> int:
    _refuse_more(amount, account(tx.connection, who.customer_id).balance)
    drawer = _drawer(tx, row, staff_id, amount)  # locked before the balance, as where cash is taken
    _refuse_more(amount, locked_balance(tx, who.wallet_id))
    return _move(tx, row, f"wallet:{who.number}", drawer, amount, now)


def _paid_deposit(tx: Transaction, who: Buyer, code: str) -> Money:
    """What we hold of a customer's deposits that they really paid."""
    never_came = sum(
        min(one.deposit_minor, one.due_minor + one.written_off_minor)
        for one in tx.execute(_DEPOSITS, {"customer": who.customer_id}).all()
    )
    held = locked_balance(tx, open_account(tx, code, HOME_CURRENCY))
    return max(held - Money(never_came, HOME_CURRENCY), Money(0, HOME_CURRENCY))


def _refuse_more(amount: Money, have: Money) -> None:
    if have < amount:
        raise InsufficientBalance(needed=amount, have=have)


def _drawer(tx: Transaction, row: Mapping[str, Any], staff_id: int, amount: Money) -> str:
    """The drawer a refund is handed out of: of who asked, for the customer stands before them; else of who decides."""
    try:
        return drawer_of(tx, row["asked_by"], amount)
    except NoShiftOpen:
        if staff_id == row["asked_by"]:
            raise
    return drawer_of(tx, staff_id, amount)


def _settled(tx: Transaction, row: Mapping[str, Any], who: Buyer, issuer: Issuer, now: datetime) -> None:
    """What was owed is less: what a note left over settles the rest, and what was cut off for it goes on."""
    money_came(tx, customer_id=who.customer_id, key=f"adjustment:{row['id']}", issuer=issuer, now=now)


def _move(tx: Transaction, row: Mapping[str, Any], source: str, destination: str, amount: Money, now: datetime) -> int:
    return post(
        tx,
        key=f"adjustment:{row['id']}",
        kind=row["kind"],
        occurred_at=now,
        now=now,
        postings=[
            Posting(open_account(tx, source, amount.currency), open_account(tx, destination, amount.currency), amount)
        ],
        memo={"adjustment": row["id"], "reason": row["reason"]},
    ).entry_id


def _write_off(tx: Transaction, row: Mapping[str, Any], who: Buyer, amount: Money, now: datetime) -> int:
    invoice_id = _invoice_of(tx, row)
    due = next((one.due for one in open_invoices(tx, who.customer_id) if one.invoice_id == invoice_id), None)
    if due is None or amount > due:
        raise AmountAboveDue(due=due or Money(0, HOME_CURRENCY))
    part = Part(f"adjustment:{row['id']}", "write_off", invoice_id, who.number, "bad_debt", amount)
    (entry_id,) = allocate_many(tx, [part], now)
    return entry_id


def _charge(
    tx: Transaction,
    row: Mapping[str, Any],
    who: Buyer,
    amount: Money,
    staff_id: int,
    issuer: Issuer,
    now: datetime,
) -> Issued:
    """An invoice of its own, or a debit note to an invoice, of the same service. The amount is before tax."""
    corrects_id = _invoice_of(tx, row) if row["kind"] == "debit_note" else None
    issued = invoice_lines(
        tx,
        key=f"adjustment:{row['id']}",
        buyer=who,
        lines=[Line("charge", _class_of(tx, corrects_id), amount, {"text": row["reason"]})],
        due_days=CHARGE_DUE_DAYS,
        issuer=issuer,
        now=now,
        subscription_id=None if corrects_id is None else invoice(tx.connection, corrects_id).subscription_id,
        made_by=staff_id,
        reason=row["reason"],
        corrects_id=corrects_id,
    )
    if issued is None:
        raise AssertionError("an amount above nothing comes to something")
    return issued


def _class_of(tx: Transaction, corrects_id: int | None) -> str:
    """The class of product, by which it is taxed: that of the invoice it corrects, by its first line that is taxed."""
    classes = select(InvoiceLine.product_class).where(
        InvoiceLine.invoice_id == corrects_id, InvoiceLine.product_class != UNTAXED
    )
    return tx.execute(classes.order_by(InvoiceLine.position).limit(1)).scalar() or "other"


def _invoice_of(tx: Transaction, row: Mapping[str, Any]) -> int:
    """The invoice an adjustment names, if it is this customer's.

    Raises:
        NotFound: it names none, or somebody else's.
    """
    if row["invoice_id"] is None or invoice(tx.connection, row["invoice_id"]).customer_id != row["customer_id"]:
        raise NotFound(what="document")
    return int(row["invoice_id"])
