"""What the RADIUS server asks of the database and tells it, as functions. SQL of migration 0007.

A log-in costs one of them, an interim another. They are PL/pgSQL because its plans are kept by the connection: the
server sends text, and to plan it anew would cost more than to run it. All numbers of accounting come as text: whatever
a packet holds, it is kept. They run as their owner, so that the role of the RADIUS server needs no right but to call
them (`deploy/freeradius/role.sql`).
"""

from __future__ import annotations

from typing import Final

INTERIM_S: Final = 300
SILENT_INTERIMS_MAX: Final = 3  # who was not heard for so many is offline, whatever no Stop said
IDLE_S: Final = 900  # at a hotspot; a device that left without a word frees its place
# Wrong passwords and unknown names in a window. A device that asks more is not looked up until the window is over;
# the limit of a whole router is far above what mistyping makes, and bounds the table.
GUESS_WINDOW_S: Final = 600
GUESSES_DEVICE_MAX: Final = 10
GUESSES_NAS_MAX: Final = 3000
DELAY_S_MAX: Final = 24 * 3600
SESSION_S_MAX: Final = 10 * 365 * 24 * 3600
OCTETS_MAX: Final = 2**32 - 1
GIGAWORDS_MAX: Final = 2**20 - 1  # 4.5 exabytes

_SAFE: Final = "SECURITY DEFINER SET search_path = public, pg_temp"
_USABLE: Final = """g.status IN ('waiting', 'running') AND (g.ends_at IS NULL OR g.ends_at > at)
          AND (g.data_bytes IS NULL OR g.used_bytes < g.data_bytes)"""

VALUES: Final = (
    # The same as core.sealing.RadiusSeal: nonce (16), the beginning of the keystream (4), the hidden text.
    """
    CREATE FUNCTION radius_open(sealed bytea) RETURNS text LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
    DECLARE
      size integer := length(sealed) - 20;
      clear bytea := substr(sealed, 21);
      stream bytea;
      key text;
    BEGIN
      IF sealed IS NULL THEN
        RETURN NULL;
      END IF;
      FOREACH key IN ARRAY string_to_array(coalesce(current_setting('shabaka.radius_key', true), ''), ',') LOOP
        stream := sha256(decode(key, 'hex') || substr(sealed, 1, 16) || int4send(0));
        CONTINUE WHEN size < 1 OR substr(stream, 1, 4) <> substr(sealed, 17, 4);
        FOR number IN 1 .. (size + 3) / 32 LOOP
          stream := stream || sha256(decode(key, 'hex') || substr(sealed, 1, 16) || int4send(number));
        END LOOP;
        FOR i IN 0 .. size - 1 LOOP
          clear := set_byte(clear, i, get_byte(clear, i) # get_byte(stream, i + 4));
        END LOOP;
        RETURN convert_from(clear, 'UTF8');
      END LOOP;
      RAISE EXCEPTION 'no key in shabaka.radius_key opens this secret';
    END $$
    """,
    # Digits, at most `most`; anything else is nothing.
    """
    CREATE FUNCTION radius_count(said text, most bigint) RETURNS bigint LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
    BEGIN
      IF said IS NULL OR said !~ '^[0-9]+$' THEN
        RETURN 0;
      END IF;
      RETURN CASE WHEN length(said) <= 18 THEN least(said::bigint, most) ELSE most END;
    END $$
    """,
    # One way of writing a MAC address, whatever equipment writes; what is none is kept as it is.
    """
    CREATE FUNCTION radius_mac(said text) RETURNS text LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
    DECLARE
      h text := upper(translate(said, ':-. ', ''));
    BEGIN
      IF h ~ '^[0-9A-F]{12}$' THEN
        RETURN substr(h, 1, 2) || ':' || substr(h, 3, 2) || ':' || substr(h, 5, 2) || ':' || substr(h, 7, 2) || ':'
          || substr(h, 9, 2) || ':' || substr(h, 11, 2);
      END IF;
      RETURN left(coalesce(said, ''), 40);
    END $$
    """,
)

LOGIN: Final = (
    # Guesses by this device or at this router are over the limit, and the window is still open.
    f"""
    CREATE FUNCTION radius_is_guessing(asks text, device text, at timestamptz) RETURNS boolean
    LANGUAGE plpgsql STABLE AS $$
    BEGIN
      RETURN EXISTS (SELECT 1 FROM radius_guess t WHERE t.nas = asks AND t.mac IN ('', device)
                     AND t.began_at > at - interval '{GUESS_WINDOW_S} seconds'
                     AND t.failures >= CASE t.mac WHEN '' THEN {GUESSES_NAS_MAX} ELSE {GUESSES_DEVICE_MAX} END);
    END $$
    """,
    # What to check a log-in against and what to tell it: a row, if there is leave to be online at the very router that
    # asks. Bandwidths twice: RouterOS reads its own words, client's upload first, others bit/s (WISPr). A limit of
    # bytes is two numbers of 32 bits; nothing is zero, which the server does not pass on. A device that comes again
    # without having said good-bye is not counted twice.
    f"""
    CREATE FUNCTION radius_login(who text, asks text, device text, at timestamptz DEFAULT now())
    RETURNS TABLE (password text, waits integer, is_full integer, rate text, up_bps bigint, down_bps bigint,
                   left_s bigint, left_octets bigint, left_gigawords bigint, idle_s integer, interim_s integer,
                   devices integer, class text)
    LANGUAGE plpgsql STABLE {_SAFE} AS $$
    DECLARE
      mac_ text := radius_mac(device);
    BEGIN
      IF radius_is_guessing(asks, mac_, at) THEN
        RETURN;
      END IF;
      RETURN QUERY SELECT
          radius_open(g.radius_sealed),
          CASE g.status WHEN 'waiting' THEN 1 ELSE 0 END,
          CASE WHEN g.devices_max <= (
            SELECT count(*) FROM usage_session s WHERE s.grant_id = g.id AND s.stopped_at IS NULL
              AND s.heard_at > at - interval '{SILENT_INTERIMS_MAX * INTERIM_S} seconds'
              AND NOT (s.nas = asks AND s.mac = mac_)) THEN 1 ELSE 0 END,
          radius_rate(g.up_kbps, g.down_kbps, g.burst_up_kbps, g.burst_down_kbps),
          g.up_kbps::bigint * 1000,
          g.down_kbps::bigint * 1000,
          coalesce(ceil(extract(epoch FROM g.ends_at - at))::bigint, g.duration_s, 0),
          coalesce((g.data_bytes - g.used_bytes) & {OCTETS_MAX}, 0),
          coalesce((g.data_bytes - g.used_bytes) >> 32, 0),
          CASE g.service WHEN 'hotspot' THEN {IDLE_S} ELSE 0 END,
          {INTERIM_S},
          g.devices_max,
          'grant ' || g.id
        FROM access_grant g JOIN router r ON r.id = g.router_id
        WHERE g.username = who AND r.nas_address = asks AND {_USABLE} AND g.radius_sealed IS NOT NULL;
    END $$
    """,
    """
    CREATE FUNCTION radius_rate(up integer, down integer, burst_up integer, burst_down integer) RETURNS text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
    BEGIN
      RETURN up || 'k/' || down || 'k' || coalesce(' ' || burst_up || 'k/' || burst_down || 'k', '');
    END $$
    """,
    # The first use of a grant starts its clock, once: the same as core.access.first_use.
    f"""
    CREATE FUNCTION radius_begun(who text, asks text, at timestamptz DEFAULT now()) RETURNS text
    LANGUAGE plpgsql {_SAFE} AS $$
    BEGIN
      UPDATE access_grant g SET status = 'running', first_used_at = greatest(at, g.granted_at),
          ends_at = greatest(at, g.granted_at) + g.duration_s * interval '1 second'
        FROM router r WHERE g.username = who AND g.status = 'waiting' AND r.id = g.router_id AND r.nas_address = asks;
      RETURN 'kept';
    END $$
    """,
    # A log-in failed. Whose time is over, and whose device only tries again, guesses nothing.
    f"""
    CREATE FUNCTION radius_refused(who text, asks text, device text, at timestamptz DEFAULT now()) RETURNS text
    LANGUAGE plpgsql {_SAFE} AS $$
    DECLARE
      mac_ text := radius_mac(device);
      asks_ text := left(asks, 200);
    BEGIN
      PERFORM 1 FROM access_grant g JOIN router r ON r.id = g.router_id
        WHERE g.username = who AND r.nas_address = asks AND NOT ({_USABLE});
      IF FOUND OR radius_is_guessing(asks_, mac_, at) THEN
        RETURN 'let be';
      END IF;
      PERFORM set_config('synchronous_commit', 'off', true);  -- a count lost with the power is no loss
      INSERT INTO radius_guess AS t (nas, mac, began_at, failures)
        SELECT asks_, m, at, 1 FROM unnest(CASE mac_ WHEN '' THEN ARRAY[''] ELSE ARRAY['', mac_] END) AS m ORDER BY m
        ON CONFLICT (nas, mac) DO UPDATE SET
          failures = CASE WHEN t.began_at > at - interval '{GUESS_WINDOW_S} seconds' THEN t.failures + 1 ELSE 1 END,
          began_at = CASE WHEN t.began_at > at - interval '{GUESS_WINDOW_S} seconds' THEN t.began_at ELSE at END;
      RETURN 'kept';
    END $$
    """,
    # The shared secret of whoever sends from an address; nothing for a stranger.
    f"""
    CREATE FUNCTION radius_client(asks text) RETURNS text LANGUAGE plpgsql STABLE {_SAFE} AS $$
    BEGIN
      RETURN (SELECT radius_open(r.radius_secret) FROM router r WHERE r.nas_address = asks);
    END $$
    """,
)

ACCOUNTING: Final = (
    # One packet, one row for the writer of usage. Sessions are opened and closed at once as well: how many devices are
    # on counts now. Nothing a packet holds makes it fail.
    f"""
    CREATE FUNCTION radius_account(
      asks text, packet_ text, session_ text, who text, device text, address_ text, session_s_ text,
      in_octets text, in_gigawords text, out_octets text, out_gigawords text, delay_s text, cause_ text,
      heard timestamptz DEFAULT now()
    ) RETURNS text LANGUAGE plpgsql {_SAFE} AS $$
    DECLARE
      kind text := CASE lower(packet_) WHEN 'start' THEN 'start' WHEN 'stop' THEN 'stop' WHEN 'accounting-on' THEN 'on'
                     WHEN 'on' THEN 'on' WHEN 'accounting-off' THEN 'off' WHEN 'off' THEN 'off' ELSE 'interim' END;
      happened timestamptz := heard - radius_count(delay_s, {DELAY_S_MAX}) * interval '1 second';
      lasted bigint := radius_count(session_s_, {SESSION_S_MAX});
      mac_ text := radius_mac(device);
    BEGIN
      asks := left(coalesce(asks, ''), 200);
      session_ := left(coalesce(session_, ''), 200);
      who := left(coalesce(who, ''), 200);
      address_ := left(coalesce(address_, ''), 40);
      cause_ := left(coalesce(cause_, ''), 40);
      INSERT INTO usage_inbox (heard_at, at, nas, packet, session, username, mac, address, session_s, up_bytes,
                               down_bytes, cause, source)
        VALUES (heard, happened, asks, kind, session_, who, mac_, address_, lasted,
                (radius_count(in_gigawords, {GIGAWORDS_MAX}) << 32) + radius_count(in_octets, {OCTETS_MAX}),
                (radius_count(out_gigawords, {GIGAWORDS_MAX}) << 32) + radius_count(out_octets, {OCTETS_MAX}),
                cause_, 'radius');
      IF kind = 'start' THEN
        PERFORM radius_started(asks, session_, who, mac_, address_, happened, heard);
      ELSIF kind = 'stop' THEN
        PERFORM radius_stopped(asks, session_, who, mac_, address_, happened, heard, lasted, cause_);
      ELSIF kind IN ('on', 'off') THEN
        -- In the order of ids, as anybody locks many. What began since is not meant.
        PERFORM 1 FROM usage_session s WHERE s.nas = asks AND s.stopped_at IS NULL AND s.started_at <= happened
          AND s.source = 'radius' ORDER BY s.id FOR NO KEY UPDATE;
        UPDATE usage_session s SET stopped_at = happened, cause = 'NAS-Reboot' WHERE s.nas = asks
          AND s.stopped_at IS NULL AND s.started_at <= happened AND s.source = 'radius';
      END IF;
      RETURN 'kept';
    END $$
    """,
    # A session begins. Routers use a session's name twice: one of that name that ended is another. A device that is
    # back without having said good-bye has left its older session.
    """
    CREATE FUNCTION radius_started(asks text, session_ text, who text, mac_ text, address_ text,
                                   happened timestamptz, heard timestamptz) RETURNS void LANGUAGE plpgsql AS $$
    DECLARE
      place_ record;
      near interval := '10 minutes'; -- as the writer of usage tells two sessions of one name apart
    BEGIN
      SELECT r.id AS router_id, g.id AS grant_id, g.status INTO place_
        FROM router r LEFT JOIN access_grant g ON g.router_id = r.id AND g.username = who WHERE r.nas_address = asks;
      -- The packet once more, after the session has ended: nothing begins.
      PERFORM 1 FROM usage_session s WHERE s.nas = asks AND s.session = session_ AND s.username = who
        AND s.stopped_at >= happened AND s.started_at BETWEEN happened - near AND happened + near;
      IF FOUND THEN
        RETURN;
      END IF;
      UPDATE usage_session s SET stopped_at = greatest(s.heard_at, s.started_at), cause = 'replaced'
        WHERE s.nas = asks AND s.session = session_ AND s.username = who AND s.stopped_at IS NULL
          AND s.started_at < happened - near;
      INSERT INTO usage_session AS s (nas, session, username, router_id, grant_id, source, mac, address, started_at,
                                      heard_at, cause)
        VALUES (asks, session_, who, place_.router_id, place_.grant_id, 'radius', mac_, address_, happened, heard, '')
        ON CONFLICT (nas, session, username) WHERE stopped_at IS NULL DO UPDATE SET
          heard_at = greatest(s.heard_at, heard), mac = mac_, address = address_,
          router_id = coalesce(s.router_id, place_.router_id), grant_id = coalesce(s.grant_id, place_.grant_id);
      IF place_.status = 'waiting' THEN
        PERFORM radius_begun(who, asks, happened);
      END IF;
      IF place_.grant_id IS NOT NULL AND mac_ <> '' THEN
        UPDATE usage_session s SET stopped_at = greatest(s.heard_at, s.started_at), cause = 'replaced'
          WHERE s.grant_id = place_.grant_id AND s.stopped_at IS NULL AND s.nas = asks AND s.mac = mac_
            AND s.session <> session_ AND s.started_at < happened;
      END IF;
    END $$
    """,
    # A session ends, once. Whoever was never heard to begin has begun as long ago as it lasted.
    """
    CREATE FUNCTION radius_stopped(asks text, session_ text, who text, mac_ text, address_ text,
                                   happened timestamptz, heard timestamptz, lasted bigint, cause_ text) RETURNS void
    LANGUAGE plpgsql AS $$
    DECLARE
      place_ record;
      began timestamptz := happened - lasted * interval '1 second';
    BEGIN
      UPDATE usage_session s SET stopped_at = happened, cause = cause_, heard_at = greatest(s.heard_at, heard)
        WHERE s.nas = asks AND s.session = session_ AND s.username = who AND s.stopped_at IS NULL;
      IF FOUND THEN
        RETURN;
      END IF;
      PERFORM 1 FROM usage_session s WHERE s.nas = asks AND s.session = session_ AND s.username = who
        AND s.started_at BETWEEN began - interval '10 minutes' AND began + interval '10 minutes';
      IF FOUND THEN
        RETURN;
      END IF;
      SELECT r.id AS router_id, g.id AS grant_id INTO place_
        FROM router r LEFT JOIN access_grant g ON g.router_id = r.id AND g.username = who WHERE r.nas_address = asks;
      INSERT INTO usage_session (nas, session, username, router_id, grant_id, source, mac, address, started_at,
                                 heard_at, stopped_at, cause)
        VALUES (asks, session_, who, place_.router_id, place_.grant_id, 'radius', mac_, address_,
                began, heard, happened, cause_);
    END $$
    """,
)
# What the role of the RADIUS server may call; nobody else may, unless they own it.
CALLED: Final = (
    "radius_client(text)",
    "radius_login(text, text, text, timestamptz)",
    "radius_begun(text, text, timestamptz)",
    "radius_refused(text, text, text, timestamptz)",
    "radius_account(text, text, text, text, text, text, text, text, text, text, text, text, text, timestamptz)",
)
RADIUS: Final = (
    *VALUES,
    *LOGIN,
    *ACCOUNTING,
    *(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC" for function in CALLED),
)
