"""The pretend MTN MoMo, judged by two independent clients of MTN and by bare sockets."""

from __future__ import annotations

import http.client
import json
import os
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
from uuid import uuid1, uuid4

import httpx
import momo_api
import momo_openapi
import pytest
import requests
from werkzeug.serving import make_server

from sandbox.momo import Config, Simulator, create_app
from sandbox.momo.simulator import of

ACHOL = "211921234567"
DENG = "211921234568"
KEY = Config().subscription_key


class Clock:
    """Time that tests push."""

    def __init__(self) -> None:
        self.shift = 0.0

    def __call__(self) -> float:
        return time.time() + self.shift


class Town:
    """A running simulator and its control surface."""

    def __init__(self, url: str, simulator: Simulator, clock: Clock) -> None:
        self.url, self.simulator, self.clock = url, simulator, clock

    def control(self, path: str, body: object, expected: int = 200) -> Any:
        answer = requests.post(f"{self.url}/sandbox/{path}", json=body, timeout=5)
        assert answer.status_code == expected, answer.text
        return answer.json()

    def requests(self, msisdn: str = ACHOL) -> list[dict[str, Any]]:
        answer = requests.get(f"{self.url}/sandbox/requests", params={"msisdn": msisdn}, timeout=5)
        return answer.json()["requests"]

    def statement(self) -> dict[str, Any]:
        return requests.get(f"{self.url}/sandbox/statement", timeout=5).json()


@contextmanager
def running(folder: Path, **settings: Any) -> Iterator[Town]:
    clock = Clock()
    app = create_app(folder, clock=clock, **settings)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield Town(f"http://127.0.0.1:{server.server_port}", of(app), clock)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        of(app).close()


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    with running(tmp_path) as town:
        yield town


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Town]:
    with running(tmp_path, currency="EUR", target_environment="sandbox", default_decision="approve") as town:
        yield town


class Listener:
    """A merchant's callback address that keeps what it hears."""

    def __init__(self) -> None:
        heard: list[tuple[str, str, str]] = []

        class Handler(BaseHTTPRequestHandler):
            def do_PUT(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                heard.append((self.command, self.path, body))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_POST = do_PUT  # noqa: N815 - the server looks for this name

            def log_message(self, *_: object) -> None:
                pass

        self.heard = heard
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/callbacks/mtn-momo/key"

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


def token(town: Town, product: str = "collection") -> str:
    config = town.simulator.config
    answer = requests.post(
        f"{town.url}/{product}/token/",
        auth=(config.api_user, config.api_key),
        headers={"Ocp-Apim-Subscription-Key": KEY},
        timeout=5,
    )
    assert answer.status_code == 200, answer.text
    return answer.json()["access_token"]


def headers(town: Town, **changes: str | None) -> dict[str, str]:
    every: dict[str, str | None] = {
        "Authorization": f"Bearer {token(town)}",
        "Ocp-Apim-Subscription-Key": KEY,
        "X-Target-Environment": town.simulator.config.target_environment,
        "X-Reference-Id": str(uuid4()),
    }
    every.update({name.replace("_", "-"): value for name, value in changes.items()})
    return {name: value for name, value in every.items() if value is not None}


def body(**changes: object) -> dict[str, object]:
    return {
        "amount": "500",
        "currency": "SSP",
        "externalId": "7",
        "payer": {"partyIdType": "MSISDN", "partyId": ACHOL},
        "payerMessage": "Wi-Fi",
        "payeeNote": "",
        **changes,
    }


def ask(town: Town, sent: dict[str, object] | None = None, **changes: str | None) -> requests.Response:
    return requests.post(
        f"{town.url}/collection/v1_0/requesttopay", json=sent or body(), headers=headers(town, **changes), timeout=5
    )


def status(town: Town, reference: str) -> requests.Response:
    return requests.get(
        f"{town.url}/collection/v1_0/requesttopay/{reference}", headers=headers(town, X_Reference_Id=None), timeout=5
    )


# --- judged by momo-openapi --------------------------------------------------------------------------------


class Rerouted(requests.Session):
    """The client knows only MTN's own sandbox host; its calls come to ours."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url

    def request(self, method: str, url: str, *args: Any, **named: Any) -> requests.Response:  # type: ignore[override]
        return super().request(method, url.replace(momo_openapi.SANDBOX_URL, self.url), *args, **named)


def first_client(town: Town) -> momo_openapi.Collection:
    config = town.simulator.config
    return momo_openapi.Collection(
        momo_openapi.MomoConfig(
            subscription_key=config.subscription_key,
            user_id=config.api_user,
            credential_token=config.api_key,
            target_environment=config.target_environment,
            base_url=town.url,
            currency=config.currency,
        )
    )


def test_the_first_client_is_paid_when_the_phone_approves(town: Town) -> None:
    client = first_client(town)
    reference = client.request_to_pay("1500", ACHOL, "bill-9", payer_message="Wi-Fi 1 day")
    assert client.get_transaction_status(reference)["status"] == "PENDING"
    town.control("decide", {"msisdn": "+" + ACHOL, "decision": "approve"})
    told = client.get_transaction_status(reference)
    assert (told["status"], told["amount"], told["currency"], told["payer"]["partyId"]) == (
        "SUCCESSFUL",
        "1500",
        "SSP",
        ACHOL,
    )
    [line] = town.statement()["transactions"]
    assert (line["financialTransactionId"], line["externalId"]) == (told["financialTransactionId"], "bill-9")
    assert client.get_balance() == {"availableBalance": "1500", "currency": "SSP"}


def test_the_first_client_provisions_itself_in_the_sandbox_and_pays_out(sandbox: Town) -> None:
    client = momo_openapi.Disbursement.for_sandbox(KEY, session=Rerouted(sandbox.url))
    reference = client.transfer("25.50", DENG, "share")
    assert client.get_transaction_status(reference)["status"] == "SUCCESSFUL"
    assert client.get_balance()["availableBalance"] == "999974.50"


def test_the_first_client_reads_our_errors(town: Town) -> None:
    client = first_client(town)
    reference = client.request_to_pay("5", ACHOL, "x")
    with pytest.raises(momo_openapi.MomoAPIError) as twice:
        client.request_to_pay("5", ACHOL, "x", reference_id=reference)
    assert (twice.value.status_code, twice.value.code) == (409, "RESOURCE_ALREADY_EXIST")
    with pytest.raises(momo_openapi.MomoAPIError) as nothing:
        client.get_transaction_status(str(uuid4()))
    assert (nothing.value.status_code, nothing.value.code) == (404, "RESOURCE_NOT_FOUND")


def test_a_wrong_api_key_gets_no_token(town: Town) -> None:
    wrong = first_client(town)
    object.__setattr__(wrong.config, "credential_token", "Kiden")
    with pytest.raises(momo_openapi.AuthenticationError):
        wrong.get_access_token()


# --- judged by mtn-momo-client -----------------------------------------------------------------------------


@pytest.fixture
def second(sandbox: Town) -> Iterator[tuple[momo_api.CollectionApi, momo_api.DisbursementApi]]:
    with httpx.Client(timeout=5) as line:
        provisioning = momo_api.SandboxApi(KEY, sandbox.url, line)
        user = provisioning.create_api_user(str(uuid4()), "127.0.0.1")
        config = momo_api.Config.collection(KEY, user, provisioning.create_api_key(user))
        shown = provisioning.get_api_user(user)
        assert shown == {"providerCallbackHost": "127.0.0.1", "targetEnvironment": "sandbox"}
        yield (
            momo_api.CollectionApi(config, sandbox.url, "sandbox", line),
            momo_api.DisbursementApi(config, sandbox.url, "sandbox", line),
        )


@pytest.mark.parametrize(
    ("last_digits", "expected", "reason"),
    [
        ("450", "FAILED", "INTERNAL_PROCESSING_ERROR"),
        ("451", "FAILED", "APPROVAL_REJECTED"),
        ("452", "FAILED", "EXPIRED"),
        ("453", "PENDING", None),
        ("455", "FAILED", "PAYER_NOT_FOUND"),
        ("456", "FAILED", "PAYEE_NOT_ALLOWED_TO_RECEIVE"),
        ("457", "FAILED", "NOT_ALLOWED"),
        ("458", "FAILED", "NOT_ALLOWED_TARGET_ENVIRONMENT"),
        ("459", "FAILED", "INVALID_CALLBACK_URL_HOST"),
        ("460", "FAILED", "INVALID_CURRENCY"),
        ("461", "FAILED", "INTERNAL_PROCESSING_ERROR"),
        ("462", "FAILED", "SERVICE_UNAVAILABLE"),
        ("463", "FAILED", "COULD_NOT_PERFORM_TRANSACTION"),
        ("464", "FAILED", "TRANSFER_TYPE_UNKNOWN"),
        ("499", "SUCCESSFUL", None),
    ],
)
def test_each_number_of_the_sandbox_ends_as_mtn_lists_it(
    sandbox: Town,
    second: tuple[momo_api.CollectionApi, momo_api.DisbursementApi],
    last_digits: str,
    expected: str,
    reason: str | None,
) -> None:
    collection, _ = second
    reference = collection.quick_pay("100", f"46733123{last_digits}", "x")
    for shape in ("object", "string"):
        sandbox.control("faults", {"reason_as": shape})
        told = collection.get_payment_status(reference)
        assert (told.status, told.reason and told.reason.code) == (expected, reason)


def test_the_delayed_number_pays_later(
    sandbox: Town, second: tuple[momo_api.CollectionApi, momo_api.DisbursementApi]
) -> None:
    collection, _ = second
    reference = collection.quick_pay("100", "46733123454", "x")
    assert collection.get_payment_status(reference).is_pending()
    sandbox.clock.shift = 4
    assert collection.get_payment_status(reference).is_successful()


def test_the_second_client_pays_out_deposits_and_refunds(
    second: tuple[momo_api.CollectionApi, momo_api.DisbursementApi],
) -> None:
    collection, disbursement = second
    paid = collection.quick_pay("100", ACHOL, "x")
    transfer = disbursement.transfer(momo_api.TransferRequest.make("40", DENG, "share"))
    assert disbursement.get_transfer_status(transfer).is_successful()
    deposit = disbursement.deposit(momo_api.PaymentRequest.make("1", DENG, "gift"))
    assert disbursement.get_deposit_status(deposit).is_successful()
    refund = disbursement.refund(momo_api.RefundRequest.make("60", paid, "sorry"))
    assert disbursement.get_refund_status(refund).is_successful()
    with pytest.raises(momo_api.InternalServerErrorException) as more_than_paid:
        disbursement.refund(momo_api.RefundRequest.make("41", paid, "sorry"))
    assert more_than_paid.value.code == "NOT_ALLOWED"
    assert disbursement.get_balance().available_balance == "999899"
    assert collection.check_account_holder(ACHOL)
    assert not collection.check_account_holder("46733123451")


# --- header traps, by bare requests ------------------------------------------------------------------------


def test_a_token_request_without_content_length_is_411_and_a_form_is_a_firewall_page(town: Town) -> None:
    config = town.simulator.config
    line = http.client.HTTPConnection(town.url.removeprefix("http://"), timeout=5)
    pair = requests.auth._basic_auth_str(config.api_user, config.api_key)
    line.putrequest("POST", "/collection/token/")
    line.putheader("Authorization", pair)
    line.putheader("Ocp-Apim-Subscription-Key", KEY)
    line.endheaders()
    assert line.getresponse().status == 411
    line.close()
    known = {"Authorization": pair, "Ocp-Apim-Subscription-Key": KEY}
    form = {"grant_type": "client_credentials"}
    rejected = requests.post(f"{town.url}/collection/token/", data=form, headers=known, timeout=5)
    assert (rejected.status_code, "Request Rejected" in rejected.text) == (200, True)
    assert requests.post(f"{town.url}/collection/token/", json=form, headers=known, timeout=5).status_code == 200


@pytest.mark.parametrize(
    ("changes", "expected", "words"),
    [
        ({"Ocp_Apim_Subscription_Key": "Kiden"}, 401, "invalid subscription key"),
        ({"Ocp_Apim_Subscription_Key": None}, 401, "invalid subscription key"),
        ({"Authorization": "Bearer Kiden"}, 401, '"invalid_token"'),
        ({"Authorization": None}, 401, '"invalid_token"'),
        ({"X_Target_Environment": None}, 400, "X-Target-Environment"),
        ({"X_Target_Environment": "mtnuganda"}, 500, "NOT_ALLOWED_TARGET_ENVIRONMENT"),
        ({"X_Reference_Id": None}, 400, "UUID"),
        ({"X_Reference_Id": "seven"}, 400, "UUID"),
        ({"X_Reference_Id": str(uuid1())}, 400, "version 4"),
        ({"X_Callback_Url": ""}, 400, "X-Callback-Url"),
        ({"X_Callback_Url": "null"}, 400, "X-Callback-Url"),
        ({"X_Callback_Url": "https://isp.example/cb?key=1"}, 400, "X-Callback-Url"),
        ({}, 202, ""),
    ],
)
def test_each_header_is_looked_at(town: Town, changes: dict[str, str | None], expected: int, words: str) -> None:
    answer = ask(town, **changes)
    assert answer.status_code == expected
    assert words in answer.text
    assert len(town.requests()) == (expected == 202)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"payerMessage": "Achol's Wi-Fi"}, 400),
        ({"payeeNote": "Wi-Fi & more"}, 400),
        ({"payerMessage": "x" * 161}, 400),
        ({"amount": 500}, 400),
        ({"amount": "0"}, 400),
        ({"amount": "-5"}, 400),
        ({"amount": "1e99"}, 400),
        ({"amount": "٥٠٠"}, 400),
        ({"currency": "EUR"}, 500),
        ({"payer": {"partyIdType": "MSISDN", "partyId": "+" + ACHOL}}, 400),
        ({"payer": ACHOL}, 400),
        ({"externalId": 7}, 400),
    ],
)
def test_each_field_is_looked_at(town: Town, changes: dict[str, object], expected: int) -> None:
    assert ask(town, body(**changes)).status_code == expected
    assert town.requests() == []


def test_the_new_platform_blocks_the_library_by_its_name_and_wants_the_country(town: Town) -> None:
    town.control("faults", {"new_platform": True})
    blocked = requests.post(f"{town.url}/collection/token/", timeout=5)
    assert (blocked.status_code, blocked.headers["Content-Type"]) == (403, "text/html")
    config = town.simulator.config
    unnamed = requests.post(
        f"{town.url}/collection/token/",
        auth=(config.api_user, config.api_key),
        headers={"User-Agent": "billing", "Ocp-Apim-Subscription-Key": KEY},
        timeout=5,
    )
    assert unnamed.status_code == 400
    assert unnamed.json() == {"error": "Invalid or missing X-Target-Environment header"}


def test_a_bearer_ends_after_its_hour_and_serves_one_product(town: Town) -> None:
    bearer = f"Bearer {token(town)}"
    elsewhere = requests.get(
        f"{town.url}/disbursement/v1_0/account/balance", headers=headers(town, Authorization=bearer), timeout=5
    )
    assert elsewhere.json() == {"error": "invalid_token"}
    town.clock.shift = 3601
    assert ask(town, Authorization=bearer).json() == {"error": "invalid_token"}


# --- payers ------------------------------------------------------------------------------------------------


def test_a_phone_decides_its_oldest_prompt_and_an_ignored_one_last(town: Town) -> None:
    first, second, third = (str(uuid4()) for _ in range(3))
    for reference in (first, second, third):
        assert ask(town, X_Reference_Id=reference).status_code == 202
    assert town.control("decide", {"msisdn": ACHOL, "decision": "ignore"})["reference"] == first
    assert town.control("decide", {"msisdn": ACHOL, "decision": "reject"})["reference"] == second
    assert town.control("decide", {"msisdn": ACHOL, "decision": "approve"})["reference"] == third
    assert town.control("decide", {"msisdn": ACHOL, "decision": "approve"})["reference"] == first
    assert "error" in town.control("decide", {"msisdn": ACHOL, "decision": "approve"}, expected=404)
    assert [shown["status"] for shown in town.requests("+" + ACHOL)] == ["SUCCESSFUL", "FAILED", "SUCCESSFUL"]


def test_a_prompt_nobody_answers_expires_after_five_minutes(town: Town) -> None:
    reference = str(uuid4())
    ask(town, X_Reference_Id=reference)
    town.clock.shift = 299
    assert status(town, reference).json()["status"] == "PENDING"
    town.clock.shift = 301
    assert status(town, reference).json()["reason"]["code"] == "EXPIRED"
    town.control("decide", {"msisdn": ACHOL, "decision": "approve"}, expected=404)


def test_standing_decisions_and_wallets_decide_on_arrival(town: Town) -> None:
    town.control("standing", {"msisdn": "*", "decision": "approve"})
    town.control("standing", {"msisdn": DENG, "decision": "reject"})
    town.control("wallet", {"msisdn": ACHOL, "amount": "700", "given_name": "Achol", "family_name": "Garang"})
    for _ in range(2):
        ask(town)
    ask(town, body(payer={"partyIdType": "MSISDN", "partyId": DENG}))
    assert [shown["reason"] for shown in town.requests()] == [None, "NOT_ENOUGH_FUNDS"]
    assert town.requests(DENG)[0]["reason"] == "APPROVAL_REJECTED"
    assert town.statement()["totals"] == {"requesttopay": "500"}
    named = requests.get(
        f"{town.url}/collection/v1_0/accountholder/msisdn/{ACHOL}/basicuserinfo", headers=headers(town), timeout=5
    )
    assert named.json()["given_name"] == "Achol"


def test_a_payer_can_be_told_after_a_payment_but_not_before(town: Town) -> None:
    reference = str(uuid4())
    ask(town, X_Reference_Id=reference)
    url = f"{town.url}/collection/v1_0/requesttopay/{reference}/deliverynotification"
    note = {"notificationMessage": "Code 1234"}
    assert requests.post(url, json=note, headers=headers(town), timeout=5).status_code == 400
    town.control("decide", {"msisdn": ACHOL, "decision": "approve"})
    assert requests.post(url, json=note, headers=headers(town), timeout=5).status_code == 200
    assert town.requests()[0]["notifications"] == ["Code 1234"]


def test_a_preapproval_is_asked_for_approved_listed_and_cancelled(town: Town) -> None:
    reference = str(uuid4())
    asked = {
        "payer": {"partyIdType": "MSISDN", "partyId": ACHOL},
        "payerCurrency": "SSP",
        "payerMessage": "monthly",
        "validityTime": 3600,
        "frequency": "MONTHLY",
    }
    known = headers(town, X_Reference_Id=reference)
    created = requests.post(f"{town.url}/collection/v2_0/preapproval", json=asked, headers=known, timeout=5)
    assert created.status_code == 202

    def shown() -> str:
        answer = requests.get(f"{town.url}/collection/v2_0/preapproval/{reference}", headers=known, timeout=5)
        return str(answer.json()["status"])

    assert shown() == "PENDING"
    town.control("decide", {"msisdn": ACHOL, "decision": "approve"})
    assert shown() == "APPROVED"
    listed = requests.get(f"{town.url}/collection/v1_0/preapprovals/msisdn/{ACHOL}", headers=known, timeout=5)
    assert [row["preApprovalId"] for row in listed.json()] == [reference]
    requests.delete(f"{town.url}/collection/v1_0/preapproval/{reference}", headers=known, timeout=5)
    assert shown() == "CANCELLED"
    assert town.statement()["transactions"] == []


# --- callbacks ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("faults", "methods"),
    [
        ({}, ["PUT"]),
        ({"callback_method": "POST"}, ["POST"]),
        ({"callback": "twice", "callback_method": "both"}, ["POST", "PUT"]),
        ({"callback": "storm:60"}, ["PUT"] * 60),
        ({"callback": "never"}, []),
        ({"callback": "late:30"}, ["PUT"]),
    ],
)
def test_callbacks_come_as_often_as_asked(
    town: Town, merchant: Listener, faults: dict[str, object], methods: list[str]
) -> None:
    town.control("faults", faults)
    ask(town, X_Callback_Url=merchant.url)
    town.control("decide", {"msisdn": ACHOL, "decision": "approve"})
    town.clock.shift = 31
    until(lambda: town.requests()[0]["callbacks_sent"] == len(methods))
    assert sorted(method for method, _, _ in merchant.heard) == methods
    for _, path, told in merchant.heard:
        assert path == "/callbacks/mtn-momo/key"
        assert json.loads(told)["status"] == "SUCCESSFUL"


def test_a_late_callback_waits_for_its_hour(town: Town, merchant: Listener) -> None:
    town.control("faults", {"callback": "late:30"})
    ask(town, X_Callback_Url=merchant.url)
    town.control("decide", {"msisdn": ACHOL, "decision": "approve"})
    [waiting] = town.requests()[0]["callbacks"]
    assert waiting["state"] == "waiting"
    assert merchant.heard == []


@pytest.mark.parametrize(
    ("wish", "holds"),
    [
        ("once", lambda told: '"externalId": "7"' in told and "referenceId" not in told),
        ("no_reference", lambda told: "externalId" not in told and '"status": "SUCCESSFUL"' in told),
        ("with_reference", lambda told: "referenceId" in told),
        ("wrong_body", lambda told: '"status": "FAILED"' in told and "999999" in told),
        ("broken_body", lambda told: not told.endswith("}")),
    ],
)
def test_callbacks_say_what_they_are_asked_to_say(
    town: Town, merchant: Listener, wish: str, holds: Callable[[str], bool]
) -> None:
    town.control("faults", {"callback": wish})
    ask(town, X_Callback_Url=merchant.url)
    town.control("decide", {"msisdn": ACHOL, "decision": "approve"})
    until(lambda: merchant.heard)
    assert holds(merchant.heard[0][2])


# --- faults ------------------------------------------------------------------------------------------------


def test_a_fault_bites_so_many_times_and_unknown_ones_are_refused(town: Town) -> None:
    town.control("faults", {"down": {"value": True, "times": 1}})
    with pytest.raises(AssertionError, match="SERVICE_UNAVAILABLE"):
        token(town)
    assert token(town)
    for nonsense in ({"fire": True}, {"callback": "thrice"}, {"slow_ms": -1}, {"down": True, "times": 0}, []):
        assert "error" in town.control("faults", nonsense, expected=400)


def test_numbers_come_as_numbers_when_asked(town: Town) -> None:
    town.control("standing", {"msisdn": "*", "decision": "approve"})
    town.control("faults", {"numbers_as": "number"})
    reference = str(uuid4())
    ask(town, X_Reference_Id=reference)
    told = status(town, reference).json()
    assert (told["amount"], told["externalId"], told["payer"]["partyId"]) == (500, 7, int(ACHOL))
    assert type(told["financialTransactionId"]) is int


def test_faults_are_switched_as_people_write_switches(town: Town) -> None:
    held = town.control("faults", {"down": 0, "status_429": False, "html_page": None, "status_500": 1})
    assert held == {"status_500": {"value": True, "times": None}}
    assert town.control("faults", {"status_404_first": 1})["status_404_first"]["value"] == 1


# --- phones as people write them ---------------------------------------------------------------------------


@pytest.mark.parametrize("written", [f"+{ACHOL}", ACHOL, "0921234567", f"00{ACHOL}", f" {ACHOL}", int(ACHOL)])
def test_a_phone_may_be_written_in_any_usual_way(town: Town, written: str | int) -> None:
    town.control("wallet", {"msisdn": written, "amount": "500"})
    assert town.control("standing", {"msisdn": written, "decision": "ask"})["msisdn"] == ACHOL
    ask(town)
    assert town.control("decide", {"msisdn": written, "decision": "approve"})["status"] == "SUCCESSFUL"
    assert [row["msisdn"] for row in town.requests(str(written))] == [ACHOL]


def test_what_is_no_phone_is_said_in_one_sentence(town: Town) -> None:
    for written in ("", None, True, "Achol", "12345", "+0921234567", [ACHOL]):
        assert "error" in town.control("decide", {"msisdn": written, "decision": "approve"}, expected=400)
    answer = requests.get(f"{town.url}/sandbox/requests", params={"msisdn": "Achol"}, timeout=5)
    assert (answer.status_code, list(answer.json())) == (400, ["error"])


# --- power -------------------------------------------------------------------------------------------------


@contextmanager
def process(folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [sys.executable, "-m", "sandbox.momo", "--state-dir", str(folder)]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) as running_process:
        try:
            assert running_process.stdout is not None
            yield running_process, running_process.stdout.readline().strip()
        finally:
            running_process.kill()


def test_a_kill_loses_nothing_it_had_answered(tmp_path: Path, merchant: Listener) -> None:
    clock = Clock()
    with process(tmp_path) as (killed, url):
        town = Town(url, _ConfigOnly(), clock)  # type: ignore[arg-type]
        town.control("faults", {"callback": "late:1"})
        paid, pending = str(uuid4()), str(uuid4())
        assert ask(town, X_Reference_Id=paid, X_Callback_Url=merchant.url).status_code == 202
        assert ask(town, X_Reference_Id=pending).status_code == 202
        town.control("decide", {"msisdn": ACHOL, "decision": "approve"})
        town.control("wallet", {"msisdn": ACHOL, "amount": "10"})
        os.kill(killed.pid, signal.SIGKILL)
    assert merchant.heard == []
    with process(tmp_path) as (_, url):
        town = Town(url, _ConfigOnly(), clock)  # type: ignore[arg-type]
        until(lambda: merchant.heard)
        assert [row["reference"] for row in town.statement()["transactions"]] == [paid]
        decided = town.control("decide", {"msisdn": ACHOL, "decision": "approve"})
        assert (decided["reference"], decided["reason"]) == (pending, "NOT_ENOUGH_FUNDS")


class _ConfigOnly:
    config = Config()
