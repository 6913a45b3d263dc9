"""Who authenticates counts, and what the older counting of router looks leaves to the one writer. SQL of 0014."""

from __future__ import annotations

from typing import Final

from core.db.migrations.guards_0007_radius import ACCOUNTING

_BY_NAME: Final = "LEFT JOIN access_grant g ON g.router_id = r.id AND g.username = who WHERE"
_BY_NAME_WHERE_RADIUS: Final = (
    "LEFT JOIN access_grant g ON g.router_id = r.id AND g.username = who AND r.access_by = 'radius' WHERE"
)
# What a router says by RADIUS of people it lets in itself is kept, and belongs to no grant: the looks at it count them.
SESSIONS_OF_RADIUS: Final = tuple(
    function.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION").replace(_BY_NAME, _BY_NAME_WHERE_RADIUS)
    for function in ACCOUNTING
    if _BY_NAME in function
)
FORGOTTEN: Final = """
    UPDATE placement p SET forgotten_bytes = g.used_bytes - g.reading_bytes
    FROM access_grant g JOIN router r ON r.id = g.router_id
    WHERE g.id = p.grant_id AND r.access_by = 'api' AND g.data_bytes IS NOT NULL AND g.used_bytes > g.reading_bytes
"""
# Sessions that run are counted by session from now on, each from its beginning: what was counted of them is taken back.
# It is half a minute until the first look; a line that ends before it, and a power cut, are in the customer's favour.
_RUNNING: Final = """
    SELECT g.id, least(g.used_bytes, g.reading_bytes - g.credited_bytes) AS bytes
    FROM access_grant g JOIN router r ON r.id = g.router_id
    WHERE r.access_by = 'api' AND g.status = 'running' AND g.reading_bytes > g.credited_bytes
"""
LAST_DAYS: Final = f"""
    WITH less AS ({_RUNNING}), last AS (
      SELECT u.grant_id, max(u.day) AS day FROM grant_usage u JOIN less ON less.id = u.grant_id GROUP BY 1)
    UPDATE grant_usage u SET used_bytes = u.used_bytes - less.bytes
    FROM last JOIN less ON less.id = last.grant_id
    WHERE u.grant_id = last.grant_id AND u.day = last.day AND u.used_bytes > less.bytes
"""
LESS_USED: Final = f"""
    UPDATE access_grant g SET used_bytes = g.used_bytes - less.bytes, reading_bytes = g.credited_bytes
    FROM ({_RUNNING}) less WHERE less.id = g.id
"""
# Credits so far are counted, and stay so when a session that runs is heard of again: the next are held against them.
# Which way the bytes went was not kept.
UNSEEN: Final = """
    INSERT INTO usage_session (nas, session, username, router_id, grant_id, source, mac, address, started_at, heard_at,
                               looked_at, stopped_at, cause, down_bytes)
    SELECT 'api:' || r.id, 'between looks', g.username, r.id, g.id, 'api', '', '', r.last_seen_at, r.last_seen_at,
           r.last_seen_at, r.last_seen_at, '', g.credited_bytes
    FROM access_grant g JOIN router r ON r.id = g.router_id
    WHERE r.access_by = 'api' AND r.last_seen_at IS NOT NULL AND g.credited_bytes > 0
"""
CREDITS: Final = """
    INSERT INTO usage_credit (session_id, looked_at, at, up_bytes, down_bytes, unseen_up, unseen_down)
    SELECT id, looked_at, heard_at, 0, down_bytes, 0, down_bytes FROM usage_session WHERE session = 'between looks'
"""
COUNTED_SO_FAR: Final = (FORGOTTEN, LAST_DAYS, LESS_USED, UNSEEN, CREDITS)
