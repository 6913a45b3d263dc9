"""Deng's stall, and MTN's platform where money moves; the books agree at the end of every story."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from core.parts import Parts
from tests.core.owners.stall import Stall
from tests.core.payments.conftest import momo
from tests.town import Town, everything_agrees

__all__ = ["momo"]


@pytest.fixture
def stall(parts: Parts, town: Town) -> Iterator[Stall]:
    yield Stall(parts, town)
    everything_agrees(parts)
