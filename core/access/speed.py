"""How fast a grant may be. No I/O."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Speed:
    """Down and up in kbit/s, and what it may burst to for some seconds: both ways or, with None, not at all."""

    down_kbps: int
    up_kbps: int
    burst_down_kbps: int | None = None
    burst_up_kbps: int | None = None
