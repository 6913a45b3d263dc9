"""Orange Money by a page of theirs (`webpay`): the payer opens it, types a phone and a code, and confirms."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from typing import Final, TypeGuard
from uuid import UUID

from core.errors import GatewayError
from core.gateways.bearer_line import Answer
from core.gateways.orange_money_common import BAD_REQUEST, DONE, OrangeCollector, is_token, no_status, told
from core.gateways.orange_money_line import OrangeAccount, OrangeLine
from core.gateways.orange_money_words import order_id, read_page_status
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

URL_CHARS_MAX: Final = 120
NAME_CHARS_MAX: Final = 30
PAGE_URL_CHARS_MAX: Final = 500
TRY_BYTES: Final = 2  # makes an order number of each try: one whose answer was lost has used its own up
_AS_JSON: Final = {"Content-Type": "application/json"}

_log = log(__name__)


class OrangePageCollector(OrangeCollector):
    """A `Collector` whose payers pay on a page of Orange's; somebody must send them its address."""

    def __init__(
        self,
        account: OrangeAccount,
        *,
        line: OrangeLine | None = None,
        new_try: Callable[[], str] = lambda: secrets.token_hex(TRY_BYTES),
    ) -> None:
        super().__init__(account, line=line)
        self._root = f"/orange-money-webpay/{account.country.lower()}/v1"
        self._new_try = new_try

    def prepare(self, request: CollectionRequest) -> Preparation:
        """Have a page made. Its order number is part of the token we store: without it there is no asking.

        Raises:
            GatewayError: permanent; a setting is wrong, nothing was sent.
        """
        self.check(request)
        account, order = self.account, order_id(request.reference) + self._new_try()
        if len(request.callback_url or "") > URL_CHARS_MAX or len(account.return_url) > URL_CHARS_MAX:
            raise GatewayError(f"Orange takes addresses of {URL_CHARS_MAX} characters at most", permanent=True)
        words = {
            "merchant_key": account.merchant_key,
            "currency": account.currency,
            "order_id": order,
            "return_url": account.return_url,
            "cancel_url": account.return_url,
            "notif_url": request.callback_url or account.return_url,
            "lang": "en",
            "reference": account.merchant_name[:NAME_CHARS_MAX],
        }
        # A number, and exactly this one: a library would make a float of it.
        body = f'{json.dumps(words)[:-1]}, "amount": {amount_text(request.amount)}}}'
        answer = self.line.call("POST", f"{self._root}/webpayment", json=body, headers=_AS_JSON)
        made = _read_page(answer, order)
        _log.info("orange_page", reference=str(request.reference), answer=made.answer.value, http=answer.http)
        return made

    def request(self, request: CollectionRequest, token: str | None = None) -> RequestOutcome:
        """Nothing is sent: the page stands, and its address goes to the payer from us."""
        self.check(request)
        assert token, "a page is made before it is asked for"  # noqa: S101
        return RequestOutcome(RequestAnswer.ACCEPTED)

    def status(self, reference: UUID, *, token: str | None = None, amount: Money | None = None) -> CollectionStatus:
        """Ask what became of a page. One that was never made, or whose answer was lost, nobody can have paid on."""
        if token is None:
            return CollectionStatus(CollectionState.NOT_FOUND, raw="no page was made")
        order, colon, pay_token = token.partition(":")
        if not colon or amount is None or not order.startswith(order_id(reference)):
            return CollectionStatus(CollectionState.UNKNOWN, raw="no token of a page")
        words = json.dumps({"order_id": order, "pay_token": pay_token})
        body = f'{words[:-1]}, "amount": {amount_text(amount)}}}'
        answer = self.line.call("POST", f"{self._root}/transactionstatus", json=body, headers=_AS_JSON)
        if answer.http in DONE and answer.is_json:
            return read_page_status(answer.body, answer.raw, amount)
        return no_status(answer)


def _read_page(answer: Answer, order: str) -> Preparation:
    body = answer.body if isinstance(answer.body, dict) else {}
    token, url, notify_token = body.get("pay_token"), body.get("payment_url"), body.get("notif_token")
    if answer.http in DONE and is_token(token) and _is_url(url):
        return Preparation(
            RequestAnswer.ACCEPTED,
            token=f"{order}:{token}",
            notify_token=notify_token if is_token(notify_token) else None,
            payment_url=url,
        )
    if answer.http == BAD_REQUEST and answer.is_json:
        return Preparation(RequestAnswer.REFUSED, reason=FailureReason.PROVIDER_ERROR, raw=told(answer))
    return Preparation(RequestAnswer.UNKNOWN, raw=told(answer))


def _is_url(value: object) -> TypeGuard[str]:
    """Whether this is an address that can be sent to people."""
    fits = isinstance(value, str) and len(value) <= PAGE_URL_CHARS_MAX and value.isascii() and value.isprintable()
    return isinstance(value, str) and fits and value.startswith(("https://", "http://"))
