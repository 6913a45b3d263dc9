"""Tables of billing. The guards that make documents unchangeable and dues exact stand in the migrations."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.types import Currency, Day, Instant, Json, Line, Millionths, Minor, Ref, RowId, Table, Word


class DocumentSeries(Table):
    """The next number of a series in a year. Taken within the transaction that issues: no gap, no number twice."""

    __tablename__ = "document_series"
    series: Mapped[Word] = mapped_column(primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True)
    next_number: Mapped[int]
    __table_args__ = (CheckConstraint("next_number >= 1", name="counts_from_one"),)


class Invoice(Table):
    """An issued document: an invoice, a credit note or a debit note; `credits_id` names what a note corrects.

    Never changed. Amounts are positive on all kinds; what a credit note takes off stands above zero too.
    `total_minor` is net, tax and rounding together. Seller, buyer and exchange rate stand as they were on that day.
    `line_count` and `tax_count` are what it was issued with: triggers refuse one more at any later time.
    """

    __tablename__ = "invoice"
    id: Mapped[RowId]
    kind: Mapped[Word]
    series: Mapped[Word]
    year: Mapped[int]
    number: Mapped[int]
    customer_id: Mapped[Ref] = mapped_column(ForeignKey("customer.id"))
    subscription_id: Mapped[Ref | None] = mapped_column(ForeignKey("subscription.id"))
    credits_id: Mapped[Ref | None] = mapped_column(ForeignKey("invoice.id"))
    issued_on: Mapped[Day]
    due_on: Mapped[Day]
    period_from: Mapped[Day | None]
    period_next: Mapped[Day | None]
    currency: Mapped[Currency]
    net_minor: Mapped[Minor]
    tax_minor: Mapped[Minor]
    rounding_minor: Mapped[Minor]
    total_minor: Mapped[Minor]
    rounding_rule: Mapped[Word]
    exchange_rate_id: Mapped[Ref | None] = mapped_column(ForeignKey("exchange_rate.id"))
    seller: Mapped[Json]
    buyer: Mapped[Json]
    reason: Mapped[Line]
    line_count: Mapped[int]
    tax_count: Mapped[int]
    entry_id: Mapped[Ref] = mapped_column(ForeignKey("ledger_entry.id"), unique=True)
    made_by: Mapped[Ref | None] = mapped_column(ForeignKey("staff_member.id"))
    issued_at: Mapped[Instant]
    __table_args__ = (
        UniqueConstraint("series", "year", "number", name="uq_invoice_number"),
        CheckConstraint("kind IN ('invoice', 'credit_note', 'debit_note')", name="kind_known"),
        CheckConstraint("total_minor = net_minor + tax_minor + rounding_minor", name="total_is_the_sum"),
        CheckConstraint("total_minor > 0", name="total_positive"),
        CheckConstraint("due_on >= issued_on", name="due_after_issue"),
        CheckConstraint("period_next > period_from", name="period_has_a_day"),
        CheckConstraint("(kind = 'credit_note') <= (credits_id IS NOT NULL)", name="credit_names_its_invoice"),
        CheckConstraint("kind = 'invoice' OR reason <> ''", name="notes_have_a_reason"),
        Index("ix_invoice_customer_id", "customer_id", "id"),
        Index("ix_invoice_subscription_id", "subscription_id", "period_from"),
        Index("ix_invoice_credits_id", "credits_id", postgresql_where=text("credits_id IS NOT NULL")),
        Index("ix_invoice_issued_on", "issued_on", "id"),
    )


class InvoiceLine(Table):
    """One line. `facts` explain it in any language: with `kind` they make its sentence (`core.documents.line_words`).

    Only one `recurring` and one `rental` line may bill a day of a subscription (an exclusion constraint).
    """

    __tablename__ = "invoice_line"
    id: Mapped[RowId]
    invoice_id: Mapped[Ref] = mapped_column(ForeignKey("invoice.id"))
    position: Mapped[int]
    kind: Mapped[Word]
    subscription_id: Mapped[Ref | None] = mapped_column(ForeignKey("subscription.id"))
    from_day: Mapped[Day | None]
    next_day: Mapped[Day | None]
    product_class: Mapped[Word]
    amount_minor: Mapped[Minor]
    facts: Mapped[Json]
    __table_args__ = (
        UniqueConstraint("invoice_id", "position", name="uq_invoice_line_position"),
        CheckConstraint("next_day > from_day", name="days_in_order"),
    )


class InvoiceTax(Table):
    """A tax on an invoice, summed over its lines and rounded once. With an `exemption` it is shown and not paid."""

    __tablename__ = "invoice_tax"
    id: Mapped[RowId]
    invoice_id: Mapped[Ref] = mapped_column(ForeignKey("invoice.id"), index=True)
    tax_id: Mapped[Ref] = mapped_column(ForeignKey("tax.id"))
    product_class: Mapped[Word]
    name_en: Mapped[Word]
    name_ar: Mapped[Word]
    rate_millionths: Mapped[Millionths]
    inclusive: Mapped[bool]
    compound: Mapped[bool]
    base_minor: Mapped[Minor]
    amount_minor: Mapped[Minor]
    exemption: Mapped[Line | None]


class InvoiceDue(Table):
    """What an invoice is still owed. Kept by triggers on invoices and allocations; nothing else may touch it."""

    __tablename__ = "invoice_due"
    invoice_id: Mapped[Ref] = mapped_column(ForeignKey("invoice.id"), primary_key=True)
    customer_id: Mapped[Ref]
    due_on: Mapped[Day]
    due_minor: Mapped[Minor]
    told_at: Mapped[Instant | None]
    __table_args__ = (
        CheckConstraint("due_minor >= 0", name="never_overpaid"),
        Index("ix_invoice_due_open", "customer_id", "due_on", postgresql_where=text("due_minor > 0")),
        Index("ix_invoice_due_overdue", "due_on", postgresql_where=text("due_minor > 0")),
        Index("ix_invoice_due_untold", "invoice_id", postgresql_where=text("told_at IS NULL")),
    )


class Allocation(Table):
    """So much of an invoice settled, by what, in which entry of the books.

    Below zero stands what was taken back: all or a part of a payment that `undoes_id` names, due again since.
    """

    __tablename__ = "allocation"
    id: Mapped[RowId]
    invoice_id: Mapped[Ref] = mapped_column(ForeignKey("invoice.id"), index=True)
    kind: Mapped[Word]
    amount_minor: Mapped[Minor]
    entry_id: Mapped[Ref] = mapped_column(ForeignKey("ledger_entry.id"), unique=True)
    note_id: Mapped[Ref | None] = mapped_column(ForeignKey("invoice.id"))
    reference: Mapped[Line | None]
    at: Mapped[Instant]
    undoes_id: Mapped[Ref | None] = mapped_column(ForeignKey("allocation.id"), index=True)
    __table_args__ = (
        CheckConstraint(
            "kind IN ('payment', 'credit_note', 'withholding', 'write_off', 'taken_back')", name="kind_known"
        ),
        CheckConstraint(
            "amount_minor <> 0 AND (kind = 'taken_back') = (amount_minor < 0)", name="only_taken_back_is_below_zero"
        ),
        CheckConstraint("(kind = 'taken_back') = (undoes_id IS NOT NULL)", name="taken_back_names_what"),
        CheckConstraint("(kind = 'credit_note') = (note_id IS NOT NULL)", name="credit_has_its_note"),
        CheckConstraint("(kind = 'withholding') = (reference IS NOT NULL)", name="withholding_has_a_certificate"),
        Index(
            "ux_allocation_certificate_once",
            "invoice_id",
            "reference",
            unique=True,
            postgresql_where=text("reference IS NOT NULL"),
        ),
    )


class Charge(Table):
    """A one-off charge, or a discount (below zero), for the customer's next invoice. Its terms are never changed.

    It waits until it was `used_on` a bill, or staff took it back. `billed_minor` is what stands on `invoice_id`: of a
    discount greater than the bill, what fitted; what is left waits as a row of its own, which names this one. Without
    `invoice_id` the bill came to nothing, and no document was made.
    """

    __tablename__ = "charge"
    id: Mapped[RowId]
    request_key: Mapped[Line] = mapped_column(unique=True)
    customer_id: Mapped[Ref] = mapped_column(ForeignKey("customer.id"))
    subscription_id: Mapped[Ref | None] = mapped_column(ForeignKey("subscription.id"))
    kind: Mapped[Word]
    product_class: Mapped[Word]
    day: Mapped[Day]
    amount_minor: Mapped[Minor]
    currency: Mapped[Currency]
    facts: Mapped[Json]
    made_by: Mapped[Ref | None] = mapped_column(ForeignKey("staff_member.id"))
    invoice_id: Mapped[Ref | None] = mapped_column(ForeignKey("invoice.id"))
    adjustment_id: Mapped[Ref | None] = mapped_column(ForeignKey("adjustment.id"), index=True)
    rest_of_id: Mapped[Ref | None] = mapped_column(ForeignKey("charge.id"), unique=True)
    used_on: Mapped[Day | None]
    billed_minor: Mapped[Minor | None]
    taken_back_at: Mapped[Instant | None]
    taken_back_by: Mapped[Ref | None] = mapped_column(ForeignKey("staff_member.id"))
    taken_back_why: Mapped[Line | None]
    __table_args__ = (
        CheckConstraint("amount_minor <> 0", name="amount_not_zero"),
        CheckConstraint("(used_on IS NULL) = (billed_minor IS NULL)", name="used_for_so_much"),
        CheckConstraint("invoice_id IS NULL OR used_on IS NOT NULL", name="billed_on_a_day"),
        CheckConstraint(
            "billed_minor <> 0 AND abs(billed_minor) <= abs(amount_minor) AND (billed_minor < 0) = (amount_minor < 0)",
            name="billed_within_its_amount",
        ),
        CheckConstraint("used_on IS NULL OR taken_back_at IS NULL", name="used_or_taken_back"),
        CheckConstraint(
            "(taken_back_at IS NULL) = (taken_back_by IS NULL) AND (taken_back_at IS NULL) = (taken_back_why IS NULL)",
            name="taken_back_by_somebody",
        ),
        CheckConstraint("taken_back_why <> ''", name="taken_back_for_a_reason"),
        Index("ix_charge_waiting", "customer_id", postgresql_where=text("used_on IS NULL AND taken_back_at IS NULL")),
    )


class FreeDays(Table):
    """Prepaid days that a bill came to nothing for. From `left_until` on they were given back, for nothing."""

    __tablename__ = "free_days"
    id: Mapped[RowId]
    subscription_id: Mapped[Ref] = mapped_column(ForeignKey("subscription.id"), index=True)
    from_day: Mapped[Day]
    next_day: Mapped[Day]
    left_until: Mapped[Day]
    at: Mapped[Instant]
    __table_args__ = (
        CheckConstraint("from_day < next_day AND left_until BETWEEN from_day AND next_day", name="days_in_order"),
    )


class TaxExemption(Table):
    """A customer who need not pay a tax between two days, and the paper that says so."""

    __tablename__ = "tax_exemption"
    id: Mapped[RowId]
    customer_id: Mapped[Ref] = mapped_column(ForeignKey("customer.id"), index=True)
    tax_id: Mapped[Ref] = mapped_column(ForeignKey("tax.id"))
    certificate: Mapped[Line]
    valid_from: Mapped[Day]
    valid_until: Mapped[Day]
    made_by: Mapped[Ref | None] = mapped_column(ForeignKey("staff_member.id"))
    made_at: Mapped[Instant]
    __table_args__ = (
        CheckConstraint("valid_until > valid_from", name="lasts"),
        CheckConstraint("certificate <> ''", name="has_proof"),
    )


class Adjustment(Table):
    """Money moved by a person's decision. Above their limit a second person decides; never the same one twice.

    `next_charge` and `next_discount` move it with the next bill, of a customer or one of their services, as something
    of a class of product; what becomes of them there stands in `Charge`.
    """

    __tablename__ = "adjustment"
    id: Mapped[RowId]
    request_key: Mapped[Line] = mapped_column(unique=True)
    kind: Mapped[Word]
    customer_id: Mapped[Ref] = mapped_column(ForeignKey("customer.id"), index=True)
    invoice_id: Mapped[Ref | None] = mapped_column(ForeignKey("invoice.id"))
    subscription_id: Mapped[Ref | None] = mapped_column(ForeignKey("subscription.id"))
    product_class: Mapped[Word | None]
    amount_minor: Mapped[Minor]
    currency: Mapped[Currency]
    reason: Mapped[Line]
    state: Mapped[Word]
    asked_by: Mapped[Ref] = mapped_column(ForeignKey("staff_member.id"))
    asked_at: Mapped[Instant]
    decided_by: Mapped[Ref | None] = mapped_column(ForeignKey("staff_member.id"))
    decided_at: Mapped[Instant | None]
    entry_id: Mapped[Ref | None] = mapped_column(ForeignKey("ledger_entry.id"))
    needs_second: Mapped[bool]
    __table_args__ = (
        CheckConstraint(
            "kind IN ('goodwill', 'charge', 'credit_note', 'debit_note', 'write_off', 'withholding', 'refund',"
            " 'deposit_return', 'next_charge', 'next_discount')",
            name="kind_known",
        ),
        CheckConstraint(
            "(kind IN ('next_charge', 'next_discount')) = (product_class IS NOT NULL)", name="next_bill_of_a_class"
        ),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("reason <> ''", name="has_a_reason"),
        CheckConstraint("state IN ('waiting', 'done', 'refused')", name="state_known"),
        CheckConstraint("(state = 'waiting') = (decided_at IS NULL)", name="decided_is_dated"),
        CheckConstraint("NOT needs_second OR state <> 'done' OR decided_by <> asked_by", name="second_person"),
        CheckConstraint("(state = 'waiting') = (decided_by IS NULL)", name="decided_by_somebody"),
        Index("ix_adjustment_asked_by_asked_at", "asked_by", "asked_at"),
        Index("ix_adjustment_waiting", "id", postgresql_where=text("state = 'waiting'")),
    )


class PaymentPlan(Table):
    """What a customer owes, agreed to be paid in parts. While it is kept, nobody is suspended for these invoices."""

    __tablename__ = "payment_plan"
    id: Mapped[RowId]
    request_key: Mapped[Line] = mapped_column(unique=True)
    customer_id: Mapped[Ref] = mapped_column(ForeignKey("customer.id"))
    total_minor: Mapped[Minor]
    currency: Mapped[Currency]
    state: Mapped[Word]
    agreed_at: Mapped[Instant]
    agreed_through: Mapped[Word]
    ended_at: Mapped[Instant | None]
    __table_args__ = (
        CheckConstraint("state IN ('running', 'kept', 'broken')", name="state_known"),
        CheckConstraint("(state = 'running') = (ended_at IS NULL)", name="ended_is_dated"),
        CheckConstraint("total_minor > 0", name="total_positive"),
        Index("ux_payment_plan_one_running", "customer_id", unique=True, postgresql_where=text("state = 'running'")),
    )


class PlanInvoice(Table):
    """An invoice a payment plan covers."""

    __tablename__ = "plan_invoice"
    plan_id: Mapped[Ref] = mapped_column(ForeignKey("payment_plan.id"), primary_key=True)
    invoice_id: Mapped[Ref] = mapped_column(ForeignKey("invoice.id"), primary_key=True)
    due_minor: Mapped[Minor]


class Instalment(Table):
    """A part of a payment plan: by that day, together with those before it, so much must have been paid."""

    __tablename__ = "instalment"
    id: Mapped[RowId]
    plan_id: Mapped[Ref] = mapped_column(ForeignKey("payment_plan.id"))
    position: Mapped[int]
    due_on: Mapped[Day]
    amount_minor: Mapped[Minor]
    __table_args__ = (
        UniqueConstraint("plan_id", "position", name="uq_instalment_position"),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
    )


class PromiseToPay(Table):
    """A customer's word to pay by a day. Until then nobody suspends them; once broken, none is taken for a while."""

    __tablename__ = "promise_to_pay"
    id: Mapped[RowId]
    customer_id: Mapped[Ref] = mapped_column(ForeignKey("customer.id"))
    until_day: Mapped[Day]
    state: Mapped[Word]
    taken_by: Mapped[Ref | None] = mapped_column(ForeignKey("staff_member.id"))
    taken_at: Mapped[Instant]
    __table_args__ = (
        CheckConstraint("state IN ('open', 'kept', 'broken')", name="state_known"),
        Index("ux_promise_to_pay_one_open", "customer_id", unique=True, postgresql_where=text("state = 'open'")),
    )


class DunningSchedule(Table):
    """What is done about an unpaid invoice, by name; a tariff names one."""

    __tablename__ = "dunning_schedule"
    code: Mapped[Word] = mapped_column(primary_key=True)
    name_en: Mapped[Word]
    name_ar: Mapped[Word]


class DunningStep(Table):
    """One step of a schedule: so many days from the due day (below zero: before it), do this."""

    __tablename__ = "dunning_step"
    id: Mapped[RowId]
    schedule: Mapped[Word] = mapped_column(ForeignKey("dunning_schedule.code"))
    days: Mapped[int]
    act: Mapped[Word]
    __table_args__ = (
        UniqueConstraint("schedule", "days", "act", name="uq_dunning_step_once"),
        CheckConstraint("act IN ('remind', 'slow', 'suspend', 'terminate')", name="act_known"),
        CheckConstraint("days BETWEEN -30 AND 365", name="days_bounded"),
        CheckConstraint("act = 'remind' OR days > 0", name="nothing_worse_than_words_before_due"),
    )


class DunningAct(Table):
    """A step done about an invoice, once. `outcome`: done, or skipped because a later step was due already."""

    __tablename__ = "dunning_act"
    id: Mapped[RowId]
    invoice_id: Mapped[Ref] = mapped_column(ForeignKey("invoice.id"))
    step_id: Mapped[Ref] = mapped_column(ForeignKey("dunning_step.id"))
    at: Mapped[Instant]
    outcome: Mapped[Word]
    __table_args__ = (
        UniqueConstraint("invoice_id", "step_id", name="uq_dunning_act_once"),
        CheckConstraint("outcome IN ('done', 'skipped')", name="outcome_known"),
    )


class Holiday(Table):
    """A day on which nobody is cut off."""

    __tablename__ = "holiday"
    day: Mapped[Day] = mapped_column(primary_key=True)
    name: Mapped[Line]
