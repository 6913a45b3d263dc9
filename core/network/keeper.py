"""Keeping all routers of an installation true: what a worker process does about those that are due."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from core.clock import Clock
from core.db.engine import Database
from core.network.check_router import check_router, due_checks
from core.network.house import House
from core.network.rounds import Busy, Rounds
from core.network.router import RouterConnector
from core.network.sync import sync_router
from core.network.visits import due_routers
from core.sealing import Sealer


@dataclass(slots=True)
class Keeper:
    """Visits and checks. `after_visit`: what is to be done when a router has been told, by whoever knows why."""

    db: Database
    connector: RouterConnector
    sealer: Sealer
    clock: Clock
    house: House
    after_visit: Callable[[], object] = lambda: None
    rounds: Rounds = field(init=False)

    def __post_init__(self) -> None:
        """Begin with no visit under way."""
        self.rounds = Rounds(self._visit)

    def visit_due(self) -> Sequence[int]:
        """Begin a visit to each router that is due: a dead one keeps only its own visit waiting."""
        return self.rounds.go(due_routers(self.db, self.clock.now()))

    def check_due(self) -> None:
        """Look at each router that is to be checked, one after the other."""
        for router_id in due_checks(self.db, self.clock.now()):
            check_router(
                router_id,
                db=self.db,
                connector=self.connector,
                sealer=self.sealer,
                clock=self.clock,
                house=self.house,
            )

    def _visit(self, router_id: int, busy: Busy) -> None:
        sync_router(
            router_id,
            db=self.db,
            connector=self.connector,
            sealer=self.sealer,
            clock=self.clock,
            house=self.house,
            busy=busy,
        )
        self.after_visit()
