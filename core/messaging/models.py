"""Tables of messaging: what leaves, what came in, and the sessions phones had with us."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.types import Instant, Json, Line, Phone, Prose, RowId, Table, Word


class OutboxRow(Table):
    """Something that must happen outside, written with its cause. A worker claims it, acts, records the result.

    `attempted_at` is written before the act: a row claimed again after a crash knows that it may have been done.
    """

    __tablename__ = "outbox"
    id: Mapped[RowId]
    kind: Mapped[Word]
    key: Mapped[Line]
    body: Mapped[Json]
    state: Mapped[Word]
    due_at: Mapped[Instant]
    created_at: Mapped[Instant]
    attempts: Mapped[int]
    attempted_at: Mapped[Instant | None]
    leased_until: Mapped[Instant | None]
    ended_at: Mapped[Instant | None]
    last_error: Mapped[Line | None]
    __table_args__ = (
        UniqueConstraint("kind", "key", name="uq_outbox_once"),
        CheckConstraint("state IN ('waiting', 'sent', 'dead')", name="state_known"),
        CheckConstraint("(state = 'waiting') = (ended_at IS NULL)", name="ended_is_dated"),
        Index("ix_outbox_due", "due_at", "id", postgresql_where=text("state = 'waiting'")),
        Index("ix_outbox_dead", "id", postgresql_where=text("state = 'dead'")),
    )


class TextMessage(Table):
    """An SMS to a phone. `text` is sealed when it carries credentials; `shown` is what staff and logs may read."""

    __tablename__ = "text_message"
    id: Mapped[RowId]
    phone: Mapped[Phone]
    template: Mapped[Word]
    shown: Mapped[Prose]
    text_sealed: Mapped[Prose | None]
    encoding: Mapped[Word]
    segments: Mapped[int]
    state: Mapped[Word]
    provider_id: Mapped[Line | None] = mapped_column(unique=True)
    cost: Mapped[Word | None]
    failure: Mapped[Line | None]
    queued_at: Mapped[Instant]
    state_at: Mapped[Instant]
    __table_args__ = (
        CheckConstraint("segments BETWEEN 1 AND 10", name="segments_bounded"),
        Index("ix_text_message_phone", "phone", "id"),
    )


class EarlyReport(Table):
    """A delivery report that came before its text had the provider's id. Applied when the id is written."""

    __tablename__ = "early_report"
    id: Mapped[RowId]
    provider_id: Mapped[Line]
    phone: Mapped[Phone]
    state: Mapped[Word]
    failure: Mapped[Line | None]
    came_at: Mapped[Instant]
    __table_args__ = (UniqueConstraint("provider_id", "phone", "state", name="uq_early_report_once"),)


class InboundText(Table):
    """An SMS from a phone. The gateway repeats until we answer: (gateway, gateway_id) makes it once."""

    __tablename__ = "inbound_text"
    id: Mapped[RowId]
    gateway: Mapped[Word]
    gateway_id: Mapped[Line]
    phone: Mapped[Line]
    shown: Mapped[Prose]
    came_at: Mapped[Instant]
    __table_args__ = (
        UniqueConstraint("gateway", "gateway_id", name="uq_inbound_text_once"),
        Index("ix_inbound_text_phone", "phone", "id"),
    )


class SilencedPhone(Table):
    """A phone that said STOP: it gets what it asked or paid for, and nothing else, until START."""

    __tablename__ = "silenced_phone"
    phone: Mapped[Phone] = mapped_column(primary_key=True)
    since: Mapped[Instant]


class SmsConversation(Table):
    """Where a phone's conversation by SMS stands. Written with the text that led there, or not at all."""

    __tablename__ = "sms_conversation"
    phone: Mapped[Phone] = mapped_column(primary_key=True)
    session: Mapped[Json]
    until: Mapped[Instant]


class UssdSession(Table):
    """That a USSD session began, whose it is, and where it began: enough to rebuild it from the gateway's text.

    `starred`: inputs with a `*` in them, as where in the text each began -> where it ended. `answered`: by the digest
    of the text, what was answered when something was done or refused. `acted_chars`: how long the text was when
    something was last done; 0: never.
    """

    __tablename__ = "ussd_session"
    gateway: Mapped[Word] = mapped_column(primary_key=True)
    session_id: Mapped[Line] = mapped_column(primary_key=True)
    phone: Mapped[Phone]
    network_code: Mapped[Word | None]
    dialled: Mapped[Line]
    start: Mapped[Json]
    began_at: Mapped[Instant]
    starred: Mapped[Json] = mapped_column(server_default=text("'{}'"))
    answered: Mapped[Json] = mapped_column(server_default=text("'{}'"))
    acted_chars: Mapped[int] = mapped_column(server_default=text("0"))
    __table_args__ = (Index("ix_ussd_session_phone", "phone", "began_at"),)


class UssdEnd(Table):
    """How a session ended, as the gateway tells it; secrets taken out before it is stored."""

    __tablename__ = "ussd_end"
    gateway: Mapped[Word] = mapped_column(primary_key=True)
    session_id: Mapped[Line] = mapped_column(primary_key=True)
    phone: Mapped[Line]
    status: Mapped[Word]
    hops: Mapped[int | None]
    duration_ms: Mapped[int | None]
    input: Mapped[Prose]
    last_screen: Mapped[Prose]
    error: Mapped[Line | None]
    came_at: Mapped[Instant]
