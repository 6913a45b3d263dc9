"""What stories of several rooms stand on."""

from __future__ import annotations

import pytest

from core.clock import FixedClock
from core.parts import Parts
from tests.provider import Provider, found
from tests.town import Town


@pytest.fixture
def provider(parts: Parts, town: Town, clock: FixedClock) -> Provider:
    """A small provider with monthly customers, on 1 November 2026."""
    return found(parts, town, clock)
