"""One database a test process, as new before every story: emptying is twenty times cheaper than making and dropping one.

A database has hundreds of files, and each costs a system call to make and another to remove. A story that changed the
schema itself, or left rows no emptying reaches, gets its successor a fresh database.

What many stories begin with (a town, somebody at every desk) is written once by the verbs that write it, and copied
from then on: a copy costs a tenth.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import psycopg2
from sqlalchemy.engine import make_url

from core.parts import Parts

T = TypeVar("T")

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
      CREATE SCHEMA {kept};
      CREATE TABLE {kept}.sequence_at AS
        SELECT sequencename, start_value, last_value FROM pg_sequences WHERE schemaname = 'public';
      FOR r IN SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
               WHERE n.nspname = 'public' AND c.relkind = 'r' LOOP
        EXECUTE format('SELECT EXISTS (SELECT 1 FROM public.%I WHERE xmin::text::bigint >= {since})', r.relname)
          INTO found;
        IF found THEN
          EXECUTE format('CREATE TABLE {kept}.%I AS SELECT * FROM public.%I WHERE xmin::text::bigint >= {since}',
                         r.relname, r.relname);
        END IF;
      END LOOP;
    END $$
"""
_END_OTHERS = """
    SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
_EMPTY = """
    DO $$ DECLARE r record; BEGIN
      SET LOCAL session_replication_role = replica;
      FOR r IN SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
               WHERE n.nspname = 'public' AND c.relkind = 'r' LOOP
        EXECUTE format('DELETE FROM public.%I', r.relname);
      END LOOP;
    END $$
"""
# Rows and sequences as they were kept, instead of those with the same keys; what else was written stays.
_COPY = """
    DO $$ DECLARE r record; same text; BEGIN
      SET LOCAL session_replication_role = replica;
      FOR r IN SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
               WHERE n.nspname = '{kept}' AND c.relkind = 'r' AND relname <> 'sequence_at' LOOP
        SELECT string_agg(format('p.%I = k.%I', a.attname, a.attname), ' AND ') INTO same
          FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = ANY(c.conkey)
          WHERE c.contype = 'p' AND c.conrelid = format('public.%I', r.relname)::regclass;
        EXECUTE format('DELETE FROM public.%I p USING {kept}.%I k WHERE %s', r.relname, r.relname, same);
        EXECUTE format('INSERT INTO public.%I OVERRIDING SYSTEM VALUE SELECT * FROM {kept}.%I', r.relname, r.relname);
      END LOOP;
      PERFORM setval(format('public.%I', s.sequencename)::regclass,
                     greatest(p.last_value, {at_least}, p.start_value),
                     greatest(p.last_value, {at_least}) IS NOT NULL)
        FROM pg_sequences s JOIN {kept}.sequence_at p USING (sequencename) WHERE s.schemaname = 'public';
    END $$
"""


def what_rows_say(parts: Parts) -> tuple[object, ...]:
    """What rows are written with, besides the verbs: the clock and the keys."""
    return parts.clock.now(), parts.settings.encryption_keys, parts.settings.secret_key


@dataclass
class KeptDatabase:
    """The database of this process's stories."""

    server: str
    template: str
    number: int = 0
    stories: int = 0
    shape: str = ""
    kept: dict[Hashable, tuple[str, Any]] = field(default_factory=dict)
    line: Any = None  # to the database, kept: a fresh one would read the catalogue of all tables anew, 30 ms a story

    @property
    def name(self) -> str:
        return f"stories_{self.number}"

    @property
    def url(self) -> str:
        return make_url(self.server).set(database=self.name).render_as_string(hide_password=False)

    def make(self) -> None:
        """A fresh one."""
        self.number += 1
        self.kept.clear()
        server = _connect(self.server)
        _do(server, f"CREATE DATABASE {self.name} TEMPLATE {self.template}")
        server.close()
        self.line = _connect(self.url)
        (self.shape,) = _do(self.line, _KEEP.format(kept="pristine", since=0), _SHAPE)

    def renew(self) -> None:
        """As new again, whoever is still connected."""
        self.stories += 1
        (_ended, shape) = self._do(_END_OTHERS, _SHAPE)
        if shape != self.shape:
            self.line.close()
            server = _connect(self.server)
            _do(server, f"DROP DATABASE {self.name} WITH (FORCE)")
            server.close()
            self.make()
            return
        vacuum = ("VACUUM ANALYZE",) if self.stories % VACUUM_EVERY == 0 else ()
        self._do(_EMPTY, _COPY.format(kept="pristine", at_least="NULL::bigint"), *vacuum)

    def begun(self, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` writes and returns: made once, then copied. It may not build on what only some stories wrote."""
        if key in self.kept:
            schema, value = self.kept[key]
            self._do(_COPY.format(kept=schema, at_least="s.last_value"))
            return value
        (since,) = self._do("SELECT pg_current_xact_id()::text::bigint")
        value = make()
        schema = f"begun_{len(self.kept)}"
        self._do(_KEEP.format(kept=schema, since=since))
        self.kept[key] = schema, value
        return value

    def _do(self, *commands: str) -> list[Any]:
        """Commands on the kept line, or on a new one where a story had the server end it."""
        try:
            return _do(self.line, *commands)
        except (psycopg2.OperationalError, psycopg2.InterfaceError):
            if not self.line.closed:
                raise
            self.line = _connect(self.url)
            return _do(self.line, *commands)


def _connect(url: str) -> Any:
    """psycopg2 alone: it connects at once."""
    line = psycopg2.connect(make_url(url).set(drivername="postgresql").render_as_string(hide_password=False))
    line.autocommit = True
    return line


def _do(line: Any, *commands: str) -> list[Any]:
    """Commands; what those that answer said last."""
    said = []
    with line.cursor() as cursor:
        for command in commands:
            cursor.execute(command)
            if cursor.description and (row := cursor.fetchone()):
                said.append(row[0])
    return said
