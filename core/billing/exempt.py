"""A customer need not pay a tax for a time, on the strength of a paper."""

from __future__ import annotations

from datetime import date, datetime

from psycopg2 import errors as pg
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from core.billing.models import TaxExemption
from core.catalog.models import Tax
from core.db.engine import Transaction
from core.errors import DatesMissing, DatesOverlap, NotFound, ReasonMissing

CERTIFICATE_CHARS_MAX = 200


def exempt(
    tx: Transaction,
    *,
    customer_id: int,
    tax_code: str,
    certificate: str,
    valid_from: date | None,
    valid_until: date | None,
    staff_id: int | None,
    now: datetime,
) -> int:
    """Exempt a customer from a tax from a day up to another, not included. The exemption's id.

    Raises:
        NotFound: no such tax.
        ReasonMissing: no certificate.
        DatesMissing: a day is missing, or they are the wrong way round.
        DatesOverlap: exempt from it already on some of these days.
    """
    tax_id = tx.execute(select(Tax.id).where(Tax.code == tax_code)).scalar()
    if tax_id is None:
        raise NotFound(what="tax")
    if not certificate.strip():
        raise ReasonMissing
    if valid_from is None or valid_until is None or valid_until <= valid_from:
        raise DatesMissing(what="exemption")
    try:
        with tx.connection.begin_nested():
            return int(
                tx.execute(
                    insert(TaxExemption)
                    .values(
                        customer_id=customer_id,
                        tax_id=tax_id,
                        certificate=certificate.strip()[:CERTIFICATE_CHARS_MAX],
                        valid_from=valid_from,
                        valid_until=valid_until,
                        made_by=staff_id,
                        made_at=now,
                    )
                    .returning(TaxExemption.id)
                ).scalar_one()
            )
    except IntegrityError as error:
        if isinstance(error.orig, pg.ExclusionViolation):
            raise DatesOverlap(what="exemption") from None
        raise
