"""Tables of customers."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, Sequence, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.types import Instant, Line, Phone, Ref, RowId, Table, Word

CUSTOMER_NUMBERS = Sequence("customer_number", start=1000, metadata=Table.metadata)


class Customer(Table):
    """One person or organisation. `number` is what they read out: digits closed by a check digit."""

    __tablename__ = "customer"
    id: Mapped[RowId]
    number: Mapped[Word] = mapped_column(unique=True)
    name: Mapped[Line]
    kind: Mapped[Word]
    status: Mapped[Word]
    language: Mapped[Word]
    script: Mapped[Word | None]
    wallet_id: Mapped[Ref] = mapped_column(ForeignKey("ledger_account.id"), unique=True)
    registered_at: Mapped[Instant]
    registered_through: Mapped[Word]
    tin: Mapped[Word | None]
    address: Mapped[Line | None]
    __table_args__ = (
        CheckConstraint("kind IN ('person', 'organisation')", name="kind_known"),
        CheckConstraint("status IN ('active', 'suspended', 'closed')", name="status_known"),
        CheckConstraint("language IN ('en', 'ar')", name="language_known"),
        CheckConstraint("script IN ('arabic', 'latin')", name="script_known"),
        Index("ix_customer_name_lower", text("lower(name)")),
    )


class Contact(Table):
    """A phone of a customer. A phone belongs to one customer; a customer has one main phone."""

    __tablename__ = "contact"
    id: Mapped[RowId]
    customer_id: Mapped[Ref] = mapped_column(ForeignKey("customer.id"))
    phone: Mapped[Phone] = mapped_column(unique=True)
    is_main: Mapped[bool]
    added_at: Mapped[Instant]
    __table_args__ = (
        CheckConstraint(r"phone ~ '^\+[1-9][0-9]{7,14}$'", name="phone_is_e164"),
        Index("ux_contact_one_main", "customer_id", unique=True, postgresql_where=text("is_main")),
        Index("ix_contact_customer_id", "customer_id"),
    )


class PhoneNetwork(Table):
    """An operator's network, and the script its phones can show when the customer has not said."""

    __tablename__ = "phone_network"
    code: Mapped[Word] = mapped_column(primary_key=True)
    name: Mapped[Line]
    script: Mapped[Word]
    __table_args__ = (CheckConstraint("script IN ('arabic', 'latin')", name="script_known"),)
