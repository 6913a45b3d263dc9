"""Money out by MTN MoMo, money back, and consents to later charges; and two platforms side by side."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import requests

from core.errors import GatewayError
from core.gateways.mtn_momo_disbursement import MtnMomoDisburser
from core.gateways.mtn_momo_pre_approval import MtnMomoPreApprover
from core.money import Money
from core.payments.collector import CollectionRequest, CollectionState, FailureReason, RequestAnswer
from core.payments.disburser import DisbursementKind, Disburser, RefundRequest, TransferRequest
from core.payments.pre_approver import Frequency, PreApprovalRequest, PreApprovalState, PreApprover
from tests.core.gateways.pretend import Pretend, momo_account, pretend_momo

ACHOL = "+211921234567"
DENG = "+211991234567"
PENDING, SUCCESSFUL, FAILED, NOT_FOUND, UNKNOWN = CollectionState
TRANSFER, REFUND = DisbursementKind
TEST_NUMBER = "+46733123"


def ssp(pounds: int | str) -> Money:
    return Money.of(pounds, "SSP")


@pytest.fixture
def momo(tmp_path: Path) -> Iterator[Pretend]:
    with pretend_momo(tmp_path, default_decision="approve") as provider:
        yield provider


@pytest.fixture
def disburser(momo: Pretend) -> Disburser:
    return MtnMomoDisburser(momo_account(momo.url))


@pytest.fixture
def pre_approver(momo: Pretend) -> PreApprover:
    return MtnMomoPreApprover(momo_account(momo.url))


def transfer(**changes: Any) -> TransferRequest:
    return replace(TransferRequest(uuid4(), ssp(40), DENG, "out-1", "Deng's share", "week 47"), **changes)


def paid(momo: Pretend, amount: Money) -> UUID:
    sent = CollectionRequest(uuid4(), amount, ACHOL, "in-1", "Wi-Fi", "token")
    assert momo.collector.request(sent).answer is RequestAnswer.ACCEPTED
    assert momo.collector.status(sent.reference).state is SUCCESSFUL
    return sent.reference


def test_a_transfer_arrives_and_says_what_where_and_by_which_number(momo: Pretend, disburser: Disburser) -> None:
    sent = transfer()
    assert disburser.transfer(sent).answer is RequestAnswer.ACCEPTED
    told = disburser.status(sent.reference, TRANSFER)
    assert (told.state, told.amount, told.payee_phone, told.external_id) == (SUCCESSFUL, ssp(40), DENG, "out-1")
    assert disburser.status(sent.reference, "transfer") == told
    assert disburser.balance() == ssp(999_960)
    [row] = momo.report()[1:]
    assert (row[0], row[1], row[4], row[6], row[7]) == (told.provider_reference, "out-1", "Transfer", DENG[1:], "40")


def test_a_transfer_sent_twice_is_paid_once(momo: Pretend, disburser: Disburser) -> None:
    sent = transfer()
    momo.control("faults", lose_answer_take_money=True, times=1)
    assert disburser.transfer(sent).answer is RequestAnswer.UNKNOWN
    assert disburser.transfer(sent).answer is RequestAnswer.ALREADY_KNOWN
    assert disburser.balance() == ssp(999_960)


def test_a_transfer_that_was_lost_is_not_found(momo: Pretend, disburser: Disburser) -> None:
    sent = transfer()
    momo.control("faults", lose_request=True, times=1)
    assert disburser.transfer(sent).answer is RequestAnswer.UNKNOWN
    assert disburser.status(sent.reference, TRANSFER).state is NOT_FOUND
    momo.control("faults", html_page=True)
    assert disburser.status(sent.reference, TRANSFER).state is UNKNOWN


@pytest.mark.parametrize(
    ("digits", "reason"),
    [
        ("451", FailureReason.REFUSED_BY_PAYER),
        ("455", FailureReason.INSUFFICIENT_FUNDS),
        ("456", FailureReason.LIMIT_REACHED),
        ("457", FailureReason.PAYER_NOT_FOUND),
        ("462", FailureReason.PROVIDER_ERROR),
        ("464", FailureReason.UNKNOWN),
    ],
)
def test_a_transfer_that_fails_says_why(disburser: Disburser, digits: str, reason: FailureReason) -> None:
    sent = transfer(payee_phone=TEST_NUMBER + digits)
    disburser.transfer(sent)
    told = disburser.status(sent.reference, TRANSFER)
    assert (told.state, told.reason) == (FAILED, reason)
    assert told.raw_reason


@pytest.mark.parametrize(
    ("code", "answer", "reason"),
    [
        ("PAYEE_NOT_FOUND", RequestAnswer.REFUSED, FailureReason.PAYER_NOT_FOUND),
        ("NOT_ENOUGH_FUNDS", RequestAnswer.REFUSED, FailureReason.INSUFFICIENT_FUNDS),
        ("INVALID_CURRENCY", RequestAnswer.REFUSED, FailureReason.PROVIDER_ERROR),
        ("INTERNAL_PROCESSING_ERROR", RequestAnswer.UNKNOWN, None),
        ("FORBIDDEN_IP", RequestAnswer.UNKNOWN, None),
    ],
)
def test_a_refusal_is_told_from_a_doubt(
    momo: Pretend, disburser: Disburser, code: str, answer: RequestAnswer, reason: FailureReason | None
) -> None:
    momo.control("faults", request_code=code)
    outcome = disburser.transfer(transfer())
    assert (outcome.answer, outcome.reason) == (answer, reason)


def test_what_was_paid_is_given_back_and_never_more(momo: Pretend, disburser: Disburser) -> None:
    reference = paid(momo, ssp(100))

    def refund(pounds: int) -> RefundRequest:
        return RefundRequest(uuid4(), reference, ssp(pounds), "back-1", "Sorry", "token 7")

    first = refund(60)
    assert disburser.refund(first).answer is RequestAnswer.ACCEPTED
    told = disburser.status(first.reference, REFUND)
    assert (told.state, told.amount, told.payee_phone) == (SUCCESSFUL, ssp(60), ACHOL)
    too_much = disburser.refund(refund(41))
    assert (too_much.answer, too_much.reason) == (RequestAnswer.REFUSED, FailureReason.NOT_ALLOWED)
    assert disburser.refund(refund(40)).answer is RequestAnswer.ACCEPTED
    assert disburser.balance() == ssp(999_900)
    assert [row[4] for row in momo.report()[1:]] == ["Payment", "Refund", "Refund"]


def test_what_never_came_is_not_given_back(disburser: Disburser) -> None:
    outcome = disburser.refund(RefundRequest(uuid4(), uuid4(), ssp(5), "x", "", ""))
    assert (outcome.answer, outcome.reason) == (RequestAnswer.REFUSED, FailureReason.PROVIDER_ERROR)


def test_a_payee_is_known_before_anything_is_sent(momo: Pretend, disburser: Disburser) -> None:
    momo.control("wallet", msisdn=DENG, given_name="Deng", family_name="Garang")
    assert (disburser.holder_active(DENG), disburser.holder_name(DENG)) == (True, "Deng Garang")
    assert disburser.holder_active(TEST_NUMBER + "451") is False
    assert disburser.holder_active(TEST_NUMBER + "455") is None


def test_an_empty_account_has_a_balance_of_nothing(momo: Pretend) -> None:
    assert momo.collector.balance() == ssp(0)
    paid(momo, ssp("100.50"))
    assert momo.collector.balance() == ssp("100.50")


def test_a_payer_is_texted_by_mtn_after_the_payment(momo: Pretend) -> None:
    reference = paid(momo, ssp(100))
    assert momo.collector.notify(reference, "Achol's code: ١٢٣٤", "ar")
    assert momo.shown()[0]["notifications"] == ["Achol s code: ١٢٣٤"]
    assert not momo.collector.notify(uuid4(), "Code", "en")


def test_disbursement_has_keys_of_its_own(tmp_path: Path) -> None:
    own = {
        "disbursement_subscription_key": "other-key",
        "disbursement_api_user": str(uuid4()),
        "disbursement_api_key": "other",
    }
    with pretend_momo(tmp_path, **own) as momo:
        wrong = MtnMomoDisburser(momo_account(momo.url))
        assert wrong.transfer(transfer()).answer is RequestAnswer.UNKNOWN
        account = replace(
            momo_account(momo.url),
            subscription_key=own["disbursement_subscription_key"],
            api_user=own["disbursement_api_user"],
            api_key=own["disbursement_api_key"],
        )
        assert MtnMomoDisburser(account).transfer(transfer()).answer is RequestAnswer.ACCEPTED
        crossed = replace(account, subscription_key=momo_account(momo.url).subscription_key)
        assert MtnMomoPreApprover(crossed).status(uuid4()).state is PreApprovalState.UNKNOWN


def test_another_currency_sends_nothing(momo: Pretend) -> None:
    account = replace(momo_account(momo.url), currency="EUR")
    out, consents = MtnMomoDisburser(account), MtnMomoPreApprover(account)
    for send in (
        lambda: out.transfer(transfer()),
        lambda: out.refund(RefundRequest(uuid4(), uuid4(), ssp(5), "x", "", "")),
        lambda: consents.request(consent()),
    ):
        with pytest.raises(GatewayError, match="MOMO_CURRENCY is EUR"):
            send()
    assert momo.shown() == []


# --- consents ----------------------------------------------------------------------------------------------


def consent(**changes: Any) -> PreApprovalRequest:
    return replace(
        PreApprovalRequest(uuid4(), ACHOL, ssp(500), timedelta(days=30), "Top-up by itself", Frequency.WEEKLY),
        **changes,
    )


def test_a_consent_is_asked_for_given_used_and_taken_back(momo: Pretend, pre_approver: PreApprover) -> None:
    momo.control("standing", msisdn="*", decision="ask")
    sent = consent()
    assert pre_approver.request(sent).answer is RequestAnswer.ACCEPTED
    assert pre_approver.request(sent).answer is RequestAnswer.ALREADY_KNOWN
    assert pre_approver.status(sent.reference).state is PreApprovalState.PENDING
    momo.control("decide", msisdn=ACHOL, decision="approve")
    told = pre_approver.status(sent.reference)
    assert (told.state, told.payer_phone) == (PreApprovalState.APPROVED, ACHOL)
    paid(momo, ssp(500))  # and nobody is asked
    assert pre_approver.cancel(sent.reference)
    assert pre_approver.status(sent.reference).state is PreApprovalState.CANCELLED
    later = CollectionRequest(uuid4(), ssp(500), ACHOL, "in-2", "", "")
    momo.collector.request(later)
    assert momo.collector.status(later.reference).state is PENDING


def test_a_consent_is_refused_or_runs_out(momo: Pretend, pre_approver: PreApprover) -> None:
    momo.control("standing", msisdn=ACHOL, decision="reject")
    refused, over = consent(), consent(payer_phone=DENG, valid_for=timedelta(days=1))
    pre_approver.request(refused)
    pre_approver.request(over)
    told = pre_approver.status(refused.reference)
    assert (told.state, told.raw_reason) == (PreApprovalState.REJECTED, None)
    assert pre_approver.status(over.reference).state is PreApprovalState.APPROVED
    momo.clock.shift = 86_401
    assert pre_approver.status(over.reference).state is PreApprovalState.EXPIRED


def test_a_consent_nobody_knows_needs_no_taking_back_and_a_silent_platform_does(
    momo: Pretend, pre_approver: PreApprover
) -> None:
    assert pre_approver.status(uuid4()).state is PreApprovalState.NOT_FOUND
    assert pre_approver.cancel(uuid4())
    momo.control("faults", down=True)
    assert pre_approver.status(uuid4()).state is PreApprovalState.UNKNOWN
    assert not pre_approver.cancel(uuid4())


# --- two platforms -----------------------------------------------------------------------------------------


def test_two_platforms_know_nothing_of_each_other(momo: Pretend, tmp_path: Path) -> None:
    with pretend_momo(
        tmp_path / "other", default_decision="approve", new_platform=True, financial_id_first=7_000_000_001
    ) as other:
        reference = paid(momo, ssp(100))
        assert other.collector.status(reference).state is NOT_FOUND
        there = paid(other, ssp(100))
        assert momo.collector.status(there).state is NOT_FOUND
        assert other.collector.status(there).provider_reference == "7000000001"
        assert other.collector.platform != momo.collector.platform
        back = RefundRequest(uuid4(), reference, ssp(5), "x", "", "")
        assert MtnMomoDisburser(momo_account(other.url)).refund(back).answer is RequestAnswer.REFUSED


def test_a_day_that_is_none_is_refused_in_one_sentence(momo: Pretend) -> None:
    answer = requests.get(f"{momo.url}/sandbox/statement.csv", params={"from": "yesterday"}, timeout=5)
    assert (answer.status_code, list(answer.json())) == (400, ["error"])
