"""MTN's platform over a real socket, and our collector to it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.clock import FixedClock
from core.gateways.mtn_momo import MomoAccount, MtnMomoCollector
from core.parts import Parts
from sandbox.momo import Config, create_app
from sandbox.momo.simulator import of
from tests.core.payments.desk import Desk
from tests.town import Town, everything_agrees, served

LONG_S = 1000 * 24 * 3600.0


@pytest.fixture
def momo(parts: Parts, town: Town, tmp_path: Path, clock: FixedClock) -> Iterator[Desk]:
    """Our desk and MTN's platform, both by the story's clock. A prompt lives for years, unless a story says less."""
    config = Config()
    app = create_app(tmp_path, clock=lambda: clock.now().timestamp(), pending_lifetime_s=LONG_S)
    with served(app) as url:
        account_ = MomoAccount(
            base_url=url,
            target_environment=config.target_environment,
            subscription_key=config.subscription_key,
            api_user=config.api_user,
            api_key=config.api_key,
            currency="SSP",
            timeout_s=10.0,
        )
        yield Desk(parts, town, MtnMomoCollector(account_), url)
    of(app).close()
    everything_agrees(parts)
