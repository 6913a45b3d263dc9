"""What stories of several rooms stand on."""

from __future__ import annotations

import pytest

from core.clock import FixedClock
from core.parts import Parts
from tests.kept_database import KeptDatabase, what_rows_say
from tests.provider import Provider, found, put_on_sale
from tests.town import Town


@pytest.fixture
def provider(parts: Parts, town: Town, clock: FixedClock, kept_database: KeptDatabase) -> Provider:
    """A small provider with monthly customers, on 1 November 2026."""
    key = ("provider", *what_rows_say(parts))
    here = found(parts, town, clock)
    kept_database.begun(key, lambda: put_on_sale(here))
    return here
