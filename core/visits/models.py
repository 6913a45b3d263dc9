"""Tables of visits on the web."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db.types import Instant, Line, Phone, Prose, Ref, RowId, Table, Word


class CustomerSecret(Table):
    """The PIN or password a customer chose, as argon2id keeps it."""

    __tablename__ = "customer_secret"
    customer_id: Mapped[Ref] = mapped_column(ForeignKey("customer.id"), primary_key=True)
    secret_hash: Mapped[Prose]
    chosen_at: Mapped[Instant]


class Visit(Table):
    """A log-in, until it is ended. Its cookie holds the token, of which the hash alone stands here.

    `by_code`: it was proven by a code from an SMS, so that a new secret may be chosen without the old one.
    """

    __tablename__ = "visit"
    id: Mapped[RowId]
    customer_id: Mapped[Ref] = mapped_column(ForeignKey("customer.id"), index=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary)
    by_code: Mapped[bool]
    began_at: Mapped[Instant]
    seen_at: Mapped[Instant]
    __table_args__ = (
        UniqueConstraint("token_hash", name="uq_visit_token_hash"),
        CheckConstraint("octet_length(token_hash) = 32", name="hash_whole"),
        CheckConstraint("seen_at >= began_at", name="in_order"),
    )


class LogInCode(Table):
    """A code that was texted to a phone. Only its HMAC is kept; it is good only in the browser that asked for it."""

    __tablename__ = "log_in_code"
    id: Mapped[RowId]
    phone: Mapped[Phone]
    address: Mapped[Word]
    code_mac: Mapped[bytes] = mapped_column(LargeBinary)
    sent_at: Mapped[Instant]
    tries: Mapped[int] = mapped_column(server_default="0")
    used_at: Mapped[Instant | None]
    __table_args__ = (
        CheckConstraint("tries BETWEEN 0 AND 5", name="tries_bounded"),
        CheckConstraint("octet_length(code_mac) = 32", name="mac_whole"),
        Index("ix_log_in_code_phone_sent_at", "phone", "sent_at"),
        Index("ix_log_in_code_address_sent_at", "address", "sent_at"),
        Index("ix_log_in_code_sent_at", "sent_at"),
    )


class SecretFailure(Table):
    """A PIN or password that was tried. Counted per phone and per address; a right one takes its own away again.

    `phone_mark` is an HMAC of what was typed as a phone: people type PINs there.
    """

    __tablename__ = "secret_failure"
    id: Mapped[RowId]
    phone_mark: Mapped[Line]
    address: Mapped[Word]
    at: Mapped[Instant]
    __table_args__ = (
        Index("ix_secret_failure_phone_mark_at", "phone_mark", "at"),
        Index("ix_secret_failure_address_at", "address", "at"),
    )
