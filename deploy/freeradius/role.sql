-- The role FreeRADIUS connects as: it may call what a RADIUS server needs, and read or write no table.
--   sudo -u postgres psql shabaka -f deploy/freeradius/role.sql
-- With `local all shabaka_radius trust` replaced by your own rule in pg_hba.conf: peer with a map from freerad, or a
-- password set by \password shabaka_radius.
CREATE ROLE shabaka_radius LOGIN;
GRANT USAGE ON SCHEMA public TO shabaka_radius;
GRANT EXECUTE ON FUNCTION radius_client(text) TO shabaka_radius;
GRANT EXECUTE ON FUNCTION radius_login(text, text, text, timestamptz) TO shabaka_radius;
GRANT EXECUTE ON FUNCTION radius_begun(text, text, timestamptz) TO shabaka_radius;
GRANT EXECUTE ON FUNCTION radius_refused(text, text, text, timestamptz) TO shabaka_radius;
GRANT EXECUTE ON FUNCTION radius_account(text, text, text, text, text, text, text, text, text, text, text, text, text, timestamptz) TO shabaka_radius;
