"""The papers on which a customer need not pay a tax."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, select

from core.billing.models import TaxExemption
from core.catalog.models import Tax
from core.staff.models import StaffMember


@dataclass(frozen=True, slots=True)
class Paper:
    """An exemption from a tax, up to `valid_until` (not included), and the certificate that says so."""

    exemption_id: int
    name_en: str
    name_ar: str
    certificate: str
    valid_from: date
    valid_until: date
    staff: str | None

    def tax(self, language: str) -> str:
        """The tax's name in a language."""
        return self.name_ar if language == "ar" else self.name_en


def papers_of(connection: Connection, customer_id: int) -> list[Paper]:
    """A customer's exemptions, the last first."""
    rows = connection.execute(
        select(
            TaxExemption.id,
            Tax.name_en,
            Tax.name_ar,
            TaxExemption.certificate,
            TaxExemption.valid_from,
            TaxExemption.valid_until,
            StaffMember.name,
        )
        .join(Tax, Tax.id == TaxExemption.tax_id)
        .outerjoin(StaffMember, StaffMember.id == TaxExemption.made_by)
        .where(TaxExemption.customer_id == customer_id)
        .order_by(TaxExemption.valid_from.desc(), TaxExemption.id)
    )
    return [Paper(*row) for row in rows]
