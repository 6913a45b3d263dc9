from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time

import pytest
from houses import RUN_HOUSE, alive_in, ask, until

from supervisor.household import environment_of


def errands(home):
    return (home / "errands").read_text().split()


def test_the_second_start_is_quick_and_repeats_no_errand(house, home):
    house.start()
    assert house.end() == 0
    house.start()
    assert house.ready_after_s < 5
    assert errands(home) == ["migrate", "seed"]
    assert house.end() == 0


def test_a_changed_schema_a_lost_demo_file_or_a_new_database_repeats_the_errands(house, home):
    house.start()
    ask(environment_of(home)["DATABASE_URL"], "UPDATE alembic_version SET version_num = 'older'")
    house.end()
    house.start()
    assert errands(home) == ["migrate", "seed"] * 2
    house.end()
    (home / "demo.json").unlink()
    house.start()
    assert errands(home) == ["migrate", "seed"] * 3
    house.end()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_asked_to_end_it_leaves_nobody_behind_and_says_no_traceback(house, home, how):
    house.start()
    assert {"web", "worker", "timetable", "sandbox"} <= {words.split()[-2] for words in alive_in(home).values()}
    began = time.monotonic()
    assert house.end(how) == 0
    assert time.monotonic() - began < 10
    assert alive_in(home) == {}
    assert "Traceback" not in house.said()


def test_after_a_kill_of_the_whole_group_it_goes_on_with_the_same_data(house, home):
    house.start()
    kept = (home / "secrets.json").read_bytes(), (home / "ports.json").read_bytes()
    for number in range(3):
        ask(environment_of(home)["DATABASE_URL"], f"INSERT INTO kept VALUES ('{number}')")
        house.end(signal.SIGKILL)
        house.start()
        assert house.ready_after_s < 5
    assert ask(environment_of(home)["DATABASE_URL"], "SELECT count(*) FROM kept") == [(3,)]
    assert kept == ((home / "secrets.json").read_bytes(), (home / "ports.json").read_bytes())
    assert errands(home) == ["migrate", "seed"]


def test_a_kill_at_any_moment_of_the_first_start_does_not_block_the_next(house):
    for delay_s in (0.1, 0.3, 0.6, 0.9, 1.2):
        house.start(wait=False)
        time.sleep(delay_s)  # the moment is the story: whatever it meets must be survivable
        house.end(signal.SIGKILL)
    house.start()


def test_children_do_not_outlive_a_killed_supervisor(house, home):
    house.start()
    house.process.kill()
    house.gone()
    until(lambda: alive_in(home) == {}, 5)


def test_a_second_run_on_one_home_says_so_and_leaves_the_first_alone(house, home):
    house.start()
    second = subprocess.run(
        [sys.executable, RUN_HOUSE, str(home), str(house.port)], capture_output=True, check=False, text=True, timeout=20
    )
    assert second.returncode == 1
    assert second.stdout == ""
    assert "already running" in second.stderr
    assert second.stderr.count("\n") == 1
    assert ask(environment_of(home)["DATABASE_URL"], "SELECT 1") == [(1,)]


@pytest.mark.parametrize("role", ["web", "worker", "sandbox"])
def test_a_child_that_is_killed_lives_again(house, role):
    house.start()
    first = house.child(role)
    os.kill(first, signal.SIGKILL)
    until(lambda: [pid for pid, words in alive_in(house.home).items() if f" {role} " in words and pid != first])


def test_a_killed_database_lives_again_with_what_it_knew(house, home):
    house.start()
    url = environment_of(home)["DATABASE_URL"]
    ask(url, "INSERT INTO kept VALUES ('Achol')")
    os.kill(int((home / "postgres" / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)

    def answer():
        try:
            return ask(url, "SELECT word FROM kept")
        except Exception:
            return None

    assert until(answer) == [("Achol",)]


def test_a_taken_port_is_said_in_one_sentence(house, home):
    with socket.create_server(("127.0.0.1", house.port)):
        house.start(wait=False)
        assert house.gone() == 1
    assert (
        house.said()
        == f"Port {house.port} is taken by another program; choose another: make run PORT={house.port + 1}.\n"
    )
    assert alive_in(home) == {}


def test_a_failed_migration_ends_the_start_with_its_reason_kept(house, home):
    house.start("migrate=fail", wait=False)
    assert house.gone(30) == 1
    assert house.said().splitlines()[-1].startswith("`shabaka migrate` failed; ")
    assert "the schema is not what it should be" in (home / "log" / "migrate.log").read_text()
    assert alive_in(home) == {}


def test_no_ready_line_while_the_worker_cannot_live(house, home):
    house.start("worker=fail", wait=False)
    assert house.gone(30) == 1
    assert house.said().splitlines()[-1] == f"worker ended 3 times; {home / 'log' / 'worker.log'} says why."
    assert alive_in(home) == {}


def test_two_interrupts_do_not_wait_for_a_deaf_child(house, home):
    house.start("worker=busy")
    os.killpg(house.process.pid, signal.SIGINT)
    until(lambda: not [words for words in alive_in(home).values() if " web " in words])
    time.sleep(0.4)  # what comes sooner counts as the same Ctrl-C
    began = time.monotonic()
    assert house.end(signal.SIGINT) == 0
    assert time.monotonic() - began < 4
    assert alive_in(home) == {}


def test_it_dies_with_the_make_that_started_it(house, home):
    words = "import subprocess, sys; subprocess.run([sys.executable, *sys.argv[1:]])"
    make = subprocess.Popen(
        [sys.executable, "-c", words, RUN_HOUSE, str(home), str(house.port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "SHABAKA_STOP_WITH_PARENT": "1"},
    )
    assert make.stdout.readline()
    make.kill()
    make.wait()
    make.stdout.close()
    until(lambda: alive_in(home) == {}, 15)


def test_given_servers_are_used_and_none_is_started(home, tmp_path, house):
    from supervisor.postgres import EmbeddedPostgres
    from supervisor.redis import EmbeddedRedis

    postgres, redis = EmbeddedPostgres(tmp_path / "other", durable=False), EmbeddedRedis(tmp_path / "other")
    try:
        house.start(environ={"DATABASE_URL": postgres.start(), "REDIS_URL": redis.start()})
        assert not (home / "postgres").exists()
        assert not (home / "redis").exists()
        assert ask(postgres.url, "SELECT version_num FROM alembic_version") == [("one",)]
        assert house.end() == 0
    finally:
        postgres.stop()
        redis.stop()


def test_the_demo_town_is_described_before_anyone_is_ready(house, home):
    house.start()
    town = json.loads((home / "sandbox.json").read_text())
    assert town["web"] == f"http://127.0.0.1:{house.port}"
    with socket.create_connection(("127.0.0.1", town["town_port"]), timeout=5):
        pass
