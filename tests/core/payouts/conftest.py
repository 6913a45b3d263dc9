"""Who pays out, and Deng as a Wi-Fi owner with terms."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from core.parts import Parts
from tests.core.payouts.paying import Paying
from tests.town import Town, everything_agrees


@pytest.fixture
def paying(parts: Parts, town: Town) -> Iterator[Paying]:
    """Payouts by hand, without a provider; the books agree at the end of every story."""
    yield Paying(parts, town)
    everything_agrees(parts)
