"""MTN MoMo pre-approval: asks a phone to agree to later charges, asks how that stands, and takes it back."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from core.gateways import mtn_momo_calls as calls
from core.gateways.mtn_momo import PRODUCT
from core.gateways.mtn_momo_line import MomoAccount, MomoLine
from core.gateways.mtn_momo_words import plain_message, read_consent
from core.logs import log
from core.payments.collector import RequestOutcome
from core.payments.pre_approver import PreApprovalRequest, PreApprovalState, PreApprovalStatus

_OK: Final = 200
_HTTP_REFUSED_FROM: Final = 300

_log = log(__name__)


class MtnMomoPreApprover:
    """A `PreApprover` over MTN's Open API; part of collection, with its keys."""

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

    def request(self, request: PreApprovalRequest) -> RequestOutcome:
        """Ask for consent under the request's own reference. Their API takes the currency and no limit.

        Raises:
            GatewayError: permanent; the account is in another currency, nothing was sent.
        """
        calls.check_ours(request.reference, request.amount, self._account.currency)
        validity_s = int(request.valid_for.total_seconds())
        assert validity_s > 0, "a consent that is over is asked of nobody"  # noqa: S101
        answer = self._line.call(
            "POST",
            "/v2_0/preapproval",
            json={
                "payer": calls.party(request.payer_phone),
                "payerCurrency": request.amount.currency,
                "payerMessage": plain_message(request.payer_message),
                "validityTime": validity_s,
                "frequency": request.frequency.value.upper(),
            },
            headers=calls.sending_headers(request.reference, request.callback_url),
        )
        outcome = calls.read_outcome(answer)
        _log.info(
            "momo_pre_approval",
            reference=str(request.reference),
            answer=outcome.answer.value,
            http=answer.http,
            code=answer.code,
        )
        return outcome

    def status(self, reference: UUID) -> PreApprovalStatus:
        """Ask how a consent stands."""
        answer = self._line.call("GET", f"/v2_0/preapproval/{reference}")
        if answer.http == _OK and answer.is_json:
            return read_consent(answer.body, answer.raw)
        if calls.is_not_found(answer):
            return PreApprovalStatus(PreApprovalState.NOT_FOUND, raw=answer.raw)
        return PreApprovalStatus(PreApprovalState.UNKNOWN, raw_reason=answer.code, raw=calls.told(answer))

    def cancel(self, reference: UUID) -> bool:
        """Take a consent back. What they do not know, or ended before, needs no taking back."""
        answer = self._line.call("DELETE", f"/v1_0/preapproval/{reference}")
        done = _OK <= answer.http < _HTTP_REFUSED_FROM and (answer.is_json or not answer.raw.strip())
        _log.info("momo_pre_approval_cancel", reference=str(reference), http=answer.http, code=answer.code)
        return done or calls.is_not_found(answer)
