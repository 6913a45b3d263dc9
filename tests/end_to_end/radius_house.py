"""A house of its own with FreeRADIUS beside it, which its routers ask: taken over by Gatluak at his desk."""

from __future__ import annotations

import html
import itertools
import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from core.access.grant import Granted
from core.bells import bell
from core.catalog.set_price import open_plan, set_version
from core.customers.queries import account_of_phone
from core.money import Money
from core.parts import Parts, assemble
from core.settings import load
from core.tokens.sell_token import sell_token
from supervisor.household import environment_of
from tests.end_to_end.hall import Hall
from tests.end_to_end.house import House
from tests.end_to_end.test_at_the_counter import Desk
from tests.end_to_end.waiting import await_until
from tests.radius.server import Radius, freeradius

WIFI = "12. Munuki Net"
HERE = "127.0.0.1"
HOUR = 3600
RESIDENT = "+211921000001"


class RadiusHouse:
    """The house, what is asked of it as an auditor, and its RADIUS server.

    Its town's clock is never moved: PostgreSQL, and so RADIUS, knows the machine's time alone (decision 9).
    """

    def __init__(self, house: House, parts: Parts, radius: Radius, hall: Hall, secrets: Mapping[str, str]) -> None:
        """`secrets`: router -> what it and the server know each other by."""
        self.house, self.parts, self.radius, self.hall, self.secrets = house, parts, radius, hall, secrets
        self._numbers = itertools.count(1)

    def sells(self, code: str, alias: int, *, data_bytes: int | None, down_kbps: int, up_kbps: int) -> int:
        """Put a plan of an hour on sale for 100 pounds; its version."""
        now = self.parts.clock.now()
        with self.parts.db.transaction() as tx:
            open_plan(tx, code=code, alias=alias)
            return set_version(
                tx,
                code=code,
                valid_from=now,
                duration_s=HOUR,
                data_bytes=data_bytes,
                down_kbps=down_kbps,
                up_kbps=up_kbps,
                devices_max=1,
                price=Money.of(100, "SSP"),
            )

    def buys(self, plan: int, router: str) -> Granted:
        """A token of a plan for a router's network, which a resident pays from her balance."""
        parts = self.parts
        (hotspot,) = self.house.rows(
            "SELECT h.id FROM hotspot h JOIN router r ON r.id = h.router_id WHERE name = %s", router
        )
        with parts.db.transaction() as tx:
            sold = sell_token(
                tx,
                request_key=f"by RADIUS: {next(self._numbers)}",
                buyer=account_of_phone(tx.connection, RESIDENT),
                recipient_phone=RESIDENT,
                hotspot_id=hotspot.id,
                plan_version_id=plan,
                now=parts.clock.now(),
                ids=parts.ids,
                sealer=parts.sealer,
            )
        (grant,) = self.house.rows(
            "SELECT g.* FROM access_grant g JOIN token t ON t.grant_id = g.id WHERE t.id = %s", sold.token_id
        )
        return Granted(grant.id, grant.username, parts.sealer.open(grant.password_sealed))


@contextmanager
def radius_house(folder: Path, hall: Hall) -> Iterator[RadiusHouse]:
    """Until it is left. Munuki's questions come from the hall's gateway, Juba's from this machine."""
    with ExitStack() as after:
        house = House(folder, {"SHABAKA_RADIUS_ADDRESS": hall.us})
        house.is_seen_from_everywhere()
        after.callback(house.end)
        house.start()
        parts = parts_of(house)
        after.callback(parts.db.close)
        key = house.shabaka("radius", "key").stdout.strip()
        radius = after.enter_context(freeradius(parts.settings.database_url, key, folder / "radius.log", "0.0.0.0"))
        secrets = {name: takes_over(house, name, nas) for name, nas in (("munuki", hall.nas), ("juba-town", HERE))}
        yield RadiusHouse(house, parts, radius, hall, secrets)
        house.is_clean()
        house.tells_no_secret()


def parts_of(house: House) -> Parts:
    """What any process of the house is made of."""
    settings = load(environment_of(house.home))
    return assemble(settings, ring=bell(settings.redis_url), pool_size=2)


def desk_of(house: House, name: str) -> Desk:
    """A member of staff at a desk. Whoever takes it closes its browser."""
    desk = Desk(house)
    desk.log_in(name, next(row["password"] for row in house.demo["staff"] if row["username"] == name))
    return desk


def takes_over(house: House, name: str, nas: str) -> str:
    """Gatluak says that the router asks RADIUS, and pastes its script. Returns the secret the script tells it."""
    desk = desk_of(house, "gatluak")
    (router,) = house.rows("SELECT id, host, port, username FROM router WHERE name = %s", name)
    words = {
        "name": name,
        "area": "Juba",
        "host": router.host,
        "port": str(router.port),
        "username": "shabaka",
        "password": "",
        "access_by": "radius",
        "nas_address": nas,
    }
    address = f"/routers/{router.id}"
    desk.post(address, desk.get(address), **words).raise_for_status()
    page = desk.post(f"{address}/credentials", desk.get(address))
    desk.browser.close()
    script = html.unescape(re.search(r'<pre class="script"[^>]*>(.*?)</pre>', page.text, re.DOTALL)[1])
    assert house.town(f"routers/{name}/paste", {"script": script})["errors"] == []
    seen = "SELECT 1 FROM router WHERE name = %s AND failures = 0 AND last_seen_at > now() - interval '5 seconds'"
    await_until(lambda: house.rows(seen, name), what="a visit to the router that asks RADIUS")
    return re.search(r'/radius add .*secret="([^"]+)"', script)[1]
