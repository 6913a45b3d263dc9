"""Tables of partners."""

from __future__ import annotations

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, Sequence, String, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.types import Instant, Json, Line, Prose, Ref, Reference, RowId, Table, Word

EVENT_PLACES = Sequence("partner_event_place", metadata=Table.metadata)


class ApiKey(Table):
    """Leave of a program to use the API. The key itself stands nowhere: only its beginning, and a digest of all of it.

    With `router_id` it speaks for that router alone. `requests_a_minute` is the most it may ask.
    """

    __tablename__ = "api_key"
    id: Mapped[RowId]
    name: Mapped[Word]
    prefix: Mapped[Word] = mapped_column(unique=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    scopes: Mapped[list[str]] = mapped_column(ARRAY(String(40)))
    router_id: Mapped[Ref | None] = mapped_column(ForeignKey("router.id"))
    requests_a_minute: Mapped[int]
    made_by: Mapped[Ref | None] = mapped_column(ForeignKey("staff_member.id"))
    made_at: Mapped[Instant]
    last_used_at: Mapped[Instant | None]
    withdrawn_by: Mapped[Ref | None] = mapped_column(ForeignKey("staff_member.id"))
    withdrawn_at: Mapped[Instant | None]
    __table_args__ = (
        CheckConstraint("octet_length(digest) = 32", name="digest_is_whole"),
        CheckConstraint("cardinality(scopes) > 0", name="has_a_scope"),
        CheckConstraint("requests_a_minute > 0", name="pace_positive"),
        CheckConstraint("withdrawn_by IS NULL OR withdrawn_at IS NOT NULL", name="withdrawn_is_dated"),
        Index("ux_api_key_name", "name", unique=True, postgresql_where=text("withdrawn_at IS NULL")),
    )


class ApiRequest(Table):
    """A request that did something, and what was answered, under the key its sender gave it: once more does nothing.

    `digest` is of what was asked: the same key with another content is a mistake of the sender.
    """

    __tablename__ = "api_request"
    key_id: Mapped[Ref] = mapped_column(ForeignKey("api_key.id"), primary_key=True)
    request_key: Mapped[Line] = mapped_column(primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    status: Mapped[int]
    answer: Mapped[Prose]
    at: Mapped[Instant]
    __table_args__ = (
        CheckConstraint("octet_length(digest) = 32", name="digest_is_whole"),
        CheckConstraint("status BETWEEN 200 AND 299", name="only_what_was_done"),
        Index("ix_api_request_at", "at"),
    )


class Webhook(Table):
    """Where events of these kinds go. `failures` in a row, since when, and why; `told_at`: when one last arrived."""

    __tablename__ = "webhook"
    id: Mapped[RowId]
    name: Mapped[Word] = mapped_column(unique=True)
    url: Mapped[Line]
    secret_sealed: Mapped[Prose]
    kinds: Mapped[list[str]] = mapped_column(ARRAY(String(40)))
    active: Mapped[bool]
    failures: Mapped[int]
    failing_since: Mapped[Instant | None]
    last_error: Mapped[Line | None]
    told_at: Mapped[Instant | None]
    made_by: Mapped[Ref | None] = mapped_column(ForeignKey("staff_member.id"))
    made_at: Mapped[Instant]
    __table_args__ = (
        CheckConstraint("cardinality(kinds) > 0", name="has_a_kind"),
        CheckConstraint("(failures > 0) = (failing_since IS NOT NULL)", name="failing_is_dated"),
        CheckConstraint("url ~ '^https?://'", name="url_is_http"),
    )


class PartnerEvent(Table):
    """Something that happened and partners may hear of, written by triggers in the transaction of its cause.

    `uid` is what they know it by. `place`: where it stands among those that are read; given once it is committed, so
    that no event can come to stand before one that was read already.
    """

    __tablename__ = "partner_event"
    id: Mapped[RowId]
    uid: Mapped[Reference] = mapped_column(unique=True)
    kind: Mapped[Word]
    at: Mapped[Instant]
    body: Mapped[Json]
    place: Mapped[int | None] = mapped_column(BigInteger, unique=True)
    __table_args__ = (
        Index("ix_partner_event_at", "at"),
        Index("ix_partner_event_unplaced", "id", postgresql_where=text("place IS NULL")),
    )
