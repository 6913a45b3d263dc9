"""Who pays out, and MTN's platform over a real socket."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.clock import FixedClock
from core.gateways.mtn_momo import MomoAccount, MtnMomoCollector
from core.gateways.mtn_momo_disbursement import MtnMomoDisburser
from core.gateways.mtn_momo_pre_approval import MtnMomoPreApprover
from core.parts import Parts
from sandbox.momo import Config, create_app
from sandbox.momo.simulator import of
from tests.core.payouts.paying import Paying
from tests.core.payouts.sending import Sending
from tests.town import Town, everything_agrees, served

LONG_S = 1000 * 24 * 3600.0


@pytest.fixture
def paying(parts: Parts, town: Town) -> Iterator[Paying]:
    """Payouts by hand, without a provider; the books agree at the end of every story."""
    yield Paying(parts, town)
    everything_agrees(parts)


@pytest.fixture
def momo(parts: Parts, town: Town, tmp_path: Path, clock: FixedClock) -> Iterator[Sending]:
    """A worker that sends, and MTN's platform, both by the story's clock."""
    config = Config()
    app = create_app(tmp_path, clock=lambda: clock.now().timestamp(), pending_lifetime_s=LONG_S)
    with served(app) as url:
        account = MomoAccount(
            base_url=url,
            target_environment=config.target_environment,
            subscription_key=config.subscription_key,
            api_user=config.api_user,
            api_key=config.api_key,
            currency="SSP",
            timeout_s=10.0,
        )
        yield Sending(
            parts, town, url, MtnMomoDisburser(account), MtnMomoPreApprover(account), MtnMomoCollector(account)
        )
    of(app).close()
    everything_agrees(parts)
