"""The town's routers ask by RADIUS."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import update

from core.access.grant import Granted
from core.clock import FixedClock
from core.network.models import RouterRow
from core.parts import Parts
from tests.programs import programs
from tests.radius.server import OTHER_ROUTER, ROUTER, SECRET, Radius, freeradius, give
from tests.town import Town


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    missing = [name for name in ("freeradius", "radclient") if shutil.which(name, path=programs()) is None]
    if missing:
        why = f"the RADIUS stories need {' and '.join(missing)}; `make test` installs them for root"
        for item in items:
            if "tests/radius/" in str(item.path):
                item.add_marker(pytest.mark.skip(reason=why))


@pytest.fixture
def clock() -> FixedClock:
    """The machine's own time, for FreeRADIUS and PostgreSQL know no other; it stands until it is moved."""
    return FixedClock(datetime.now(UTC).replace(microsecond=0))


@pytest.fixture
def network(town: Town) -> Town:
    """The town's two routers ask by RADIUS."""
    with town.parts.db.transaction() as tx:
        for name, address in (("juba-town", ROUTER), ("munuki", OTHER_ROUTER)):
            tx.execute(
                update(RouterRow)
                .where(RouterRow.name == name)
                .values(access_by="radius", nas_address=address, radius_secret=town.parts.sealer.radius.seal(SECRET))
            )
    return town


@pytest.fixture
def radius(network: Town, parts: Parts, tmp_path: Path) -> Iterator[Radius]:
    with freeradius(parts.settings.database_url, parts.sealer.radius.setting, tmp_path / "radius.log") as server:
        yield server


@pytest.fixture
def achol(network: Town) -> Granted:
    """Achol has an hour at juba-town: two devices, 6 GiB."""
    return give(network)
