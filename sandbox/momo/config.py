"""The numbers and words a pretend platform runs by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

SANDBOX: Final = "sandbox"  # the one target environment with provisioning and one token for all products


@dataclass(frozen=True, slots=True)
class Config:
    """How this platform is set up. The credentials are the pretend operator's own."""

    currency: str = "SSP"
    target_environment: str = "mtnsouthsudan"
    subscription_key: str = "momo-subscription-key"
    disbursement_subscription_key: str | None = None  # None: the same key opens both products
    api_user: str = "6f1c0a52-93c1-4f3f-8d3a-2f6f6b2a9a11"
    api_key: str = "momo-api-key"
    disbursement_api_user: str | None = None  # None: the same user opens both products
    disbursement_api_key: str | None = None
    merchant_msisdn: str = "211920000000"  # stands in the report
    fee_percent: str = "0"
    financial_id_first: int = 4_000_000_001  # two platforms of one operator number their transactions apart
    callback_host: str | None = None  # None: any
    default_decision: str = "ask"  # or approve, reject, ignore
    callback_method: str = "PUT"
    callback_timeout_s: float = 5.0
    callback_tries_max: int = 1  # their pages disagree; "only once" is the harder reading
    pending_lifetime_s: float = 300.0
    token_lifetime_s: int = 3600
    delayed_s: float = 3.0  # the sandbox number whose payer takes long
    disbursement_opening: str = "1000000"
    new_platform: bool = False
