"""Servers for a bench: PostgreSQL with fsync, Redis, and gunicorn as `make run` starts it."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from supervisor.postgres import EmbeddedPostgres
from supervisor.redis import EmbeddedRedis

ROOT: Final = Path(__file__).resolve().parent.parent
READY_S: Final = 30


@contextmanager
def servers() -> Iterator[dict[str, str]]:
    """PostgreSQL and Redis in a folder of their own, and an environment that names them."""
    with tempfile.TemporaryDirectory(prefix="shabaka-bench-") as folder:
        postgres, redis = EmbeddedPostgres(Path(folder)), EmbeddedRedis(Path(folder))
        try:
            yield environment(postgres.start(), redis.start()) | {"SHABAKA_BENCH_FOLDER": folder}
        finally:
            redis.stop()
            postgres.stop()


def environment(database_url: str, redis_url: str) -> dict[str, str]:
    """Everything settings ask for; nothing in it leads outside."""
    nowhere = "http://127.0.0.1:9"
    return os.environ | {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "SHABAKA_SECRET_KEY": secrets.token_hex(16),
        "SHABAKA_ENCRYPTION_KEYS": urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "SHABAKA_GATEWAY_KEY": secrets.token_hex(16),
        "SHABAKA_PUBLIC_URL": nowhere,
        "SHABAKA_SERVICE_CODE": "*384*77#",
        "SHABAKA_SHORT_CODE": "7722",
        "SHABAKA_LOG_LEVEL": "ERROR",
        "AT_USERNAME": "bench",
        "AT_API_KEY": "bench",
        "AT_BASE_URL": nowhere,
        "MOMO_BASE_URL": nowhere,
        "MOMO_TARGET_ENVIRONMENT": "mtnsouthsudan",
        "MOMO_SUBSCRIPTION_KEY": "bench",
        "MOMO_API_USER": "bench",
        "MOMO_API_KEY": "bench",
    }


@contextmanager
def gunicorn(application: str, environ: dict[str, str], ready_path: str | None = None) -> Iterator[int]:
    """The web server with an application, as `deploy/gunicorn.conf.py` has it. Yields its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "-c", "deploy/gunicorn.conf.py", application],
        cwd=ROOT,
        env=environ | {"PORT": str(port)},
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    try:
        _wait(port, ready_path)
        yield port
    finally:
        process.terminate()
        process.wait(10)


def _wait(port: int, path: str | None) -> None:
    deadline = time.monotonic() + READY_S
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                pass
            if path:
                urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return
