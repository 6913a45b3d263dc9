"""What is asked of whoever carries an event out, and how what it carries is signed."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Carried:
    """What came of it: the HTTP status, 0 where nothing was answered; then `error` says why in a few words."""

    status: int
    error: str = ""
    permanent: bool = False

    @property
    def arrived(self) -> bool:
        """Whether they took it."""
        return 200 <= self.status < 300  # noqa: PLR2004 - what HTTP calls a success


class Courier(Protocol):
    """Posts a body to an address, within a time, following no redirect. Never raises for what the net does."""

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Carried:
        """One try."""
        ...


def signed_headers(secret: str, event_uid: str, body: bytes, now: datetime) -> dict[str, str]:
    """Headers that prove who sent it and when (Standard Webhooks 1.0: HMAC-SHA256 over id, time and body)."""
    sent = str(int(now.timestamp()))
    key = base64.b64decode(secret.partition("_")[2])
    said = f"{event_uid}.{sent}.".encode() + body
    signature = base64.b64encode(hmac.digest(key, said, hashlib.sha256)).decode()
    return {"webhook-id": event_uid, "webhook-timestamp": sent, "webhook-signature": f"v1,{signature}"}
