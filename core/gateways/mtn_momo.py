"""MTN MoMo collection: asks a phone for money and asks what became of it.

An answer is believed by its `code`, never by its HTTP status alone: several plain refusals come as 500, and a
500 may come after the request was taken.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from core.gateways import mtn_momo_calls as calls
from core.gateways.mtn_momo_line import MomoAccount, MomoLine
from core.gateways.mtn_momo_words import plain_message, read_status
from core.logs import log
from core.money import Money
from core.payments.collector import (
    CollectionRequest,
    CollectionState,
    CollectionStatus,
    RequestOutcome,
)

PRODUCT: Final = "collection"

_OK: Final = 200
_HTTP_REFUSED_FROM: Final = 300

__all__ = ["MomoAccount", "MtnMomoCollector"]

_log = log(__name__)


class MtnMomoCollector:
    """A `Collector` over MTN's Open API. Its key is our reference, so nothing is prepared, and no token is known."""

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

    def prepare(self, request: CollectionRequest) -> None:  # noqa: ARG002
        """Nothing: the reference we made is their key."""
        return

    def request(self, request: CollectionRequest, token: str | None = None) -> RequestOutcome:  # noqa: ARG002
        """Send the request under its own reference.

        Raises:
            GatewayError: permanent; the account is in another currency, nothing was sent.
        """
        calls.check_ours(request.reference, request.amount, self._account.currency)
        sent = calls.money_body(request.amount, request.external_id, request.payer_message, request.payee_note)
        answer = self._line.call(
            "POST",
            "/v1_0/requesttopay",
            json={**sent, "payer": calls.party(request.payer_phone)},
            headers=calls.sending_headers(request.reference, request.callback_url),
        )
        outcome = calls.read_outcome(answer)
        _log.info(
            "momo_request",
            reference=str(request.reference),
            answer=outcome.answer.value,
            http=answer.http,
            code=answer.code,
        )
        return outcome

    def status(
        self,
        reference: UUID,
        *,
        token: str | None = None,  # noqa: ARG002
        amount: Money | None = None,  # noqa: ARG002
    ) -> CollectionStatus:
        """Ask what became of a request."""
        answer = self._line.call("GET", f"/v1_0/requesttopay/{reference}")
        if answer.http == _OK and answer.is_json:
            return read_status(answer.body, answer.raw)
        if calls.is_not_found(answer):
            return CollectionStatus(CollectionState.NOT_FOUND, raw=answer.raw)
        return CollectionStatus(CollectionState.UNKNOWN, raw_reason=answer.code, raw=calls.told(answer))

    def holder_active(self, phone: str) -> bool | None:
        """Whether the phone has a wallet that can pay; None when they would not say."""
        return calls.holder_active(self._line, phone)

    def holder_name(self, phone: str) -> str | None:
        """The name on the wallet; None when they would not say."""
        return calls.holder_name(self._line, phone)

    def balance(self) -> Money | None:
        """What was collected and is with MTN yet; None when they would not say."""
        return calls.balance(self._line)

    def notify(self, reference: UUID, message: str, language: str) -> bool:
        """Have MTN text the payer of a payment that succeeded. The body carries it: a header takes no Arabic."""
        path = f"/v1_0/requesttopay/{reference}/deliverynotification"
        text = plain_message(message)
        answer = self._line.call("POST", path, json={"notificationMessage": text}, headers={"Language": language})
        return _OK <= answer.http < _HTTP_REFUSED_FROM and (answer.is_json or not answer.raw.strip())
