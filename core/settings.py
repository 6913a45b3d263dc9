"""Settings from the environment, read once. Every fault is listed at once; nothing is guessed."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

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
        if value and urlsplit(value).scheme not in schemes:
            self.faults.append(f"{name} must begin with {' or '.join(scheme + '://' for scheme in schemes)}.")
        return value.rstrip("/") if schemes[0].startswith("http") else value

    def matching(self, name: str, pattern: str, example: str, default: str | None = None) -> str:
        value = self.text(name, default)
        if value and not re.fullmatch(pattern, value):
            self.faults.append(f"{name} must look like {example}.")
        return value

    def number(self, name: str, default: int, least: int, most: int) -> int:
        value = self.text(name, str(default))
        if not value.isdecimal() or not least <= int(value) <= most:
            self.faults.append(f"{name} must be a whole number from {least} to {most}.")
            return default
        return int(value)


def _encryption_keys(reader: _Reader) -> tuple[str, ...]:
    keys = tuple(key.strip() for key in reader.text("SHABAKA_ENCRYPTION_KEYS").split(",") if key.strip())
    for key in keys:
        try:
            right = len(base64.urlsafe_b64decode(key)) == 32  # noqa: PLR2004 - a Fernet key is 32 bytes
        except (binascii.Error, ValueError):
            right = False
        if not right:
            reader.faults.append("SHABAKA_ENCRYPTION_KEYS must be Fernet keys (32 bytes, base64), newest first.")
            break
    return keys


def load(environ: Mapping[str, str]) -> Settings:
    """Read all settings.

    Raises:
        SettingsError: with every fault found, not only the first.
    """
    reader = _Reader(environ)
    offset_file = reader.optional("SHABAKA_CLOCK_OFFSET_FILE")
    demo = reader.text("SHABAKA_DEMO", "0") == "1"
    settings = Settings(
        database_url=reader.url("DATABASE_URL", ("postgresql+psycopg2",)),
        redis_url=reader.url("REDIS_URL", ("redis", "rediss", "unix")),
        secret_key=reader.secret("SHABAKA_SECRET_KEY"),
        encryption_keys=_encryption_keys(reader),
        gateway_key=reader.secret("SHABAKA_GATEWAY_KEY"),
        public_url=reader.url("SHABAKA_PUBLIC_URL", ("http", "https")),
        service_code=reader.matching("SHABAKA_SERVICE_CODE", r"\*\d+(\*\d+)*#", "*384*77#"),
        short_code=reader.matching("SHABAKA_SHORT_CODE", r"\d{3,6}", "7722"),
        at_username=reader.text("AT_USERNAME"),
        at_api_key=reader.text("AT_API_KEY"),
        at_base_url=reader.optional("AT_BASE_URL"),
        at_sender=reader.optional("AT_SENDER"),
        momo_base_url=reader.url("MOMO_BASE_URL", ("http", "https")),
        momo_target_environment=reader.text("MOMO_TARGET_ENVIRONMENT"),
        momo_subscription_key=reader.text("MOMO_SUBSCRIPTION_KEY"),
        momo_api_user=reader.text("MOMO_API_USER"),
        momo_api_key=reader.text("MOMO_API_KEY"),
        # Wallets and limits are in pounds: another currency would be taken and could be put nowhere.
        momo_currency=reader.matching("MOMO_CURRENCY", "SSP", "SSP", "SSP"),
        momo_asks_per_second_max=reader.number("MOMO_ASKS_PER_SECOND_MAX", 10, 1, 1000),
        behind_proxy=reader.text("SHABAKA_BEHIND_PROXY", "0") == "1",
        demo=demo,
        sandbox_url=reader.optional("SHABAKA_SANDBOX_URL") if demo else None,
        clock_offset_file=Path(offset_file) if demo and offset_file else None,
        log_level=reader.matching(
            "SHABAKA_LOG_LEVEL", "DEBUG|INFO|WARNING|ERROR", "DEBUG, INFO, WARNING or ERROR", "INFO"
        ),
    )
    if reader.faults:
        raise SettingsError(reader.faults)
    return settings
