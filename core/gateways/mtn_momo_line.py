"""The line to MTN MoMo: which headers open it, and where its bearer comes from."""

from __future__ import annotations

import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

import requests

from core.gateways.bearer_line import Answer, BearerLine

READ_TIMEOUT_S: Final = 30.0  # a token took 10 to 20 s on their new platform

__all__ = ["Answer", "MomoAccount", "MomoLine"]


@dataclass(frozen=True, slots=True)
class MomoAccount:
    """One account on one platform. A status can be read only on the platform that took the request."""

    base_url: str
    target_environment: str
    subscription_key: str = field(repr=False)
    api_user: str
    api_key: str = field(repr=False)
    currency: str
    timeout_s: float = READ_TIMEOUT_S


class MomoLine(BearerLine):
    """Sends calls of one product: each has a bearer of its own."""

    def __init__(self, account: MomoAccount, product: str, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        super().__init__(f"{account.base_url.rstrip('/')}/{product}", account.timeout_s, monotonic)
        self.account = account

    def _every_header(self) -> Mapping[str, str]:
        return {
            "Ocp-Apim-Subscription-Key": self.account.subscription_key,
            "X-Target-Environment": self.account.target_environment,
        }

    def _is_stale(self, answer: Answer) -> bool:
        return answer.http == requests.codes.unauthorized and answer.code == "invalid_token"

    def _fetch_token(self) -> Answer:
        account = self.account
        pair = b64encode(f"{account.api_user}:{account.api_key}".encode()).decode()
        # Without Content-Length they answer 411; with a form in the body, an HTML page.
        return self._send("POST", "/token/", headers={"Authorization": f"Basic {pair}", "Content-Length": "0"})
