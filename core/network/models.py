"""Tables of the network."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.types import Bytes, Instant, Json, Line, Prose, Ref, RowId, Table, Word


class RouterRow(Table):
    """A router we keep true. Its password is sealed; what it last said of itself stands beside.

    `access_by`: its users are told to it (`api`), or it asks for each of them (`radius`). `nas_address` is where its
    RADIUS packets come from; `radius_secret` is sealed for the RADIUS server (`core.sealing`). `booted_at`: when it
    began to run, `looked_at`: when it was last looked at, both by its own time (`router_time`).

    One that is not `watched` has no outages: it was taken out of use, or is not ours to mend.
    `silent_since`, `heard_since`: the first of the visits in a row that it did not answer, or answered.
    """

    __tablename__ = "router"
    id: Mapped[RowId]
    name: Mapped[Word] = mapped_column(unique=True)
    host: Mapped[Line]
    port: Mapped[int]
    username: Mapped[Word]
    password_sealed: Mapped[Prose]
    last_seen_at: Mapped[Instant | None]
    last_uptime_s: Mapped[int | None]
    booted_at: Mapped[Instant | None]
    looked_at: Mapped[Instant | None]
    full_sync_due_at: Mapped[Instant]
    leased_until: Mapped[Instant | None]
    try_again_at: Mapped[Instant | None]
    failures: Mapped[int]
    last_error: Mapped[Line | None]
    access_by: Mapped[Word] = mapped_column(server_default="api")
    area: Mapped[Word] = mapped_column(server_default="")
    nas_address: Mapped[Line | None] = mapped_column(unique=True)
    radius_secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    coa_port: Mapped[int] = mapped_column(server_default="3799")
    drift: Mapped[Json | None]
    drift_at: Mapped[Instant | None]
    checks: Mapped[Json | None]
    checks_at: Mapped[Instant | None]
    checks_wanted_at: Mapped[Instant | None]
    watched: Mapped[bool] = mapped_column(server_default=text("true"))
    silent_since: Mapped[Instant | None]
    heard_since: Mapped[Instant | None]
    __table_args__ = (
        CheckConstraint("port BETWEEN 1 AND 65535 AND coa_port BETWEEN 1 AND 65535", name="port_possible"),
        CheckConstraint("access_by IN ('api', 'radius')", name="access_by_known"),
        CheckConstraint(
            "access_by = 'api' OR (nas_address IS NOT NULL AND radius_secret IS NOT NULL)", name="radius_is_known"
        ),
        CheckConstraint("silent_since IS NULL OR heard_since IS NULL", name="silent_or_heard"),
        CheckConstraint("looked_at >= booted_at", name="looked_at_while_up"),
        CheckConstraint("(drift IS NULL) = (drift_at IS NULL)", name="drift_is_dated"),
        CheckConstraint("(checks IS NULL) = (checks_at IS NULL)", name="checks_are_dated"),
    )


class Placement(Table):
    """What a router must be told of one grant, and whether it has confirmed it.

    `wanted_at` moves with every change of the grant; `confirmed_at` is written after the router answered.
    `forgotten_s` is what of the grant's time is gone though the router never counted it, `forgotten_bytes` what of its
    data: the router's own limits are less by that.
    """

    __tablename__ = "placement"
    grant_id: Mapped[Ref] = mapped_column(ForeignKey("access_grant.id"), primary_key=True)
    router_id: Mapped[Ref] = mapped_column(ForeignKey("router.id"))
    wanted: Mapped[Word]
    wanted_at: Mapped[Instant]
    confirmed_at: Mapped[Instant | None]
    tries: Mapped[int]
    last_error: Mapped[Line | None]
    forgotten_s: Mapped[int] = mapped_column(server_default="0")
    forgotten_bytes: Mapped[Bytes] = mapped_column(server_default="0")
    __table_args__ = (
        CheckConstraint("forgotten_s >= 0 AND forgotten_bytes >= 0", name="forgotten_not_negative"),
        CheckConstraint("wanted IN ('present', 'disabled', 'absent')", name="wanted_known"),
        Index("ix_placement_open", "router_id", postgresql_where=text("confirmed_at IS NULL")),
    )


class SessionCommand(Table):
    """Something to be said to a router about a session now, or never: a kick or another speed, until `not_after`."""

    __tablename__ = "session_command"
    id: Mapped[RowId]
    router_id: Mapped[Ref] = mapped_column(ForeignKey("router.id"))
    grant_id: Mapped[Ref] = mapped_column(ForeignKey("access_grant.id"))
    act: Mapped[Word]
    wanted_at: Mapped[Instant]
    not_after: Mapped[Instant]
    leased_until: Mapped[Instant | None]
    tries: Mapped[int]
    outcome: Mapped[Word | None]
    done_at: Mapped[Instant | None]
    last_error: Mapped[Line | None]
    __table_args__ = (
        CheckConstraint("act IN ('disconnect', 'change')", name="act_known"),
        CheckConstraint("outcome IN ('done', 'nobody', 'refused', 'too_late')", name="outcome_known"),
        CheckConstraint("(outcome IS NULL) = (done_at IS NULL)", name="done_is_dated"),
        CheckConstraint("not_after > wanted_at", name="lives_a_while"),
        Index("ix_session_command_open", "router_id", "id", postgresql_where=text("outcome IS NULL")),
    )


class RouterOutage(Table):
    """A time during which a router was not to be reached, as an area knows it. Open while it lasts.

    `told_at`, `told_up_at`: when technicians were texted that it is down, and that it is up again.
    """

    __tablename__ = "router_outage"
    id: Mapped[RowId]
    router_id: Mapped[Ref] = mapped_column(ForeignKey("router.id"))
    area: Mapped[Word]
    began_at: Mapped[Instant]
    ended_at: Mapped[Instant | None]
    told_at: Mapped[Instant | None]
    told_up_at: Mapped[Instant | None]
    __table_args__ = (
        CheckConstraint("ended_at >= began_at", name="ends_after_it_began"),
        CheckConstraint(
            "told_up_at IS NULL OR told_at IS NOT NULL AND ended_at IS NOT NULL", name="up_told_after_down"
        ),
        Index("ix_router_outage_untold", "id", postgresql_where=text("told_up_at IS NULL")),
        Index("ux_router_outage_open", "router_id", unique=True, postgresql_where=text("ended_at IS NULL")),
        Index("ix_router_outage_began_at", "began_at"),
    )
