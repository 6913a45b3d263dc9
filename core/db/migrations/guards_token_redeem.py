"""A card redeemed within the database: its plans are made once a connection, not once a card. SQL of migration 0022."""

from __future__ import annotations

from typing import Final

WINDOW_S: Final = 600
# In a window: what `core.tokens.guesses` says.
MISSES_MAX: Final = {"phone": 10, "device": 10, "address": 60, "all": 1000}
_MOST: Final = "CASE g.kind " + " ".join(f"WHEN '{kind}' THEN {most}" for kind, most in MISSES_MAX.items()) + " END"

STATEMENTS: Final = (
    # When the last of the windows ends that are full for these kinds and subjects; nothing where none is.
    f"""
    CREATE FUNCTION token_guesses_full_until(kinds text[], subjects text[], at timestamptz) RETURNS timestamptz
    LANGUAGE plpgsql STABLE AS $$
    BEGIN
      RETURN (SELECT max(g.began_at) + interval '{WINDOW_S} seconds'
              FROM unnest(kinds, subjects) AS k (kind, subject)
              JOIN token_guess g ON g.kind = k.kind AND g.subject = k.subject
              WHERE g.began_at > at - interval '{WINDOW_S} seconds' AND g.misses >= {_MOST});
    END $$
    """,
    # What came of it, in a word: guessing, unknown, used, voided, unsold, over, name_taken, made. Of two at once the
    # second waits for the card's row, and finds it used.
    """
    CREATE FUNCTION token_redeem(lookups bytea[], kinds text[], subjects text[], phone_ text, device_ text, name_ text,
                                 sealed_ text, radius_ bytea, at timestamptz)
    RETURNS TABLE (outcome text, full_until timestamptz, token bigint, ssid text, access_by text, duration_s integer,
                   data_bytes bigint)
    LANGUAGE plpgsql AS $$
    #variable_conflict use_column
    DECLARE
      c record;
      begins timestamptz;
      ends timestamptz;
      grant_ bigint;
      token_ bigint;
      until timestamptz := token_guesses_full_until(kinds, subjects, at);
    BEGIN
      IF until > at THEN
        RETURN QUERY SELECT 'guessing', until, NULL::bigint, NULL, NULL, NULL::integer, NULL::bigint;
        RETURN;
      END IF;
      SELECT k.batch_id, k.serial, k.token_id, k.sale_id, k.voided_at, b.currency, b.hotspot_id, b.plan_version_id,
             b.campaign, v.duration_s, v.data_bytes, v.down_kbps, v.up_kbps, v.devices_max, v.counts_from, h.router_id,
             h.ssid, r.access_by
        INTO c
        FROM token_card k JOIN token_batch b ON b.id = k.batch_id JOIN plan_version v ON v.id = b.plan_version_id
        JOIN hotspot h ON h.id = b.hotspot_id JOIN router r ON r.id = h.router_id
        WHERE k.lookup = ANY (lookups) FOR UPDATE OF k;
      IF NOT FOUND OR c.token_id IS NOT NULL OR c.voided_at IS NOT NULL OR c.sale_id IS NULL THEN
        RETURN QUERY SELECT CASE WHEN c.batch_id IS NULL THEN 'unknown' WHEN c.token_id IS NOT NULL THEN 'used'
                                 WHEN c.voided_at IS NOT NULL THEN 'voided' ELSE 'unsold' END,
                            NULL::timestamptz, NULL::bigint, NULL, NULL, NULL::integer, NULL::bigint;
        RETURN;
      END IF;
      IF c.counts_from = 'sale' THEN
        begins := (SELECT s.sold_at FROM token_card_sale s WHERE s.id = c.sale_id);
        ends := begins + c.duration_s * interval '1 second';
        IF ends <= at THEN
          RETURN QUERY SELECT 'over', NULL::timestamptz, NULL::bigint, NULL, NULL, NULL::integer, NULL::bigint;
          RETURN;
        END IF;
      END IF;
      INSERT INTO access_grant (username, password_sealed, radius_sealed, router_id, duration_s, data_bytes, down_kbps,
                                up_kbps, devices_max, status, granted_at, first_used_at, ends_at, used_bytes)
        VALUES (name_, sealed_, radius_, c.router_id, c.duration_s, c.data_bytes, c.down_kbps, c.up_kbps, c.devices_max,
                CASE WHEN begins IS NULL THEN 'waiting' ELSE 'running' END, at, begins, ends, 0)
        ON CONFLICT (username) DO NOTHING RETURNING id INTO grant_;
      IF grant_ IS NULL THEN
        RETURN QUERY SELECT 'name_taken', NULL::timestamptz, NULL::bigint, NULL, NULL, NULL::integer, NULL::bigint;
        RETURN;
      END IF;
      INSERT INTO token (request_key, origin, seller_id, recipient_phone, hotspot_id, plan_version_id, grant_id,
                         price_minor, currency, campaign, batch_id, sold_at)
        SELECT 'card:' || c.batch_id || ':' || c.serial, 'card', s.seller_id, nullif(phone_, ''), c.hotspot_id,
               c.plan_version_id, grant_, s.price_minor, c.currency, c.campaign, c.batch_id, s.sold_at
        FROM token_card_sale s WHERE s.id = c.sale_id
        RETURNING id INTO token_;
      UPDATE token_card k SET token_id = token_ WHERE k.batch_id = c.batch_id AND k.serial = c.serial;
      INSERT INTO placement (grant_id, router_id, wanted, wanted_at, confirmed_at, tries)
        VALUES (grant_, c.router_id, 'present', at, CASE c.access_by WHEN 'radius' THEN at END, 0);
      IF device_ <> '' THEN
        INSERT INTO token_device (token_id, device, seen_at) VALUES (token_, device_, at);
      END IF;
      RETURN QUERY SELECT 'made', NULL::timestamptz, token_, c.ssid::text, c.access_by::text, c.duration_s,
                          c.data_bytes;
    END $$
    """,
)
