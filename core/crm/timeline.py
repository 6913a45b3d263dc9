"""A customer's timeline: everything that happened to them, newest first, a page at a time.

One query: a branch per kind of event, each bounded, merged by the database. Nothing secret is read here: of a
text only what may be shown, of a token its user name and never its password. Money is read for those alone who may
see it: not the receipts, not the payments, not the documents and adjustments, not what was paid for a token, and of our
texts only those that name no amount. What was done to a service stands there for all; its reason for all who may see
bills, for people write amounts into reasons.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import Connection, TextClause, text

from core.ids import with_check_digit
from core.money import Money
from core.staff.roles import Permission

PAGE_EVENTS: Final = 25
CURSOR_CHARS_MAX: Final = 300


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened. What `facts` holds depends on `kind`; see the branches."""

    at: datetime
    kind: str
    ref: str
    facts: Mapping[str, Any]

    @property
    def cursor(self) -> str:
        """Where the page after this event begins."""
        return f"{self.at.isoformat()}~{self.kind}~{self.ref}"


@dataclass(frozen=True, slots=True)
class TimelinePage:
    """Some events, and the cursor of the next page; None at the end."""

    events: tuple[Event, ...]
    older: str | None


@dataclass(frozen=True, slots=True)
class _Branch:
    """Where one kind of event comes from."""

    kind: str
    at: str
    ref: str
    facts: str
    source: str
    needs: Permission | None = None  # without it the whole kind is left out
    money_facts: str = ""  # what only those see who may see payments
    facts_instead: str = ""  # what the others get in their place

    def sql(self, permissions: frozenset[Permission]) -> str:
        """Read this kind of event, as much of it as somebody with these permissions may see."""
        ref = f'({self.ref})::text COLLATE "C"'
        kind = f"'{self.kind}' COLLATE \"C\""
        more = self.money_facts if "payments.see" in permissions else self.facts_instead
        facts = f"{self.facts}, {more}" if more else self.facts
        return (
            f"(SELECT {self.at} AS at, {kind} AS kind, {ref} AS ref, jsonb_build_object({facts}) AS facts"
            f" FROM {self.source} AND ({self.at}, {kind}, {ref}) < (CAST(:at AS timestamptz), :kind, :ref)"
            " ORDER BY 1 DESC, 3 DESC LIMIT :rows)"
        )


def _padded(row_id: str) -> str:
    """A row's id as text that sorts as the number does: at one instant the later row stands above."""
    return f"lpad({row_id}::text, 19, '0')"


_MOVES: Final = """(SELECT coalesce(jsonb_agg(
                      jsonb_build_object('to', m.to_state, 'moved_at', m.at) ORDER BY m.id), '[]')
                    FROM payment_intent_move m WHERE m.intent_id = i.id)"""

# Texts by template that never name an amount. A new one is hidden until it stands here.
MONEYLESS_TEXTS: Final = (
    "('token', 'token_waits', 'token_ready', 'fault_heard', 'service_ready', 'routers_down', 'routers_up')"
)

_BRANCHES: Final = (
    _Branch(
        "registered",
        "c.registered_at",
        _padded("c.id"),
        "'through', c.registered_through",
        "customer c WHERE c.id = :customer",
    ),
    _Branch(
        "phone",
        "p.added_at",
        _padded("p.id"),
        "'phone', p.phone",
        "contact p WHERE p.customer_id = :customer AND NOT p.is_main",
    ),
    _Branch(
        "receipt",
        "r.received_at",
        _padded("r.id"),
        """'number', r.number, 'provider', r.provider, 'phone', r.payer_phone, 'staff', s.name,
           'amount_minor', r.amount_minor, 'currency', r.currency,
           'voided', EXISTS (SELECT 1 FROM receipt_void v WHERE v.receipt_id = r.id AND v.state = 'done')""",
        "receipt r LEFT JOIN staff_member s ON s.id = r.staff_id WHERE r.customer_id = :customer",
        needs="receipts.see",
    ),
    _Branch(
        "payment",
        "i.created_at",
        _padded("i.id"),
        f"""'rail', i.rail, 'phone', i.payer_phone, 'purpose', i.purpose, 'state', i.state, 'reason', i.reason,
            'amount_minor', i.amount_minor, 'currency', i.currency, 'moves', {_MOVES}""",
        "payment_intent i WHERE i.customer_id = :customer",
        needs="payments.see",
    ),
    _Branch(
        "token",
        "t.sold_at",
        _padded("t.id"),
        """'username', g.username, 'ssid', h.ssid, 'status', g.status, 'ends_at', g.ends_at,
           'duration_s', g.duration_s, 'data_bytes', g.data_bytes, 'used_bytes', g.used_bytes,
           'phone', t.recipient_phone, 'bought', coalesce(t.buyer_id = :customer, false),
           'on_router', l.confirmed_at IS NOT NULL""",
        """token t JOIN access_grant g ON g.id = t.grant_id JOIN hotspot h ON h.id = t.hotspot_id
           LEFT JOIN placement l ON l.grant_id = g.id
           WHERE (t.buyer_id = :customer OR t.recipient_phone = ANY (:phones))""",
        money_facts="'amount_minor', t.price_minor, 'currency', t.currency",
    ),
    _Branch(
        "text_out",
        "x.queued_at",
        _padded("x.id"),
        "'phone', x.phone, 'state', x.state, 'failure', x.failure, 'template', x.template",
        "text_message x WHERE x.phone = ANY (:phones)",
        money_facts="'shown', x.shown",
        facts_instead=f"'shown', CASE WHEN x.template IN {MONEYLESS_TEXTS} THEN x.shown END",
    ),
    _Branch(
        "text_in",
        "n.came_at",
        _padded("n.id"),
        "'phone', n.phone, 'shown', n.shown",
        "inbound_text n WHERE n.phone = ANY (:phones)",
    ),
    _Branch(
        "ticket",
        "k.opened_at",
        _padded("k.id"),
        """'number', k.id, 'fault', k.fault, 'note', k.note, 'state', k.state, 'closed_at', k.closed_at,
           'ssid', h.ssid""",
        "ticket k LEFT JOIN hotspot h ON h.id = k.hotspot_id WHERE k.customer_id = :customer",
    ),
    _Branch(
        "ussd",
        "u.began_at",
        "u.gateway || ':' || u.session_id",
        "'phone', u.phone, 'dialled', u.dialled, 'status', e.status, 'hops', e.hops, 'duration_ms', e.duration_ms",
        """ussd_session u LEFT JOIN ussd_end e ON e.gateway = u.gateway AND e.session_id = u.session_id
           WHERE u.phone = ANY (:phones)""",
    ),
    _Branch(
        "service",
        "m.at",
        _padded("m.id"),
        """'number', b.number, 'verb', m.verb, 'staff', s.name,
           'name_en', f.name_en, 'name_ar', f.name_ar""",
        """subscription_move m JOIN subscription b ON b.id = m.subscription_id
           LEFT JOIN staff_member s ON s.id = m.staff_id
           LEFT JOIN tariff f ON f.id = coalesce(m.detail ->> 'to', m.detail ->> 'tariff')::bigint
           WHERE b.customer_id = :customer""",
        money_facts="'why', m.why",
    ),
    _Branch(
        "document",
        "v.issued_at",
        _padded("v.id"),
        """'number', v.series || '-' || v.year || '-' || lpad(v.number::text, 6, '0'), 'document', v.kind,
           'reason', v.reason, 'due_on', v.due_on,
           'is_open', coalesce(d.due_minor > 0, false)""",
        "invoice v LEFT JOIN invoice_due d ON d.invoice_id = v.id WHERE v.customer_id = :customer",
        needs="billing.see",
        money_facts="'amount_minor', v.total_minor, 'currency', v.currency",
    ),
    _Branch(
        "adjustment",
        "j.asked_at",
        _padded("j.id"),
        """'adjustment', j.kind, 'state', j.state, 'reason', j.reason, 'asker', s.name, 'decider', e.name""",
        """adjustment j JOIN staff_member s ON s.id = j.asked_by LEFT JOIN staff_member e ON e.id = j.decided_by
           WHERE j.customer_id = :customer""",
        needs="billing.see",
        money_facts="'amount_minor', j.amount_minor, 'currency', j.currency",
    ),
    _Branch(
        "staff_act",
        "a.at",
        _padded("a.id"),
        "'act', a.act, 'staff', s.name, 'detail', a.detail",
        """audit_entry a LEFT JOIN staff_member s ON s.id = a.staff_id
           JOIN customer c ON a.subject = 'customer:' || c.number
           WHERE c.id = :customer
             AND a.act IN ('customer_changed', 'customer_status', 'promise_taken', 'tax_exempted',
                           'tax_exemption_ended', 'charge_taken_back')""",
    ),
)
_PHONES: Final = text("SELECT phone FROM contact WHERE customer_id = :customer ORDER BY is_main DESC, id")
_NEWEST: Final = ("infinity", "", "")
_KINDS: Final = frozenset(branch.kind for branch in _BRANCHES)


@cache  # as many as there are roles
def _timeline_for(permissions: frozenset[Permission]) -> TextClause:
    seen = (branch.sql(permissions) for branch in _BRANCHES if branch.needs is None or branch.needs in permissions)
    return text(" UNION ALL ".join(seen) + " ORDER BY at DESC, kind DESC, ref DESC LIMIT :rows")


def timeline(
    connection: Connection,
    customer_id: int,
    *,
    permissions: frozenset[Permission],
    older_than: str | None = None,
    rows: int = PAGE_EVENTS,
) -> TimelinePage:
    """A page of a customer's events, newest first, as somebody with these permissions may see them.

    A cursor that is none gives the first page.
    """
    at, kind, ref = _position(older_than)
    phones = list(connection.execute(_PHONES, {"customer": customer_id}).scalars())
    found = connection.execute(
        _timeline_for(permissions),
        {"customer": customer_id, "phones": phones, "at": at, "kind": kind, "ref": ref, "rows": rows + 1},
    ).all()
    events = tuple(Event(row.at, row.kind, row.ref, _shaped(row.facts)) for row in found[:rows])
    return TimelinePage(events, events[-1].cursor if len(found) > rows else None)


def _position(cursor: str | None) -> tuple[str, str, str]:
    parts = (cursor or "")[:CURSOR_CHARS_MAX].split("~", 2)
    try:
        at, kind, ref = parts
        moment = datetime.fromisoformat(at)
        if kind not in _KINDS or moment.tzinfo is None or "\x00" in ref:
            return _NEWEST
        # PostgreSQL takes offsets to 15:59 only, Python to 23:59; in UTC both agree, or the year overflows.
        return moment.astimezone(UTC).isoformat(), kind, ref
    except (ValueError, OverflowError):
        return _NEWEST


def _shaped(facts: Mapping[str, Any]) -> dict[str, Any]:
    """JSON has neither money nor days nor instants; pages want all three."""
    shaped: dict[str, Any] = {}
    for name, value in facts.items():
        if name.endswith("_at") and isinstance(value, str):
            shaped[name] = datetime.fromisoformat(value)
        elif name.endswith("_on") and isinstance(value, str):
            shaped[name] = date.fromisoformat(value)
        elif isinstance(value, dict):
            shaped[name] = _shaped(value)
        elif isinstance(value, list):
            shaped[name] = [_shaped(item) for item in value]
        else:
            shaped[name] = value
    if "fault" in shaped:
        shaped["number"] = with_check_digit(shaped["number"])  # as the customer was told
    if "amount_minor" in shaped:
        shaped["amount"] = Money(shaped.pop("amount_minor"), shaped.pop("currency"))
    return shaped
