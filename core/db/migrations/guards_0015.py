"""Events for partners, written by the database itself in the transaction of their cause. SQL of migration 0015.

Whatever way a cause comes in (a verb, a COPY of a thousand receipts) tells of it, no room knows that anybody listens,
and nobody waits for it: a statement costs one insert more, not a round trip.
"""

from __future__ import annotations

from typing import Final

# verb of a subscription -> what is told. What stands not here is nobody's business outside.
MOVES: Final = {
    "add": "service.ordered",
    "activate": "service.activated",
    "pause": "service.paused",
    "unpause": "service.resumed",
    "suspend": "service.suspended",
    "resume": "service.resumed",
    "hold": "service.slowed",
    "release": "service.unslowed",
    "slow": "service.slowed",
    "unslow": "service.unslowed",
    "change_plan": "service.plan_changed",
    "terminate": "service.terminated",
}
_TOLD: Final = ", ".join(f"('{verb}', '{kind}')" for verb, kind in MOVES.items())
_EVENT: Final = "INSERT INTO partner_event (uid, kind, at, body)"

FUNCTIONS: Final = (
    f"""
    CREATE FUNCTION partner_tell_moves() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      {_EVENT}
        SELECT gen_random_uuid(), k.kind, m.at,
               jsonb_build_object('service', s.number, 'customer', c.number, 'state', m.to_state,
                                  'suspended_for', s.suspended_for, 'verb', m.verb)
        FROM fresh m JOIN (VALUES {_TOLD}) AS k (verb, kind) ON k.verb = m.verb
        JOIN subscription s ON s.id = m.subscription_id JOIN customer c ON c.id = s.customer_id
        ORDER BY m.id;
      RETURN NULL;
    END $$
    """,
    f"""
    CREATE FUNCTION partner_tell_receipts() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      {_EVENT}
        SELECT gen_random_uuid(), 'payment.received', r.received_at,
               jsonb_build_object('receipt', r.number, 'customer', c.number, 'amount_minor', r.amount_minor,
                                  'currency', r.currency, 'paid_by', r.provider)
        FROM fresh r JOIN customer c ON c.id = r.customer_id
        ORDER BY r.id;
      RETURN NULL;
    END $$
    """,
    f"""
    CREATE FUNCTION partner_tell_tokens() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      {_EVENT}
        SELECT gen_random_uuid(), 'token.sold', t.sold_at,
               jsonb_build_object('token', t.id, 'customer', c.number, 'hotspot', h.code, 'amount_minor', t.price_minor,
                                  'currency', t.currency)
        FROM fresh t JOIN customer c ON c.id = t.buyer_id JOIN hotspot h ON h.id = t.hotspot_id
        ORDER BY t.id;
      RETURN NULL;
    END $$
    """,
    # The kind of such an alert: share:<percent>:<bytes that the month has>.
    f"""
    CREATE FUNCTION partner_tell_usage() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      {_EVENT}
        SELECT gen_random_uuid(), 'usage.share_reached', a.told_at,
               jsonb_build_object('service', s.number, 'customer', c.number,
                                  'percent', split_part(a.kind, ':', 2)::integer,
                                  'allowance_bytes', split_part(a.kind, ':', 3)::bigint)
        FROM fresh a JOIN subscription s ON s.grant_id = a.grant_id JOIN customer c ON c.id = s.customer_id
        WHERE a.kind ~ '^share:[0-9]{{1,3}}:[0-9]{{1,18}}$'
        ORDER BY a.kind;
      RETURN NULL;
    END $$
    """,
    f"""
    CREATE FUNCTION partner_tell_outages() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      {_EVENT}
        SELECT gen_random_uuid(), 'outage.began', o.began_at,
               jsonb_build_object('router', r.name, 'area', o.area, 'began_at', o.began_at)
        FROM fresh o JOIN router r ON r.id = o.router_id
        ORDER BY o.id;
      RETURN NULL;
    END $$
    """,
    f"""
    CREATE FUNCTION partner_tell_outages_over() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      {_EVENT}
        SELECT gen_random_uuid(), 'outage.ended', o.ended_at,
               jsonb_build_object('router', r.name, 'area', o.area, 'began_at', o.began_at)
        FROM fresh o JOIN stale b ON b.id = o.id JOIN router r ON r.id = o.router_id
        WHERE o.ended_at IS NOT NULL AND b.ended_at IS NULL
        ORDER BY o.id;
      RETURN NULL;
    END $$
    """,
    # An event goes to each that wants its kind: a row of the outbox for each.
    """
    CREATE FUNCTION partner_send_events() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      INSERT INTO outbox (kind, key, body, state, due_at, created_at, attempts)
        SELECT 'webhook', e.id || ':' || w.id, jsonb_build_object('event', e.id, 'webhook', w.id),
               'waiting', e.at, e.at, 0
        FROM fresh e JOIN webhook w ON w.active AND e.kind = ANY (w.kinds)
        ORDER BY e.id, w.id;
      RETURN NULL;
    END $$
    """,
)
_HOOKS: Final = (
    ("subscription_move", "INSERT", "partner_tell_moves"),
    ("receipt", "INSERT", "partner_tell_receipts"),
    ("token", "INSERT", "partner_tell_tokens"),
    ("usage_alert", "INSERT", "partner_tell_usage"),
    ("router_outage", "INSERT", "partner_tell_outages"),
    ("router_outage", "UPDATE", "partner_tell_outages_over"),
    ("partner_event", "INSERT", "partner_send_events"),
)


def statements() -> tuple[str, ...]:
    """All of it, in order."""
    hooks = (
        f"CREATE TRIGGER {function} AFTER {cause} ON {table}"
        f" REFERENCING NEW TABLE AS fresh{' OLD TABLE AS stale' if cause == 'UPDATE' else ''}"
        f" FOR EACH STATEMENT EXECUTE FUNCTION {function}()"
        for table, cause, function in _HOOKS
    )
    return (*FUNCTIONS, *hooks)
