"""Our MTN MoMo gateway against the simulator, over real sockets: one contract, one table, every fault."""

from __future__ import annotations

import json
import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as some
from werkzeug.serving import make_server

from core.errors import GatewayError
from core.gateways.mtn_momo import MomoAccount, MtnMomoCollector
from core.gateways.mtn_momo_line import Answer, MomoLine
from core.gateways.mtn_momo_words import plain_message, read_status
from core.gateways.readings import amount_text, read_amount, read_json
from core.money import Money
from core.payments.collector import (
    CollectionRequest,
    CollectionState,
    Collector,
    FailureReason,
    RequestAnswer,
)
from sandbox.momo import Config, create_app
from sandbox.momo.simulator import of

ACHOL = "+211921234567"
SSP_500 = Money.of("500", "SSP")


class Provider:
    """The simulator, and our gateway to it."""

    def __init__(self, url: str) -> None:
        config = Config()
        self.url = url
        self.account = MomoAccount(
            base_url=url,
            target_environment=config.target_environment,
            subscription_key=config.subscription_key,
            api_user=config.api_user,
            api_key=config.api_key,
            currency="SSP",
            timeout_s=5.0,
        )
        self.collector = MtnMomoCollector(self.account)

    def control(self, path: str, **body: object) -> Any:
        answer = requests.post(f"{self.url}/sandbox/{path}", json=body, timeout=5)
        assert answer.ok, answer.text
        return answer.json()

    def shown(self) -> list[dict[str, Any]]:
        return requests.get(f"{self.url}/sandbox/requests", timeout=5).json()["requests"]


@contextmanager
def serving(folder: Path) -> Iterator[Provider]:
    app = create_app(folder)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield Provider(f"http://127.0.0.1:{server.server_port}")
    server.shutdown()
    thread.join()
    server.server_close()
    of(app).close()


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[Provider]:
    with serving(tmp_path) as provider:
        yield provider


def demand(**changes: Any) -> CollectionRequest:
    return replace(
        CollectionRequest(
            reference=uuid4(),
            amount=SSP_500,
            payer_phone=ACHOL,
            external_id="P-1",
            payer_message="Wi-Fi 1 day",
            payee_note="token",
        ),
        **changes,
    )


@dataclass(frozen=True)
class Case:
    label: str
    faults: dict[str, object] = field(default_factory=dict)
    decision: str | None = "approve"
    wallet: dict[str, object] | None = None
    payer: str = ACHOL
    answer: RequestAnswer = RequestAnswer.ACCEPTED
    state: CollectionState = CollectionState.SUCCESSFUL
    reason: FailureReason | None = None
    raw_reason: str | None = None
    timeout_s: float = 5.0


PENDING, SUCCESSFUL, FAILED, NOT_FOUND, UNKNOWN = CollectionState
TEST_NUMBER = "+46733123"

CASES = [
    Case("the phone approves"),
    Case("the phone has not decided", decision=None, state=PENDING),
    Case("the phone ignores it", decision="ignore", state=PENDING),
    Case(
        "the phone refuses",
        decision="reject",
        state=FAILED,
        reason=FailureReason.REFUSED_BY_PAYER,
        raw_reason="APPROVAL_REJECTED",
    ),
    Case(
        "the phone refuses and the reason is a bare string",
        {"reason_as": "string"},
        decision="reject",
        state=FAILED,
        reason=FailureReason.REFUSED_BY_PAYER,
        raw_reason="APPROVAL_REJECTED",
    ),
    Case("amounts and ids are numbers", {"numbers_as": "number"}),
    Case(
        "the wallet is empty",
        wallet={"amount": "499"},
        state=FAILED,
        reason=FailureReason.INSUFFICIENT_FUNDS,
        raw_reason="NOT_ENOUGH_FUNDS",
    ),
    Case(
        "the wallet is empty and they call it an internal error",
        {"insufficient_as": "INTERNAL_PROCESSING_ERROR"},
        wallet={"amount": "499"},
        state=FAILED,
        reason=FailureReason.INSUFFICIENT_FUNDS,
        raw_reason="INTERNAL_PROCESSING_ERROR",
    ),
    Case(
        "there is no wallet",
        wallet={"active": False},
        state=FAILED,
        reason=FailureReason.PAYER_NOT_FOUND,
        raw_reason="PAYER_NOT_FOUND",
    ),
    Case(
        "the reason is a word nobody knows",
        {"fail_as": "MOON_IN_THE_WRONG_HOUSE"},
        state=FAILED,
        reason=FailureReason.UNKNOWN,
        raw_reason="MOON_IN_THE_WRONG_HOUSE",
    ),
    Case("the status is a word nobody knows", {"status_as": "CREATED"}, state=UNKNOWN),
    Case("the status is a success in other letters", {"status_as": "successful"}, state=UNKNOWN),
    Case("the amount is no amount", {"amount_as": "5,000"}, state=UNKNOWN),
    Case("the currency is none", {"currency_as": "XXX"}, state=UNKNOWN),
    Case("the answer is lost and the money taken", {"lose_answer_take_money": True}, answer=RequestAnswer.UNKNOWN),
    Case("500 and the money taken", {"lose_answer_take_money": "500"}, answer=RequestAnswer.UNKNOWN),
    Case("an HTML page and the money taken", {"lose_answer_take_money": "html"}, answer=RequestAnswer.UNKNOWN),
    Case(
        "the answer comes after our patience",
        {"slow_ms": 500},
        answer=RequestAnswer.UNKNOWN,
        timeout_s=0.3,
        state=UNKNOWN,
    ),
    Case("the request is lost", {"lose_request": True}, answer=RequestAnswer.UNKNOWN, state=NOT_FOUND),
    Case(
        "the firewall takes the request for an attack",
        {"html_page": "request"},
        answer=RequestAnswer.UNKNOWN,
        state=NOT_FOUND,
    ),
    Case("the firewall takes the question for an attack", {"html_page": "status"}, state=UNKNOWN),
    Case("the firewall is in front of everything", {"html_page": True}, answer=RequestAnswer.UNKNOWN, state=UNKNOWN),
    Case("the platform is down", {"down": True}, answer=RequestAnswer.UNKNOWN, state=UNKNOWN),
    Case("it is new gateway's day", {"new_platform": True}),
    Case("the question fails with 500", {"status_500": True}, state=UNKNOWN, raw_reason="INTERNAL_PROCESSING_ERROR"),
    Case("we ask too often", {"status_429": True}, state=UNKNOWN, raw_reason="TOO_MANY_REQUESTS"),
    Case("it is not visible yet", {"status_404_first": 1}, state=NOT_FOUND),
    *(
        Case(
            f"500 {code} is a refusal",
            {"request_code": code},
            answer=RequestAnswer.REFUSED,
            reason=reason,
            state=NOT_FOUND,
        )
        for code, reason in [
            ("INVALID_CURRENCY", FailureReason.PROVIDER_ERROR),
            ("NOT_ALLOWED_TARGET_ENVIRONMENT", FailureReason.PROVIDER_ERROR),
            ("INVALID_CALLBACK_URL_HOST", FailureReason.PROVIDER_ERROR),
            ("NOT_ALLOWED", FailureReason.NOT_ALLOWED),
            ("PAYER_NOT_FOUND", FailureReason.PAYER_NOT_FOUND),
            ("PAYER_LIMIT_REACHED", FailureReason.LIMIT_REACHED),
        ]
    ),
    *(
        Case(f"500 {code} says nothing", {"request_code": code}, answer=RequestAnswer.UNKNOWN, state=NOT_FOUND)
        for code in ("INTERNAL_PROCESSING_ERROR", "SERVICE_UNAVAILABLE", "MOON_IN_THE_WRONG_HOUSE")
    ),
    *(
        Case(
            f"the sandbox number {digits}",
            decision=None,
            payer=TEST_NUMBER + digits,
            state=FAILED if reason else PENDING,
            reason=reason,
            raw_reason=raw_reason,
        )
        for digits, reason, raw_reason in [
            ("450", FailureReason.INSUFFICIENT_FUNDS, "INTERNAL_PROCESSING_ERROR"),
            ("452", FailureReason.EXPIRED, "EXPIRED"),
            ("453", None, None),
            ("455", FailureReason.PAYER_NOT_FOUND, "PAYER_NOT_FOUND"),
            ("456", FailureReason.PROVIDER_ERROR, "PAYEE_NOT_ALLOWED_TO_RECEIVE"),
            ("462", FailureReason.PROVIDER_ERROR, "SERVICE_UNAVAILABLE"),
            ("463", FailureReason.EXPIRED, "COULD_NOT_PERFORM_TRANSACTION"),
            ("464", FailureReason.UNKNOWN, "TRANSFER_TYPE_UNKNOWN"),
        ]
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.label)
def test_the_gateway_says_what_happened_and_no_more(provider: Provider, case: Case) -> None:
    if case.wallet is not None:
        provider.control("wallet", msisdn=ACHOL, **case.wallet)
    if case.decision is not None:
        provider.control("standing", msisdn="*", decision=case.decision)
    provider.control("faults", **case.faults)
    collector: Collector = MtnMomoCollector(replace(provider.account, timeout_s=case.timeout_s))
    sent = demand(payer_phone=case.payer)

    outcome = collector.request(sent)
    assert (outcome.answer, outcome.permanent) == (case.answer, case.answer is RequestAnswer.REFUSED)
    assert outcome.reason == (case.reason if case.answer is RequestAnswer.REFUSED else None)

    told = collector.status(sent.reference)
    assert (told.state, told.raw_reason) == (case.state, case.raw_reason)
    assert told.reason == (case.reason if case.state is FAILED else None)
    if told.state is SUCCESSFUL:
        assert (told.amount, told.payer_phone, told.provider_reference) == (SSP_500, ACHOL, "4000000001")
    for secret in (provider.account.api_key, provider.account.subscription_key):
        assert secret not in outcome.raw + told.raw


def test_the_table_bites_with_every_fault_the_simulator_has(provider: Provider) -> None:
    known = set(requests.get(f"{provider.url}/sandbox/faults", timeout=5).json()["known"])
    tried = {name for case in CASES for name in case.faults}
    # Callbacks arrive at a door, not at the gateway; the others have stories of their own below.
    assert known - tried == {"callback", "callback_method", "expired_as", "payer_as"}


def test_a_request_sent_twice_is_known_and_asked_once(provider: Provider) -> None:
    sent = demand()
    assert provider.collector.request(sent).answer is RequestAnswer.ACCEPTED
    assert provider.collector.request(sent).answer is RequestAnswer.ALREADY_KNOWN
    assert len(provider.shown()) == 1


def test_a_lost_answer_is_asked_for_again_under_the_same_reference(provider: Provider) -> None:
    provider.control("standing", msisdn="*", decision="approve")
    provider.control("faults", lose_answer_take_money=True, times=1)
    sent = demand()
    assert provider.collector.request(sent).answer is RequestAnswer.UNKNOWN
    assert provider.collector.request(sent).answer is RequestAnswer.ALREADY_KNOWN
    assert provider.collector.status(sent.reference).amount == SSP_500
    assert [row["status"] for row in provider.shown()] == ["SUCCESSFUL"]


def test_an_answer_after_our_patience_leaves_one_request_taken(provider: Provider) -> None:
    provider.control("standing", msisdn="*", decision="approve")
    collector = MtnMomoCollector(replace(provider.account, timeout_s=0.3))
    assert collector.status(uuid4()).state is NOT_FOUND  # and a bearer is held now
    provider.control("faults", slow_ms=600, times=1)
    sent = demand()
    assert collector.request(sent).answer is RequestAnswer.UNKNOWN
    assert collector.status(sent.reference).state is SUCCESSFUL
    assert len(provider.shown()) == 1


def test_another_payer_than_asked_is_shown_as_such(provider: Provider) -> None:
    provider.control("standing", msisdn="*", decision="approve")
    provider.control("faults", payer_as="211929999999", amount_as="5")
    sent = demand()
    provider.collector.request(sent)
    told = provider.collector.status(sent.reference)
    assert (told.payer_phone, told.amount) == ("+211929999999", Money.of("5", "SSP"))


def test_what_is_sent_is_what_mtn_reads(provider: Provider) -> None:
    callback = "https://isp.example/callbacks/mtn-momo/key"
    sent = demand(
        amount=Money(50050, "SSP"), payer_message="Achol's Wi-Fi & more", payee_note="واي فاي", callback_url=callback
    )
    assert provider.collector.request(sent).answer is RequestAnswer.ACCEPTED
    assert provider.collector.request(demand()).answer is RequestAnswer.ACCEPTED
    first, second = provider.shown()
    assert (first["amount"], first["msisdn"], first["external_id"]) == ("500.50", "211921234567", "P-1")
    assert (first["payer_message"], first["payee_note"]) == ("Achol s Wi-Fi more", "واي فاي")
    assert (first["callback_url"], second["callback_url"], second["amount"]) == (callback, None, "500")


@pytest.mark.parametrize(
    "mistake",
    [
        {"reference": UUID("6ba7b810-9dad-11d1-80b4-00c04fd430c8")},
        {"amount": Money(0, "SSP")},
    ],
)
def test_our_own_mistakes_are_never_sent(provider: Provider, mistake: dict[str, object]) -> None:
    with pytest.raises(AssertionError):
        provider.collector.request(demand(**mistake))
    assert provider.shown() == []


def test_a_bearer_they_forgot_is_replaced_once_and_nobody_notices(provider: Provider) -> None:
    assert provider.collector.request(demand()).answer is RequestAnswer.ACCEPTED
    assert provider.control("expire-tokens") == {"ended": 1}
    assert provider.collector.request(demand()).answer is RequestAnswer.ACCEPTED
    assert provider.control("expire-tokens") == {"ended": 1}


def test_many_threads_share_one_bearer(provider: Provider) -> None:
    answers: list[RequestAnswer] = []
    threads = [
        threading.Thread(target=lambda: answers.append(provider.collector.request(demand()).answer)) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [RequestAnswer.ACCEPTED] * 8
    assert provider.control("expire-tokens") == {"ended": 1}


def test_a_bearer_is_renewed_ten_minutes_early_and_kept_when_that_fails(provider: Provider) -> None:
    now = [0.0]
    line = MomoLine(provider.account, "collection", monotonic=lambda: now[0])
    collector = MtnMomoCollector(provider.account, line=line)

    def tokens_given() -> int:
        assert collector.request(demand()).answer is RequestAnswer.ACCEPTED
        return len(provider_tokens())

    def provider_tokens() -> set[str]:
        assert line._token is not None
        given.add(line._token.value)
        return given

    given: set[str] = set()
    assert tokens_given() == 1
    now[0] = 2999.0
    assert tokens_given() == 1
    now[0] = 3001.0
    assert tokens_given() == 2
    provider.control("faults", html_page="token")
    now[0] += 3001.0
    assert tokens_given() == 2
    now[0] += 700.0
    assert collector.request(demand()).answer is RequestAnswer.UNKNOWN


class CountedLock:
    """A lock that says how many came to it."""

    def __init__(self) -> None:
        self._lock, self.came = threading.Lock(), threading.Semaphore(0)

    def __enter__(self) -> None:
        self.came.release()
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()


def test_a_token_refused_to_one_is_refused_to_all_who_waited_for_it(provider: Provider) -> None:
    """In turn, each with its own timeout, the last would outlive its lease and be sent a second time."""
    others_wait, fetched = threading.Event(), []

    class Refused(MomoLine):
        def _fetch_token(self) -> Answer:
            fetched.append(1)
            others_wait.wait(10)
            return Answer(0, raw="no answer: ReadTimeout")

    line = Refused(provider.account, "collection")
    lock = line._token_lock = CountedLock()  # type: ignore[assignment]
    collector = MtnMomoCollector(provider.account, line=line)
    answers: list[RequestAnswer] = []
    threads = [threading.Thread(target=lambda: answers.append(collector.request(demand()).answer)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in threads:
        assert lock.came.acquire(timeout=10)  # type: ignore[attr-defined]
    others_wait.set()
    for thread in threads:
        thread.join()
    assert answers == [RequestAnswer.UNKNOWN] * 4
    assert len(fetched) == 1
    assert collector.request(demand()).answer is RequestAnswer.UNKNOWN
    assert len(fetched) == 2  # who comes later asks anew


@pytest.mark.parametrize(("took_s", "answer"), [(0.0, RequestAnswer.ACCEPTED), (6.0, RequestAnswer.UNKNOWN)])
def test_a_call_is_begun_again_at_once_or_not_at_all(provider: Provider, took_s: float, answer: RequestAnswer) -> None:
    now = [0.0]

    class Slow(MomoLine):
        def _send(self, method: str, path: str, **more: Any) -> Answer:
            heard = super()._send(method, path, **more)
            now[0] += took_s if heard.http == 401 else 0.0
            return heard

    line = Slow(provider.account, "collection", monotonic=lambda: now[0])
    collector = MtnMomoCollector(provider.account, line=line)
    assert collector.request(demand()).answer is RequestAnswer.ACCEPTED
    provider.control("expire-tokens")
    assert collector.request(demand()).answer is answer
    assert collector.request(demand()).answer is RequestAnswer.ACCEPTED


@pytest.mark.parametrize("wrong", [{"api_key": "Kiden"}, {"subscription_key": "Kiden"}])
def test_wrong_credentials_are_unknown_never_a_failure_and_stay_out_of_logs(
    provider: Provider, wrong: dict[str, str], caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    account = replace(provider.account, **wrong)
    collector = MtnMomoCollector(account)
    outcome, told = collector.request(demand()), collector.status(uuid4())
    assert (outcome.answer, told.state) == (RequestAnswer.UNKNOWN, UNKNOWN)
    written = "".join([outcome.raw, told.raw, caplog.text, *capsys.readouterr(), repr(account)])
    assert "Kiden" not in written
    assert provider.account.api_key not in written


def test_nobody_at_the_other_end_is_unknown() -> None:
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    collector = MtnMomoCollector(
        MomoAccount(f"http://127.0.0.1:{port}", "mtnsouthsudan", "k", "u", "p", "SSP", timeout_s=1.0)
    )
    assert collector.request(demand()).answer is RequestAnswer.UNKNOWN
    assert collector.status(uuid4()).state is UNKNOWN
    assert collector.holder_active(ACHOL) is None
    assert collector.holder_name(ACHOL) is None


@pytest.mark.parametrize(
    ("phone", "active", "name"),
    [
        (ACHOL, True, "Achol Garang"),
        ("+46733123450", False, None),
        ("+46733123451", False, None),
        ("+46733123454", None, None),
        ("+46733123455", None, None),
    ],
)
def test_a_wallet_is_known_by_its_number(provider: Provider, phone: str, active: bool | None, name: str | None) -> None:
    provider.control("wallet", msisdn=ACHOL, given_name="Achol", family_name="Garang")
    assert provider.collector.holder_active(phone) is active
    assert provider.collector.holder_name(phone) == name


# --- words -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ['"500"', '"500.00"', "500", "500.0", "5E2", '" 500 "'])
def test_an_amount_is_read_exactly_in_each_of_its_shapes(text: str) -> None:
    assert read_amount(read_json(text), "SSP") == SSP_500


@pytest.mark.parametrize(
    "text",
    [
        *('"5,000"', '"5e2"', '"٥٠٠"', '"500.001"', '"-5"', '"NaN"', '""', '"' + "9" * 30 + '"'),
        *("500.001", "-5", "0", "1e99", "1" + "0" * 400, "1e-999999", "true", "null", "[]"),
    ],
)
def test_what_is_not_clearly_an_amount_is_none(text: str) -> None:
    assert read_amount(read_json(text), "SSP") is None


@pytest.mark.parametrize("text", ["NaN", "Infinity", "1e9999999999999999999999", "[" * 100_000, "<html>", ""])
def test_what_is_no_json_is_refused_and_nothing_breaks(text: str) -> None:
    with pytest.raises(ValueError):
        read_json(text)


@given(some.integers(min_value=1, max_value=10**15))
def test_no_piaster_is_lost_on_the_way_there_and_back(minor: int) -> None:
    amount = Money(minor, "SSP")
    assert read_amount(amount_text(amount), "SSP") == amount
    assert read_amount(read_json(amount_text(amount)), "SSP") == amount


def test_an_amount_is_written_short_when_whole() -> None:
    written = [amount_text(Money(minor, "SSP")) for minor in (50000, 50050, 5, 100)]
    assert written == ["500", "500.50", "0.05", "1"]
    assert amount_text(Money(1500, "UGX")) == "1500"


@pytest.mark.parametrize(
    ("party_id", "phone"),
    [
        ("211921234567", ACHOL),
        (211921234567, ACHOL),
        ("+211921234567", ACHOL),
        ("00211921234567", ACHOL),
        ("0921234567", ACHOL),
        ("921234567", ACHOL),
        (921234567, ACHOL),
        ("46733123450", "+46733123450"),
        ("12", None),
        ("Achol", None),
        (True, None),
        (None, None),
    ],
)
def test_a_payer_is_read_with_the_country_or_without(party_id: object, phone: str | None) -> None:
    payer = {"partyIdType": "MSISDN", "partyId": party_id}
    assert read_status({"status": "PENDING", "payer": payer}, "").payer_phone == phone


@pytest.mark.parametrize(("said", "read"), [("P-1", "P-1"), (947354, "947354"), ("", None), (None, None), ([1], None)])
def test_our_own_reference_is_given_back_as_it_is_said(said: object, read: str | None) -> None:
    assert read_status({"status": "PENDING", "externalId": said}, "").external_id == read


_ANYTHING = some.recursive(
    some.none() | some.booleans() | some.integers() | some.text(max_size=8) | some.just(Decimal("1.5")),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
_FIELDS = ("status", "amount", "currency", "payer", "reason", "financialTransactionId", "externalId")


@given(some.fixed_dictionaries({}, optional=dict.fromkeys(_FIELDS, _ANYTHING)) | _ANYTHING)
def test_no_answer_whatever_breaks_the_reader_or_becomes_money(body: object) -> None:
    assert read_status(body, "").state in CollectionState
    if not (isinstance(body, dict) and body.get("status") == "SUCCESSFUL"):
        assert read_status(body, "").state is not SUCCESSFUL


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("Achol's Wi-Fi", "Achol s Wi-Fi"),
        ("a & b <c>", "a b c"),
        ("شبكةُ دِنق ٥٠٠", "شبكة دنق ٥٠٠"),
        ("x" * 200, "x" * 160),
        ("", ""),
    ],
)
def test_a_message_holds_nothing_mtn_answers_400_to(text: str, sent: str) -> None:
    assert plain_message(text) == sent


@pytest.mark.parametrize("nasty", ["\x00X", "\ud800", "X" * 5000, "\udfff\x00"])
def test_what_no_table_can_hold_never_leaves_the_gateway(nasty: str) -> None:
    body = {
        "status": "SUCCESSFUL",
        "amount": "500",
        "currency": "SSP",
        "financialTransactionId": nasty,
        "reason": nasty,
    }
    said = read_status(read_json(json.dumps(body)), "")
    assert said.state is CollectionState.SUCCESSFUL
    assert said.provider_reference is None  # ours serves instead
    (said.raw_reason or "").encode()
    assert "\x00" not in (said.raw_reason or "")
    assert len(said.raw_reason or "") <= 2000
    code = Answer(500, {"code": nasty}).code or ""
    code.encode()
    assert "\x00" not in code
    assert len(code) <= 200


def test_an_account_in_another_currency_says_so_and_sends_nothing(provider: Provider) -> None:
    collector = MtnMomoCollector(replace(provider.account, currency="EUR"))
    with pytest.raises(GatewayError, match="MOMO_CURRENCY is EUR") as fault:
        collector.request(demand())
    assert fault.value.permanent
    assert provider.shown() == []
