"""What is Orange's own: tokens first, pages, numbers as at home, 417, and words in French."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as some

from core.errors import GatewayError
from core.gateways.bearer_line import Answer
from core.gateways.orange_money import orange_collector
from core.gateways.orange_money_line import OrangeLine
from core.gateways.orange_money_page import OrangePageCollector
from core.gateways.orange_money_prompt import OrangePromptCollector
from core.gateways.orange_money_words import (
    national_digits,
    order_id,
    read_national,
    read_page_status,
    read_prompt_status,
    reference_of,
    refusal_in,
)
from core.gateways.readings import read_json
from core.money import Money
from core.payments.collector import (
    CollectionRequest,
    CollectionState,
    CollectionStatus,
    FailureReason,
    Preparation,
    RequestAnswer,
)
from tests.core.gateways.pretend import Pretend, orange_account, pretend_orange

ACHOL = "+211921234567"
SSP_500 = Money.of("500", "SSP")
PENDING, SUCCESSFUL, FAILED, NOT_FOUND, UNKNOWN = CollectionState
TOLD = "https://isp.example/callbacks/orange-money/key"


@pytest.fixture
def prompts(tmp_path: Path) -> Iterator[Pretend]:
    with pretend_orange(tmp_path) as provider:
        yield provider


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[Pretend]:
    with pretend_orange(tmp_path, mode="webpay") as provider:
        yield provider


def demand(**changes: Any) -> CollectionRequest:
    request = CollectionRequest(uuid4(), SSP_500, ACHOL, "P-1", "Wi-Fi 1 day", "token", TOLD)
    return replace(request, **changes)


def made(provider: Pretend, sent: CollectionRequest) -> Preparation:
    prepared = provider.collector.prepare(sent)
    assert prepared is not None
    return prepared


def asked(provider: Pretend, sent: CollectionRequest, prepared: Preparation) -> CollectionStatus:
    return provider.collector.status(sent.reference, token=prepared.token, amount=sent.amount)


# --- by a prompt -------------------------------------------------------------------------------------------


def test_a_token_comes_before_the_request_and_asks_nobody(prompts: Pretend) -> None:
    sent = demand()
    prepared = made(prompts, sent)
    assert (prepared.answer, prepared.notify_token, prepared.payment_url) == (RequestAnswer.ACCEPTED, None, None)
    assert prompts.shown() == []
    assert asked(prompts, sent, prepared).state is NOT_FOUND
    assert prompts.collector.status(sent.reference).state is NOT_FOUND  # and without any token nothing was ever sent
    prompts.control("faults", lose_token=True, times=1)
    assert made(prompts, sent).answer is RequestAnswer.UNKNOWN
    assert made(prompts, sent).token != prepared.token


def test_what_is_sent_is_what_orange_reads(prompts: Pretend) -> None:
    sent = demand()
    assert prompts.collector.request(sent, made(prompts, sent).token).answer is RequestAnswer.ACCEPTED
    [row] = prompts.shown()
    assert (row["msisdn"], row["amount"], row["callback_url"]) == ("211921234567", "500", TOLD)
    assert row["order_id"] == order_id(sent.reference)


def test_a_number_of_another_country_is_refused_before_anything_is_sent(prompts: Pretend) -> None:
    prepared = made(prompts, demand(payer_phone="+237699123456"))
    assert (prepared.answer, prepared.reason) == (RequestAnswer.REFUSED, FailureReason.PAYER_NOT_FOUND)
    assert prepared.permanent


@pytest.mark.parametrize(
    ("sentence", "answer", "reason"),
    [
        ("Beneficiaire introuvable", RequestAnswer.REFUSED, FailureReason.PAYER_NOT_FOUND),
        ("Bénéficiaire introuvable", RequestAnswer.REFUSED, FailureReason.PAYER_NOT_FOUND),
        (
            "Le solde du compte du payeur est insuffisant",
            RequestAnswer.REFUSED,
            FailureReason.INSUFFICIENT_FUNDS,
        ),
        ("Utilisateur bloque", RequestAnswer.REFUSED, FailureReason.NOT_ALLOWED),
        ("La lune est dans la mauvaise maison", RequestAnswer.UNKNOWN, None),
    ],
)
def test_417_is_a_refusal_when_its_sentence_is_known(
    prompts: Pretend, sentence: str, answer: RequestAnswer, reason: FailureReason | None
) -> None:
    sent = demand()
    prepared = made(prompts, sent)
    prompts.control("faults", refuse_as=sentence, times=1)
    outcome = prompts.collector.request(sent, prepared.token)
    assert (outcome.answer, outcome.reason) == (answer, reason)
    assert prompts.shown() == []


def test_a_token_used_before_is_no_refusal(prompts: Pretend) -> None:
    sent = demand()
    token = made(prompts, sent).token
    assert prompts.collector.request(sent, token).answer is RequestAnswer.ACCEPTED
    assert prompts.collector.request(sent, token).answer is RequestAnswer.ALREADY_KNOWN
    prompts.control("faults", used_as="bare")
    assert prompts.collector.request(sent, token).answer is RequestAnswer.UNKNOWN
    assert len(prompts.shown()) == 1


@pytest.mark.parametrize("word", ["SUCCESSFULL", "SUCCESSFUL", "SUCCESS"])
def test_a_success_is_one_in_each_of_its_spellings(prompts: Pretend, word: str) -> None:
    prompts.control("standing", msisdn="*", decision="approve")
    sent = demand()
    prepared = made(prompts, sent)
    prompts.collector.request(sent, prepared.token)
    prompts.control("faults", success_as=word)
    assert asked(prompts, sent, prepared).state is SUCCESSFUL


def test_a_failure_in_words_nobody_knows_is_kept_raw(prompts: Pretend) -> None:
    prompts.control("standing", msisdn="*", decision="approve")
    prompts.control("faults", fail_as="La lune est dans la mauvaise maison")
    sent = demand()
    prepared = made(prompts, sent)
    prompts.collector.request(sent, prepared.token)
    told = asked(prompts, sent, prepared)
    assert (told.state, told.reason, told.raw_reason) == (
        FAILED,
        FailureReason.UNKNOWN,
        "La lune est dans la mauvaise maison",
    )


# --- by a page ---------------------------------------------------------------------------------------------


def pay_on(pages: Pretend, prepared: Preparation, phone: str = "0921234567", **more: str) -> str:
    code = pages.control("otp", msisdn=phone)["otp"]
    form = {"msisdn": phone, "otp": code, "deed": "confirm", **more}
    assert prepared.payment_url is not None
    return requests.post(prepared.payment_url, data=form, timeout=5).text


def test_a_page_is_made_paid_on_and_asked_about(pages: Pretend) -> None:
    sent = demand(amount=Money(50005, "SSP"))
    prepared = made(pages, sent)
    assert prepared.answer is RequestAnswer.ACCEPTED
    assert prepared.notify_token
    assert prepared.payment_url
    assert prepared.payment_url.startswith(pages.url)
    assert prepared.notify_token not in repr(prepared)
    assert pages.collector.request(sent, prepared.token).answer is RequestAnswer.ACCEPTED
    assert asked(pages, sent, prepared).state is PENDING
    assert "SSP 500.05" in requests.get(prepared.payment_url, timeout=5).text.replace("&nbsp;", " ")
    assert "Paid" in pay_on(pages, prepared)
    told = asked(pages, sent, prepared)
    assert (told.state, told.amount, told.external_id) == (SUCCESSFUL, sent.amount, str(sent.reference))
    assert told.provider_reference == pages.report()[1][0]
    assert [callback["method"] for callback in pages.shown()[0]["callbacks"]] == ["POST"]


def test_a_page_takes_only_the_right_code(pages: Pretend) -> None:
    sent = demand()
    prepared = made(pages, sent)
    assert "wrong" in pay_on(pages, prepared, otp="000000x")
    assert "phone like" in pay_on(pages, prepared, msisdn="Kiden")
    assert asked(pages, sent, prepared).state is PENDING
    assert "Not paid" in pay_on(pages, prepared, deed="cancel")
    told = asked(pages, sent, prepared)
    assert (told.state, told.reason) == (FAILED, FailureReason.UNKNOWN)


def test_a_page_nobody_used_stays_begun_and_one_used_too_late_has_expired(pages: Pretend) -> None:
    sent = demand()
    prepared = made(pages, sent)
    pages.clock.shift = 601
    assert asked(pages, sent, prepared).state is PENDING  # how long that may last is for the caller to say
    assert "expired" in pay_on(pages, prepared)
    told = asked(pages, sent, prepared)
    assert (told.state, told.reason) == (FAILED, FailureReason.EXPIRED)
    assert pages.shown()[0]["callbacks"] == []


@pytest.mark.parametrize("lost", [True, "500", "html"])
def test_a_page_whose_answer_was_lost_is_made_anew_under_another_order(pages: Pretend, lost: object) -> None:
    sent = demand()
    pages.control("faults", lose_answer_take_money=lost, times=1)
    assert made(pages, sent).answer is RequestAnswer.UNKNOWN
    prepared = made(pages, sent)
    assert prepared.answer is RequestAnswer.ACCEPTED
    first, second = (row["order_id"] for row in pages.shown())
    assert first != second
    assert {reference_of(first), reference_of(second)} == {str(sent.reference)}
    assert max(len(first), len(second)) <= 30


def test_a_page_is_asked_about_with_its_own_amount_only(pages: Pretend) -> None:
    sent = demand()
    prepared = made(pages, sent)
    pay_on(pages, prepared)
    assert pages.collector.status(sent.reference, token=prepared.token, amount=Money.of(5, "SSP")).state is NOT_FOUND
    assert pages.collector.status(sent.reference, token=prepared.token).state is UNKNOWN
    assert pages.collector.status(uuid4(), token=prepared.token, amount=SSP_500).state is UNKNOWN
    assert pages.collector.status(sent.reference, amount=SSP_500).state is NOT_FOUND


@pytest.mark.parametrize(
    ("faults", "state"),
    [
        ({"down": True}, UNKNOWN),
        ({"html_page": "status"}, UNKNOWN),
        ({"status_500": True}, UNKNOWN),
        ({"status_as": "CREATED"}, UNKNOWN),
    ],
)
def test_a_page_answered_for_by_somebody_else_is_unknown(
    pages: Pretend, faults: dict[str, object], state: CollectionState
) -> None:
    sent = demand()
    prepared = made(pages, sent)
    pay_on(pages, prepared)
    pages.control("faults", **faults)
    assert asked(pages, sent, prepared).state is state


def test_an_address_they_do_not_take_is_a_fault_of_ours(pages: Pretend) -> None:
    with pytest.raises(GatewayError, match="120 characters") as fault:
        made(pages, demand(callback_url=TOLD + "x" * 120))
    assert fault.value.permanent


def test_a_wrong_merchant_key_is_refused(pages: Pretend) -> None:
    wrong = orange_collector(replace(orange_account(pages.url, mode="webpay"), merchant_key="Kiden"))
    assert isinstance(wrong, OrangePageCollector)
    assert wrong.prepare(demand()).permanent


# --- secrets -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["webpay", "omcore"])
@pytest.mark.parametrize("wrong", [{}, {"client_secret": "Kiden"}])
def test_no_secret_is_written_or_shown(
    prompts: Pretend,
    mode: str,
    wrong: dict[str, str],
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    account = replace(orange_account(prompts.url, mode=mode), **wrong)
    collector, sent = orange_collector(account), demand()
    prepared = collector.prepare(sent)
    outcome = collector.request(sent, prepared.token or "MP1")
    told = collector.status(sent.reference, token=prepared.token, amount=SSP_500)
    written = "".join([prepared.raw, outcome.raw, told.raw, caplog.text, *capsys.readouterr(), repr(account)])
    for secret in (account.client_secret, account.auth_token, account.merchant_key, f'"{account.pin}"'):
        assert secret not in written
    assert prepared.answer is (RequestAnswer.UNKNOWN if wrong else RequestAnswer.ACCEPTED)


def test_what_they_repeat_of_our_secrets_is_masked(prompts: Pretend, monkeypatch: pytest.MonkeyPatch) -> None:
    line = OrangeLine(orange_account(prompts.url))
    echo = '{"pin": "2222", "message": "b3JhbmdlOm9tY29yZQ==", "amount": "2222"}'
    monkeypatch.setattr("core.gateways.bearer_line.BearerLine._send", lambda *_, **__: Answer(417, {}, echo))
    assert line.call("GET", "/").raw.startswith("no token")
    assert line._send("GET", "/", headers={}).raw == '{"pin": "***", "message": "***", "amount": "2222"}'


# --- words -------------------------------------------------------------------------------------------------


@given(some.uuids())
def test_our_reference_survives_as_their_order_number(reference: UUID) -> None:
    order = order_id(reference)
    assert len(order) == 26
    assert reference_of(order) == reference_of(order + "0a1f") == str(reference)


@pytest.mark.parametrize(("order", "read"), [("bill-9", "bill-9"), ("", None), (None, None), (7, None)])
def test_an_order_number_of_others_is_as_it_is(order: object, read: str | None) -> None:
    assert reference_of(order) == read


@pytest.mark.parametrize(
    ("phone", "country", "digits"),
    [
        ("+237699123456", "CM", "699123456"),
        ("+211921234567", "SS", "921234567"),
        ("+2250707123456", "CI", "0707123456"),  # its zero is part of the number
        ("+211921234567", "CM", None),
        ("Kiden", "CM", None),
    ],
)
def test_a_number_is_written_as_at_home(phone: str, country: str, digits: str | None) -> None:
    assert national_digits(phone, country) == digits
    if digits:
        assert read_national(digits, country) == phone
        assert read_national(phone[1:], country) == phone


@pytest.mark.parametrize("digits", [None, True, "", "12", "Kiden", []])
def test_what_is_no_number_is_none(digits: object) -> None:
    assert read_national(digits, "CM") is None


def test_an_amount_is_a_number_exactly(pages: Pretend) -> None:
    sent = demand(amount=Money(10**15 - 1, "SSP"))
    assert made(pages, sent).answer is RequestAnswer.ACCEPTED
    assert pages.shown()[0]["amount"] == "9999999999999.99"


_ANYTHING = some.recursive(
    some.none() | some.booleans() | some.integers() | some.text(max_size=8) | some.just(Decimal("1.5")),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
_DATA = some.fixed_dictionaries(
    {}, optional=dict.fromkeys(("status", "amount", "subscriberMsisdn", "txnid", "inittxnmessage"), _ANYTHING)
)


@given(
    some.fixed_dictionaries({}, optional={"message": _ANYTHING, "data": _DATA | _ANYTHING, "status": _ANYTHING})
    | _ANYTHING
)
def test_no_answer_whatever_breaks_the_reader_or_becomes_money(body: object) -> None:
    assert read_prompt_status(body, "", "SSP", "SS").state is not SUCCESSFUL
    assert read_page_status(body, "", SSP_500).state is not SUCCESSFUL
    refusal_in(body)


def test_a_success_without_an_amount_is_unknown() -> None:
    body = read_json('{"data": {"status": "SUCCESSFULL", "amount": "5,000", "txnid": "MP1"}}')
    assert read_prompt_status(body, "", "SSP", "SS").state is UNKNOWN
    assert read_page_status({"status": "SUCCESS", "txnid": "MP1"}, "", None).state is UNKNOWN


def test_each_mode_has_its_collector() -> None:
    assert isinstance(orange_collector(orange_account("http://127.0.0.1:1")), OrangePromptCollector)
    assert isinstance(orange_collector(orange_account("http://127.0.0.1:1", mode="webpay")), OrangePageCollector)
