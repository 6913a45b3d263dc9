"""Settings from the environment, read once. Every fault is listed at once; nothing is guessed."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from core.money import MINOR_DIGITS

SECRET_CHARS_MIN: Final = 16


class SettingsError(Exception):
    """The environment does not describe a system that can run. `faults`: one sentence each."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


@dataclass(frozen=True, slots=True, repr=False)  # no repr: it would carry keys into a log
class Settings:
    """What one installation is told from outside. Names in the environment stand beside each in `load`."""

    database_url: str
    redis_url: str
    secret_key: str
    encryption_keys: tuple[str, ...]
    gateway_key: str
    public_url: str
    service_code: str
    short_code: str
    care_phone: str | None  # said where people are asked to call
    seller_name: str  # these three stand on invoices and receipts
    seller_tin: str  # tax identification number; empty where there is none
    seller_address: str
    rounding_step_minor: int  # amounts that are shared or taxed end on a multiple of it, in minor units
    at_username: str
    at_api_key: str
    at_base_url: str | None
    at_sender: str | None
    momo_base_url: str
    momo_target_environment: str
    momo_subscription_key: str
    momo_api_user: str
    momo_api_key: str
    momo_currency: str
    momo_asks_per_second_max: int
    momo_other_base_url: (
        str | None
    )  # a second platform, whose payments are asked about and no new ones sent: all or none
    momo_other_target_environment: str | None
    momo_other_subscription_key: str | None
    momo_other_api_user: str | None
    momo_other_api_key: str | None
    momo_disbursement_subscription_key: str | None  # without these three nothing is paid out
    momo_disbursement_api_user: str | None
    momo_disbursement_api_key: str | None
    orange_mode: (
        str  # off, webpay (by a page of theirs) or omcore (by a prompt); the rest is None where it is not needed
    )
    orange_base_url: str | None
    orange_country: str | None
    orange_currency: str | None
    orange_client_id: str | None
    orange_client_secret: str | None
    orange_merchant_key: str | None
    orange_auth_token: str | None
    orange_channel_phone: str | None
    orange_pin: str | None
    radius_address: str | None  # where routers reach our RADIUS server; without it none can ask it
    radius_auth_port: int
    radius_acct_port: int
    management_address: str | None  # where routers see us come from: their API lets nobody else in
    usage_months: int  # raw counters of usage are kept for so many whole months; hours and days for good
    webhooks_private: bool  # events may go by plain http and to addresses of a local network
    behind_proxy: bool
    demo: bool
    sandbox_url: str | None
    clock_offset_file: Path | None
    log_level: str

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every value that no log may carry."""
        return (
            self.secret_key,
            *self.encryption_keys,
            self.gateway_key,
            self.at_api_key,
            self.momo_subscription_key,
            self.momo_api_key,
            *filter(
                None,
                (
                    self.momo_other_subscription_key,
                    self.momo_other_api_key,
                    self.momo_disbursement_subscription_key,
                    self.momo_disbursement_api_key,
                    self.orange_client_secret,
                    self.orange_merchant_key,
                    self.orange_auth_token,
                    self.orange_pin,
                ),
            ),
        )


class _Reader:
    """Reads variables one by one and collects what is wrong with them."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self.faults: list[str] = []

    def text(self, name: str, default: str | None = None) -> str:
        value = self.environ.get(name, "").strip() or default
        if value is None:
            self.faults.append(f"{name} is missing.")
            return ""
        return value

    def optional(self, name: str) -> str | None:
        return self.environ.get(name, "").strip() or None

    def secret(self, name: str) -> str:
        value = self.text(name)
        if value and len(value) < SECRET_CHARS_MIN:
            self.faults.append(f"{name} is shorter than {SECRET_CHARS_MIN} characters.")
        return value

    def url(self, name: str, schemes: tuple[str, ...]) -> str:
        value = self.text(name)
        if value:
            self.faults += _faults_of_url(name, value, schemes)
        return value.rstrip("/") if schemes[0].startswith("http") else value

    def address(self, name: str) -> str | None:
        """An IP address, if it is said: routers are told it, and they must not depend on a name server for it."""
        value = self.optional(name)
        try:
            return value and str(ipaddress.ip_address(value))
        except ValueError:
            self.faults.append(f"{name} must be an IP address.")
            return None

    def optional_url(self, name: str) -> str | None:
        return self.url(name, ("http", "https")) if self.optional(name) else None

    def flag(self, name: str) -> bool:
        value = self.text(name, "0")
        if value not in {"0", "1"}:  # `true` read as off would be worse than none
            self.faults.append(f"{name} must be 0 or 1.")
        return value == "1"

    def matching(self, name: str, pattern: str, example: str, default: str | None = None) -> str:
        value = self.text(name, default)
        if value and not re.fullmatch(pattern, value):
            self.faults.append(f"{name} must look like {example}.")
        return value

    def together(self, *names: str) -> bool:
        """Whether these optional ones are said: all of them, or none."""
        said = [name for name in names if self.optional(name)]
        if said:
            missing = (name for name in names if name not in said)
            self.faults += [f"{name} is missing, and {said[0]} is of no use without it." for name in missing]
        return bool(said)

    def number(self, name: str, default: int, least: int, most: int) -> int:
        value = self.text(name, str(default))
        if not value.isdecimal() or not least <= int(value) <= most:
            self.faults.append(f"{name} must be a whole number from {least} to {most}.")
            return default
        return int(value)


def _faults_of_url(name: str, value: str, schemes: tuple[str, ...]) -> list[str]:
    try:
        parts = urlsplit(value)
        host, _port = parts.hostname, parts.port
    except ValueError:
        return [f"{name} is no address: its host or its port cannot be read."]
    if parts.scheme not in schemes:
        return [f"{name} must begin with {' or '.join(scheme + '://' for scheme in schemes)}."]
    # A socket on this machine is a path, and PostgreSQL takes its folder as `?host=`.
    if not host and parts.scheme != "unix" and "host=" not in parts.query:
        return [f"{name} names no host."]
    return []


def _encryption_keys(reader: _Reader) -> tuple[str, ...]:
    said = reader.text("SHABAKA_ENCRYPTION_KEYS")
    keys = tuple(key.strip() for key in said.split(",") if key.strip())
    if said and not keys:
        reader.faults.append("SHABAKA_ENCRYPTION_KEYS must hold at least one key.")
    for key in keys:
        try:
            right = len(base64.urlsafe_b64decode(key)) == 32  # noqa: PLR2004 - a Fernet key is 32 bytes
        except (binascii.Error, ValueError):
            right = False
        if not right:
            reader.faults.append("SHABAKA_ENCRYPTION_KEYS must be Fernet keys (32 bytes, base64), newest first.")
            break
    return keys


def _momo_other(reader: _Reader) -> dict[str, Any]:
    names = ("BASE_URL", "TARGET_ENVIRONMENT", "SUBSCRIPTION_KEY", "API_USER", "API_KEY")
    reader.together(*(f"MOMO_OTHER_{name}" for name in names))
    found = {f"momo_other_{name.lower()}": reader.optional(f"MOMO_OTHER_{name}") for name in names}
    found["momo_other_base_url"] = url = reader.optional_url("MOMO_OTHER_BASE_URL")
    if url is not None and url == reader.environ.get("MOMO_BASE_URL", "").strip().rstrip("/"):
        reader.faults.append("MOMO_OTHER_BASE_URL must be another platform than MOMO_BASE_URL.")
    return found


def _momo_disbursement(reader: _Reader) -> dict[str, Any]:
    names = ("SUBSCRIPTION_KEY", "API_USER", "API_KEY")
    reader.together(*(f"MOMO_DISBURSEMENT_{name}" for name in names))
    return {f"momo_disbursement_{name.lower()}": reader.optional(f"MOMO_DISBURSEMENT_{name}") for name in names}


def _orange(reader: _Reader) -> dict[str, Any]:
    mode = reader.matching("ORANGE_MODE", "off|webpay|omcore", "off, webpay or omcore", "off")
    names = (
        "base_url", "country", "currency", "client_id", "client_secret",
        "merchant_key", "auth_token", "channel_phone", "pin",
    )  # fmt: skip
    found: dict[str, Any] = {f"orange_{name}": None for name in names} | {"orange_mode": mode}
    if mode in {"webpay", "omcore"}:
        currencies = sorted(MINOR_DIGITS)
        found["orange_base_url"] = url = reader.url("ORANGE_BASE_URL", ("http", "https"))
        found["orange_country"] = reader.matching("ORANGE_COUNTRY", "[A-Z]{2}", "CM")
        found["orange_currency"] = reader.matching("ORANGE_CURRENCY", "|".join(currencies), " or ".join(currencies))
        found["orange_client_id"] = reader.text("ORANGE_CLIENT_ID")
        found["orange_client_secret"] = reader.text("ORANGE_CLIENT_SECRET")
        if url and url == reader.environ.get("MOMO_BASE_URL", "").strip().rstrip("/"):
            reader.faults.append("ORANGE_BASE_URL must be another address than MOMO_BASE_URL.")
    if mode == "webpay":
        found["orange_merchant_key"] = reader.text("ORANGE_MERCHANT_KEY")
    if mode == "omcore":
        found["orange_auth_token"] = reader.text("ORANGE_AUTH_TOKEN")
        found["orange_channel_phone"] = reader.matching("ORANGE_CHANNEL_PHONE", r"\+\d{8,15}", "+237690000000")
        found["orange_pin"] = reader.text("ORANGE_PIN")
    return found


def load(environ: Mapping[str, str]) -> Settings:
    """Read all settings.

    Raises:
        SettingsError: with every fault found, not only the first.
    """
    reader = _Reader(environ)
    offset_file = reader.optional("SHABAKA_CLOCK_OFFSET_FILE")
    demo = reader.flag("SHABAKA_DEMO")
    settings = Settings(
        database_url=reader.url("DATABASE_URL", ("postgresql+psycopg2",)),
        redis_url=reader.url("REDIS_URL", ("redis", "rediss", "unix")),
        secret_key=reader.secret("SHABAKA_SECRET_KEY"),
        encryption_keys=_encryption_keys(reader),
        # Part of an address: a sign that must be escaped there would never be heard the same twice.
        gateway_key=reader.matching(
            "SHABAKA_GATEWAY_KEY", f"[A-Za-z0-9_-]{{{SECRET_CHARS_MIN},}}", "16 or more of A-Z, a-z, 0-9, _ and -"
        ),
        public_url=reader.url("SHABAKA_PUBLIC_URL", ("http", "https")),
        service_code=reader.matching("SHABAKA_SERVICE_CODE", r"\*\d+(\*\d+)*#", "*384*77#"),
        short_code=reader.matching("SHABAKA_SHORT_CODE", r"\d{3,6}", "7722"),
        care_phone=reader.matching("SHABAKA_CARE_PHONE", r"\+?\d{3,12}", "0912000000", "") or None,
        seller_name=reader.text("SHABAKA_SELLER_NAME", "Shabaka"),
        seller_tin=reader.text("SHABAKA_SELLER_TIN", ""),
        seller_address=reader.text("SHABAKA_SELLER_ADDRESS", "Juba, South Sudan"),
        rounding_step_minor=reader.number("SHABAKA_ROUNDING_STEP_MINOR", 100, 1, 100_000),
        at_username=reader.text("AT_USERNAME"),
        at_api_key=reader.text("AT_API_KEY"),
        at_base_url=reader.optional_url("AT_BASE_URL"),
        at_sender=reader.optional("AT_SENDER"),
        momo_base_url=reader.url("MOMO_BASE_URL", ("http", "https")),
        momo_target_environment=reader.text("MOMO_TARGET_ENVIRONMENT"),
        momo_subscription_key=reader.text("MOMO_SUBSCRIPTION_KEY"),
        momo_api_user=reader.text("MOMO_API_USER"),
        momo_api_key=reader.text("MOMO_API_KEY"),
        # Wallets and limits are in pounds: another currency would be taken and could be put nowhere.
        momo_currency=reader.matching("MOMO_CURRENCY", "SSP", "SSP", "SSP"),
        momo_asks_per_second_max=reader.number("MOMO_ASKS_PER_SECOND_MAX", 10, 1, 1000),
        **_momo_other(reader),
        **_momo_disbursement(reader),
        **_orange(reader),
        radius_address=reader.address("SHABAKA_RADIUS_ADDRESS"),
        radius_auth_port=reader.number("SHABAKA_RADIUS_AUTH_PORT", 1812, 1, 65535),
        radius_acct_port=reader.number("SHABAKA_RADIUS_ACCT_PORT", 1813, 1, 65535),
        management_address=reader.address("SHABAKA_MANAGEMENT_ADDRESS"),
        usage_months=reader.number("SHABAKA_USAGE_MONTHS", 6, 2, 120),
        webhooks_private=reader.flag("SHABAKA_WEBHOOKS_PRIVATE"),
        behind_proxy=reader.flag("SHABAKA_BEHIND_PROXY"),
        demo=demo,
        sandbox_url=reader.optional_url("SHABAKA_SANDBOX_URL") if demo else None,
        clock_offset_file=Path(offset_file) if demo and offset_file else None,
        log_level=reader.matching(
            "SHABAKA_LOG_LEVEL", "DEBUG|INFO|WARNING|ERROR", "DEBUG, INFO, WARNING or ERROR", "INFO"
        ),
    )
    if reader.faults:
        raise SettingsError(reader.faults)
    return settings
