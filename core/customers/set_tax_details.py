"""What stands of a customer on their invoices: tax number and address."""

from __future__ import annotations

import unicodedata
from typing import Final

from sqlalchemy import update

from core.customers.models import Customer
from core.db.engine import Transaction
from core.errors import InvalidName, NotFound

TIN_CHARS_MAX: Final = 40
ADDRESS_CHARS_MAX: Final = 200


def set_tax_details(tx: Transaction, *, customer_id: int, tin: str, address: str) -> None:
    """Write both as they stand on invoices from now on; an empty one stands on none. Issued documents keep theirs.

    A tax number is taken as its paper has it: the tax guide of EY writes `123-345-678`, foreign payers have others.

    Raises:
        NotFound: no such customer.
        InvalidName: longer than a field, or with characters that cannot be seen.
    """
    known = tx.execute(
        update(Customer)
        .where(Customer.id == customer_id)
        .values(tin=_line(tin, TIN_CHARS_MAX), address=_line(address, ADDRESS_CHARS_MAX))
        .returning(Customer.id)
    ).scalar()
    if known is None:
        raise NotFound(what="customer")


def _line(typed: str, chars_max: int) -> str | None:
    clean = " ".join(unicodedata.normalize("NFC", typed).split())
    if not clean.isprintable() or len(clean) > chars_max:
        raise InvalidName(typed=clean[:TIN_CHARS_MAX])
    return clean or None
