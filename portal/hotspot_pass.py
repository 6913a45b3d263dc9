"""The sealed key of whoever bought or typed a token on our page: with it this browser, and no other, is let in."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from core.sealing import SealBrokenError, Sealer

PASS_LIVES: Final = timedelta(hours=1)  # longer than a prompt is waited for, shorter than an afternoon
PASS_CHARS_MAX: Final = 1000
_FOR: Final = "pass of a hotspot page"  # so that nothing else we sealed is taken for one


@dataclass(frozen=True, slots=True)
class Pass:
    """What its holder paid for: a payment or a token, at a network."""

    hotspot_id: int
    intent_id: int | None = None
    token_id: int | None = None


def seal_pass(sealer: Sealer, held: Pass, now: datetime) -> str:
    """Seal it for `PASS_LIVES`."""
    until = int((now + PASS_LIVES).timestamp())
    said = {"for": _FOR, "until": until, "at": held.hotspot_id, "intent": held.intent_id, "token": held.token_id}
    return sealer.seal(json.dumps(said, separators=(",", ":")))


def open_pass(sealer: Sealer, sealed: str, now: datetime) -> Pass | None:
    """Open it; None: it is over, or was never ours."""
    if not sealed or len(sealed) > PASS_CHARS_MAX or not sealed.isascii():
        return None
    try:
        said = json.loads(sealer.open(sealed))
    except (SealBrokenError, ValueError):
        return None
    if not isinstance(said, dict) or said.get("for") != _FOR or said["until"] < now.timestamp():
        return None
    return Pass(said["at"], said["intent"], said["token"])
