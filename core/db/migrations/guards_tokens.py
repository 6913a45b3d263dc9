"""Guards of tokens made in every way: of cards, of a clock that stood still, and what partners are told of."""

from __future__ import annotations

from typing import Final

STATEMENTS: Final = (
    # A clock that runs is not set again, but it ends later by what it stood still, when that is over.
    """
    CREATE OR REPLACE FUNCTION access_guard_grant() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a grant is never deleted' USING ERRCODE = 'restrict_violation';
      ELSIF (NEW.username, NEW.router_id, NEW.duration_s, NEW.data_bytes, NEW.devices_max, NEW.granted_at)
            IS DISTINCT FROM
            (OLD.username, OLD.router_id, OLD.duration_s, OLD.data_bytes, OLD.devices_max, OLD.granted_at) THEN
        RAISE EXCEPTION 'a grant keeps its name, its router and its limits' USING ERRCODE = 'restrict_violation';
      ELSIF (OLD.first_used_at IS NOT NULL AND NEW.first_used_at IS DISTINCT FROM OLD.first_used_at)
            OR (OLD.ends_at IS NOT NULL AND NEW.ends_at IS DISTINCT FROM OLD.ends_at
                AND (OLD.paused_at IS NULL
                     OR NEW.ends_at IS DISTINCT FROM
                        OLD.ends_at + (NEW.paused_s - OLD.paused_s) * interval '1 second'))
            OR (NEW.paused_s <> OLD.paused_s AND (OLD.paused_at IS NULL OR NEW.paused_s < OLD.paused_s)) THEN
        RAISE EXCEPTION 'a clock that runs is not set again' USING ERRCODE = 'restrict_violation';
      END IF;
      RETURN NEW;
    END $$
    """,
    # A card may be sealed again under a newer key. What it became of is written once.
    """
    CREATE FUNCTION token_card_guard() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP = 'DELETE' OR (NEW.batch_id, NEW.serial) <> (OLD.batch_id, OLD.serial)
         OR (OLD.sale_id IS NOT NULL AND NEW.sale_id IS DISTINCT FROM OLD.sale_id)
         OR (OLD.token_id IS NOT NULL AND NEW.token_id IS DISTINCT FROM OLD.token_id)
         OR (OLD.voided_at IS NOT NULL AND NEW.voided_at IS DISTINCT FROM OLD.voided_at)
         OR (OLD.voided_at IS NOT NULL AND NEW.sale_id IS DISTINCT FROM OLD.sale_id) THEN
        RAISE EXCEPTION 'a card stays what it became' USING ERRCODE = 'restrict_violation';
      END IF;
      RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER token_card_guard BEFORE UPDATE OR DELETE ON token_card
      FOR EACH ROW EXECUTE FUNCTION token_card_guard()
    """,
    # Of each sale in the words of its channel; who bought is known only where a wallet paid.
    """
    CREATE OR REPLACE FUNCTION partner_tell_tokens() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      INSERT INTO partner_event (uid, kind, at, body)
        SELECT gen_random_uuid(), 'token.sold', t.sold_at,
               jsonb_build_object('token', t.id, 'customer', c.number, 'hotspot', h.code, 'amount_minor', t.price_minor,
                                  'currency', t.currency)
        FROM fresh t LEFT JOIN customer c ON c.id = t.buyer_id JOIN hotspot h ON h.id = t.hotspot_id
        WHERE t.origin <> 'given' AND t.moved_from_id IS NULL
        ORDER BY t.id;
      RETURN NULL;
    END $$
    """,
    *(
        f"""
        CREATE TRIGGER {table}_never_changed BEFORE UPDATE OR DELETE ON {table}
          FOR EACH ROW EXECUTE FUNCTION refuse_change()
        """
        for table in ("token_batch", "token_card_sale", "token_revocation")
    ),
)
