"""Wi-Fi owners and their settlements, and the consents to be topped up, as staff look at them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, select, text

from core.catalog.taxes import HOME_CURRENCY
from core.customers.models import Customer
from core.errors import NotFound
from core.money import Money
from core.payouts.models import OwnerTerms, Payout, PreApproval, Settlement
from core.payouts.settle_owner import Lines
from core.staff.models import StaffMember

SHOWN_MAX: Final = 100
SETTLEMENTS_SHOWN_MAX: Final = 50

# Whoever has terms: what is theirs, what they owe, and what is settled and not paid out yet.
_OWNERS: Final = text(r"""
    SELECT c.number, c.name, s.balance_minor AS share, d.balance_minor AS due, o.balance_minor AS owes
    FROM customer c
    LEFT JOIN ledger_account s ON s.code = 'owner_share:' || c.number || '\:SSP'
    LEFT JOIN ledger_account d ON d.code = 'owner_due:' || c.number || '\:SSP'
    LEFT JOIN ledger_account o ON o.code = 'owner_owes:' || c.number || '\:SSP'
    WHERE (CAST(:customer AS bigint) IS NULL AND EXISTS (SELECT 1 FROM owner_terms t WHERE t.owner_id = c.id))
       OR c.id = :customer
    ORDER BY lower(c.name), c.id LIMIT 100
""")
_SETTLEMENTS: Final = (
    select(
        Settlement,
        Customer.number,
        Customer.name.label("customer_name"),
        Payout.state.label("payout_state"),
        Payout.payee_phone,
        Payout.provider_reference,
        Payout.amount_minor.label("payout_minor"),
        StaffMember.name.label("maker"),
    )
    .join(Customer, Customer.id == Settlement.owner_id)
    .outerjoin(Payout, Payout.id == Settlement.payout_id)
    .outerjoin(StaffMember, StaffMember.id == Settlement.made_by)
)


@dataclass(frozen=True, slots=True)
class OwnerView:
    """An owner: `share` is not settled yet, `due` is settled and not sent, `owes` is commission they owe us."""

    number: str
    name: str
    share: Money
    due: Money
    owes: Money


@dataclass(frozen=True, slots=True)
class SettlementView:
    """A settlement, and what became of its payout. `maker` None: the timetable."""

    settlement_id: int
    number: str
    name: str
    lines: Lines
    made_at: datetime
    maker: str | None
    payout_id: int | None
    payout_state: str | None
    phone: str | None
    provider_reference: str | None


def owners(connection: Connection) -> list[OwnerView]:
    """Everybody with terms, by name, at most `SHOWN_MAX`."""
    return [_owner(row) for row in connection.execute(_OWNERS, {"customer": None})]


def owner(connection: Connection, customer_id: int) -> OwnerView:
    """One customer as an owner, with terms or not."""
    return _owner(connection.execute(_OWNERS, {"customer": customer_id}).one())


def terms_of(connection: Connection, owner_id: int) -> Sequence[Any]:
    """All that was ever agreed, the newest first: rows of (from_day, commission, withholding, phone, who)."""
    return connection.execute(
        select(
            OwnerTerms.from_day,
            OwnerTerms.commission_millionths,
            OwnerTerms.withholding_millionths,
            OwnerTerms.payout_phone,
            StaffMember.name.label("who"),
        )
        .outerjoin(StaffMember, StaffMember.id == OwnerTerms.set_by)
        .where(OwnerTerms.owner_id == owner_id)
        .order_by(OwnerTerms.from_day.desc())
    ).all()


def settlements_of(connection: Connection, owner_id: int) -> list[SettlementView]:
    """The last settlements with an owner, the newest first."""
    query = _SETTLEMENTS.where(Settlement.owner_id == owner_id).order_by(Settlement.id.desc())
    return [_settlement(row) for row in connection.execute(query.limit(SETTLEMENTS_SHOWN_MAX)).mappings()]


def settlement(connection: Connection, settlement_id: int) -> SettlementView:
    """A settlement by its id.

    Raises:
        NotFound: there is none.
    """
    row = connection.execute(_SETTLEMENTS.where(Settlement.id == settlement_id)).mappings().first()
    if row is None:
        raise NotFound(what="settlement")
    return _settlement(row)


@dataclass(frozen=True, slots=True)
class ConsentView:
    """A consent to be topped up."""

    consent_id: int
    number: str
    name: str
    phone: str
    amount: Money
    below: Money
    times_a_month_max: int
    state: str
    asked_at: datetime
    announced_at: datetime | None


def consents(connection: Connection) -> list[ConsentView]:
    """Consents to be topped up that stand or are asked for, the newest first, at most `SHOWN_MAX`."""
    rows = connection.execute(
        select(
            PreApproval.id,
            PreApproval.phone,
            PreApproval.amount_minor,
            PreApproval.below_minor,
            PreApproval.currency,
            PreApproval.times_a_month_max,
            PreApproval.state,
            PreApproval.asked_at,
            PreApproval.announced_at,
            Customer.number,
            Customer.name,
        )
        .join(Customer, Customer.id == PreApproval.customer_id)
        .where(PreApproval.state.in_(("created", "submitted", "agreed")))
        .order_by(PreApproval.id.desc())
        .limit(SHOWN_MAX)
    )
    return [
        ConsentView(
            row.id,
            row.number,
            row.name,
            row.phone,
            Money(row.amount_minor, row.currency),
            Money(row.below_minor, row.currency),
            row.times_a_month_max,
            row.state,
            row.asked_at,
            row.announced_at,
        )
        for row in rows
    ]


def consent_owner(connection: Connection, consent_id: int) -> Any:
    """Whose consent it is: (customer_id, number).

    Raises:
        NotFound: there is none.
    """
    row = connection.execute(
        select(PreApproval.customer_id, Customer.number)
        .join(Customer, Customer.id == PreApproval.customer_id)
        .where(PreApproval.id == consent_id)
    ).first()
    if row is None:
        raise NotFound(what="consent")
    return row


def _owner(row: Row[Any]) -> OwnerView:
    share, due, owes = (Money(minor or 0, HOME_CURRENCY) for minor in (row.share, row.due, row.owes))
    return OwnerView(row.number, row.name, share, due, -owes)


def _settlement(row: Any) -> SettlementView:
    return SettlementView(
        settlement_id=row["id"],
        number=row["number"],
        name=row["customer_name"],
        lines=Lines(*(Money(row[f"{name}_minor"], row["currency"]) for name in Lines.__slots__)),
        made_at=row["made_at"],
        maker=row["maker"],
        payout_id=row["payout_id"],
        payout_state=row["payout_state"],
        phone=row["payee_phone"],
        provider_reference=row["provider_reference"],
    )
