"""Tables of cash."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.types import Currency, Instant, Line, Minor, Ref, RowId, Table, Word


class CashDrawer(Table):
    """A box of notes: at a counter, in the bag of an agent in the field, or the safe. Its account is `cash:<code>`.

    `held_max_minor` is what it may hold; `next_number` is the number of its next receipt, without a gap.
    """

    __tablename__ = "cash_drawer"
    id: Mapped[RowId]
    code: Mapped[Word] = mapped_column(unique=True)
    name: Mapped[Line]
    kind: Mapped[Word]
    holder_id: Mapped[Ref | None] = mapped_column(ForeignKey("staff_member.id"), index=True)
    currency: Mapped[Currency]
    held_max_minor: Mapped[Minor | None]
    next_number: Mapped[int]
    opened_at: Mapped[Instant]
    closed_at: Mapped[Instant | None]
    __table_args__ = (
        CheckConstraint("kind IN ('counter', 'field', 'safe')", name="kind_known"),
        CheckConstraint("code ~ '^[a-z0-9][a-z0-9-]{0,19}$'", name="code_is_plain"),
        CheckConstraint("next_number >= 1", name="counts_from_one"),
        CheckConstraint("held_max_minor > 0", name="limit_positive"),
    )


class CashShift(Table):
    """One person's time at one drawer, from the float to the count. One is open a drawer, and one a person.

    The marks are the last posting of the drawer's account when it was counted: clocks may stand or be set, rows
    written under the drawer's lock follow each other. `opening_minor` is what was counted then.
    """

    __tablename__ = "cash_shift"
    id: Mapped[RowId]
    request_key: Mapped[Line] = mapped_column(unique=True)
    drawer_id: Mapped[Ref] = mapped_column(ForeignKey("cash_drawer.id"))
    staff_id: Mapped[Ref] = mapped_column(ForeignKey("staff_member.id"))
    opened_at: Mapped[Instant]
    opening_minor: Mapped[Minor]
    closed_at: Mapped[Instant | None]
    expected_minor: Mapped[Minor | None]
    counted_minor: Mapped[Minor | None]
    closing_entry_id: Mapped[Ref | None] = mapped_column(ForeignKey("ledger_entry.id"), unique=True)
    why: Mapped[Line | None]
    opening_entry_id: Mapped[Ref | None] = mapped_column(ForeignKey("ledger_entry.id"), unique=True)
    opening_why: Mapped[Line | None]
    opened_mark: Mapped[Ref]
    closed_mark: Mapped[Ref | None]
    closed_by: Mapped[Ref | None] = mapped_column(ForeignKey("staff_member.id"))
    __table_args__ = (
        CheckConstraint("opening_minor >= 0 AND counted_minor >= 0", name="counts_not_negative"),
        CheckConstraint(
            "num_nonnulls(closed_at, counted_minor, expected_minor, closed_mark, closed_by) IN (0, 5)",
            name="closed_is_counted",
        ),
        CheckConstraint(
            "opening_entry_id IS NULL OR opening_why IS NOT NULL", name="opening_difference_has_its_reason"
        ),
        # What was over or short is in the books, and has its reason.
        CheckConstraint(
            "closed_at IS NULL OR (counted_minor = expected_minor) = (closing_entry_id IS NULL)",
            name="difference_is_posted",
        ),
        CheckConstraint("closing_entry_id IS NULL OR why IS NOT NULL", name="difference_has_its_reason"),
        Index("ux_cash_shift_open_drawer", "drawer_id", unique=True, postgresql_where=text("closed_at IS NULL")),
        Index("ux_cash_shift_open_staff", "staff_id", unique=True, postgresql_where=text("closed_at IS NULL")),
        Index("ix_cash_shift_drawer_id_id", "drawer_id", "id"),
    )


class CashMove(Table):
    """Notes that went from one place to another: a float, a handing over, money taken to the bank."""

    __tablename__ = "cash_move"
    id: Mapped[RowId]
    request_key: Mapped[Line] = mapped_column(unique=True)
    kind: Mapped[Word]
    from_drawer_id: Mapped[Ref | None] = mapped_column(ForeignKey("cash_drawer.id"), index=True)
    to_drawer_id: Mapped[Ref | None] = mapped_column(ForeignKey("cash_drawer.id"), index=True)
    bank_code: Mapped[Word | None]
    slip: Mapped[Line | None]
    amount_minor: Mapped[Minor]
    currency: Mapped[Currency]
    staff_id: Mapped[Ref] = mapped_column(ForeignKey("staff_member.id"))
    at: Mapped[Instant]
    entry_id: Mapped[Ref] = mapped_column(ForeignKey("ledger_entry.id"), unique=True)
    __table_args__ = (
        CheckConstraint("kind IN ('moved', 'banked', 'from_bank')", name="kind_known"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("from_drawer_id <> to_drawer_id", name="between_two"),
        CheckConstraint("(kind = 'moved') = (bank_code IS NULL)", name="bank_is_named"),
        CheckConstraint("kind <> 'banked' OR slip IS NOT NULL", name="slip_is_kept"),
    )


class ReceiptVoid(Table):
    """A receipt that one person wants taken back, and what another decided. The receipt itself stays as it was."""

    __tablename__ = "receipt_void"
    id: Mapped[RowId]
    receipt_id: Mapped[Ref] = mapped_column(ForeignKey("receipt.id"))
    reason: Mapped[Line]
    state: Mapped[Word]
    asked_by: Mapped[Ref] = mapped_column(ForeignKey("staff_member.id"))
    asked_at: Mapped[Instant]
    decided_by: Mapped[Ref | None] = mapped_column(ForeignKey("staff_member.id"))
    decided_at: Mapped[Instant | None]
    entry_id: Mapped[Ref | None] = mapped_column(ForeignKey("ledger_entry.id"), unique=True)
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'done', 'refused')", name="state_known"),
        CheckConstraint("length(btrim(reason)) > 0", name="has_a_reason"),
        CheckConstraint("(state = 'waiting') = (decided_at IS NULL)", name="decided_is_dated"),
        CheckConstraint("(state = 'done') = (entry_id IS NOT NULL)", name="done_is_posted"),
        CheckConstraint("state <> 'done' OR decided_by IS NOT NULL AND decided_by <> asked_by", name="two_people"),
        Index("ux_receipt_void_live", "receipt_id", unique=True, postgresql_where=text("state <> 'refused'")),
    )
