"""Orange Money by a prompt on the payer's phone (`omcore`). Numbers are written as at home."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote
from uuid import UUID

from core.gateways.bearer_line import Answer
from core.gateways.orange_money_common import BAD_REQUEST, DONE, REFUSED, OrangeCollector, is_token, no_status, told
from core.gateways.orange_money_words import (
    envelope,
    national_digits,
    order_id,
    read_prompt_status,
    refusal_in,
    state_of,
)
from core.gateways.readings import amount_text
from core.logs import log
from core.money import Money
from core.payments.collector import (
    CollectionRequest,
    CollectionState,
    CollectionStatus,
    FailureReason,
    Preparation,
    RequestAnswer,
    RequestOutcome,
)

DESCRIPTION_CHARS_MAX: Final = 100

_log = log(__name__)


class OrangePromptCollector(OrangeCollector):
    """A `Collector` that has the payer's phone asked. Numbers are written as at home."""

    def prepare(self, request: CollectionRequest) -> Preparation:
        """Have a token made; nobody is asked by that. One whose answer was lost is of no use to anybody.

        Raises:
            GatewayError: permanent; the account is in another currency, nothing was sent.
        """
        self.check(request)
        if national_digits(request.payer_phone, self.account.country) is None:
            raw = f"a number of another country than {self.account.country}"
            return Preparation(RequestAnswer.REFUSED, reason=FailureReason.PAYER_NOT_FOUND, raw=raw)
        answer = self.line.call("POST", "/omcoreapis/1.0.2/mp/init")
        token = envelope(answer.body).get("payToken")
        if answer.http in DONE and is_token(token):
            return Preparation(RequestAnswer.ACCEPTED, token=token)
        _log.warning("orange_no_token", reference=str(request.reference), http=answer.http)
        return Preparation(RequestAnswer.UNKNOWN, raw=told(answer))

    def request(self, request: CollectionRequest, token: str | None = None) -> RequestOutcome:
        """Have the payer's phone asked, under the token of the preparation.

        Raises:
            GatewayError: permanent; the account is in another currency, nothing was sent.
        """
        self.check(request)
        assert token, "a token is fetched and stored before the request"  # noqa: S101
        account = self.account
        body = {
            "channelUserMsisdn": national_digits(account.channel_phone, account.country) or account.channel_phone,
            "amount": amount_text(request.amount),
            "subscriberMsisdn": national_digits(request.payer_phone, account.country),
            "pin": account.pin,
            "orderId": order_id(request.reference),
            "description": request.payer_message[:DESCRIPTION_CHARS_MAX],
            "payToken": token,
            **({"notifUrl": request.callback_url} if request.callback_url else {}),
        }
        answer = self.line.call("POST", "/omcoreapis/1.0.2/mp/pay", json=body)
        outcome = _read_pay(answer)
        _log.info("orange_request", reference=str(request.reference), answer=outcome.answer.value, http=answer.http)
        return outcome

    def status(
        self,
        reference: UUID,  # noqa: ARG002
        *,
        token: str | None = None,
        amount: Money | None = None,  # noqa: ARG002
    ) -> CollectionStatus:
        """Ask what became of a request. Without a token none was ever sent."""
        if token is None:
            return CollectionStatus(CollectionState.NOT_FOUND, raw="no token was fetched")
        answer = self.line.call("GET", f"/omcoreapis/1.0.2/mp/paymentstatus/{quote(token, safe='')}")
        if answer.http in (*DONE, REFUSED) and envelope(answer.body).get("status") is not None:
            account = self.account
            return read_prompt_status(answer.body, answer.raw, account.currency, account.country)
        return no_status(answer)


def _read_pay(answer: Answer) -> RequestOutcome:
    """What became of a sending. Who may have taken it is `UNKNOWN`: a sentence we never saw is no refusal."""
    raw, state = told(answer), state_of(envelope(answer.body).get("status"))
    reason = refusal_in(answer.body)
    going = state in (CollectionState.PENDING, CollectionState.SUCCESSFUL)
    if answer.http in DONE and going:
        return RequestOutcome(RequestAnswer.ACCEPTED, raw=raw)
    if answer.http == REFUSED and going:  # they show what the token was used for before
        return RequestOutcome(RequestAnswer.ALREADY_KNOWN, raw=raw)
    if answer.http in (*DONE, REFUSED) and state is CollectionState.FAILED:
        return RequestOutcome(RequestAnswer.REFUSED, reason or FailureReason.UNKNOWN, raw)
    if answer.http == REFUSED and reason is not None:
        return RequestOutcome(RequestAnswer.REFUSED, reason, raw)
    if answer.http == BAD_REQUEST and answer.is_json:
        return RequestOutcome(RequestAnswer.REFUSED, FailureReason.PROVIDER_ERROR, raw)
    return RequestOutcome(RequestAnswer.UNKNOWN, raw=raw)
