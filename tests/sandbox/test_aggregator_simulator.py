"""The simulated aggregator speaks like the real one: checked by its own SDK, and by a product that only listens."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from africastalking.Service import AfricasTalkingException
from africastalking.SMS import SMSService
from flask import Flask, Response, request
from werkzeug.serving import make_server

from core.gateways.africas_talking import AfricasTalkingSender
from core.messaging.sender import Accepted, OutgoingText, Refused, Sender, Unknown
from sandbox.aggregator import ProductUrls, create_app

ACHOL, DENG, KIDEN = "+211921234567", "+211911234567", "+211981234567"
KEY = "atsk_demo"
WAIT_S = 10.0


class NoonClock:
    """Always the same noon."""

    def now(self) -> datetime:
        return datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


@dataclass
class Product:
    """Hears every callback; answers what it is told to."""

    url: str = ""
    heard: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    refusals_left: int = 0
    screen: Callable[[dict[str, str]], Any] = lambda form: f"CON you typed [{form['text']}]"

    def forms(self, kind: str) -> list[dict[str, str]]:
        return [form for heard, form in self.heard if heard == kind]

    def wait_for(self, kind: str, count: int) -> list[dict[str, str]]:
        until = time.monotonic() + WAIT_S
        while len(self.forms(kind)) < count:
            assert time.monotonic() < until, f"heard only {self.heard}"
            time.sleep(0.01)
        return self.forms(kind)


@contextmanager
def served(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def product() -> Iterator[Product]:
    heard = Product()
    app = Flask("product")

    @app.post("/<kind>")
    def hear(kind: str) -> Any:
        heard.heard.append((kind, request.form.to_dict()))
        heard.headers.append(dict(request.headers))
        if kind == "ussd":
            return heard.screen(request.form.to_dict())
        if heard.refusals_left:
            heard.refusals_left -= 1
            return "not now", 503
        return "ok"

    with served(app) as heard.url:
        yield heard


def aggregator(state_dir: Path, product_url: str) -> Flask:
    return create_app(
        state_dir,
        username="shabaka",
        api_key=KEY,
        product_urls=ProductUrls(
            **{kind: f"{product_url}/{kind}" for kind in ("ussd", "events", "inbound", "delivery", "optout")}
        ),
        service_code="*384*77#",
        short_code="7722",
        clock=NoonClock(),
        report_delay_s=0.01,
    )


@pytest.fixture
def url(tmp_path: Path, product: Product) -> Iterator[str]:
    app = aggregator(tmp_path, product.url)
    with served(app) as address:
        yield address
    app.extensions["aggregator"].close()


@pytest.fixture
def sdk(url: str) -> SMSService:
    service = SMSService("shabaka", KEY)
    service._baseUrl = f"{url}/version1"
    return service


def post(url: str, path: str, **body: Any) -> dict[str, Any]:
    answer = requests.post(f"{url}/sandbox/{path}", json=body, timeout=WAIT_S)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def get(url: str, path: str) -> list[dict[str, Any]]:
    return list(requests.get(f"{url}/sandbox/{path}", timeout=WAIT_S).json()["messages"])


# --- its SMS API, by its own SDK -----------------------------------------------------------------------------------


def test_the_sdk_sends_and_reads_the_answer(sdk: SMSService, url: str) -> None:
    answer = sdk.send("Salaam", [ACHOL, DENG], sender_id="SHABAKA")["SMSMessageData"]
    assert answer["Message"] == "Sent to 2/2 Total Cost: KES 1.6000"
    first, second = answer["Recipients"]
    assert first["number"] == ACHOL
    assert first["statusCode"] == 101
    assert first["status"] == "Success"
    assert first["cost"] == "KES 0.8000"
    assert first["messageId"].startswith("ATXid_")
    assert first["messageId"] != second["messageId"]
    assert [message["text"] for message in get(url, f"messages?to={DENG}")] == ["Salaam"]


def test_an_enqueued_text_is_queued(sdk: SMSService) -> None:
    assert sdk.send("Salaam", [ACHOL], enqueue=True)["SMSMessageData"]["Recipients"][0]["statusCode"] == 102


def test_a_wrong_key_is_told_so_in_plain_text(url: str) -> None:
    service = SMSService("shabaka", "atsk_stolen")
    service._baseUrl = f"{url}/version1"
    with pytest.raises(AfricasTalkingException, match="supplied authentication is invalid"):
        service.send("Salaam", [ACHOL])
    with pytest.raises(AfricasTalkingException, match="supplied authentication is invalid"):
        service.fetch_messages()


def test_anothers_username_is_a_wrong_key(url: str) -> None:
    service = SMSService("kiden", KEY)
    service._baseUrl = f"{url}/version1"
    with pytest.raises(AfricasTalkingException):
        service.send("Salaam", [ACHOL])


def test_an_unregistered_sender_is_created_with_nobody_in_it(sdk: SMSService, url: str) -> None:
    assert sdk.send("Salaam", [ACHOL], sender_id="FAR TOO LONG A NAME") == {
        "SMSMessageData": {"Message": "InvalidSenderId", "Recipients": []}
    }
    assert get(url, "messages") == []


def test_a_phone_that_cannot_be_is_refused_alone(sdk: SMSService) -> None:
    bad, good = sdk.send("Salaam", ["+2119", ACHOL])["SMSMessageData"]["Recipients"]
    assert (bad["statusCode"], bad["status"], bad["messageId"]) == (403, "InvalidPhoneNumber", "None")
    assert good["statusCode"] == 101


def test_a_missing_field_is_named(url: str) -> None:
    answer = requests.post(
        f"{url}/version1/messaging", data={"username": "shabaka", "to": ACHOL}, headers={"apiKey": KEY}, timeout=5
    )
    assert answer.status_code == 400
    assert answer.text == "Request is missing required form field 'message'"


def test_the_sdk_fetches_what_phones_wrote(sdk: SMSService, url: str) -> None:
    ids = [post(url, "sms", **{"from": ACHOL, "text": f"text {number}"})["id"] for number in range(3)]
    every = sdk.fetch_messages()["SMSMessageData"]["Messages"]
    assert [message["text"] for message in every] == ["text 0", "text 1", "text 2"]
    assert {"id", "from", "to", "text", "date", "linkId"} <= set(every[0])
    later = sdk.fetch_messages(last_received_id=ids[1])["SMSMessageData"]["Messages"]
    assert [message["id"] for message in later] == [ids[2]]


# --- and by the product's own gateway ------------------------------------------------------------------------------


@pytest.fixture
def sender(url: str) -> Sender:
    return AfricasTalkingSender(
        username="shabaka", api_key=KEY, base_url=url, connect_timeout_s=1.0, answer_timeout_s=0.5
    )


def text(key: str = "row-1", sender: str | None = "SHABAKA") -> OutgoingText:
    return OutgoingText(key=key, to=ACHOL, text="Salaam", sender=sender)


def test_our_gateway_and_the_simulator_agree(sender: Sender, url: str) -> None:
    result = sender.send(text())
    assert isinstance(result, Accepted)
    assert [message["id"] for message in get(url, "messages")] == [result.provider_id]


@pytest.mark.parametrize(
    ("error", "reason", "permanent"),
    [
        ("empty-recipients", "sender_not_registered", False),
        ("recipient-405", "provider_account_empty", False),
        ("recipient-406", "opted_out_at_provider", True),
        ("recipient-502", "rejected_by_gateway", False),
    ],
)
def test_ordered_refusals_reach_our_gateway(sender: Sender, url: str, error: str, reason: str, permanent: bool) -> None:
    post(url, "faults", error=error)
    result = sender.send(text())
    assert isinstance(result, Refused)
    assert (result.reason, result.permanent) == (reason, permanent)
    assert get(url, "messages") == []


def test_a_server_error_is_unknown_and_took_nothing(sender: Sender, url: str) -> None:
    post(url, "faults", error=503)
    assert isinstance(sender.send(text()), Unknown)
    assert get(url, "messages") == []
    post(url, "faults")
    assert isinstance(sender.send(text()), Accepted)


def test_a_dropped_answer_is_unknown_yet_the_text_went_out(sender: Sender, url: str, product: Product) -> None:
    post(url, "faults", drop=2)
    assert isinstance(sender.send(text()), Unknown)
    assert isinstance(sender.send(text()), Unknown)
    assert isinstance(sender.send(text()), Accepted)
    assert len(get(url, "messages")) == 3
    product.wait_for("delivery", 9)
    assert [message["id"] for message in get(url, "messages?limit=2")] == [
        message["id"] for message in get(url, "messages")[1:]
    ]


def test_a_late_answer_is_unknown(sender: Sender, url: str) -> None:
    post(url, "faults", delay_ms=900)
    assert isinstance(sender.send(text()), Unknown)
    post(url, "faults")


# --- delivery reports ----------------------------------------------------------------------------------------------


def test_reports_come_in_order_and_carry_the_id_and_phone(sdk: SMSService, product: Product, url: str) -> None:
    message_id = sdk.send("Salaam", [ACHOL])["SMSMessageData"]["Recipients"][0]["messageId"]
    reports = product.wait_for("delivery", 3)
    assert [report["status"] for report in reports] == ["Sent", "Submitted", "Success"]
    assert {report["id"] for report in reports} == {message_id}
    assert {report["phoneNumber"] for report in reports} == {ACHOL}
    assert {report["networkCode"] for report in reports} == {"65902"}


def test_reports_can_come_backwards_twice_and_end_badly(sdk: SMSService, product: Product, url: str) -> None:
    post(url, "faults", reports=["Failed", "Buffered", "Sent"], duplicate=True)
    sdk.send("Salaam", [DENG])
    reports = product.wait_for("delivery", 6)
    assert [report["status"] for report in reports] == ["Failed", "Failed", "Buffered", "Buffered", "Sent", "Sent"]
    assert reports[0]["failureReason"] == "DeliveryFailure"
    assert reports[0]["networkCode"] == "65906"


def test_the_status_people_see_is_the_last_one_reported(sdk: SMSService, product: Product, url: str) -> None:
    sdk.send("Salaam", [ACHOL])
    product.wait_for("delivery", 3)
    until = time.monotonic() + WAIT_S
    while get(url, "messages")[0]["status"] != "Success":
        assert time.monotonic() < until
        time.sleep(0.01)


# --- texts from phones ---------------------------------------------------------------------------------------------


def test_a_text_is_posted_as_the_provider_posts_it(url: str, product: Product) -> None:
    answer = post(url, "sms", **{"from": ACHOL, "text": "رصيد ٥"})
    (form,) = product.forms("inbound")
    assert answer == {"id": form["id"], "status": "delivered", "http": 200}
    assert form["from"] == ACHOL
    assert form["to"] == "7722"
    assert form["text"] == "رصيد ٥"
    assert form["date"] == "2026-11-23 10:00:00"
    assert form["networkCode"] == "65902"


def test_a_text_comes_again_until_it_is_taken(url: str, product: Product) -> None:
    product.refusals_left = 2
    assert post(url, "sms", **{"from": ACHOL, "text": "hi"})["status"] == "waiting"
    forms = product.wait_for("inbound", 3)
    assert len({form["id"] for form in forms}) == 1


def test_copies_of_a_text_that_come_at_once_are_one_text(tmp_path: Path, product: Product) -> None:
    provider = aggregator(tmp_path, product.url).extensions["aggregator"]
    exchange, at_once = provider.exchange, threading.Barrier(8)
    usual = sys.getswitchinterval()

    def copy(number: int, text_id: str) -> str:
        at_once.wait()
        return exchange.receive(ACHOL, f"BAL {number}", text_id)["status"]

    sys.setswitchinterval(1e-6)  # threads meet between any two steps
    try:
        with ThreadPoolExecutor(8) as pool:
            for text_id in (f"in-{number}" for number in range(10)):
                assert set(pool.map(copy, range(8), [text_id] * 8)) == {"delivered"}
    finally:
        sys.setswitchinterval(usual)
    assert len({(form["id"], form["text"]) for form in product.forms("inbound")}) == 10
    assert len(exchange.received(None, 100)) == 10
    provider.close()


def test_a_text_can_be_sent_twice_by_fault_or_by_its_id(url: str, product: Product) -> None:
    post(url, "sms", **{"from": ACHOL, "text": "once", "id": "in-1"})
    post(url, "sms", **{"from": ACHOL, "text": "once", "id": "in-1"})
    assert [form["id"] for form in product.forms("inbound")] == ["in-1", "in-1"]
    assert len(get(url, f"inbound?from={ACHOL}")) == 1
    post(url, "faults", duplicate=True)
    post(url, "sms", **{"from": DENG, "text": "twice"})
    assert [form["text"] for form in product.forms("inbound")] == ["once", "once", "twice", "twice"]


def test_an_opt_out_is_told_once_and_bars_later_sends(url: str, product: Product, sdk: SMSService) -> None:
    post(url, "optout", phone=ACHOL)
    assert product.wait_for("optout", 1) == [{"senderId": "7722", "phoneNumber": ACHOL}]
    assert sdk.send("hi", [ACHOL])["SMSMessageData"]["Recipients"][0]["status"] == "UserInBlacklist"
    post(url, "optin", phone=ACHOL)
    assert sdk.send("hi", [ACHOL])["SMSMessageData"]["Recipients"][0]["statusCode"] == 101


# --- USSD ----------------------------------------------------------------------------------------------------------


def test_a_session_posts_the_whole_text_every_time(url: str, product: Product) -> None:
    first = post(url, "ussd", phone=ACHOL, input="*384*77#")
    assert first["type"] == "CON"
    assert first["text"] == first["screen"] == "you typed []"
    for typed in ("2", "0", "2", "a*b"):
        last = post(url, "ussd", session=first["session"], input=typed)
    assert last["text"] == "you typed [2*0*2*a*b]"
    forms = product.forms("ussd")
    assert [form["text"] for form in forms] == ["", "2", "2*0", "2*0*2", "2*0*2*a*b"]
    assert set(forms[0]) == {"sessionId", "phoneNumber", "networkCode", "serviceCode", "text"}
    assert forms[0]["serviceCode"] == "*384*77#"
    assert {form["sessionId"] for form in forms} == {first["session"]}


@pytest.mark.parametrize(
    ("dialled", "first_text"),
    [("*384*77#", ""), ("*384*77*2*1#", "2*1"), ("2*1", "2*1"), ("2*1#", "2*1"), ("", ""), (" *384*77*5# ", "5")],
)
def test_the_deep_part_of_a_code_is_the_first_text(url: str, product: Product, dialled: str, first_text: str) -> None:
    post(url, "ussd", phone=ACHOL, input=dialled)
    assert product.forms("ussd")[0]["text"] == first_text


@pytest.mark.parametrize("dialled", ["*384*770#", "*100#", "*384#"])
def test_anothers_code_never_reaches_the_product(url: str, product: Product, dialled: str) -> None:
    assert post(url, "ussd", phone=ACHOL, input=dialled)["type"] == "END"
    assert product.heard == []


@pytest.mark.parametrize(
    ("phone", "network"),
    [(ACHOL, "65902"), ("+211991234567", "65902"), (DENG, "65906"), (KIDEN, "65905"), ("+254700000000", "99999")],
)
def test_the_network_is_known_by_the_prefix(url: str, product: Product, phone: str, network: str) -> None:
    post(url, "ussd", phone=phone, input="")
    assert product.forms("ussd")[0]["networkCode"] == network


def test_the_end_of_a_session_is_reported(url: str, product: Product) -> None:
    product.screen = lambda form: "END bye" if form["text"] else "CON hello"
    session = post(url, "ussd", phone=ACHOL, input="")["session"]
    assert post(url, "ussd", session=session, input="1")["type"] == "END"
    (event,) = product.wait_for("events", 1)
    assert event["status"] == "Success"
    assert event["sessionId"] == session
    assert event["hopsCount"] == "2"
    assert event["input"] == "1"
    assert event["lastAppResponse"] == "bye"
    assert event["date"] == "2026-11-23 10:00:00"
    assert int(event["durationInMillis"]) >= 0
    assert requests.post(f"{url}/sandbox/ussd", json={"session": session, "input": "1"}, timeout=5).status_code == 409


def test_hanging_up_is_incomplete_and_said_once(url: str, product: Product) -> None:
    session = post(url, "ussd", phone=ACHOL, input="")["session"]
    post(url, "ussd/end", session=session)
    assert requests.post(f"{url}/sandbox/ussd/end", json={"session": session}, timeout=5).status_code == 409
    (event,) = product.wait_for("events", 1)
    assert event["status"] == "Incomplete"
    assert event["lastAppResponse"] == "you typed []"


def test_dialling_again_hangs_up_the_first_session(url: str, product: Product) -> None:
    first = post(url, "ussd", phone=ACHOL, input="")["session"]
    second = post(url, "ussd", phone=ACHOL, input="")["session"]
    assert product.wait_for("events", 1)[0]["sessionId"] == first
    assert post(url, "ussd", session=second, input="1")["type"] == "CON"


@pytest.mark.parametrize(
    "answer",
    [
        "CONtinue",
        "hello",
        "",
        " CON x",
        "\ufeffCON x",
        ("CON x", 404),
        ("END x", 500),
        Response("END", mimetype="text/plain"),
    ],
)
def test_an_answer_without_con_or_end_fails_the_session(url: str, product: Product, answer: Any) -> None:
    product.screen = lambda form: answer
    screen = post(url, "ussd", phone=ACHOL, input="")
    assert screen["type"] == "END"
    assert screen["error"]
    (event,) = product.wait_for("events", 1)
    assert event["status"] == "Failed"
    assert event["errorMessage"] == screen["error"]


def test_the_last_hop_can_be_sent_again_as_it_was(url: str, product: Product) -> None:
    session = post(url, "ussd", phone=ACHOL, input="")["session"]
    pressed = post(url, "ussd", session=session, input="3")
    again = post(url, "ussd/repeat", session=session)
    assert again == pressed
    assert [form["text"] for form in product.forms("ussd")] == ["", "3", "3"]


def test_a_program_may_begin_a_session_under_its_own_id(url: str, product: Product) -> None:
    first = post(url, "ussd", phone=ACHOL, session="achol-1", input="*384*77#")
    assert (first["session"], first["type"], first["screen"]) == ("achol-1", "CON", "you typed []")
    assert post(url, "ussd", phone="0921234567", session="achol-1", input="2")["text"] == "you typed [2]"
    assert post(url, "ussd", session="achol-1", input=1)["text"] == "you typed [2*1]"
    assert {form["sessionId"] for form in product.forms("ussd")} == {"achol-1"}


def test_a_session_id_that_has_ended_is_not_begun_again(url: str, product: Product) -> None:
    product.screen = lambda form: "END bye"
    post(url, "ussd", phone=ACHOL, session="achol-1", input="")
    for body in ({"session": "achol-1", "input": "1"}, {"session": "achol-1", "input": "", "phone": ACHOL}):
        assert requests.post(f"{url}/sandbox/ussd", json=body, timeout=5).status_code == 409
    assert len(product.forms("ussd")) == 1


def test_nobody_types_into_another_phones_session(url: str, product: Product) -> None:
    post(url, "ussd", phone=ACHOL, session="achol-1", input="")
    body = {"session": "achol-1", "input": "1", "phone": KIDEN}
    answer = requests.post(f"{url}/sandbox/ussd", json=body, timeout=5)
    assert (answer.status_code, answer.json()["error"]) == (400, f"session achol-1 is the phone {ACHOL}'s")
    assert len(product.forms("ussd")) == 1


def test_one_own_id_begun_twice_at_once_is_one_session(url: str, product: Product) -> None:
    threads = [
        threading.Thread(target=post, args=(url, "ussd"), kwargs={"phone": ACHOL, "session": "both", "input": "1"})
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {form["text"] for form in product.forms("ussd")} <= {"1", "1*1"}
    assert product.forms("events") == []


def test_duplicate_hops_arrive_at_the_same_moment(url: str, product: Product) -> None:
    both = threading.Barrier(2, timeout=WAIT_S)

    def screen(form: dict[str, str]) -> str:
        both.wait()  # passes only when two requests are inside at once
        return "CON hello"

    product.screen = screen
    post(url, "faults", duplicate=True)
    assert post(url, "ussd", phone=ACHOL, input="")["text"] == "hello"
    assert len(product.wait_for("ussd", 2)) == 2


def test_hop_metadata_comes_back_and_is_in_the_end_event(url: str, product: Product) -> None:
    def screen(form: dict[str, str]) -> Response:
        kind = "END" if form["text"] else "CON"
        return Response(f"{kind} x", headers={"at-ussd-hop-metadata": f"state-{kind}"}, mimetype="text/plain")

    product.screen = screen
    session = post(url, "ussd", phone=ACHOL, input="")["session"]
    post(url, "ussd", session=session, input="1")
    assert product.headers[1]["At-Ussd-Hop-Metadata"] == "state-CON"
    assert product.wait_for("events", 1)[0]["hopsMetadata"] == "state-CON|state-END"


def test_a_product_that_is_not_there_ends_the_call_politely(tmp_path: Path) -> None:
    app = aggregator(tmp_path, "http://127.0.0.1:9")
    with served(app) as url:
        screen = post(url, "ussd", phone=ACHOL, input="*384*77#")
    app.extensions["aggregator"].close()
    assert (screen["type"], screen["error"]) == ("END", "ConnectionError")


# --- what it may not forget ----------------------------------------------------------------------------------------


def test_nothing_promised_is_lost_by_a_crash(tmp_path: Path, product: Product) -> None:
    before = aggregator(tmp_path, product.url)
    with served(before) as url:
        session = post(url, "ussd", phone=ACHOL, input="4")["session"]
        product.refusals_left = 10_000
        post(url, "sms", **{"from": ACHOL, "text": "unanswered", "id": "in-9"})
        service = SMSService("shabaka", KEY)
        service._baseUrl = f"{url}/version1"
        service.send("Salaam", [ACHOL])
    before.extensions["aggregator"].close()  # nothing is written here: the file holds what a kill would leave
    product.heard.clear()
    product.refusals_left = 0
    after = aggregator(tmp_path, product.url)
    with served(after) as url:
        product.wait_for("delivery", 3)
        assert post(url, "ussd", session=session, input="1")["text"] == "you typed [4*1]"
        assert [message["text"] for message in get(url, "messages")] == ["Salaam"]
        product.wait_for("inbound", 1)
    after.extensions["aggregator"].close()


# --- phones and faults as people write them -------------------------------------------------------------------------


@pytest.mark.parametrize("written", ["+211921234567", "211921234567", "0921234567", "00211921234567", " 211921234567"])
def test_a_phone_may_be_written_in_any_usual_way(url: str, product: Product, sdk: SMSService, written: str) -> None:
    sdk.send("Salaam", [ACHOL, DENG])
    for name, value in (("to", written), ("to", written.replace(" ", "+"))):
        found = requests.get(f"{url}/sandbox/messages", params={name: value}, timeout=5).json()["messages"]
        assert [message["to"] for message in found] == [ACHOL]
    post(url, "sms", **{"from": written, "text": "BALANCE"})
    assert product.forms("inbound")[0]["from"] == ACHOL
    assert get(url, f"inbound?from={written}")[0]["text"] == "BALANCE"
    post(url, "ussd", phone=written, input="")
    assert product.forms("ussd")[0]["phoneNumber"] == ACHOL
    assert post(url, "optout", phone=written)["phone"] == post(url, "optin", phone=written)["phone"] == ACHOL


def test_a_plus_nobody_escaped_and_no_phone_at_all(url: str, sdk: SMSService) -> None:
    sdk.send("Salaam", [ACHOL, DENG])
    assert len(get(url, f"messages?to={ACHOL}")) == 1
    assert len(get(url, "messages")) == len(get(url, "messages?to=")) == 2


@pytest.mark.parametrize("path", ["messages?to=Achol", "messages?to=12345", "messages?to=%20", "inbound?from=%2B0921"])
def test_what_is_no_phone_is_said_in_one_sentence(url: str, path: str) -> None:
    answer = requests.get(f"{url}/sandbox/{path}", timeout=5)
    assert (answer.status_code, list(answer.json())) == (400, ["error"])


@pytest.mark.parametrize(
    ("asked", "held"),
    [
        ({"duplicate": 1}, {"duplicate": True}),
        ({"duplicate": 0, "error": 0, "drop": False}, {"duplicate": False, "error": None, "drop": 0}),
        ({"duplicate": None, "error": None, "drop": None}, {"duplicate": False, "error": None, "drop": 0}),
        ({"duplicate": False, "error": False, "delay_ms": None}, {"duplicate": False, "error": None, "delay_ms": 0}),
        ({"error": True}, {"error": 500}),
        ({"error": 1}, {"error": 500}),
        ({"drop": 2}, {"drop": 2}),
        ({"drop": 0.5}, {"drop": 0.5}),
    ],
)
def test_faults_are_switched_as_people_write_switches(url: str, asked: dict[str, Any], held: dict[str, Any]) -> None:
    found = post(url, "faults", **asked)
    assert {name: found[name] for name in held} == held


def test_every_answer_is_lost_until_it_is_switched_off(url: str, sender: Sender) -> None:
    assert post(url, "faults", drop=True)["drop"] is True
    assert isinstance(sender.send(text("row-1")), Unknown)
    assert isinstance(sender.send(text("row-2")), Unknown)
    post(url, "faults", drop=False)
    assert isinstance(sender.send(text("row-3")), Accepted)
    assert len(get(url, "messages")) == 3


# --- orders that cannot be understood ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("faults", {"drip": 1}),
        ("faults", {"drop": -1}),
        ("faults", {"drop": "many"}),
        ("faults", {"delay_ms": 1e99}),
        ("faults", {"error": 200}),
        ("faults", {"error": "whatever"}),
        ("faults", {"reports": ["Read"]}),
        ("faults", {"duplicate": 2}),
        ("faults", {"duplicate": [1]}),
        ("faults", {"drop": 10**400}),
        ("sms", {"from": "Achol", "text": "hi"}),
        ("sms", {"from": ACHOL, "text": ["hi"]}),
        ("ussd", {"input": "1"}),
        ("ussd", {"input": "1", "session": "never-begun"}),
        ("ussd", {"input": "1", "session": "never-begun", "phone": "12345"}),
        ("ussd", {"input": "1", "session": "two words", "phone": ACHOL}),
        ("ussd", {"input": True, "phone": ACHOL}),
        ("optout", {}),
        ("optout", {"phone": "+2119"}),
        ("optin", {"phone": None}),
    ],
)
def test_an_order_that_makes_no_sense_gets_one_sentence(url: str, path: str, body: dict[str, Any]) -> None:
    answer = requests.post(f"{url}/sandbox/{path}", json=body, timeout=5)
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert requests.post(f"{url}/sandbox/{path}", data="[]", timeout=5).status_code == 400
