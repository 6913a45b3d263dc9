"""Cards redeemed within the database, many at once: a table is written once, for all. SQL of migration 0026."""

from __future__ import annotations

from typing import Final

WINDOW_S: Final = 600
# In a window: what `core.tokens.guesses` says.
MISSES_MAX: Final = {"phone": 10, "device": 10, "address": 60, "all": 1000}
_LIMITS: Final = f"""
                ('phone', a.phone, {MISSES_MAX["phone"]}), ('device', left(a.device, 200), {MISSES_MAX["device"]}),
                ('address', left(a.address, 200), {MISSES_MAX["address"]}),
                ('all', CASE a.phone WHEN '' THEN '' END, {MISSES_MAX["all"]})"""

STATEMENTS: Final = (
    "DROP FUNCTION token_redeem",
    "DROP FUNCTION token_guesses_full_until",
    # What came of each, in a word: guessing, unknown, used, voided, unsold, over, name_taken, made. `lookups` has as
    # many for each as there are keys. Cards are locked in their order, so that two at once never wait for each other;
    # who comes second finds it used. Of two with one card in the same call the second is told "unknown": when it looks
    # again, the card is in use.
    f"""
    CREATE FUNCTION token_redeem(keys integer, lookups bytea[], phones text[], devices text[], addresses text[],
                                 names text[], sealed_ text[], radius_ bytea[], at timestamptz)
    RETURNS TABLE (n bigint, outcome text, full_until timestamptz, token bigint, ssid text, access_by text,
                   duration_s integer, data_bytes bigint)
    LANGUAGE plpgsql AS $$
    #variable_conflict use_column
    BEGIN
      RETURN QUERY
      WITH asked AS MATERIALIZED (
        SELECT * FROM unnest(phones, devices, addresses, names, sealed_, radius_)
          WITH ORDINALITY AS a (phone, device, address, name, sealed, radius, n)
      ), silenced AS MATERIALIZED (
        SELECT a.n, max(g.began_at) + interval '{WINDOW_S} seconds' AS until
        FROM asked a CROSS JOIN LATERAL (VALUES {_LIMITS}) AS l (kind, subject, most)
        JOIN token_guess g ON g.kind = l.kind AND g.subject = l.subject AND (l.subject <> '' OR l.kind = 'all')
        WHERE g.began_at > at - interval '{WINDOW_S} seconds' AND g.misses >= l.most
        GROUP BY a.n
      ), locked AS MATERIALIZED (
        SELECT (l.place - 1) / keys + 1 AS n, k.batch_id, k.serial, k.token_id, k.sale_id, k.voided_at
        FROM unnest(lookups) WITH ORDINALITY AS l (lookup, place) JOIN token_card k ON k.lookup = l.lookup
        WHERE NOT EXISTS (SELECT FROM silenced s WHERE s.n = (l.place - 1) / keys + 1)
        ORDER BY k.batch_id, k.serial FOR UPDATE OF k
      ), card AS MATERIALIZED (
        SELECT DISTINCT ON (k.batch_id, k.serial)
               k.n, k.batch_id, k.serial, b.currency, b.hotspot_id, b.plan_version_id, b.campaign, v.duration_s,
               v.data_bytes, v.down_kbps, v.up_kbps, v.devices_max, h.router_id, h.ssid, r.access_by, s.seller_id,
               s.price_minor, s.sold_at, t.begins, t.ends, a.phone, a.device, a.name, a.sealed, a.radius,
               CASE WHEN k.token_id IS NOT NULL THEN 'used' WHEN k.voided_at IS NOT NULL THEN 'voided'
                    WHEN k.sale_id IS NULL THEN 'unsold' WHEN t.ends <= at THEN 'over' ELSE 'made' END AS outcome
        FROM locked k JOIN asked a ON a.n = k.n JOIN token_batch b ON b.id = k.batch_id
        JOIN plan_version v ON v.id = b.plan_version_id JOIN hotspot h ON h.id = b.hotspot_id
        JOIN router r ON r.id = h.router_id LEFT JOIN token_card_sale s ON s.id = k.sale_id
        CROSS JOIN LATERAL (
          SELECT CASE v.counts_from WHEN 'sale' THEN s.sold_at END AS begins,
                 CASE v.counts_from WHEN 'sale' THEN s.sold_at + v.duration_s * interval '1 second' END AS ends
        ) t
        ORDER BY k.batch_id, k.serial, k.n
      ), leave AS (
        INSERT INTO access_grant (username, password_sealed, radius_sealed, router_id, duration_s, data_bytes,
                                  down_kbps, up_kbps, devices_max, status, granted_at, first_used_at, ends_at,
                                  used_bytes)
          SELECT c.name, c.sealed, c.radius, c.router_id, c.duration_s, c.data_bytes, c.down_kbps, c.up_kbps,
                 c.devices_max, CASE WHEN c.begins IS NULL THEN 'waiting' ELSE 'running' END, at, c.begins, c.ends, 0
          FROM card c WHERE c.outcome = 'made'
          ON CONFLICT (username) DO NOTHING RETURNING id, username
      ), made AS MATERIALIZED (
        SELECT c.*, g.id AS grant_id FROM leave g JOIN card c ON c.name = g.username AND c.outcome = 'made'
      ), sold AS (
        INSERT INTO token (request_key, origin, seller_id, recipient_phone, hotspot_id, plan_version_id, grant_id,
                           price_minor, currency, campaign, batch_id, sold_at)
          SELECT 'card:' || m.batch_id || ':' || m.serial, 'card', m.seller_id, nullif(m.phone, ''), m.hotspot_id,
                 m.plan_version_id, m.grant_id, m.price_minor, m.currency, m.campaign, m.batch_id, m.sold_at
          FROM made m
          RETURNING id, grant_id
      ), placed AS (
        INSERT INTO placement (grant_id, router_id, wanted, wanted_at, confirmed_at, tries)
          SELECT m.grant_id, m.router_id, 'present', at, CASE m.access_by WHEN 'radius' THEN at END, 0 FROM made m
      ), used AS (
        UPDATE token_card k SET token_id = s.id FROM made m JOIN sold s ON s.grant_id = m.grant_id
        WHERE k.batch_id = m.batch_id AND k.serial = m.serial
      ), seen AS (
        INSERT INTO token_device (token_id, device, seen_at)
          SELECT s.id, m.device, at FROM made m JOIN sold s ON s.grant_id = m.grant_id WHERE m.device <> ''
      )
      SELECT a.n, CASE WHEN q.until IS NOT NULL THEN 'guessing'
                       WHEN c.outcome = 'made' AND s.id IS NULL THEN 'name_taken'
                       ELSE coalesce(c.outcome, 'unknown') END,
             q.until, s.id, c.ssid::text, c.access_by::text, c.duration_s, c.data_bytes
      FROM asked a LEFT JOIN silenced q ON q.n = a.n LEFT JOIN card c ON c.n = a.n LEFT JOIN made m ON m.n = a.n
      LEFT JOIN sold s ON s.grant_id = m.grant_id;
    END $$
    """,
)
