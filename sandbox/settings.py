"""What the supervisor writes to `sandbox.json`: ports, credentials, and who lives in the town."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

FILE_NAME: Final = "sandbox.json"
PORT_MOST: Final = 65535
_DISBURSEMENT: Final = ("disbursement_subscription_key", "disbursement_api_user", "disbursement_api_key")
_ORANGE: Final = ("client_id", "client_secret", "auth_token", "merchant_key", "channel_msisdn", "pin", "currency")


class SandboxSettingsError(ValueError):
    """The file is missing, or does not describe a town; says what is wrong in one sentence."""


@dataclass(frozen=True, slots=True)
class RouterSettings:
    """One simulated router and the account the product uses on it."""

    name: str
    port: int
    user: str
    password: str


@dataclass(frozen=True, slots=True)
class MomoSettings:
    """The product's credentials at the pretend mobile-money operator."""

    subscription_key: str
    api_user: str
    api_key: str
    disbursement_subscription_key: str | None = None  # None: those of collection open disbursement too
    disbursement_api_user: str | None = None
    disbursement_api_key: str | None = None


@dataclass(frozen=True, slots=True)
class Resident:
    """A customer with a phone on the page."""

    phone: str
    name: str
    language: str


@dataclass(frozen=True, slots=True)
class SandboxSettings:
    """The whole town. Ports are loopback ports; 0 lets the system choose."""

    aggregator_port: int
    momo_port: int
    orange_port: int
    town_port: int
    routers: tuple[RouterSettings, ...]
    web: str
    key: str
    at_username: str
    at_api_key: str
    momo: MomoSettings
    orange: dict[str, str]  # the product's credentials at the pretend Orange Money, by the names of its `Config`
    service_code: str
    short_code: str
    customers: tuple[Resident, ...]
    clock_offset_file: Path


def read_settings(home: Path) -> SandboxSettings:
    """Read `home/sandbox.json`.

    Raises:
        SandboxSettingsError: it cannot be read or lacks something.
    """
    path = home / FILE_NAME
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SandboxSettingsError(f"{path} cannot be read: {error}") from None
    if not isinstance(found, dict):
        raise SandboxSettingsError(f"{path} must hold one JSON object.")
    try:
        return _read(found)
    except KeyError as error:
        raise SandboxSettingsError(f"{path} lacks {error}.") from None
    except (TypeError, ValueError) as error:
        raise SandboxSettingsError(f"{path}: {error}") from None


def _read(found: dict[str, Any]) -> SandboxSettings:
    momo, orange = found["momo"], found.get("orange", {})
    return SandboxSettings(
        aggregator_port=_port(found, "aggregator_port"),
        momo_port=_port(found, "momo_port"),
        orange_port=_port(found, "orange_port"),
        town_port=_port(found, "town_port"),
        routers=tuple(
            RouterSettings(str(row["name"]), _port(row, "port"), str(row["user"]), str(row["password"]))
            for row in found["routers"]
        ),
        web=str(found["web"]).rstrip("/"),
        key=str(found["key"]),
        at_username=str(found["at_username"]),
        at_api_key=str(found["at_api_key"]),
        momo=MomoSettings(
            str(momo["subscription_key"]),
            str(momo["api_user"]),
            str(momo["api_key"]),
            **{name: str(momo[name]) for name in _DISBURSEMENT if name in momo},
        ),
        orange={name: str(orange[name]) for name in _ORANGE if name in orange},
        service_code=str(found["service_code"]),
        short_code=str(found["short_code"]),
        customers=tuple(
            Resident(str(row["phone"]), str(row["name"]), str(row["language"])) for row in found["customers"]
        ),
        clock_offset_file=Path(found["clock_offset_file"]),
    )


def _port(found: dict[str, Any], name: str) -> int:
    port = found[name]
    if not isinstance(port, int) or isinstance(port, bool) or not 0 <= port <= PORT_MOST:
        raise ValueError(f"{name} must be a port number.")
    return port
