from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psycopg2
import pytest
from houses import alive_in, ask, connect, until

from supervisor.errors import CannotRunError
from supervisor.leftovers import living_in
from supervisor.postgres import EmbeddedPostgres

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def postgres(home):
    server = EmbeddedPostgres(home, durable=False)
    yield server
    server.stop()


def abandon(server):
    """As if the process that started it had been killed: the lock is free, the server is not."""
    server._lock.close()
    process, server._process = server._process, None
    return process


def test_what_was_committed_is_there_after_a_kill_and_a_quick_start(home):
    server = EmbeddedPostgres(home)
    try:
        url = server.start()
        ask(url, "CREATE TABLE kept (word text); INSERT INTO kept VALUES ('Achol')")
        process = abandon(server)
        process.kill()
        process.wait()
        began = time.monotonic()
        assert ask(server.start(), "SELECT word FROM kept") == [("Achol",)]
        assert time.monotonic() - began < 5
        server.stop()
        assert ask(server.start(), "SELECT word FROM kept") == [("Achol",)]
    finally:
        server.stop()


def test_it_keeps_its_promises_to_the_disk_and_its_door_closed(home):
    server = EmbeddedPostgres(home)
    try:
        url = server.start()
        shown = {name: ask(url, f"SHOW {name}")[0][0] for name in ("fsync", "synchronous_commit", "full_page_writes")}
        assert set(shown.values()) == {"on"}
        assert ask(url, "SHOW data_checksums") == [("on",)]
        assert ask(url, "SHOW listen_addresses") == [("",)]
        assert ask(url, "SHOW server_encoding") == [("UTF8",)]
        assert ask(url, "SHOW timezone") == [("UTC",)]
        assert server.socket_directory.stat().st_mode & 0o777 == 0o700
        assert ask(url, "SELECT lower('ÉÀ'), upper('ß') IS NOT NULL") == [("éà", True)]
    finally:
        server.stop()


def test_a_making_cut_short_does_not_stand_in_the_way(home):
    words = f"from supervisor.postgres import EmbeddedPostgres as E; from pathlib import Path; E(Path({str(home)!r})).start()"
    for _ in range(3):
        maker = subprocess.Popen([sys.executable, "-c", words], cwd=ROOT, start_new_session=True)
        until(lambda: list(home.glob("postgres.new.*/base")))
        os.killpg(maker.pid, signal.SIGKILL)
        maker.wait()
        assert not (home / "postgres").exists()
    server = EmbeddedPostgres(home, durable=False)
    try:
        assert ask(server.start(), "SELECT 1") == [(1,)]
        assert not list(home.glob("postgres.new.*"))
    finally:
        server.stop()
    until(lambda: not alive_in(home))


def test_a_pid_file_whose_number_belongs_to_another_program_now_does_not_block(postgres):
    postgres.start()
    process = abandon(postgres)
    pid_file = postgres.data / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    process.kill()
    process.wait()
    with subprocess.Popen(["sleep", "60"]) as stranger:
        lines[0] = str(stranger.pid)
        pid_file.write_text("\n".join(lines) + "\n")
        (postgres.socket_directory / ".s.PGSQL.5432.lock").write_text("\n".join(lines[:5]) + "\n")
        assert ask(postgres.start(), "SELECT 1") == [(1,)]
        assert stranger.poll() is None
        stranger.kill()


def test_an_old_server_without_its_supervisor_is_ended_first(postgres):
    url = postgres.start()
    ask(url, "CREATE TABLE kept (word text)")
    old = abandon(postgres)
    assert ask(postgres.start(), "SELECT count(*) FROM kept") == [(0,)]
    assert old.wait(5) is not None


def test_backends_busy_after_their_server_was_killed_are_waited_for(postgres):
    busy = connect(postgres.start())

    def work():
        with contextlib.suppress(psycopg2.Error), busy.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM generate_series(1, 10000000000)")

    worker = threading.Thread(target=work)
    worker.start()
    until(
        lambda: ask(
            postgres.url,
            "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%generate_series(1,%' AND pid <> pg_backend_pid()",
        )
    )
    process = abandon(postgres)
    process.kill()
    process.wait()
    assert living_in(postgres.data, "postgres")
    assert ask(postgres.start(), "SELECT 1") == [(1,)]
    worker.join(5)
    assert not worker.is_alive()
    busy.close()


def test_two_on_one_home_do_not_fight(postgres, home):
    url = postgres.start()
    with pytest.raises(CannotRunError, match="already in use by process"):
        EmbeddedPostgres(home).start()
    assert postgres.start() == url
    assert ask(url, "SELECT 1") == [(1,)]


def test_a_path_too_long_for_a_socket_gets_a_short_folder_closed_to_others(tmp_path):
    server = EmbeddedPostgres(tmp_path / ("long" * 30), durable=False)
    try:
        url = server.start()
        assert len(str(server.socket_directory)) < 80
        assert server.socket_directory.stat().st_mode & 0o777 == 0o700
        assert ask(url, "SELECT 1") == [(1,)]
    finally:
        server.stop()
        server.socket_directory.rmdir()


def test_a_cluster_of_another_version_is_refused_in_a_sentence(postgres):
    postgres.data.mkdir(parents=True, mode=0o700)
    (postgres.data / "PG_VERSION").write_text("9.6\n")
    with pytest.raises(CannotRunError, match=r"made by PostgreSQL 9\.6"):
        postgres.start()


def test_a_folder_with_strangers_files_is_left_alone(postgres):
    postgres.data.mkdir(parents=True)
    (postgres.data / "letter").write_text("from Kiden")
    with pytest.raises(CannotRunError, match="holds files but no database"):
        postgres.start()
    assert (postgres.data / "letter").read_text() == "from Kiden"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become somebody else")
def test_where_root_has_no_user_namespaces_the_server_runs_as_nobody(home, monkeypatch):
    import supervisor.cluster as room

    possible = room.can_become
    monkeypatch.setattr(room, "can_become", lambda identity: identity != room.NAMESPACE and possible(identity))
    home.mkdir(mode=0o700)
    server = EmbeddedPostgres(home, durable=False)
    try:
        assert ask(server.start(), "SELECT 1") == [(1,)]
        assert server.data.stat().st_uid == 65534
        server.stop()
        monkeypatch.setattr(room, "can_become", possible)
        assert ask(server.start(), "SELECT 1") == [(1,)]
    finally:
        server.stop()
