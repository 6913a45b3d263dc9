"""The SQL of folding, in its order. A batch is some thousands of rows, so everything is said of sets.

The looks at routers have more of their own (`look_statements`).

`taken` is what was heard, `online` the sessions it speaks of, `fresh` counters not seen before, `rework` sessions a
late counter came for, `used` what each hour comes to, `moved` what that changes. All go with the transaction.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import text

ONE_WRITER: Final = text("SELECT pg_try_advisory_xact_lock(hashtext('shabaka.usage'))")

# By the name a packet comes under: the address RADIUS hears a router at, or what a look at it is told as.
ROUTERS: Final = """(SELECT id, access_by, nas_address AS nas FROM router WHERE nas_address IS NOT NULL
                     UNION ALL SELECT id, access_by, 'api:' || id FROM router)"""


def _authenticates(session: str) -> str:
    """Who lets people in at a router counts them; what another says of it belongs to no grant, or it counted twice."""
    return f"({session}.source = 'api' OR r.access_by IS DISTINCT FROM 'api')"


# Packets of one name whose sessions began at two times are two sessions: the name was used again.
TAKE: Final = text("""
    CREATE TEMP TABLE taken ON COMMIT DROP AS
    WITH said AS (
      SELECT id, nas, packet, session, username, mac, address, at, session_s, up_bytes, down_bytes, cause, source,
             looked_at,
             coalesce(looked_at, at) - least(session_s, :session_s_max) * interval '1 second' AS began,
             CASE source WHEN 'api' THEN CAST(:slack_of_looks AS interval) ELSE :slack END AS slack
      FROM usage_inbox ORDER BY id LIMIT :most
    ),
    apart AS (
      SELECT *, (began - lag(began) OVER name > slack)::int AS gap FROM said
      WINDOW name AS (PARTITION BY nas, session, username ORDER BY began, id)
    )
    SELECT *, coalesce(sum(gap) OVER (PARTITION BY nas, session, username ORDER BY began, id), 0) AS part FROM apart
""")
GONE: Final = text("DELETE FROM usage_inbox i USING taken t WHERE i.id = t.id")
TAKEN: Final = text("SELECT nas, packet, session, username, at, session_s, up_bytes, down_bytes, source FROM taken")
# A table made this moment has no statistics, and a plan for a few rows takes minutes for thousands.
ANALYZE_TAKEN: Final = text("ANALYZE taken")
ONLINE: Final = text("""
    CREATE TEMP TABLE online ON COMMIT DROP AS
    SELECT heard.*, (SELECT s.id FROM usage_session s
                     WHERE s.nas = heard.nas AND s.session = heard.session AND s.username = heard.username
                       AND s.started_at BETWEEN heard.began - heard.slack AND heard.began + heard.slack
                     ORDER BY abs(extract(epoch FROM s.started_at - heard.began)), s.id LIMIT 1) AS session_id
    FROM (SELECT nas, session, username, part, min(began) AS began, max(at) AS heard_at,
                 max(at) FILTER (WHERE packet = 'stop') AS stopped_at,
                 coalesce(max(cause) FILTER (WHERE packet = 'stop'), '') AS cause,
                 max(mac) AS mac, max(address) AS address, max(source) AS source, max(looked_at) AS looked_at,
                 max(slack) AS slack
          FROM taken WHERE packet IN ('start', 'interim', 'stop') GROUP BY nas, session, username, part) heard
""")
ANALYZE_ONLINE: Final = text("ANALYZE online")
CLOSE_REPLACED: Final = text("""
    UPDATE usage_session s SET stopped_at = greatest(s.heard_at, s.started_at), cause = 'replaced'
    FROM online o
    WHERE o.session_id IS NULL AND s.stopped_at IS NULL AND s.started_at < o.began
      AND s.nas = o.nas AND s.session = o.session AND s.username = o.username
""")
# Of several that bear one name only the last may be open.
BEGIN_SESSIONS: Final = text(f"""
    WITH fresh AS (
      INSERT INTO usage_session (nas, session, username, router_id, grant_id, source, mac, address, started_at,
                                 heard_at, looked_at, stopped_at, cause)
      SELECT o.nas, o.session, o.username, r.id, g.id, o.source, o.mac, o.address, o.began, o.heard_at, o.looked_at,
             coalesce(o.stopped_at, CASE WHEN o.later THEN o.heard_at END),
             CASE WHEN o.stopped_at IS NULL AND o.later THEN 'replaced' ELSE o.cause END
      FROM (SELECT online.*,
                   lead(began) OVER (PARTITION BY nas, session, username ORDER BY began) IS NOT NULL
                   OR EXISTS (SELECT 1 FROM usage_session s
                              WHERE s.nas = online.nas AND s.session = online.session
                                AND s.username = online.username AND s.stopped_at IS NULL) AS later
            FROM online) o
      LEFT JOIN {ROUTERS} r ON r.nas = o.nas
      LEFT JOIN access_grant g ON g.username = o.username AND {_authenticates("o")}
      WHERE o.session_id IS NULL
      RETURNING id, nas, session, username, started_at
    )
    UPDATE online o SET session_id = f.id FROM fresh f
    WHERE o.nas = f.nas AND o.session = f.session AND o.username = f.username AND o.began = f.started_at
""")
# A session given up for lost that is heard of again goes on; one that ended stays so, however late its counters come.
HEAR_SESSIONS: Final = text(f"""
    UPDATE usage_session s
    SET started_at = least(s.started_at, o.began),
        mac = CASE s.mac WHEN '' THEN o.mac ELSE s.mac END,
        address = CASE o.address WHEN '' THEN s.address ELSE o.address END,
        router_id = coalesce(s.router_id, (SELECT id FROM {ROUTERS} r WHERE r.nas = s.nas)),
        grant_id = coalesce(s.grant_id, (SELECT g.id FROM access_grant g LEFT JOIN {ROUTERS} r ON r.nas = s.nas
                                         WHERE g.username = s.username AND {_authenticates("s")})),
        stopped_at = CASE WHEN o.stopped_at IS NOT NULL THEN o.stopped_at
                          WHEN s.cause IN ('lost', 'left') AND o.heard_at > s.stopped_at AND NOT EXISTS (
                            SELECT 1 FROM usage_session x WHERE x.nas = s.nas AND x.session = s.session
                              AND x.username = s.username AND x.stopped_at IS NULL) THEN NULL
                          ELSE s.stopped_at END,
        cause = CASE WHEN o.stopped_at IS NOT NULL THEN o.cause
                     WHEN s.cause IN ('lost', 'left') AND o.heard_at > s.stopped_at THEN ''
                     ELSE s.cause END
    FROM online o
    WHERE s.id = o.session_id
      AND (o.stopped_at IS NOT NULL OR s.cause IN ('lost', 'left') OR s.grant_id IS NULL OR s.started_at > o.began
           OR s.mac = '' AND o.mac <> '' OR o.address NOT IN ('', s.address))
""")
# A device that logs in again has left its session before, though nobody said so (its Stop was lost).
CLOSE_LEFT: Final = text("""
    UPDATE usage_session s SET stopped_at = greatest(s.heard_at, s.started_at), cause = 'replaced'
    FROM taken t
    WHERE t.packet = 'start' AND t.mac <> '' AND s.nas = t.nas AND s.username = t.username AND s.mac = t.mac
      AND s.session <> t.session AND s.stopped_at IS NULL AND s.started_at < t.at
""")
CLOSE_RESTARTED: Final = text("""
    UPDATE usage_session s SET stopped_at = greatest(s.heard_at, s.started_at), cause = 'NAS-Reboot'
    FROM taken t WHERE t.packet IN ('on', 'off') AND s.nas = t.nas AND s.stopped_at IS NULL AND s.started_at < t.at
""")
# The same counter at the same second of a session is the same packet, sent again.
FRESH: Final = text("""
    CREATE TEMP TABLE fresh ON COMMIT DROP AS
    SELECT DISTINCT ON (o.session_id, t.session_s, t.up_bytes, t.down_bytes)
           o.session_id, t.at, t.session_s, t.up_bytes, t.down_bytes
    FROM taken t JOIN online o USING (nas, session, username, part) JOIN usage_session s ON s.id = o.session_id
    WHERE t.packet <> 'start'
      AND (t.session_s > s.session_s OR NOT EXISTS (
             SELECT 1 FROM usage_sample x WHERE x.session_id = o.session_id AND x.session_s = t.session_s
               AND x.up_bytes = t.up_bytes AND x.down_bytes = t.down_bytes))
    ORDER BY o.session_id, t.session_s, t.up_bytes, t.down_bytes, t.id
""")
ANALYZE_FRESH: Final = text("ANALYZE fresh")
KEEP_SAMPLES: Final = text("""
    INSERT INTO usage_sample (at, session_id, session_s, up_bytes, down_bytes)
    SELECT at, session_id, session_s, up_bytes, down_bytes FROM fresh
""")
# A counter from before the newest one: the session is counted again from all of its own. Not where some of these are
# not kept any more: what is cumulative stands in the later ones.
REWORK: Final = text("""
    CREATE TEMP TABLE rework ON COMMIT DROP AS
    SELECT s.id AS session_id, s.started_at >= :kept_since AS possible
    FROM fresh f JOIN usage_session s ON s.id = f.session_id
    WHERE s.session_s > 0 OR s.up_total + s.down_total > 0
    GROUP BY s.id HAVING min(f.session_s) <= s.session_s
""")


def _step(counter: str) -> str:
    """What was used from one counter to the next.

    One that fell by more than half of 2^32 without ever having passed it has wrapped: equipment that sends no Gigawords
    counts in 32 bits (RFC 2869, 5.1). One that fell by less was set back, and counts from nothing; so was any that a
    look read, for those are `wide`.
    """
    wrapped = f"NOT wide AND before_{counter} < 4294967296 AND before_{counter} - {counter} > 2147483648"
    return f"""CASE WHEN {counter} >= before_{counter} THEN {counter} - before_{counter}
                    WHEN {wrapped} THEN {counter} + 4294967296 - before_{counter}
                    ELSE {counter} END"""


USED: Final = text(f"""
    CREATE TEMP TABLE used ON COMMIT DROP AS
    SELECT session_id, again, date_trunc('hour', at) AS hour,
           sum({_step("up")})::bigint AS up, sum({_step("down")})::bigint AS down
    FROM (
      SELECT session_id, again, wide, at, up, down,
             lag(up, 1, base_up) OVER counted AS before_up, lag(down, 1, base_down) OVER counted AS before_down
      FROM (SELECT f.session_id, false AS again, s.source = 'api' AS wide, f.at, f.session_s,
                   f.up_bytes AS up, f.down_bytes AS down,
                   s.up_bytes AS base_up, s.down_bytes AS base_down
            FROM fresh f JOIN usage_session s ON s.id = f.session_id
            WHERE f.session_id NOT IN (SELECT session_id FROM rework)
            UNION ALL
            SELECT x.session_id, true, s.source = 'api', x.at, x.session_s, x.up_bytes, x.down_bytes, 0, 0
            FROM usage_sample x JOIN rework w ON w.session_id = x.session_id AND w.possible
            JOIN usage_session s ON s.id = x.session_id) every
      WINDOW counted AS (PARTITION BY session_id ORDER BY session_s, up, down)
    ) steps
    GROUP BY session_id, again, date_trunc('hour', at)
""")
MOVED: Final = text("""
    CREATE TEMP TABLE moved ON COMMIT DROP AS
    SELECT session_id, hour, sum(up)::bigint AS up, sum(down)::bigint AS down
    FROM (SELECT session_id, hour, up, down FROM used
          UNION ALL
          SELECT h.session_id, h.hour, -h.up_bytes, -h.down_bytes
          FROM usage_hour h JOIN rework w ON w.session_id = h.session_id AND w.possible) both_sides
    GROUP BY session_id, hour HAVING sum(up) <> 0 OR sum(down) <> 0
""")
ANALYZE_MOVED: Final = text("ANALYZE used, moved")
ANALYZE_STANDING: Final = text("ANALYZE standing")
FORGET_HOURS: Final = text("""
    DELETE FROM usage_hour h USING rework w WHERE h.session_id = w.session_id AND w.possible
""")
ADD_HOURS: Final = text("""
    INSERT INTO usage_hour AS h (session_id, hour, up_bytes, down_bytes)
    SELECT session_id, hour, up, down FROM used WHERE up + down > 0
    ON CONFLICT (session_id, hour)
    DO UPDATE SET up_bytes = h.up_bytes + excluded.up_bytes, down_bytes = h.down_bytes + excluded.down_bytes
""")
STANDING: Final = text("""
    CREATE TEMP TABLE standing ON COMMIT DROP AS
    SELECT o.session_id, o.heard_at, o.looked_at, last.session_s, last.up_bytes, last.down_bytes,
           coalesce(m.up, 0) AS up, coalesce(m.down, 0) AS down
    FROM (SELECT session_id, max(heard_at) AS heard_at, max(looked_at) AS looked_at FROM online
          GROUP BY session_id) o
    LEFT JOIN (SELECT DISTINCT ON (session_id) session_id, session_s, up_bytes, down_bytes FROM fresh
               ORDER BY session_id, session_s DESC, up_bytes DESC, down_bytes DESC) last USING (session_id)
    LEFT JOIN (SELECT session_id, sum(up)::bigint AS up, sum(down)::bigint AS down FROM moved GROUP BY session_id) m
           USING (session_id)
""")
_NEWER: Final = "(n.session_s, n.up_bytes, n.down_bytes) > (s.session_s, s.up_bytes, s.down_bytes)"
STAND: Final = text(f"""
    UPDATE usage_session s
    SET heard_at = greatest(s.heard_at, n.heard_at), looked_at = greatest(s.looked_at, n.looked_at),
        session_s = CASE WHEN {_NEWER} THEN n.session_s ELSE s.session_s END,
        up_bytes = CASE WHEN {_NEWER} THEN n.up_bytes ELSE s.up_bytes END,
        down_bytes = CASE WHEN {_NEWER} THEN n.down_bytes ELSE s.down_bytes END,
        up_total = s.up_total + n.up, down_total = s.down_total + n.down
    FROM standing n WHERE s.id = n.session_id
""")
# Grants in their order, as whoever records a visit to a router takes them.
LOCK_GRANTS: Final = text("""
    SELECT g.id FROM access_grant g
    WHERE g.id IN (SELECT s.grant_id FROM online o JOIN usage_session s ON s.id = o.session_id
                   UNION ALL SELECT c.id FROM taken t JOIN access_grant c ON c.username = t.username
                             WHERE t.packet = 'credit')
    ORDER BY g.id FOR NO KEY UPDATE
""")
DAYS: Final = text("""
    CREATE TEMP TABLE days ON COMMIT DROP AS
    SELECT s.grant_id, (m.hour AT TIME ZONE 'Africa/Juba')::date AS day, sum(m.up + m.down)::bigint AS bytes
    FROM moved m JOIN usage_session s ON s.id = m.session_id
    WHERE s.grant_id IS NOT NULL GROUP BY 1, 2 HAVING sum(m.up + m.down) <> 0
""")
LESS_ON_DAYS: Final = text("""
    UPDATE grant_usage u SET used_bytes = u.used_bytes + d.bytes
    FROM days d WHERE d.bytes < 0 AND u.grant_id = d.grant_id AND u.day = d.day AND u.used_bytes + d.bytes > 0
""")
NOTHING_ON_DAYS: Final = text("""
    DELETE FROM grant_usage u USING days d
    WHERE d.bytes < 0 AND u.grant_id = d.grant_id AND u.day = d.day AND u.used_bytes = -d.bytes
""")
ADD_DAYS: Final = text("""
    INSERT INTO grant_usage AS u (grant_id, day, used_bytes)
    SELECT grant_id, day, bytes FROM days WHERE bytes > 0
    ON CONFLICT (grant_id, day) DO UPDATE SET used_bytes = u.used_bytes + excluded.used_bytes
""")
ADD_TO_GRANTS: Final = text("""
    UPDATE access_grant g SET used_bytes = g.used_bytes + d.bytes
    FROM (SELECT grant_id, sum(bytes) AS bytes FROM days GROUP BY grant_id) d WHERE g.id = d.grant_id
""")
BEGUN: Final = text("""
    SELECT g.id, min(s.started_at) AS began FROM online o JOIN usage_session s ON s.id = o.session_id
    JOIN access_grant g ON g.id = s.grant_id AND g.status = 'waiting' GROUP BY g.id ORDER BY g.id
""")
