"""Pretend providers on ports of their own, and our gateways to them."""

from __future__ import annotations

import csv
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
from flask import Flask
from werkzeug.serving import make_server

from core.gateways.mtn_momo import MomoAccount, MtnMomoCollector
from core.gateways.orange_money import OrangeAccount, orange_collector
from core.payments.collector import Collector
from sandbox import momo, orange
from sandbox.momo.simulator import of as momo_of
from sandbox.orange.simulator import of as orange_of


class Clock:
    """Time that tests push."""

    def __init__(self) -> None:
        self.shift = 0.0

    def __call__(self) -> float:
        return time.time() + self.shift


class Pretend:
    """A pretend provider, and how its people are moved."""

    def __init__(self, url: str, app: Flask, clock: Clock, connect: Callable[[str, float], Collector]) -> None:
        self.url, self.app, self.clock, self.connect = url, app, clock, connect
        self.collector = connect(url, 5.0)

    def patient(self, timeout_s: float) -> Collector:
        """Our gateway, with another patience."""
        return self.connect(self.url, timeout_s)

    def control(self, path: str, **body: object) -> Any:
        answer = requests.post(f"{self.url}/sandbox/{path}", json=body, timeout=5)
        assert answer.ok, answer.text
        return answer.json()

    def shown(self) -> list[dict[str, Any]]:
        return requests.get(f"{self.url}/sandbox/requests", timeout=5).json()["requests"]

    def report(self, **asked: str) -> list[list[str]]:
        answer = requests.get(f"{self.url}/sandbox/statement.csv", params=asked, timeout=5)
        assert answer.ok, answer.text
        return list(csv.reader(answer.text.splitlines()))


@contextmanager
def served(app: Flask, close: Callable[[], None]) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
    close()


def momo_account(url: str, timeout_s: float = 5.0, config: momo.Config | None = None) -> MomoAccount:
    config = config or momo.Config()
    return MomoAccount(
        base_url=url,
        target_environment=config.target_environment,
        subscription_key=config.subscription_key,
        api_user=config.api_user,
        api_key=config.api_key,
        currency="SSP",
        timeout_s=timeout_s,
    )


def orange_account(url: str, timeout_s: float = 5.0, *, mode: str = "omcore") -> OrangeAccount:
    config = orange.Config()
    return OrangeAccount(
        mode=mode,
        base_url=url,
        country="SS",
        currency="SSP",
        client_id=config.client_id,
        client_secret=config.client_secret,
        merchant_key=config.merchant_key,
        merchant_name="Shabaka",
        return_url="https://isp.example/",
        auth_token=config.auth_token,
        channel_phone="+" + config.channel_msisdn,
        pin=config.pin,
        timeout_s=timeout_s,
    )


@contextmanager
def pretend_momo(folder: Path, **settings: Any) -> Iterator[Pretend]:
    clock = Clock()
    app = momo.create_app(folder, clock=clock, **settings)
    with served(app, momo_of(app).close) as url:
        yield Pretend(url, app, clock, lambda at, timeout_s: MtnMomoCollector(momo_account(at, timeout_s)))


@contextmanager
def pretend_orange(folder: Path, *, mode: str = "omcore", **settings: Any) -> Iterator[Pretend]:
    clock = Clock()
    app = orange.create_app(folder, clock=clock, **settings)
    with served(app, orange_of(app).close) as url:
        yield Pretend(url, app, clock, lambda at, timeout_s: orange_collector(orange_account(at, timeout_s, mode=mode)))
