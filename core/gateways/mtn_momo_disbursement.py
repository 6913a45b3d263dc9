"""MTN MoMo disbursement: sends money to a phone, or back to whoever paid, and asks what became of it."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from core.gateways import mtn_momo_calls as calls
from core.gateways.bearer_line import Answer
from core.gateways.mtn_momo_line import MomoAccount, MomoLine
from core.gateways.mtn_momo_words import payout_reason, read_payout_status, refuses
from core.logs import log
from core.money import Money
from core.payments.collector import CollectionState, FailureReason, RequestAnswer, RequestOutcome
from core.payments.disburser import DisbursementKind, DisbursementStatus, RefundRequest, TransferRequest

PRODUCT: Final = "disbursement"

_OK: Final = 200

_log = log(__name__)


class MtnMomoDisburser:
    """A `Disburser` over MTN's Open API. The product has a subscription key and, mostly, an API user of its own."""

    def __init__(self, account: MomoAccount, *, line: MomoLine | None = None) -> None:
        self._account = account
        self._line = line or MomoLine(account, PRODUCT)

    @property
    def rail(self) -> str:
        """MTN's."""
        return calls.RAIL

    @property
    def platform(self) -> str:
        """Its address: an account is on one."""
        return self._account.base_url

    def transfer(self, request: TransferRequest) -> RequestOutcome:
        """Send money to a phone under the request's own reference.

        Raises:
            GatewayError: permanent; the account is in another currency, nothing was sent.
        """
        calls.check_ours(request.reference, request.amount, self._account.currency)
        sent = calls.money_body(request.amount, request.external_id, request.payer_message, request.payee_note)
        answer = self._line.call(
            "POST",
            "/v1_0/transfer",
            json={**sent, "payee": calls.party(request.payee_phone)},
            headers=calls.sending_headers(request.reference, request.callback_url),
        )
        return self._outcome(answer, DisbursementKind.TRANSFER, request.reference)

    def refund(self, request: RefundRequest) -> RequestOutcome:
        """Give a collection back, or a part of it. What this platform did not collect is refused.

        Raises:
            GatewayError: permanent; the account is in another currency, nothing was sent.
        """
        calls.check_ours(request.reference, request.amount, self._account.currency)
        sent = calls.money_body(request.amount, request.external_id, request.payer_message, request.payee_note)
        answer = self._line.call(
            "POST",
            "/v1_0/refund",
            json={**sent, "referenceIdToRefund": str(request.collection)},
            headers=calls.sending_headers(request.reference, request.callback_url),
        )
        return self._outcome(answer, DisbursementKind.REFUND, request.reference)

    def status(self, reference: UUID, kind: DisbursementKind | str) -> DisbursementStatus:
        """Ask what became of a transfer or a refund."""
        answer = self._line.call("GET", f"/v1_0/{DisbursementKind(kind).value}/{reference}")
        if answer.http == _OK and answer.is_json:
            return read_payout_status(answer.body, answer.raw)
        if calls.is_not_found(answer):
            return DisbursementStatus(CollectionState.NOT_FOUND, raw=answer.raw)
        return DisbursementStatus(CollectionState.UNKNOWN, raw_reason=answer.code, raw=calls.told(answer))

    def holder_active(self, phone: str) -> bool | None:
        """Whether the phone has a wallet that can be paid; None when they would not say."""
        return calls.holder_active(self._line, phone)

    def holder_name(self, phone: str) -> str | None:
        """The name on the wallet; None when they would not say."""
        return calls.holder_name(self._line, phone)

    def balance(self) -> Money | None:
        """What can be sent; None when they would not say."""
        return calls.balance(self._line)

    def _outcome(self, answer: Answer, kind: DisbursementKind, reference: UUID) -> RequestOutcome:
        outcome = calls.read_outcome(answer)
        if refuses(answer.code):
            outcome = RequestOutcome(RequestAnswer.REFUSED, payout_reason(answer.code), outcome.raw)
        if kind is DisbursementKind.REFUND and calls.is_not_found(answer):  # of what is to be given back
            outcome = RequestOutcome(RequestAnswer.REFUSED, FailureReason.PROVIDER_ERROR, calls.told(answer))
        _log.info(
            "momo_disbursement",
            kind=kind.value,
            reference=str(reference),
            answer=outcome.answer.value,
            http=answer.http,
            code=answer.code,
        )
        return outcome
