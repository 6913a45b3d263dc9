"""Tables of access."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.types import Bytes, Day, Instant, Line, Prose, Ref, RowId, Table, Word


class AccessGrant(Table):
    """Leave to be online at one router. The clock runs from `first_used_at`; before that `ends_at` is unknown.

    A monthly service has no `duration_s` and no end of its own; it is `paused` while its customer is cut off. What has
    a duration is `paused` since `paused_at` by its holder's wish, and ends later by all the seconds of its pauses that
    are over (`paused_s`).

    `used_bytes` and `reading_bytes` are written by the one writer of usage: all that was used, and of data that was
    bought what its router itself counts; the difference is what the router has forgotten. `credited_bytes` is what the
    router's credit was when a look last told of it.

    `service`: the log-in page of a hotspot, or a PPPoE line. `radius_sealed` is the password once more, sealed for
    the RADIUS server, which must know it in clear to answer CHAP (`core.sealing`).
    """

    __tablename__ = "access_grant"
    id: Mapped[RowId]
    username: Mapped[Word] = mapped_column(unique=True)
    password_sealed: Mapped[Prose]
    router_id: Mapped[Ref] = mapped_column(ForeignKey("router.id"))
    duration_s: Mapped[int | None]
    data_bytes: Mapped[Bytes | None]
    down_kbps: Mapped[int]
    up_kbps: Mapped[int]
    devices_max: Mapped[int]
    status: Mapped[Word]
    granted_at: Mapped[Instant]
    first_used_at: Mapped[Instant | None]
    ends_at: Mapped[Instant | None]
    closed_at: Mapped[Instant | None]
    used_bytes: Mapped[Bytes]
    reading_bytes: Mapped[Bytes] = mapped_column(server_default="0")
    credited_bytes: Mapped[Bytes] = mapped_column(server_default="0")
    service: Mapped[Word] = mapped_column(server_default="hotspot")
    burst_down_kbps: Mapped[int | None]
    burst_up_kbps: Mapped[int | None]
    radius_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    paused_at: Mapped[Instant | None]
    paused_s: Mapped[int] = mapped_column(server_default="0")
    __table_args__ = (
        CheckConstraint("status IN ('waiting', 'running', 'paused', 'expired', 'revoked')", name="status_known"),
        CheckConstraint("status <> 'waiting' OR (first_used_at IS NULL AND closed_at IS NULL)", name="waits_unused"),
        CheckConstraint("status <> 'running' OR first_used_at IS NOT NULL", name="runs_since_first_use"),
        CheckConstraint("(first_used_at IS NULL OR duration_s IS NULL) = (ends_at IS NULL)", name="ends_when_begun"),
        CheckConstraint(
            "(status = 'paused' AND duration_s IS NOT NULL) = (paused_at IS NOT NULL)", name="pause_of_time_is_dated"
        ),
        CheckConstraint("status <> 'paused' OR duration_s IS NULL OR first_used_at IS NOT NULL", name="pauses_begun"),
        CheckConstraint("paused_s >= 0 AND (paused_s = 0 OR ends_at IS NOT NULL)", name="paused_what_runs"),
        CheckConstraint("(status IN ('expired', 'revoked')) = (closed_at IS NOT NULL)", name="closed_is_dated"),
        CheckConstraint("used_bytes >= 0", name="used_not_negative"),
        CheckConstraint("service IN ('hotspot', 'pppoe')", name="service_known"),
        CheckConstraint("(burst_down_kbps IS NULL) = (burst_up_kbps IS NULL)", name="burst_both_ways"),
        CheckConstraint("burst_down_kbps >= down_kbps AND burst_up_kbps >= up_kbps", name="burst_faster"),
        Index("ix_access_grant_ends_at", "ends_at", postgresql_where=text("status = 'running'")),
        Index("ix_access_grant_router_id_status", "router_id", "status"),
    )


class GrantUsage(Table):
    """How much a grant used on a day of Juba. What was told late counts on the day of its counter."""

    __tablename__ = "grant_usage"
    grant_id: Mapped[Ref] = mapped_column(ForeignKey("access_grant.id"), primary_key=True)
    day: Mapped[Day] = mapped_column(primary_key=True)
    used_bytes: Mapped[Bytes]
    __table_args__ = (CheckConstraint("used_bytes > 0", name="used_positive"),)


class RadiusGuess(Table):
    """How many log-ins failed at some equipment since `began_at`: by device, and in all where `mac` is empty."""

    __tablename__ = "radius_guess"
    nas: Mapped[Line] = mapped_column(primary_key=True)
    mac: Mapped[Word] = mapped_column(primary_key=True)
    began_at: Mapped[Instant]
    failures: Mapped[int]
    __table_args__ = (
        CheckConstraint("failures > 0", name="failures_positive"),
        Index("ix_radius_guess_began_at", "began_at"),
    )
