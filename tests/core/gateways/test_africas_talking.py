"""Every answer the provider can give, over real sockets, becomes one of three results."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest

from core.gateways.africas_talking import (
    ACCEPTED_CODES,
    DELIVERY_WORDS,
    REFUSED_CODES,
    AfricasTalkingSender,
    read_answer,
)
from core.messaging.sender import Accepted, DeliveryState, OutgoingText, Refused, Sender, Unknown

ACHOL = "+211921234567"
KEY = "atsk_very_secret"


@dataclass
class Provider:
    """A provider that says what it is told to say."""

    url: str = ""
    status: int = 201
    content_type: str = "application/json"
    body: str = ""
    cut: bool = False
    hang: threading.Event | None = None
    requests: list[dict[str, list[str]]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)


@pytest.fixture
def provider() -> Iterator[Provider]:
    script = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            form = self.rfile.read(int(self.headers["Content-Length"])).decode()
            script.requests.append({"path": [self.path], **parse_qs(form)})
            script.headers.append(dict(self.headers))
            if script.hang is not None:
                script.hang.wait(5)
            if script.cut or script.hang is not None:
                self.close_connection = True
                return
            body = script.body.encode()
            self.send_response(script.status)
            self.send_header("Content-Type", script.content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

    # With room for all that call at once: a call that finds none is dropped, and tried again after a second.
    server = type("Server", (ThreadingHTTPServer,), {"request_queue_size": 64})(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    script.url = f"http://127.0.0.1:{server.server_port}"
    yield script
    server.shutdown()
    thread.join()
    server.server_close()


def sender_to(url: str, *, answer_timeout_s: float = 2.0) -> AfricasTalkingSender:
    return AfricasTalkingSender(
        username="shabaka", api_key=KEY, base_url=url, connect_timeout_s=1.0, answer_timeout_s=answer_timeout_s
    )


def answer(code: object, status: str = "Success", number: str = ACHOL, message_id: object = "ATXid_1") -> str:
    recipient = {
        "statusCode": code,
        "number": number,
        "status": status,
        "cost": "KES 0.8000",
        "messageId": message_id,
    }
    return json.dumps({"SMSMessageData": {"Message": "Sent to 1/1", "Recipients": [recipient]}})


def text_to(phone: str = ACHOL, text: str = "Your code: 4471", sender: str | None = "SHABAKA") -> OutgoingText:
    return OutgoingText(key="row-1", to=phone, text=text, sender=sender)


def test_a_taken_text_comes_back_with_its_id_and_cost(provider: Provider) -> None:
    provider.body = answer(101)
    sender: Sender = sender_to(provider.url)
    assert sender.send(text_to()) == Accepted(provider_id="ATXid_1", cost="KES 0.8000")
    assert provider.requests == [
        {
            "path": ["/version1/messaging"],
            "username": ["shabaka"],
            "to": [ACHOL],
            "message": ["Your code: 4471"],
            "bulkSMSMode": ["1"],
            "from": ["SHABAKA"],
            "enqueue": ["1"],
        }
    ]
    assert provider.headers[0]["apiKey"] == KEY


def test_without_a_sender_the_providers_own_is_used(provider: Provider) -> None:
    provider.body = answer(100)
    assert isinstance(sender_to(provider.url).send(text_to(sender=None)), Accepted)
    assert "from" not in provider.requests[0]


@pytest.mark.parametrize("code", sorted(ACCEPTED_CODES))
def test_every_accepting_code_is_acceptance(provider: Provider, code: int) -> None:
    provider.body = answer(code)
    assert isinstance(sender_to(provider.url).send(text_to()), Accepted)


@pytest.mark.parametrize(
    ("code", "permanent"),
    [
        (401, True),
        (402, False),
        (403, True),
        (404, True),
        (405, False),
        (406, True),
        (407, True),
        (409, True),
        (500, False),
        (501, False),
        (502, False),
    ],
)
def test_every_refusing_code_says_whether_trying_again_can_help(provider: Provider, code: int, permanent: bool) -> None:
    provider.body = answer(code, "SomeStatus", message_id="None")
    result = sender_to(provider.url).send(text_to())
    assert isinstance(result, Refused)
    assert result.permanent is permanent
    assert result.reason == REFUSED_CODES[code].reason
    assert "SomeStatus" in result.raw


@pytest.mark.parametrize(
    "body",
    [
        answer(777, "NewWord"),
        answer("soon"),
        answer(None),
        answer(101, number="+211911111111"),
        answer(101, message_id="None"),
        answer(101, message_id=None),
        '{"SMSMessageData": {"Message": "Sent"}}',
        '{"SMSMessageData": {"Recipients": "none"}}',
        '{"SMSMessageData": {"Recipients": [7]}}',
        '{"SMSMessageData": []}',
        '{"else": 1}',
        "[]",
        "null",
        "{not json",
        "",
    ],
)
def test_an_answer_that_makes_no_sense_is_unknown_and_never_success(provider: Provider, body: str) -> None:
    provider.body = body
    assert isinstance(sender_to(provider.url).send(text_to()), Unknown)
    provider.content_type = "text/html"
    assert isinstance(sender_to(provider.url).send(text_to()), Unknown)


def test_a_charset_in_the_content_type_changes_nothing(provider: Provider) -> None:
    provider.body, provider.content_type = answer(101), "application/json; charset=utf-8"
    assert sender_to(provider.url).send(text_to()) == Accepted(provider_id="ATXid_1", cost="KES 0.8000")


def test_codes_written_as_text_are_read(provider: Provider) -> None:
    provider.body = answer("101")
    assert isinstance(sender_to(provider.url).send(text_to()), Accepted)


@pytest.mark.parametrize(
    ("message", "reason", "permanent"),
    [
        ("InvalidSenderId", "sender_not_registered", False),
        ("UserInBlacklist", "opted_out_at_provider", True),
        ("Something new", "nothing_sent", False),
    ],
)
def test_created_with_nobody_in_it_is_a_refusal(provider: Provider, message: str, reason: str, permanent: bool) -> None:
    provider.body = json.dumps({"SMSMessageData": {"Message": message, "Recipients": []}})
    result = sender_to(provider.url).send(text_to())
    assert isinstance(result, Refused)
    assert (result.reason, result.permanent) == (reason, permanent)


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (401, "The supplied authentication is invalid", "provider_key_wrong"),
        (400, "Request is missing required form field 'to'", "malformed_request"),
        (429, "Too Many Requests", "provider_busy"),
    ],
)
def test_a_client_error_with_known_words_sent_nothing(provider: Provider, status: int, body: str, reason: str) -> None:
    provider.status, provider.body, provider.content_type = status, body, "text/plain"
    result = sender_to(provider.url).send(text_to())
    assert isinstance(result, Refused)
    assert result.reason == reason


@pytest.mark.parametrize("body", ["<html><h1>502 Bad Gateway</h1></html>", "", "x" * 5000])
def test_a_server_error_says_nothing_about_what_was_sent(provider: Provider, body: str) -> None:
    provider.status, provider.body, provider.content_type = 502, body, "text/html"
    result = sender_to(provider.url).send(text_to())
    assert isinstance(result, Unknown)
    assert len(result.raw) <= 500


def test_a_connection_cut_after_the_request_is_unknown(provider: Provider) -> None:
    provider.cut = True
    assert isinstance(sender_to(provider.url).send(text_to()), Unknown)
    assert len(provider.requests) == 1  # and it is not tried again here: that is the outbox's to decide


def test_silence_is_unknown(provider: Provider) -> None:
    provider.hang = threading.Event()
    assert isinstance(sender_to(provider.url, answer_timeout_s=0.2).send(text_to()), Unknown)
    provider.hang.set()


def test_a_provider_that_is_not_there_surely_got_nothing() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # bound but not listening: connections are refused
        result = sender_to(f"http://127.0.0.1:{unused.getsockname()[1]}").send(text_to())
    assert result == Refused(reason="provider_unreachable", permanent=False, raw="ConnectionError")


@pytest.mark.parametrize(
    "phone", ["+2119", "+211" + "9" * 22, "+12025550143", "", "7722", "+211921234567,+211911234567"]
)
def test_a_phone_that_cannot_be_is_never_sent_to(provider: Provider, phone: str) -> None:
    result = sender_to(provider.url).send(text_to(phone))
    assert isinstance(result, Refused)
    assert result.permanent
    assert provider.requests == []


@pytest.mark.parametrize("text", ["", "x" * 1601])
def test_an_empty_or_endless_text_is_never_sent(provider: Provider, text: str) -> None:
    result = sender_to(provider.url).send(text_to(text=text))
    assert isinstance(result, Refused)
    assert result.permanent
    assert provider.requests == []


def test_a_phone_written_the_local_way_goes_out_as_the_provider_wants_it(provider: Provider) -> None:
    provider.body = answer(101)
    assert isinstance(sender_to(provider.url).send(text_to("0921 234 567")), Accepted)
    assert provider.requests[0]["to"] == [ACHOL]


@pytest.mark.parametrize("failing", [lambda p: setattr(p, "cut", True), lambda p: setattr(p, "status", 500)])
def test_the_key_is_in_no_result(provider: Provider, failing: Callable[[Provider], None]) -> None:
    failing(provider)
    assert KEY not in repr(sender_to(provider.url).send(text_to()))


def test_arabic_arrives_as_written(provider: Provider) -> None:
    provider.body = answer(101)
    sender_to(provider.url).send(text_to(text="رمزك: ٤٤٧١"))
    assert provider.requests[0]["message"] == ["رمزك: ٤٤٧١"]


def test_their_sandbox_is_chosen_by_its_username_alone() -> None:
    real = AfricasTalkingSender(username="shabaka", api_key=KEY)
    sandbox = AfricasTalkingSender(username="sandbox", api_key=KEY)
    assert real._service._make_url("/messaging") == "https://api.africastalking.com/version1/messaging"
    assert sandbox._service._make_url("/messaging") == "https://api.sandbox.africastalking.com/version1/messaging"


def test_many_threads_share_one_sender(provider: Provider) -> None:
    provider.body = answer(101)
    sender, results = sender_to(provider.url), []
    threads = [threading.Thread(target=lambda: results.append(sender.send(text_to()))) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [type(result) for result in results] == [Accepted] * 12


def test_the_words_of_delivery_reports_have_a_state_of_ours() -> None:
    assert DELIVERY_WORDS["Success"] is DeliveryState.DELIVERED
    assert {word for word, state in DELIVERY_WORDS.items() if state.final} == {
        "Success",
        "Failed",
        "AbsentSubscriber",
        "Rejected",
        "Expired",
    }
    assert "Queued?" not in DELIVERY_WORDS


def test_an_answer_already_parsed_reads_like_its_text() -> None:
    assert read_answer(json.loads(answer(102)), ACHOL) == read_answer(answer(102), ACHOL)
