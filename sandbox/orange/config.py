"""The numbers and words a pretend Orange Money runs by."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Config:
    """How this country's Orange is set up. The credentials are the pretend operator's own."""

    currency: str = "SSP"
    country: str = "ss"  # in the paths of web payment
    country_code: str = "211"
    national_digits: int = 9  # of a subscriber, as merchant push wants them
    client_id: str = "orange-client-id"
    client_secret: str = "orange-client-secret"
    merchant_key: str = "orange-merchant-key"
    auth_token: str = "b3JhbmdlOm9tY29yZQ=="
    channel_msisdn: str = "211920000001"
    pin: str = "2222"
    default_decision: str = "ask"  # or approve, reject, ignore
    callback_timeout_s: float = 5.0
    callback_tries_max: int = 1
    token_lifetime_s: int = 7_776_000  # "about 90 days"
    page_lifetime_s: float = 600.0
    prompt_lifetime_s: float = 300.0
    otp_lifetime_s: float = 300.0
    fee_percent: str = "0"
