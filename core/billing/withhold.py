"""Tax the payer kept back: it settles so much of an invoice against a certificate, once.

Government and NGO payers withhold income tax on services (Finance Act 2024/25: 15 % by government contractors, as
KPMG read it); the certificate is what we show the authority.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from core.billing.allocate import Part, allocate_many, open_invoices
from core.billing.models import Allocation
from core.billing.queries import buyer, invoice
from core.catalog.taxes import HOME_CURRENCY
from core.db.engine import Transaction
from core.errors import AmountAboveDue, AmountOutOfRange, CertificateUsed, ReasonMissing
from core.money import Money

CERTIFICATE_CHARS_MAX = 60


def record_withholding(tx: Transaction, *, invoice_id: int, amount: Money, certificate: str, now: datetime) -> None:
    """Settle a part of an invoice by a withholding certificate.

    Raises:
        ReasonMissing: no certificate number.
        CertificateUsed: it was counted before.
        AmountOutOfRange, AmountAboveDue: not above nothing, or more than is due.
    """
    number = " ".join(certificate.split())[:CERTIFICATE_CHARS_MAX]
    if not number:
        raise ReasonMissing
    row = invoice(tx.connection, invoice_id)
    due = next((one.due for one in open_invoices(tx, row.customer_id) if one.invoice_id == invoice_id), None)
    used = select(Allocation.id).where(Allocation.kind == "withholding", Allocation.reference == number)
    if tx.execute(used).first() is not None:
        raise CertificateUsed(certificate=number)
    if due is None or amount > due:
        raise AmountAboveDue(due=due or Money(0, HOME_CURRENCY))
    if amount.minor <= 0:
        raise AmountOutOfRange(least=Money(1, HOME_CURRENCY), most=due)
    who = buyer(tx.connection, row.customer_id)
    part = Part(f"withheld:{number}", "withholding", invoice_id, who.number, "withholding", amount, reference=number)
    allocate_many(tx, [part], now)
