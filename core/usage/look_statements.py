"""The SQL of folding what looks at routers found, beside that of all sessions (`fold_statements`). In its order.

A router credits its user with a session when it ends, and with all of it. What the looks saw of that session is counted
by then; what they did not see is the growth of the credit less what they had seen of the sessions that ended since the
credit before. A power cut takes sessions uncredited: then that is less than nothing, and nothing. All is by the
router's own time, in which each look has its place whenever it is heard of and whatever our clock did.

`concerned` are the users whose credits are to be gone through, `unseen` what these come to, `moved` as before.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import text

from core.usage.fold_statements import ROUTERS
from core.usage.models import UNSEEN

ANY_LOOKS: Final = text("SELECT EXISTS (SELECT 1 FROM taken WHERE source = 'api')")
BEGIN_UNSEEN: Final = text(f"""
    INSERT INTO usage_session (nas, session, username, router_id, grant_id, source, mac, address, started_at, heard_at,
                               stopped_at, cause)
    SELECT t.nas, '{UNSEEN}', t.username, r.id, g.id, 'api', '', '', min(t.looked_at), min(t.at), min(t.at), ''
    FROM taken t JOIN access_grant g ON g.username = t.username LEFT JOIN {ROUTERS} r ON r.nas = t.nas
    WHERE t.packet = 'credit' AND NOT EXISTS (
      SELECT 1 FROM usage_session s WHERE s.nas = t.nas AND s.session = '{UNSEEN}' AND s.username = t.username)
    GROUP BY t.nas, t.username, r.id, g.id
""")
ANALYZE_CONCERNED: Final = text("ANALYZE concerned")
# Older than what is kept of the credits, one could not be held against the one before it.
KEEP_CREDITS: Final = text(f"""
    INSERT INTO usage_credit (session_id, looked_at, at, up_bytes, down_bytes)
    SELECT s.id, t.looked_at, t.at, t.up_bytes, t.down_bytes
    FROM taken t JOIN usage_session s ON s.nas = t.nas AND s.session = '{UNSEEN}' AND s.username = t.username
    WHERE t.packet = 'credit' AND t.at >= :kept_since
    ON CONFLICT (session_id, looked_at) DO NOTHING
""")
# A new credit changes what the next came to; a session heard of from before the newest one, any since it began.
CONCERNED: Final = text(f"""
    CREATE TEMP TABLE concerned ON COMMIT DROP AS
    SELECT session_id, grant_id, nas, min(since) AS since
    FROM (SELECT s.id AS session_id, s.grant_id, s.nas, t.looked_at AS since
          FROM taken t JOIN usage_session s ON s.nas = t.nas AND s.session = '{UNSEEN}' AND s.username = t.username
          WHERE t.packet = 'credit'
          UNION ALL
          SELECT u.id, u.grant_id, u.nas, s.started_at
          FROM online o JOIN usage_session s ON s.id = o.session_id
          JOIN usage_session u ON u.nas = o.nas AND u.session = '{UNSEEN}' AND u.username = o.username
          JOIN taken t ON t.nas = o.nas AND t.session = o.session AND t.username = o.username AND t.part = o.part
          WHERE t.packet = 'interim' AND t.source = 'api'
            AND t.looked_at <= (SELECT max(c.looked_at) FROM usage_credit c WHERE c.session_id = u.id)) reasons
    GROUP BY session_id, grant_id, nas
""")
UNSEEN_USE: Final = text(f"""
    CREATE TEMP TABLE unseen ON COMMIT DROP AS
    SELECT c.session_id, c.looked_at, date_trunc('hour', c.at) AS hour, c.was_up, c.was_down,
           least(greatest(0, c.up - seen.up), rest)::bigint AS up,
           (rest - least(greatest(0, c.up - seen.up), rest))::bigint AS down
    FROM (SELECT session_id, grant_id, nas, since, looked_at, at, was_up, was_down,
                 lag(looked_at, 1, '-infinity') OVER credits AS before,
                 up_bytes - CASE WHEN fell THEN 0 ELSE coalesce(before_up, 0) END AS up,
                 down_bytes - CASE WHEN fell THEN 0 ELSE coalesce(before_down, 0) END AS down
          FROM (SELECT k.session_id, k.grant_id, k.nas, k.since, c.looked_at, c.at, c.up_bytes, c.down_bytes,
                       c.unseen_up AS was_up, c.unseen_down AS was_down,
                       lag(c.up_bytes) OVER credits AS before_up, lag(c.down_bytes) OVER credits AS before_down,
                       -- The user was made anew, or its counters were set back: both count from nothing.
                       c.up_bytes + c.down_bytes < lag(c.up_bytes + c.down_bytes) OVER credits AS fell
                FROM concerned k JOIN usage_credit c ON c.session_id = k.session_id
                WINDOW credits AS (PARTITION BY k.session_id ORDER BY c.looked_at)) steps
          WINDOW credits AS (PARTITION BY session_id ORDER BY looked_at)) c
    CROSS JOIN LATERAL (
      SELECT coalesce(sum(s.up_bytes), 0) AS up, coalesce(sum(s.down_bytes), 0) AS down FROM usage_session s
      WHERE s.grant_id = c.grant_id AND s.nas = c.nas AND s.session <> '{UNSEEN}'
        AND s.looked_at >= c.before AND s.looked_at < c.looked_at) seen
    CROSS JOIN LATERAL (SELECT greatest(0, c.up + c.down - seen.up - seen.down) AS rest) both_ways
    WHERE c.looked_at >= c.since AND c.at >= :kept_since
""")
MOVE_UNSEEN: Final = text("""
    INSERT INTO moved (session_id, hour, up, down)
    SELECT session_id, hour, sum(up - was_up), sum(down - was_down) FROM unseen
    GROUP BY session_id, hour HAVING sum(up - was_up) <> 0 OR sum(down - was_down) <> 0
""")
NOTE_UNSEEN: Final = text("""
    UPDATE usage_credit c SET unseen_up = u.up, unseen_down = u.down FROM unseen u
    WHERE c.session_id = u.session_id AND c.looked_at = u.looked_at AND (u.up <> u.was_up OR u.down <> u.was_down)
""")
FORGET_UNSEEN_HOURS: Final = text("""
    DELETE FROM usage_hour h USING unseen u WHERE h.session_id = u.session_id AND h.hour = u.hour
""")
ADD_UNSEEN_HOURS: Final = text("""
    INSERT INTO usage_hour (session_id, hour, up_bytes, down_bytes)
    SELECT c.session_id, date_trunc('hour', c.at), sum(c.unseen_up), sum(c.unseen_down)
    FROM usage_credit c
    WHERE (c.session_id, date_trunc('hour', c.at)) IN (SELECT session_id, hour FROM unseen)
    GROUP BY 1, 2 HAVING sum(c.unseen_up + c.unseen_down) > 0
""")
STAND_UNSEEN: Final = text("""
    UPDATE usage_session s
    SET heard_at = greatest(s.heard_at, last.at), stopped_at = greatest(s.heard_at, last.at),
        looked_at = last.looked_at, up_bytes = last.up_bytes, down_bytes = last.down_bytes,
        up_total = s.up_total + of_all.up, down_total = s.down_total + of_all.down
    FROM (SELECT session_id, sum(up - was_up) AS up, sum(down - was_down) AS down FROM unseen GROUP BY 1) of_all,
    LATERAL (SELECT * FROM usage_credit c WHERE c.session_id = of_all.session_id ORDER BY looked_at DESC LIMIT 1) last
    WHERE s.id = of_all.session_id
""")
# Looks come every half minute, and what is kept is as dense as what RADIUS tells: of five minutes the last counter. An
# hour begins with five of them, so what is kept comes to the same hours.
THIN: Final = text("""
    DELETE FROM usage_sample x
    USING (SELECT f.session_id, date_bin('5 minutes', f.at, 'epoch') AS since, max(f.session_s) AS session_s
           FROM fresh f JOIN usage_session s ON s.id = f.session_id WHERE s.source = 'api' GROUP BY 1, 2) slot
    WHERE x.session_id = slot.session_id AND x.at >= slot.since AND x.at < slot.since + interval '5 minutes'
      AND x.session_s < slot.session_s
""")
# Whom the newest look did not find has left.
CLOSE_ABSENT: Final = text("""
    UPDATE usage_session s SET stopped_at = greatest(s.heard_at, s.started_at), cause = 'left'
    FROM (SELECT nas, max(looked_at) AS looked_at FROM taken WHERE packet = 'call' GROUP BY nas) t
    WHERE s.nas = t.nas AND s.source = 'api' AND s.stopped_at IS NULL AND s.looked_at < t.looked_at
""")
# Of data that was bought, what the router itself still counts: what it credited, and what it will. The rest of what was
# used it has forgotten.
READINGS: Final = text(f"""
    UPDATE access_grant g SET reading_bytes = r.bytes
    FROM (SELECT u.id, coalesce(sum(s.up_bytes + s.down_bytes), 0)::bigint AS bytes
          FROM access_grant u JOIN usage_session s ON s.grant_id = u.id AND s.source = 'api'
          LEFT JOIN usage_session c ON c.nas = s.nas AND c.session = '{UNSEEN}' AND c.username = s.username
          WHERE u.data_bytes IS NOT NULL AND (c.id IS NULL OR s.id = c.id OR s.looked_at >= c.looked_at)
            AND u.username IN (SELECT username FROM taken WHERE source = 'api')
          GROUP BY u.id) r
    WHERE g.id = r.id AND g.reading_bytes <> r.bytes
""")
