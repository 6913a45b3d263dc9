"""The pretend Orange Money, judged by an independent client of it and by bare requests."""

from __future__ import annotations

import logging
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests
from O_money import Webpay
from werkzeug.serving import make_server

from sandbox.orange import Config, create_app
from sandbox.orange.simulator import of

ACHOL = "211921234567"
CONFIG = Config()


class Clock:
    """Time that tests push."""

    def __init__(self) -> None:
        self.shift = 0.0

    def __call__(self) -> float:
        return time.time() + self.shift


class Town:
    """A running simulator and its control surface."""

    def __init__(self, url: str, clock: Clock) -> None:
        self.url, self.clock = url, clock
        self.bearers: dict[str, str] = {}

    def control(self, path: str, body: object, expected: int = 200) -> Any:
        answer = requests.post(f"{self.url}/sandbox/{path}", json=body, timeout=5)
        assert answer.status_code == expected, answer.text
        return answer.json()

    def requests(self) -> list[dict[str, Any]]:
        return requests.get(f"{self.url}/sandbox/requests", timeout=5).json()["requests"]

    def call(self, method: str, path: str, mode: str = "omcore", **more: Any) -> requests.Response:
        return requests.request(method, f"{self.url}{path}", headers=self.headers(mode), timeout=5, **more)

    def headers(self, mode: str = "omcore") -> dict[str, str]:
        if mode not in self.bearers:
            path = {"omcore": "/token", "webpay": "/oauth/v3/token"}[mode]
            auth = (CONFIG.client_id, CONFIG.client_secret)
            form = {"grant_type": "client_credentials"}
            answer = requests.post(f"{self.url}{path}", data=form, auth=auth, timeout=5)
            assert answer.status_code == 200, answer.text
            self.bearers[mode] = answer.json()["access_token"]
        return {"Authorization": f"Bearer {self.bearers[mode]}", "X-AUTH-TOKEN": CONFIG.auth_token}

    def init(self) -> str:
        return self.call("POST", "/omcoreapis/1.0.2/mp/init").json()["data"]["payToken"]

    def pay(self, token: str | None = None, **changes: object) -> requests.Response:
        body = {
            "channelUserMsisdn": "920000001",
            "amount": "500",
            "subscriberMsisdn": "921234567",
            "pin": CONFIG.pin,
            "orderId": "ORDER7",
            "description": "Wi-Fi",
            "payToken": token or self.init(),
            **changes,
        }
        return self.call("POST", "/omcoreapis/1.0.2/mp/pay", json=body)

    def status(self, token: str) -> requests.Response:
        return self.call("GET", f"/omcoreapis/1.0.2/mp/paymentstatus/{token}")


@contextmanager
def running(folder: Path, **settings: Any) -> Iterator[Town]:
    clock = Clock()
    app = create_app(folder, clock=clock, **settings)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield Town(f"http://127.0.0.1:{server.server_port}", clock)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        of(app).close()


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    with running(tmp_path) as town:
        yield town


class Listener:
    """A merchant's callback address that keeps what it hears."""

    def __init__(self) -> None:
        heard: list[tuple[str, str]] = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                heard.append((self.path, self.rfile.read(int(self.headers["Content-Length"])).decode()))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.heard = heard
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/callbacks/orange-money/key"

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def merchant() -> Iterator[Listener]:
    listener = Listener()
    yield listener
    listener.close()


def until(condition: Callable[[], object], limit_s: float = 5.0) -> None:
    end = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.01)


# --- judged by o-money -------------------------------------------------------------------------------------


@pytest.fixture
def client(town: Town, merchant: Listener, monkeypatch: pytest.MonkeyPatch) -> Webpay:
    """The client reads its environment at import, and knows Orange's own host; both are set on it here."""
    pair = requests.auth._basic_auth_str(CONFIG.client_id, CONFIG.client_secret).removeprefix("Basic ")
    monkeypatch.setattr(Webpay, "_CLIENT_ID", pair)
    monkeypatch.setattr(Webpay, "_MERCHANT_KEY", CONFIG.merchant_key)
    for name in ("_RETURN_URL", "_CANCEL_URL", "_NOTIF_URL"):
        monkeypatch.setattr(Webpay, name, merchant.url)
    client = Webpay(logging.getLogger("o-money"))
    client.base_url = town.url
    return client


def test_the_client_has_a_page_made_and_reads_how_it_ended(
    client: Webpay, town: Town, merchant: Listener, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    made = client.init_pay(1500, "bill-9", "Shabaka")
    assert (made.status, made.message) == (201, "OK")
    assert re.fullmatch("[0-9a-f]{64}", made.pay_token)
    assert re.fullmatch("[0-9a-f]{32}", made.notif_token)
    town.control("decide", {"msisdn": ACHOL, "token": made.pay_token, "decision": "approve"})
    # It expects a number where Orange says a word, and so returns nothing; what it logs is what it was told.
    with pytest.raises(KeyError):
        client.payment_status("bill-9", 7, made.pay_token)
    assert client.payment_status("bill-9", 1500, made.pay_token) is None
    assert "'status': 'SUCCESS', 'order_id': 'bill-9', 'txnid': 'MP" in caplog.text
    until(lambda: merchant.heard)
    assert made.notif_token in merchant.heard[0][1]


def test_the_client_is_refused_a_second_page_for_an_order(client: Webpay) -> None:
    assert client.init_pay(1500, "bill-9", "Shabaka")
    assert client.init_pay(1500, "bill-9", "Shabaka") is None


# --- merchant push, by bare requests -----------------------------------------------------------------------


def test_a_prompt_is_paid_under_its_token(town: Town) -> None:
    token = town.init()
    assert town.status(token).status_code == 417
    started = town.pay(token)
    assert (started.status_code, started.json()["data"]["status"]) == (200, "PENDING")
    assert town.status(token).json()["data"]["status"] == "PENDING"
    town.control("decide", {"msisdn": "0921234567", "decision": "approve"})
    data = town.status(token).json()["data"]
    assert (data["status"], data["subscriberMsisdn"], data["amount"]) == ("SUCCESSFULL", "921234567", "500")
    assert re.fullmatch(r"MP\d{6}\.\d{4}\.A00001", data["txnid"])


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"subscriberMsisdn": ACHOL}, "Beneficiaire introuvable"),  # with the country it is nobody's
        ({"subscriberMsisdn": "+921234567"}, "Beneficiaire introuvable"),
        ({"pin": "1111"}, "Code PIN incorrect"),
        ({"channelUserMsisdn": "699999999"}, "Canal introuvable"),
        ({"payToken": "MP1"}, "PayToken introuvable"),
    ],
)
def test_a_refusal_is_417_with_a_sentence(town: Town, changes: dict[str, str], sentence: str) -> None:
    answer = town.pay(**changes)
    assert (answer.status_code, answer.json()["message"]) == (417, sentence)


@pytest.mark.parametrize("amount", [500, "0", "-5", "1e9", "٥٠٠", None])
def test_an_amount_is_text_of_digits(town: Town, amount: object) -> None:
    assert town.pay(amount=amount).status_code == 400
    assert town.requests() == []


def test_who_has_too_little_is_refused_at_once(town: Town) -> None:
    town.control("wallet", {"msisdn": ACHOL, "amount": "700"})
    town.control("standing", {"msisdn": "*", "decision": "approve"})
    assert town.pay().status_code == 200
    second = town.pay()
    assert (second.status_code, second.json()["data"]["status"]) == (417, "FAILED")
    assert "insuffisant" in second.json()["data"]["inittxnmessage"]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"Authorization": "Bearer Kiden"}, 401),
        ({"X-AUTH-TOKEN": "Kiden"}, 401),
        ({"Authorization": ""}, 401),
        ({}, 200),
    ],
)
def test_each_header_is_looked_at(town: Town, change: dict[str, str], expected: int) -> None:
    answer = requests.post(f"{town.url}/omcoreapis/1.0.2/mp/init", headers=town.headers() | change, timeout=5)
    assert answer.status_code == expected


def test_a_bearer_of_one_mode_opens_no_other(town: Town) -> None:
    assert town.call("POST", "/omcoreapis/1.0.2/mp/init", mode="webpay").status_code == 401
    form = {"grant_type": "client_credentials"}
    assert requests.post(f"{town.url}/token", data=form, auth=("Kiden", "x"), timeout=5).status_code == 401
    auth = (CONFIG.client_id, CONFIG.client_secret)
    assert requests.post(f"{town.url}/token", json=form, auth=auth, timeout=5).status_code == 400


# --- callbacks ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("faults", "count"),
    [
        ({}, 1),
        ({"callback": "twice"}, 2),
        ({"callback": "storm:30"}, 30),
        ({"callback": "never"}, 0),
        ({"callback": "late:30"}, 1),
    ],
)
def test_callbacks_come_as_often_as_asked(
    town: Town, merchant: Listener, faults: dict[str, object], count: int
) -> None:
    town.control("faults", faults)
    town.pay(notifUrl=merchant.url)
    town.control("decide", {"msisdn": ACHOL, "decision": "approve"})
    if "late" in str(faults):
        assert merchant.heard == []
    town.clock.shift = 31
    until(lambda: town.requests()[0]["callbacks_sent"] == count)
    assert len(merchant.heard) == count
    assert all('"status": "SUCCESSFULL"' in told for _, told in merchant.heard)


@pytest.mark.parametrize(
    ("faults", "holds"),
    [
        ({}, lambda told: told.startswith('{"payToken": "MP')),
        ({"callback_as": "nested"}, lambda told: told.startswith('{"payment": {"payToken": "MP')),
        ({"callback": "wrong_body"}, lambda told: '"FAILED"' in told and "999999" in told),
        ({"callback": "broken_body"}, lambda told: not told.endswith("}")),
        ({"callback": "no_reference"}, lambda told: "payToken" not in told),
    ],
)
def test_callbacks_say_what_they_are_asked_to_say(
    town: Town, merchant: Listener, faults: dict[str, object], holds: Callable[[str], bool]
) -> None:
    town.control("faults", faults)
    town.pay(notifUrl=merchant.url)
    town.control("decide", {"msisdn": ACHOL, "decision": "approve"})
    until(lambda: merchant.heard)
    assert holds(merchant.heard[0][1])


# --- control and power -------------------------------------------------------------------------------------


def test_what_cannot_be_ordered_is_refused_in_one_sentence(town: Town) -> None:
    for path, body, expected in (
        ("decide", {"msisdn": ACHOL, "decision": "approve"}, 404),
        ("decide", {"msisdn": ACHOL, "decision": "pay"}, 400),
        ("decide", {"msisdn": ACHOL, "decision": "approve", "token": "MP1"}, 404),
        ("otp", {"msisdn": "Kiden"}, 400),
        ("standing", {"msisdn": "*", "decision": "maybe"}, 400),
        ("wallet", {"msisdn": ACHOL, "amount": "much"}, 400),
        ("faults", {"fire": True}, 400),
        ("faults", [], 400),
    ):
        assert list(town.control(path, body, expected)) == ["error"]


def test_every_fault_is_described(town: Town) -> None:
    known = requests.get(f"{town.url}/sandbox/faults", timeout=5).json()["known"]
    assert {"lose_answer_take_money", "callback", "status_500", "html_page", "slow_ms"} <= set(known)
    assert all(known.values())


@contextmanager
def process(folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [sys.executable, "-m", "sandbox.orange", "--state-dir", str(folder)]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) as running_process:
        try:
            assert running_process.stdout is not None
            yield running_process, running_process.stdout.readline().strip()
        finally:
            running_process.kill()


def test_a_kill_loses_nothing_it_had_answered(tmp_path: Path, merchant: Listener) -> None:
    with process(tmp_path) as (killed, url):
        town = Town(url, Clock())
        town.control("faults", {"callback": "late:1"})
        paid, pending = town.init(), town.init()
        assert town.pay(paid, notifUrl=merchant.url).status_code == 200
        assert town.pay(pending).status_code == 200
        town.control("decide", {"msisdn": ACHOL, "decision": "approve"})
        os.kill(killed.pid, signal.SIGKILL)
    assert merchant.heard == []
    with process(tmp_path) as (_, url):
        again = Town(url, Clock())
        until(lambda: merchant.heard)
        assert again.status(paid).json()["data"]["status"] == "SUCCESSFULL"
        assert again.control("decide", {"msisdn": ACHOL, "decision": "reject"})["token"] == pending
        assert again.status(pending).json()["data"]["status"] == "CANCELLED"
