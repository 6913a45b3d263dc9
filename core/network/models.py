"""Tables of the network."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.types import Instant, Line, Prose, Ref, RowId, Table, Word


class RouterRow(Table):
    """A router we keep true. Its password is sealed; what it last said of itself stands beside."""

    __tablename__ = "router"
    id: Mapped[RowId]
    name: Mapped[Word] = mapped_column(unique=True)
    host: Mapped[Line]
    port: Mapped[int]
    username: Mapped[Word]
    password_sealed: Mapped[Prose]
    last_seen_at: Mapped[Instant | None]
    last_uptime_s: Mapped[int | None]
    full_sync_due_at: Mapped[Instant]
    leased_until: Mapped[Instant | None]
    try_again_at: Mapped[Instant | None]
    failures: Mapped[int]
    last_error: Mapped[Line | None]
    __table_args__ = (CheckConstraint("port BETWEEN 1 AND 65535", name="port_possible"),)


class Placement(Table):
    """What a router must be told of one grant, and whether it has confirmed it.

    `wanted_at` moves with every change of the grant; `confirmed_at` is written after the router answered.
    """

    __tablename__ = "placement"
    grant_id: Mapped[Ref] = mapped_column(ForeignKey("access_grant.id"), primary_key=True)
    router_id: Mapped[Ref] = mapped_column(ForeignKey("router.id"))
    wanted: Mapped[Word]
    wanted_at: Mapped[Instant]
    confirmed_at: Mapped[Instant | None]
    tries: Mapped[int]
    last_error: Mapped[Line | None]
    __table_args__ = (
        CheckConstraint("wanted IN ('present', 'disabled', 'absent')", name="wanted_known"),
        Index("ix_placement_open", "router_id", postgresql_where=text("confirmed_at IS NULL")),
    )
