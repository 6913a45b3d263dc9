"""Tax the payer kept back: it settles so much of an invoice against a certificate.

Government and NGO payers withhold income tax on services (Finance Act 2024/25: 15 % by government contractors, as
KPMG read it); the certificate is what we show the authority. One certificate may cover several invoices of a payer, and
two payers may number theirs alike: it counts once an invoice.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import Connection, select, text

from core.billing.allocate import Part, allocate_many, open_invoices
from core.billing.models import Allocation
from core.billing.queries import buyer, invoice
from core.catalog.taxes import HOME_CURRENCY
from core.db.engine import Transaction
from core.errors import AmountAboveDue, AmountOutOfRange, CertificateUsed, ReasonMissing, WithheldTooLarge
from core.money import Money

CERTIFICATE_CHARS_MAX: Final = 60
# Of what is left of the net amount. The highest rate at which anybody withholds: 20 %, from those who do not live here
# (Finance Act 2024/25). Income tax is on our income: excise and deposits are not. More would be a debt paid with paper.
WITHHOLDING_SHARE_MAX: Final = (20, 100)
_NET_AND_WITHHELD: Final = text(
    """
    SELECT i.net_minor - (SELECT coalesce(sum(n.net_minor), 0) FROM invoice n
                          WHERE n.credits_id = i.id AND n.kind = 'credit_note')::bigint
           - (SELECT coalesce(sum(CASE d.kind WHEN 'credit_note' THEN -l.amount_minor ELSE l.amount_minor END), 0)
              FROM invoice d JOIN invoice_line l ON l.invoice_id = d.id
              WHERE (d.id = i.id OR d.credits_id = i.id AND d.kind = 'credit_note')
                AND coalesce(l.facts ->> 'credited_kind', l.kind) = 'deposit')::bigint AS net_minor,
           (SELECT coalesce(sum(a.amount_minor), 0) FROM allocation a
            WHERE a.invoice_id = i.id AND a.kind = 'withholding')::bigint AS withheld_minor
    FROM invoice i WHERE i.id = :invoice
    """
)


def record_withholding(tx: Transaction, *, invoice_id: int, amount: Money, certificate: str, now: datetime) -> int:
    """Settle a part of an invoice by a withholding certificate. Returns the entry in the books.

    Raises:
        ReasonMissing: no certificate number.
        CertificateUsed: it was counted for this invoice before.
        AmountOutOfRange, AmountAboveDue: not above nothing, or more than is due.
        WithheldTooLarge: more than anybody may withhold of this invoice.
    """
    number = " ".join(certificate.split())[:CERTIFICATE_CHARS_MAX]
    if not number:
        raise ReasonMissing
    row = invoice(tx.connection, invoice_id)
    # Locked: of two who record one certificate at once the second finds it counted.
    due = next((one.due for one in open_invoices(tx, row.customer_id) if one.invoice_id == invoice_id), None)
    used = select(Allocation.id).where(Allocation.invoice_id == invoice_id, Allocation.reference == number)
    if tx.execute(used).first() is not None:
        raise CertificateUsed(certificate=number)
    if due is None or amount > due:
        raise AmountAboveDue(due=due or Money(0, HOME_CURRENCY))
    if amount.minor <= 0:
        raise AmountOutOfRange(least=Money(1, HOME_CURRENCY), most=due)
    most = withholdable(tx.connection, invoice_id)
    if amount > most:
        raise WithheldTooLarge(most=most)
    who = buyer(tx.connection, row.customer_id)
    part = Part(f"withheld:{number}", "withholding", invoice_id, who.number, "withholding", amount, reference=number)
    (entry_id,) = allocate_many(tx, [part], now)
    return entry_id


def withholdable(connection: Connection, invoice_id: int) -> Money:
    """How much of an invoice its payer may still keep back, whatever is due on it."""
    row = connection.execute(_NET_AND_WITHHELD, {"invoice": invoice_id}).one()
    most = Money(row.net_minor, HOME_CURRENCY).share_half_even(*WITHHOLDING_SHARE_MAX)
    return max(most - Money(row.withheld_minor, HOME_CURRENCY), Money(0, HOME_CURRENCY))
