"""What stories of cash stand on."""

from __future__ import annotations

import pytest

from core.parts import Parts
from tests.core.cash.tills import Tills
from tests.town import Town


@pytest.fixture
def tills(parts: Parts, town: Town) -> Tills:
    """Rose at a counter, Lado in the field, Mary over both; a bank account at Equity."""
    found = Tills(parts, town)
    found.hires("rose")
    found.hires("lado")
    found.opens_a_bank()
    return found
