"""A bank to tell stories of."""

from __future__ import annotations

import pytest

from core.clock import FixedClock
from core.parts import Parts
from tests.core.statements.bank import Bank
from tests.town import Town


@pytest.fixture
def bank(parts: Parts, town: Town, clock: FixedClock) -> Bank:
    """Accounts of the provider at a bank, at a wallet without an API, and at MTN."""
    return Bank(parts, town, clock).opens()
