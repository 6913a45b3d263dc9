"""What stories of tokens stand on."""

from __future__ import annotations

import pytest

from tests.core.tokens.cards import Cards
from tests.town import Town


@pytest.fixture
def cards(town: Town) -> Cards:
    return Cards(town)
