"""What every story stands on: a real PostgreSQL and Redis of this test process, a fresh database a test."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
import structlog
from redis import Redis
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from core.clock import FixedClock
from core.db.engine import Database
from core.db.migrate import migrate
from core.ids import SystemIds
from core.parts import Parts
from core.sealing import Sealer
from core.settings import Settings, load
from supervisor.postgres import EmbeddedPostgres
from supervisor.redis import EmbeddedRedis

pytest.register_assert_rewrite("tests.town")
from tests.kept_database import KeptDatabase, what_rows_say  # noqa: E402
from tests.town import Town, plant  # noqa: E402 - a failed comparison there shows what differed

GATEWAY_KEY = "gateway-key-of-the-tests"


@pytest.fixture(autouse=True)
def log_of_one_story() -> Iterator[None]:
    """Commands and apps say where the log goes; the next story begins as if none had."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL of this test process. Without fsync: no story here cuts the power; those that do start their own."""
    server = EmbeddedPostgres(tmp_path_factory.mktemp("postgres"), durable=False)
    yield server.start()
    server.stop()


@pytest.fixture(scope="session")
def template_database(postgres_url: str) -> str:
    """The name of a migrated database that others are copied from."""
    _command(postgres_url, "CREATE DATABASE template_of_tests")
    engine = create_engine(make_url(postgres_url).set(database="template_of_tests"))
    migrate(engine)
    engine.dispose()
    return "template_of_tests"


@pytest.fixture(scope="session")
def kept_database(postgres_url: str, template_database: str) -> KeptDatabase:
    """The one database of this test process."""
    kept = KeptDatabase(postgres_url, template_database)
    kept.make()
    return kept


@pytest.fixture
def database_url(kept_database: KeptDatabase) -> Iterator[str]:
    """A database, migrated and empty."""
    yield kept_database.url
    kept_database.renew()


def _command(url: str, command: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(command))
    engine.dispose()


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    server = EmbeddedRedis(tmp_path_factory.mktemp("redis"))
    yield server.start()
    server.stop()


@pytest.fixture
def redis_url(redis_server: str) -> Iterator[str]:
    """A Redis that remembers nothing."""
    with Redis.from_url(redis_server) as client:
        client.flushall()
    return redis_server


@pytest.fixture
def environ(database_url: str, redis_url: str) -> dict[str, str]:
    """An environment that describes a whole system."""
    return {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "SHABAKA_SECRET_KEY": "secret-key-of-the-tests",
        "SHABAKA_ENCRYPTION_KEYS": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
        "SHABAKA_GATEWAY_KEY": GATEWAY_KEY,
        "SHABAKA_PUBLIC_URL": "http://127.0.0.1:1",
        "SHABAKA_SERVICE_CODE": "*384*77#",
        "SHABAKA_SHORT_CODE": "7722",
        "AT_USERNAME": "tests",
        "AT_API_KEY": "api-key-of-the-tests",
        "AT_BASE_URL": "http://127.0.0.1:1",
        "MOMO_BASE_URL": "http://127.0.0.1:1",
        "MOMO_TARGET_ENVIRONMENT": "mtnsouthsudan",
        "MOMO_SUBSCRIPTION_KEY": "subscription-key-of-the-tests",
        "MOMO_API_USER": "5f0f0000-0000-4000-8000-000000000000",
        "MOMO_API_KEY": "momo-key-of-the-tests",
        "SHABAKA_LOG_LEVEL": "ERROR",
    }


@pytest.fixture
def settings(environ: dict[str, str]) -> Settings:
    return load(environ)


@pytest.fixture
def clock() -> FixedClock:
    """Monday 23 November 2026, 12:00 in Juba; it stands until it is moved."""
    return FixedClock(datetime(2026, 11, 23, 10, 0, tzinfo=UTC))


@pytest.fixture(scope="session")
def every_bell() -> list[str]:
    return []


@pytest.fixture
def bells(every_bell: list[str]) -> list[str]:
    """The bells rung after commit in this story, in order."""
    every_bell.clear()
    return every_bell


@pytest.fixture(scope="session")
def database_of(every_bell: list[str]) -> Callable[[str], Database]:
    """What the product holds of a database: kept, for it would compile every statement anew in every story."""
    return cache(lambda url: Database(url, pool_size=8, ring=every_bell.append))


@pytest.fixture
def parts(
    settings: Settings, clock: FixedClock, bells: list[str], database_of: Callable[[str], Database]
) -> Iterator[Parts]:
    db = database_of(settings.database_url)
    yield Parts(settings=settings, db=db, clock=clock, ids=SystemIds(), sealer=Sealer(settings.encryption_keys))
    db.close()


@pytest.fixture
def town(parts: Parts, kept_database: KeptDatabase) -> Town:
    """Achol, Deng, Mary, Gatluak; plans, two networks on two routers. Kiden is nobody here."""
    begun = kept_database.begun(("town", *what_rows_say(parts)), lambda: plant(parts))
    return begun.again(parts)


@pytest.fixture
def root() -> Path:
    """The repository."""
    return Path(__file__).resolve().parent.parent


@pytest.fixture
def long_ago(clock: FixedClock) -> datetime:
    return clock.at - timedelta(days=30)
