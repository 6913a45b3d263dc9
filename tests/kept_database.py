"""One database a test process, as new before every story: emptying is twenty times cheaper than making and dropping one.

A database has hundreds of files, and each costs a system call to make and another to remove. A story that changed the
schema itself, or left rows no emptying reaches, gets its successor a fresh database.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import make_url

VACUUM_EVERY = 100  # stories: what was deleted would slow down every later scan

# What the schema is made of, as one figure.
_SHAPE = """
    SELECT md5(string_agg(what, ' ' ORDER BY what)) FROM (
      SELECT 'c ' || c.relname || c.relkind::text AS what FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = 'public'
      UNION ALL SELECT 'a ' || a.attrelid::regclass::text || a.attname::text || a.attnotnull::text FROM pg_attribute a
        JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = 'public' AND c.relkind = 'r'
      UNION ALL SELECT 't ' || t.tgrelid::regclass::text || t.tgname || t.tgenabled::text FROM pg_trigger t
      UNION ALL SELECT 'k ' || k.conrelid::regclass::text || k.conname FROM pg_constraint k WHERE k.conrelid <> 0
      UNION ALL SELECT 'f ' || p.oid::regprocedure::text || md5(p.prosrc) FROM pg_proc p
        JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = 'public' AND p.prolang > 14) x
"""
_KEEP = """
    DO $$ DECLARE r record; found boolean; BEGIN
      CREATE SCHEMA pristine;
      CREATE TABLE pristine.sequence_at AS
        SELECT sequencename, start_value, last_value FROM pg_sequences WHERE schemaname = 'public';
      FOR r IN SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
               WHERE n.nspname = 'public' AND c.relkind = 'r' LOOP
        EXECUTE format('SELECT EXISTS (SELECT 1 FROM public.%I)', r.relname) INTO found;
        IF found THEN EXECUTE format('CREATE TABLE pristine.%I AS TABLE public.%I', r.relname, r.relname); END IF;
      END LOOP;
    END $$
"""
_EMPTY = """
    DO $$ DECLARE r record; BEGIN
      SET LOCAL session_replication_role = replica;
      FOR r IN SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
               WHERE n.nspname = 'public' AND c.relkind = 'r' LOOP
        EXECUTE format('DELETE FROM public.%I', r.relname);
      END LOOP;
      FOR r IN SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
               WHERE n.nspname = 'pristine' AND c.relkind = 'r' AND relname <> 'sequence_at' LOOP
        EXECUTE format('INSERT INTO public.%I OVERRIDING SYSTEM VALUE SELECT * FROM pristine.%I', r.relname, r.relname);
      END LOOP;
      PERFORM setval(format('public.%I', s.sequencename)::regclass, coalesce(p.last_value, p.start_value),
                     p.last_value IS NOT NULL)
        FROM pg_sequences s JOIN pristine.sequence_at p USING (sequencename) WHERE s.schemaname = 'public';
    END $$
"""


@dataclass
class KeptDatabase:
    """The database of this process's stories."""

    server: str
    template: str
    number: int = 0
    stories: int = 0
    shape: str = ""

    @property
    def name(self) -> str:
        return f"stories_{self.number}"

    @property
    def url(self) -> str:
        return make_url(self.server).set(database=self.name).render_as_string(hide_password=False)

    def make(self) -> None:
        """A fresh one."""
        self.number += 1
        self._at_server(f"CREATE DATABASE {self.name} TEMPLATE {self.template}")
        with create_engine(self.url, isolation_level="AUTOCOMMIT").connect() as connection:
            connection.execute(text(_KEEP))
            self.shape = connection.execute(text(_SHAPE)).scalar_one()
            connection.engine.dispose()

    def renew(self) -> None:
        """As new again, whoever is still connected."""
        self.stories += 1
        self._at_server(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{self.name}'")
        engine = create_engine(self.url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            same = connection.execute(text(_SHAPE)).scalar_one() == self.shape
            if same:
                self._empty(connection)
        engine.dispose()
        if not same:
            self._at_server(f"DROP DATABASE {self.name} WITH (FORCE)")
            self.make()

    def _empty(self, connection: Connection) -> None:
        connection.execute(text(_EMPTY))
        if self.stories % VACUUM_EVERY == 0:
            connection.execute(text("VACUUM ANALYZE"))

    def _at_server(self, command: str) -> None:
        engine = create_engine(self.server, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(command))
        engine.dispose()
