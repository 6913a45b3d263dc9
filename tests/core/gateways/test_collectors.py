"""What holds for everyone who collects, whoever they are: one suite, run against each over real sockets."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from core.errors import GatewayError
from core.money import Money
from core.payments.collector import (
    CollectionRequest,
    CollectionState,
    CollectionStatus,
    Collector,
    FailureReason,
    RequestAnswer,
    RequestOutcome,
)
from tests.core.gateways.pretend import Pretend, pretend_momo, pretend_orange

ACHOL = "+211921234567"
SSP_500 = Money.of("500", "SSP")
PENDING, SUCCESSFUL, FAILED, NOT_FOUND, UNKNOWN = CollectionState
RUNNING = {"mtn-momo": pretend_momo, "orange-money": pretend_orange}


@pytest.fixture(params=RUNNING)
def provider(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Pretend]:
    with RUNNING[request.param](tmp_path) as provider:
        assert provider.collector.rail == request.param
        yield provider


def demand(**changes: Any) -> CollectionRequest:
    reference = uuid4()
    return replace(
        CollectionRequest(
            reference=reference,
            amount=SSP_500,
            payer_phone=ACHOL,
            external_id=str(reference),
            payer_message="Wi-Fi 1 day",
            payee_note="token",
        ),
        **changes,
    )


class Payment:
    """A payment as the product takes it: prepared, stored, sent, asked about."""

    def __init__(self, collector: Collector, request: CollectionRequest | None = None) -> None:
        self.collector, self.sent = collector, request or demand()
        prepared = collector.prepare(self.sent)
        assert prepared is None or prepared.answer is RequestAnswer.ACCEPTED
        self.token = prepared.token if prepared else None

    def send(self) -> RequestOutcome:
        return self.collector.request(self.sent, self.token)

    def status(self) -> CollectionStatus:
        return self.collector.status(self.sent.reference, token=self.token, amount=self.sent.amount)


def test_a_payment_that_is_approved_names_amount_payer_and_number(provider: Pretend) -> None:
    payment = Payment(provider.collector)
    assert payment.send().answer is RequestAnswer.ACCEPTED
    assert payment.status().state is PENDING
    provider.control("decide", msisdn=ACHOL, decision="approve")
    told = payment.status()
    assert (told.state, told.amount, told.payer_phone) == (SUCCESSFUL, SSP_500, ACHOL)
    assert told.external_id in (None, str(payment.sent.reference))
    [row] = provider.report()[1:]
    assert (row[0], row[5], row[7], row[8]) == (told.provider_reference, ACHOL[1:], "500", "SSP")


@pytest.mark.parametrize(
    ("decision", "reason"), [("reject", FailureReason.REFUSED_BY_PAYER), ("ignore", FailureReason.EXPIRED)]
)
def test_a_payment_that_is_not_approved_says_why(provider: Pretend, decision: str, reason: FailureReason) -> None:
    payment = Payment(provider.collector)
    payment.send()
    provider.control("decide", msisdn=ACHOL, decision=decision)
    provider.clock.shift = 301
    told = payment.status()
    assert (told.state, told.reason) == (FAILED, reason)
    assert told.raw_reason
    assert provider.report()[1:] == []


@pytest.mark.parametrize(
    ("wallet", "reason"),
    [
        ({"amount": "499"}, FailureReason.INSUFFICIENT_FUNDS),
        ({"active": False}, FailureReason.PAYER_NOT_FOUND),
    ],
)
def test_a_wallet_that_cannot_pay_is_never_a_success(
    provider: Pretend, wallet: dict[str, object], reason: FailureReason
) -> None:
    provider.control("wallet", msisdn=ACHOL, **wallet)
    provider.control("standing", msisdn="*", decision="approve")
    payment = Payment(provider.collector)
    outcome, told = payment.send(), payment.status()
    assert (told.state, told.reason) == (FAILED, reason)
    if outcome.permanent:
        assert outcome.reason is reason


@pytest.mark.parametrize("lost", [True, "500", "html"])
def test_a_lost_answer_is_unknown_and_the_payment_is_taken_once(provider: Pretend, lost: object) -> None:
    provider.control("standing", msisdn="*", decision="approve")
    payment = Payment(provider.collector)
    provider.control("faults", lose_answer_take_money=lost, times=1)
    assert payment.send().answer is RequestAnswer.UNKNOWN
    assert payment.status().state is SUCCESSFUL
    assert payment.send().answer is RequestAnswer.ALREADY_KNOWN
    assert [row["status"] in ("SUCCESS", "SUCCESSFUL") for row in provider.shown()] == [True]


def test_a_lost_request_is_unknown_not_found_and_sent_again_under_the_same_key(provider: Pretend) -> None:
    payment = Payment(provider.collector)
    provider.control("faults", lose_request=True, times=1)
    assert payment.send().answer is RequestAnswer.UNKNOWN
    assert payment.status().state is NOT_FOUND
    assert payment.send().answer is RequestAnswer.ACCEPTED
    assert len(provider.shown()) == 1


@pytest.mark.parametrize(
    ("faults", "state"),
    [
        ({"down": True}, UNKNOWN),
        ({"html_page": "status"}, UNKNOWN),
        ({"status_500": True}, UNKNOWN),
        ({"status_404_first": 1}, NOT_FOUND),
        ({"status_as": "CREATED"}, UNKNOWN),
        ({"status_as": "successful"}, UNKNOWN),
        ({"amount_as": "5,000"}, UNKNOWN),
    ],
)
def test_what_is_not_clearly_an_answer_is_none(
    provider: Pretend, faults: dict[str, object], state: CollectionState
) -> None:
    provider.control("standing", msisdn="*", decision="approve")
    payment = Payment(provider.collector)
    payment.send()
    provider.control("faults", **faults)
    assert payment.status().state is state
    provider.control("faults")
    assert payment.status().state is SUCCESSFUL


def test_another_payer_or_amount_than_asked_is_shown_as_such(provider: Pretend) -> None:
    provider.control("standing", msisdn="*", decision="approve")
    payment = Payment(provider.collector)
    payment.send()
    other = provider.shown()[0]["msisdn"].replace("921234567", "929999999")
    provider.control("faults", payer_as=other, amount_as="5")
    told = payment.status()
    assert (told.payer_phone, told.amount) == ("+211929999999", Money.of("5", "SSP"))


def test_an_answer_after_our_patience_leaves_one_payment(provider: Pretend) -> None:
    provider.control("standing", msisdn="*", decision="approve")
    impatient = provider.patient(0.3)
    payment = Payment(impatient)
    impatient.status(uuid4(), token=payment.token, amount=SSP_500)  # and a bearer is held now
    provider.control("faults", slow_ms=600, times=1)
    assert payment.send().answer is RequestAnswer.UNKNOWN
    assert payment.status().state is SUCCESSFUL
    assert len(provider.shown()) == 1


def test_a_bearer_they_forgot_is_replaced_once_and_nobody_notices(provider: Pretend) -> None:
    payment = Payment(provider.collector)
    provider.control("expire-tokens")
    assert payment.send().answer is RequestAnswer.ACCEPTED
    assert provider.control("expire-tokens") == {"ended": 1}


def test_nobody_at_the_other_end_is_unknown(provider: Pretend) -> None:
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    alone = provider.connect(url, 1.0)
    prepared = alone.prepare(demand())
    assert prepared is None or prepared.answer is RequestAnswer.UNKNOWN
    assert alone.request(demand(), "MP1").answer is RequestAnswer.UNKNOWN
    assert alone.status(uuid4(), token="MP1", amount=SSP_500).state is UNKNOWN
    assert alone.holder_active(ACHOL) is None
    assert alone.holder_name(ACHOL) is None
    assert alone.balance() is None
    assert alone.notify(uuid4(), "Paid", "en") is False
    assert alone.platform == url


@pytest.mark.parametrize("changes", [{"amount": Money.of("500", "USD")}])
def test_an_account_in_another_currency_sends_nothing(provider: Pretend, changes: dict[str, Any]) -> None:
    with pytest.raises(GatewayError, match="CURRENCY is SSP") as fault:
        provider.collector.request(demand(**changes), "MP1")
    assert fault.value.permanent
    with pytest.raises(AssertionError):
        provider.collector.request(demand(amount=Money(0, "SSP")), "MP1")
    assert provider.shown() == []


def test_a_callback_is_written_for_the_address_we_name(provider: Pretend) -> None:
    provider.control("faults", callback="twice")
    payment = Payment(provider.collector, demand(callback_url="http://127.0.0.1:1/callbacks"))
    payment.send()
    provider.control("decide", msisdn=ACHOL, decision="approve")
    [row] = provider.shown()
    assert (row["callback_url"], len(row["callbacks"])) == ("http://127.0.0.1:1/callbacks", 2)


def test_a_fraction_of_a_pound_arrives_exactly(provider: Pretend) -> None:
    provider.control("standing", msisdn="*", decision="approve")
    payment = Payment(provider.collector, demand(amount=Money(50005, "SSP")))
    payment.send()
    assert provider.shown()[0]["amount"] == "500.05"
    assert payment.status().amount == Money(50005, "SSP")


def test_the_report_of_a_day_holds_that_days_payments(provider: Pretend) -> None:
    provider.control("standing", msisdn="*", decision="approve")
    Payment(provider.collector).send()
    header, row = provider.report()
    assert header == ["Id", "External id", "Date", "Status", "Type", "From", "To", "Amount", "Currency", "Fee"]
    assert row[2].endswith("+02:00")
    day = row[2][:10]
    assert provider.report(**{"from": day, "to": day}) == [header, row]
    assert len(provider.report(**{"from": "2020-01-01", "to": "2020-01-02"})) == 1


def test_references_are_ours_alone(provider: Pretend) -> None:
    first, second = Payment(provider.collector), Payment(provider.collector)
    first.send()
    second.send()
    assert isinstance(first.sent.reference, UUID)
    provider.control("decide", msisdn=ACHOL, decision="approve")
    assert (first.status().state, second.status().state) == (SUCCESSFUL, PENDING)
