-- The role FreeRADIUS connects as: it may call what a RADIUS server needs, and read or write no table. Run it after
-- every release that migrates the database:
--   sudo -u postgres psql shabaka -f deploy/freeradius/role.sql
DO $$ BEGIN
  IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'shabaka_radius') THEN
    CREATE ROLE shabaka_radius LOGIN;
  END IF;
END $$;
GRANT USAGE ON SCHEMA public TO shabaka_radius;
GRANT EXECUTE ON FUNCTION radius_client(text) TO shabaka_radius;
GRANT EXECUTE ON FUNCTION radius_login(text, text, text, timestamptz) TO shabaka_radius;
GRANT EXECUTE ON FUNCTION radius_begun(text, text, timestamptz) TO shabaka_radius;
GRANT EXECUTE ON FUNCTION radius_refused(text, text, text, timestamptz) TO shabaka_radius;
GRANT EXECUTE ON FUNCTION
  radius_account(text, text, text, text, text, text, text, text, text, text, text, text, text, timestamptz)
  TO shabaka_radius;
