"""What both modes of Orange Money have in common: who they are, what they never tell, and answers that are none."""

from __future__ import annotations

from typing import Any, Final, TypeGuard
from uuid import UUID

from core.errors import GatewayError
from core.gateways.bearer_line import Answer
from core.gateways.orange_money_line import OrangeAccount, OrangeLine
from core.gateways.orange_money_words import raw_reason_of, says_not_there
from core.money import Money
from core.payments.collector import CollectionRequest, CollectionState, CollectionStatus

RAIL: Final = "orange-money"
TOKEN_CHARS_MAX: Final = 150

DONE: Final = (200, 201, 202)
BAD_REQUEST: Final = 400
NOT_FOUND: Final = 404
REFUSED: Final = 417  # how they answer to what is no fault of the caller's program


class OrangeCollector:
    """What both modes have in common. Orange tells nothing of holders and balances, and sends no notes."""

    def __init__(self, account: OrangeAccount, *, line: OrangeLine | None = None) -> None:
        self.account = account
        self.line = line or OrangeLine(account)

    @property
    def rail(self) -> str:
        """Orange's."""
        return RAIL

    @property
    def platform(self) -> str:
        """Its address: an account is in one country."""
        return self.account.base_url

    def holder_active(self, phone: str) -> bool | None:  # noqa: ARG002
        """They would not say."""
        return None

    def holder_name(self, phone: str) -> str | None:  # noqa: ARG002
        """They would not say."""
        return None

    def balance(self) -> Money | None:
        """They would not say."""
        return None

    def notify(self, reference: UUID, message: str, language: str) -> bool:  # noqa: ARG002
        """They send no notes."""
        return False

    def check(self, request: CollectionRequest) -> None:
        """Stop what is wrong on our side before it is sent.

        Raises:
            GatewayError: permanent; the account is in another currency, nothing was sent.
        """
        assert request.amount.minor > 0, "nobody is asked for nothing"  # noqa: S101
        if request.amount.currency != self.account.currency:  # a setting is wrong: for a person to see, not a crash
            ours, asked = self.account.currency, request.amount.currency
            raise GatewayError(f"ORANGE_CURRENCY is {ours}, the request is in {asked}: nothing sent", permanent=True)


def no_status(answer: Answer) -> CollectionStatus:
    """What is no status of a payment: they do not know it, or would not say."""
    if answer.http in (NOT_FOUND, REFUSED) and says_not_there(answer.body):
        return CollectionStatus(CollectionState.NOT_FOUND, raw=answer.raw)
    return CollectionStatus(CollectionState.UNKNOWN, raw_reason=raw_reason_of(answer.body), raw=told(answer))


def told(answer: Answer) -> str:
    """The answer as it is kept for a person to read."""
    return answer.raw or f"HTTP {answer.http}"


def is_token(value: Any) -> TypeGuard[str]:
    """Whether this can serve as their key of a payment. Cut short, two could be the same."""
    return isinstance(value, str) and 0 < len(value) <= TOKEN_CHARS_MAX and value.isascii() and value.isprintable()
