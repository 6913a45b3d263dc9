"""The town's two routers, what we sell on them, and what a worker does about it."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import select, text

from core.access.models import AccessGrant
from core.clock import FixedClock
from core.customers.queries import account
from core.gateways.routeros import RouterOsRouter
from core.network.expire import expire_due
from core.network.models import Placement
from core.network.router import RouterAddress
from core.network.sync import sync_router
from core.network.tell_forgotten import tell_forgotten
from core.network.visits import due_routers
from core.tokens.models import Token
from core.tokens.sell_token import sell_token
from core.tokens.tell_waiting import tell_waiting
from core.usage.fold import fold
from sandbox.routeros import SimulatedRouter
from tests.town import ACHOL, Town, texts_to

PHONE = "AA:BB:CC:00:00:01"


class Credentials(NamedTuple):
    grant_id: int
    username: str
    password: str


class Network:
    """The town's two routers, what we sell on them, and what a worker does about it."""

    def __init__(self, town: Town, routers: dict[str, SimulatedRouter]) -> None:
        self.town, self.parts, self.routers = town, town.parts, routers
        self.juba, self.munuki = routers["juba-town"], routers["munuki"]
        clock = town.parts.clock
        assert isinstance(clock, FixedClock)
        self.clock = clock
        self._sold = 0
        self.unsold: list[int] = []  # grants that a story made without a sale
        town.give(town.achol, 500_000)

    def sell(self, plan: str = "1H", ssid: str = "Juba Town Wi-Fi") -> Credentials:
        self._sold += 1
        with self.parts.db.transaction() as tx:
            sold = sell_token(
                tx,
                request_key=f"sale {self._sold}",
                buyer=account(tx.connection, self.town.achol.customer_id),
                recipient_phone=ACHOL,
                hotspot_id=self.town.hotspots[ssid],
                plan_version_id=self.town.plans[plan],
                now=self.clock.now(),
                ids=self.parts.ids,
                sealer=self.parts.sealer,
            )
            row = tx.execute(
                select(AccessGrant.id, AccessGrant.username, AccessGrant.password_sealed)
                .join(Token, Token.grant_id == AccessGrant.id)
                .where(Token.id == sold.token_id)
            ).one()
        return Credentials(row.id, row.username, self.parts.sealer.open(row.password_sealed))

    def sync(self, name: str = "juba-town", *, connector: Any = RouterOsRouter, force: bool = False) -> bool:
        """One visit, as a worker makes it, and what is told afterwards."""
        visited = sync_router(
            self.town.routers[name],
            db=self.parts.db,
            connector=connector,
            sealer=self.parts.sealer,
            clock=self.clock,
            force=force,
        )
        tell_waiting(self.parts.db, self.clock.now())
        self.count()
        return visited

    def count(self) -> None:
        """Usage is counted, as a worker does every few seconds."""
        fold(self.parts.db, self.clock.now())
        tell_forgotten(self.parts.db, self.clock.now())

    def later(self, **by: float) -> None:
        """Time passes for us and for the routers; then the timetable rings."""
        self.clock.advance(**by)
        expire_due(self.parts.db, self.clock.now())
        self.sync_due()

    def sync_due(self) -> list[str]:
        due = due_routers(self.parts.db, self.clock.now())
        names = [name for name, router_id in self.town.routers.items() if router_id in due]
        for name in names:
            self.sync(name)
        return names

    def grant(self, grant_id: int) -> dict[str, Any]:
        with self.parts.db.reading() as connection:
            return dict(connection.execute(select(AccessGrant).where(AccessGrant.id == grant_id)).mappings().one())

    def placement(self, grant_id: int) -> dict[str, Any]:
        with self.parts.db.reading() as connection:
            return dict(connection.execute(select(Placement).where(Placement.grant_id == grant_id)).mappings().one())

    def router(self, name: str = "juba-town") -> dict[str, Any]:
        with self.parts.db.reading() as connection:
            return dict(
                connection.execute(text("SELECT * FROM router WHERE name = :name"), {"name": name}).mappings().one()
            )

    def told(self) -> list[str]:
        return [name for name, _ in texts_to(self.parts, ACHOL) if name not in ("cash_receipt", "token")]


def user(router: SimulatedRouter, name: str) -> dict[str, str] | None:
    return next((row for row in router.state()["users"] if row["name"] == name), None)


def names(router: SimulatedRouter) -> set[str]:
    return {row["name"] for row in router.state()["users"]}


def address(net: Network) -> RouterAddress:
    return RouterAddress("127.0.0.1", net.juba.port, "api", "router-password", timeout_s=5)
