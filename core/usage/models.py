"""Tables of usage. What was counted comes in as it was heard; one writer makes sessions and hours of it."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.types import Bytes, Day, Instant, Line, Ref, RowId, Table, Word

UNSEEN: Final = "between looks"


class UsageInbox(Table):
    """What equipment said of a session, as it was heard, until the writer takes it. Counters are cumulative.

    Bytes as the network counts them for the customer: `up` was sent by the customer, `down` to them.

    What a look at a router's own sessions found comes in rows of one `looked_at`: an `interim` for each session, the
    `credit` of a user (what the router has added up of those that ended), and at last the `call` that says these were
    all. `looked_at` is the router's own time (`core.network.router_time`); who speaks by itself has none.
    """

    __tablename__ = "usage_inbox"
    id: Mapped[RowId]
    heard_at: Mapped[Instant]
    at: Mapped[Instant]
    nas: Mapped[Line]
    packet: Mapped[Word]
    session: Mapped[Line]
    username: Mapped[Line]
    mac: Mapped[Word]
    address: Mapped[Word]
    session_s: Mapped[Bytes]
    up_bytes: Mapped[Bytes]
    down_bytes: Mapped[Bytes]
    cause: Mapped[Word]
    source: Mapped[Word]
    looked_at: Mapped[Instant | None]
    __table_args__ = (
        CheckConstraint("packet IN ('start', 'interim', 'stop', 'on', 'off', 'credit', 'call')", name="packet_known"),
        CheckConstraint("(source = 'api') = (looked_at IS NOT NULL)", name="looks_are_dated"),
        CheckConstraint("source IN ('radius', 'rest', 'api')", name="source_known"),
        CheckConstraint("session_s >= 0 AND up_bytes >= 0 AND down_bytes >= 0", name="nothing_below_zero"),
    )


class UsageSession(Table):
    """Somebody online at some equipment, from log-in to log-out. Without a grant it is listed as unattributed.

    Equipment may use a session's name again after it restarted: what tells the two apart is when each began.

    `session_s`, `up_bytes`, `down_bytes`: the newest sample folded in. `up_total`, `down_total`: what they came to,
    over wraps and resets. `looked_at`: the last look that found it, of who is looked at.

    A user whom a router credited with more than any look had seen has a session more: `UNSEEN`, which never runs.
    """

    __tablename__ = "usage_session"
    id: Mapped[RowId]
    nas: Mapped[Line]
    session: Mapped[Line]
    username: Mapped[Line]
    router_id: Mapped[Ref | None] = mapped_column(ForeignKey("router.id"))
    grant_id: Mapped[Ref | None] = mapped_column(ForeignKey("access_grant.id"))
    source: Mapped[Word]
    mac: Mapped[Word]
    address: Mapped[Word]
    started_at: Mapped[Instant]
    heard_at: Mapped[Instant]
    stopped_at: Mapped[Instant | None]
    cause: Mapped[Word]
    session_s: Mapped[Bytes] = mapped_column(server_default="0")
    up_bytes: Mapped[Bytes] = mapped_column(server_default="0")
    down_bytes: Mapped[Bytes] = mapped_column(server_default="0")
    up_total: Mapped[Bytes] = mapped_column(server_default="0")
    down_total: Mapped[Bytes] = mapped_column(server_default="0")
    looked_at: Mapped[Instant | None]
    __table_args__ = (
        Index(
            "ux_usage_session_open",
            "nas",
            "session",
            "username",
            unique=True,
            postgresql_where=text("stopped_at IS NULL"),
        ),
        Index("ix_usage_session_said", "nas", "session", "username", "started_at"),
        CheckConstraint("up_total >= 0 AND down_total >= 0", name="totals_not_negative"),
        Index("ix_usage_session_open", "grant_id", postgresql_where=text("stopped_at IS NULL")),
        Index("ix_usage_session_grant_id", "grant_id", "started_at"),
        Index("ix_usage_session_unattributed", "started_at", postgresql_where=text("grant_id IS NULL")),
    )


class UsageSample(Table):
    """A counter as it stood, kept raw by the month (partitions): any sum can be computed again from them."""

    __tablename__ = "usage_sample"
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    at: Mapped[Instant] = mapped_column(primary_key=True)
    session_id: Mapped[Ref]
    session_s: Mapped[Bytes]
    up_bytes: Mapped[Bytes]
    down_bytes: Mapped[Bytes]
    __table_args__ = (
        Index("ix_usage_sample_session_id", "session_id", "session_s"),
        {"postgresql_partition_by": "RANGE (at)"},
    )


class UsageCredit(Table):
    """What a router had credited a user with at a look, and how much of it since the credit before no look had seen.

    `session_id` is the user's session of unseen use. Of each session that ended, the router credits all of it; what
    the looks saw of it is counted already.
    """

    __tablename__ = "usage_credit"
    session_id: Mapped[Ref] = mapped_column(ForeignKey("usage_session.id"), primary_key=True)
    looked_at: Mapped[Instant] = mapped_column(primary_key=True)
    at: Mapped[Instant]
    up_bytes: Mapped[Bytes]
    down_bytes: Mapped[Bytes]
    unseen_up: Mapped[Bytes] = mapped_column(server_default="0")
    unseen_down: Mapped[Bytes] = mapped_column(server_default="0")
    __table_args__ = (CheckConstraint("unseen_up >= 0 AND unseen_down >= 0", name="unseen_not_negative"),)


class UsageHour(Table):
    """What a session used in an hour. Days and billing periods are sums of it, of a grant."""

    __tablename__ = "usage_hour"
    session_id: Mapped[Ref] = mapped_column(ForeignKey("usage_session.id"), primary_key=True)
    hour: Mapped[Instant] = mapped_column(primary_key=True)
    up_bytes: Mapped[Bytes]
    down_bytes: Mapped[Bytes]
    __table_args__ = (
        CheckConstraint("up_bytes >= 0 AND down_bytes >= 0 AND up_bytes + down_bytes > 0", name="something_used"),
        Index("ix_usage_hour_hour", "hour"),
    )


class UsageAlert(Table):
    """Something told about a grant's usage, once in its period: a share of its data, or that it is held to a speed."""

    __tablename__ = "usage_alert"
    grant_id: Mapped[Ref] = mapped_column(ForeignKey("access_grant.id"), primary_key=True)
    period_from: Mapped[Day] = mapped_column(primary_key=True)
    kind: Mapped[Word] = mapped_column(primary_key=True)
    told_at: Mapped[Instant]
