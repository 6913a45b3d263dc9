from __future__ import annotations

import pytest
from redis import Redis

from supervisor.errors import CannotRunError
from supervisor.redis import EmbeddedRedis, celery_url


@pytest.fixture
def server(home):
    server = EmbeddedRedis(home)
    yield server
    server.stop()


def test_it_answers_through_a_socket_closed_to_others_and_forgets_by_law(server):
    with Redis.from_url(server.start()) as redis:
        redis.set("word", "Achol")
        assert redis.get("word") == b"Achol"
        assert redis.config_get("maxmemory-policy")["maxmemory-policy"] == "volatile-lru"
        assert redis.config_get("port")["port"] == "0"
    assert server.socket.parent.stat().st_mode & 0o777 == 0o700
    server.stop()
    with Redis.from_url(server.start()) as redis:
        assert redis.get("word") is None


def test_full_memory_forgets_sessions_and_never_the_queue(server):
    with Redis.from_url(server.start()) as redis:
        redis.config_set("maxmemory", "3mb")
        redis.rpush("celery", b"x" * 200_000)
        for number in range(60):
            redis.set(f"session:{number}", b"x" * 100_000, ex=600)
        assert redis.llen("celery") == 1
        assert redis.get("session:59") is not None


def test_an_old_one_without_its_supervisor_is_ended_first(server):
    server.start()
    old, server._process = server._process, None
    server._lock.close()
    server.start()
    assert old.wait(5) is not None


def test_two_on_one_home_do_not_fight(server, home):
    server.start()
    with pytest.raises(CannotRunError, match="already in use by process"):
        EmbeddedRedis(home).start()


def test_celery_gets_the_same_server_in_its_own_words():
    assert celery_url("unix:///a/redis.sock?db=0") == "redis+socket:///a/redis.sock?virtual_host=0"
    assert celery_url("redis://:word@10.0.0.5:6379/0") == "redis://:word@10.0.0.5:6379/0"
