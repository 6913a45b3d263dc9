"""The line to Orange Money: two doors of one firm, each with its own way to a bearer."""

from __future__ import annotations

import re
import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from core.gateways.bearer_line import Answer, BearerLine

READ_TIMEOUT_S: Final = 30.0
MASKED: Final = "***"
WEBPAY: Final = "webpay"
OMCORE: Final = "omcore"

_UNAUTHORIZED: Final = 401
_PIN: Final = re.compile(r"(\"pin\"\s*:\s*\"?)[^\",}]*")
_TOKEN_PATHS: Final = {WEBPAY: "/oauth/v3/token", OMCORE: "/token"}


@dataclass(frozen=True, slots=True)
class OrangeAccount:
    """One merchant's account in one country, in one of two modes.

    `webpay`: the payer pays on a page of Orange's. `omcore`: the payer's phone is asked, as MTN does it.
    """

    mode: str
    base_url: str
    country: str  # ISO 3166: numbers are written as at home there
    currency: str
    client_id: str
    client_secret: str = field(repr=False)
    merchant_key: str = field(default="", repr=False)  # webpay
    merchant_name: str = ""  # webpay: stands on the page
    return_url: str = ""  # webpay: where the payer goes from the page, paid or not
    auth_token: str = field(default="", repr=False)  # omcore
    channel_phone: str = ""  # omcore, E.164: the merchant's own
    pin: str = field(default="", repr=False)  # omcore
    timeout_s: float = READ_TIMEOUT_S


class OrangeLine(BearerLine):
    """Sends calls of one mode. What comes back is kept without our own secrets, if it should repeat them."""

    def __init__(self, account: OrangeAccount, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        super().__init__(account.base_url.rstrip("/"), account.timeout_s, monotonic)
        self.account = account

    def _every_header(self) -> Mapping[str, str]:
        return {"X-AUTH-TOKEN": self.account.auth_token} if self.account.mode == OMCORE else {}

    def _is_stale(self, answer: Answer) -> bool:
        return answer.http == _UNAUTHORIZED  # their words for it differ from country to country

    def _fetch_token(self) -> Answer:
        pair = b64encode(f"{self.account.client_id}:{self.account.client_secret}".encode()).decode()
        return self._send(
            "POST",
            _TOKEN_PATHS[self.account.mode],
            form={"grant_type": "client_credentials"},
            headers={"Authorization": f"Basic {pair}"},
        )

    def _send(self, method: str, path: str, **more: Any) -> Answer:
        answer = super()._send(method, path, **more)
        raw = _PIN.sub(rf"\g<1>{MASKED}", answer.raw)
        for secret in (self.account.client_secret, self.account.merchant_key, self.account.auth_token):
            raw = raw.replace(secret, MASKED) if secret else raw
        return replace(answer, raw=raw)
