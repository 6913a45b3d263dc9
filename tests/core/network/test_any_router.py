"""From whatever a router holds to what it should, in one talk; then there is nothing to do. Over a real socket."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.gateways.routeros import RouterOsRouter
from core.network.desired import Wish
from core.network.house import House, RadiusServer, garden, kinds_for, radius
from core.network.menus import MENUS, HeldItem, Item, Kind, item_differences
from core.network.reconcile import reconcile_items
from core.network.router import RouterAddress
from core.network.talk import Talk, Terms
from core.sealing import Sealer
from sandbox.routeros import SimulatedRouter

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
SEALER = Sealer(("MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",))
PASSWORDS = {word: SEALER.seal(word) for word in ("one", "two")}
HOUSE = House(("pay.example.ss", "shabaka.example.ss"), RadiusServer("192.0.2.9"), lambda sealed: sealed.decode())
READ = ("/ip/hotspot/user", "/ip/hotspot/user/profile", *(menu.path for menu in MENUS.values()))
WRITES = ("add", "set", "remove", "enable", "disable")

# What stands there: ours, other people's, and what looks like ours.
COMMENTS = st.sampled_from(["shabaka:1", "shabaka:old", "shabaka", "", "by hand", "my shabaka:1"])
NAMES = st.sampled_from("pqrstu")
TIERS = st.sampled_from(["shabaka-512-2000-1", "shabaka-1-1-9", "shabakat", "owners"])
LINES = st.sampled_from(["shabaka-line-512-2000-one", "shabaka-line-9-9-one", "owners", "shabaka"])
RATES = st.sampled_from(["", "512k/2000k", "512000/2M", "1M/1M"])
YES = st.sampled_from(["true", "false"])


def wishes() -> st.SearchStrategy[list[Wish]]:
    wish = st.builds(
        Wish,
        grant_id=st.integers(1, 99),
        username=NAMES,
        password_sealed=st.sampled_from(sorted(PASSWORDS.values())),
        wanted=st.sampled_from(["present", "disabled", "absent"]),
        wanted_at=st.just(NOW),
        duration_s=st.none() | st.integers(60, 9_000),
        data_bytes=st.none() | st.integers(1, 10**10),
        down_kbps=st.sampled_from([2000, 4000]),
        up_kbps=st.just(512),
        devices_max=st.integers(1, 2),
        told=st.booleans(),
        forgotten_bytes=st.integers(0, 1_000),
        forgotten_s=st.integers(0, 50),
        ends_at=st.none() | st.sampled_from([NOW - timedelta(seconds=1), NOW, NOW + timedelta(hours=1)]),
        service=st.sampled_from(["hotspot", "pppoe"]),
        burst_down_kbps=st.none(),
        burst_up_kbps=st.none(),
    )
    return st.lists(wish, max_size=5, unique_by=lambda one: one.username)


def rows(**fields: st.SearchStrategy[str]) -> st.SearchStrategy[list[dict[str, str]]]:
    return st.lists(st.fixed_dictionaries(fields), max_size=4)


CONTENTS = st.fixed_dictionaries(
    {
        "/ip/hotspot/user/profile": rows(name=TIERS, **{"rate-limit": RATES, "shared-users": st.sampled_from("12")}),
        "/ip/hotspot/user": rows(
            name=NAMES,
            password=st.sampled_from(["one", "by hand"]),
            profile=TIERS,
            comment=COMMENTS,
            disabled=YES,
            **{"limit-uptime": st.sampled_from(["0s", "1h", "2m30s"])},
        ),
        "/ppp/profile": rows(
            name=LINES, **{"rate-limit": RATES, "only-one": st.sampled_from(["default", "yes"]), "default": st.just("false")}
        ),
        "/ppp/secret": rows(
            name=NAMES, password=st.sampled_from(["one", "two"]), profile=LINES, comment=COMMENTS, disabled=YES,
            service=st.sampled_from(["any", "pppoe"]),
        ),
        "/ip/hotspot/walled-garden": rows(
            comment=st.sampled_from(["shabaka:open pay.example.ss", "shabaka:open gone", "owner's"]),
            action=st.sampled_from(["allow", "deny"]),
            disabled=YES,
            **{"dst-host": st.sampled_from(["pay.example.ss", "*.example"])},
        ),
        "/radius": rows(
            comment=st.sampled_from(["shabaka:radius", "shabaka:old", ""]),
            service=st.sampled_from(["hotspot", "ppp,hotspot"]),
            address=st.sampled_from(["192.0.2.9", "192.0.2.7"]),
            secret=st.sampled_from(["shared", "other"]),
            timeout=st.sampled_from(["3s", "1s100ms", "00:00:03"]),
            disabled=YES,
        ),
    }
)  # fmt: skip
UNIQUE = {
    "/ip/hotspot/user/profile": ("name",),
    "/ip/hotspot/user": ("name",),
    "/ppp/profile": ("name",),
    "/ppp/secret": ("name",),
    "/ip/hotspot/walled-garden": ("comment", "dst-host"),
    "/radius": ("comment", "address"),
}


@pytest.fixture
def sim(tmp_path: Path) -> Iterator[SimulatedRouter]:
    with SimulatedRouter("any", "127.0.0.1", 0, "api", "router-password", tmp_path, clock=NOW.timestamp) as running:
        yield running


def fill(sim: SimulatedRouter, contents: dict[str, list[dict[str, str]]]) -> None:
    """Make the router hold this and its own default rows, nothing else."""
    with sim._lock:
        for path in reversed(contents):
            table = sim._tables[path]
            for key in [key for key, item in table.items.items() if item.get("default") != "true"]:
                table.remove(key)
        for path, some in contents.items():
            menu, table, seen = sim._tables[path].menu, sim._tables[path], set()
            profiles = {"/ip/hotspot/user": "/ip/hotspot/user/profile", "/ppp/secret": "/ppp/profile"}.get(path)
            for item in some:
                unique = tuple(item[name] for name in UNIQUE[path])
                if unique in seen:
                    continue
                seen.add(unique)
                lacks = profiles and sim._tables[profiles].by_name(item["profile"]) is None
                defaults = {prop.name: prop.default for prop in menu.properties.values() if prop.default is not None}
                table.add({**menu.counters, **defaults, **item, **({"profile": "default"} if lacks else {})})
        sim._tables["/radius/incoming"].change("*0", {"accept": "false", "port": "1700"})


def everything(sim: SimulatedRouter) -> dict[str, list[dict[str, str]]]:
    with sim._lock:
        return {path: sim._menus.rows(path) for path in READ}


def unmarked(held: dict[str, list[dict[str, str]]]) -> dict[str, list[dict[str, str]]]:
    """What is not ours by the mark alone."""
    found = {}
    for path, some in held.items():
        by_name = path.endswith("profile")
        if path in {"/radius/incoming", "/ppp/aaa"}:
            continue
        found[path] = [
            row
            for row in some
            if not (
                (row["name"] == "shabaka" or row["name"].startswith("shabaka-"))
                if by_name
                else row.get("comment", "").startswith("shabaka:")
            )
        ]
    return found


def talk_once(sim: SimulatedRouter, some: list[Wish], *, by_radius: bool) -> Talk:
    address = RouterAddress("127.0.0.1", sim.port, "api", "router-password", timeout_s=5)
    terms = HOUSE.terms_of(by_radius=by_radius, sealed=b"shared", coa_port=3799)
    with RouterOsRouter(address) as router:
        talk = Talk(
            router=router,
            sealer=SEALER,
            now=lambda: NOW,
            time_left=lambda: True,
            wanted_now=lambda _names: set(),
            terms=Terms(
                by_radius=by_radius,
                house=(*garden(HOUSE.garden_hosts), *radius(terms)),
                kinds=kinds_for(terms, by_radius=by_radius),
            ),
        )
        talk.make_true(some, full=True)
    return talk


def writes(sim: SimulatedRouter) -> dict[str, int]:
    return {path: count for path, count in sim.heard.items() if path.rsplit("/", 1)[1] in WRITES}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(contents=CONTENTS, some=wishes(), by_radius=st.booleans())
def test_one_talk_makes_any_router_true_and_the_next_finds_nothing_to_do(
    sim: SimulatedRouter, contents: dict[str, list[dict[str, str]]], some: list[Wish], by_radius: bool
) -> None:
    fill(sim, contents)
    before = unmarked(everything(sim))
    talk = talk_once(sim, some, by_radius=by_radius)
    held = everything(sim)
    assert unmarked(held) == before
    sim.heard.clear()
    again = talk_once(sim, some, by_radius=by_radius)
    assert writes(sim) == {}
    assert again.failed == talk.failed
    assert {path: sim.heard[f"{path}/print"] for path in READ if sim.heard[f"{path}/print"] != 1} in (
        {},  # a full look reads each menu once, and no menu that is nobody's
        dict.fromkeys(("/ip/hotspot/profile", "/radius/incoming", "/ppp/aaa"), 0),
    )
    ours = {row["name"] for row in held["/ip/hotspot/user"] if row.get("comment", "").startswith("shabaka:")}
    ours |= {row["name"] for row in held["/ppp/secret"] if row.get("comment", "").startswith("shabaka:")}
    online = {wish.username for wish in some if wish.to_be_online(NOW)} if not by_radius else set()
    assert online - set(talk.failed) <= ours
    assert ours <= {wish.username for wish in some if wish.wanted != "absent" and not by_radius}


# The same without a router: every kind of object, any number of them


class Model:
    """Menus in memory."""

    def __init__(self, held: list[HeldItem]) -> None:
        self.held = {(one.kind, one.id): one for one in held}
        self.ids = itertools.count(1_000)

    def put(self, item: Item, key: str) -> None:
        menu = MENUS[item.kind]
        before = self.held.get((item.kind, key))
        comment = item.key if menu.key == "comment" else item.values.get("comment", before.comment if before else "")
        values = {**(before.values if before else {}), **item.values}
        self.held[item.kind, key] = HeldItem(item.kind, key, item.key, values, comment)


def items(kind: Kind, names: st.SearchStrategy[str]) -> st.SearchStrategy[Item]:
    fields = {name: st.sampled_from(["yes", "no", "512k/2M", "1h"]) for name in MENUS[kind].fields if name != "comment"}
    return st.builds(Item, st.just(kind), names, st.fixed_dictionaries(fields))


@st.composite
def held_and_desired(draw: st.DrawFn) -> tuple[list[Item], list[HeldItem]]:
    desired, held = [], []
    numbers = itertools.count(1)
    for kind in (Kind.PPP_PROFILE, Kind.SECRET, Kind.GARDEN, Kind.RADIUS):
        by_comment = MENUS[kind].key == "comment"
        ours = st.sampled_from(["shabaka:a", "shabaka:b"] if by_comment else ["shabaka-a", "shabaka-b"])
        for item in draw(st.lists(items(kind, ours), max_size=2, unique_by=lambda one: one.key)):
            values = {**item.values, **({"comment": "shabaka:7"} if kind is Kind.SECRET else {})}
            desired.append(Item(kind, item.key, values))
        for item in draw(st.lists(items(kind, ours | st.sampled_from(["x", "shabakab"])), max_size=4)):
            comment = item.key if by_comment else draw(COMMENTS)
            held.append(HeldItem(kind, f"*{next(numbers)}", item.key, item.values, comment, draw(st.booleans())))
    return desired, held


@settings(max_examples=200, deadline=None)
@given(held_and_desired())
def test_after_its_changes_no_menu_has_anything_more_to_change(case: tuple[list[Item], list[HeldItem]]) -> None:
    desired, held = case
    model = Model(held)
    kinds = (Kind.PPP_PROFILE, Kind.SECRET, Kind.GARDEN, Kind.RADIUS)

    def look() -> dict[Kind, list[HeldItem]]:
        return {kind: [one for one in model.held.values() if one.kind is kind] for kind in kinds}

    first = reconcile_items(desired, look())
    for change in first.changes:
        if hasattr(change, "key"):
            assert model.held.pop((change.kind, change.id)).ours
        else:
            model.put(change.item, getattr(change, "id", f"*{next(model.ids)}"))
    again = reconcile_items(desired, look())
    assert (again.changes, again.missing, again.extra, again.changed) == ((), (), (), ())
    assert again.clashes == first.clashes
    strangers = Counter(repr(one) + repr(one.values) for one in held if not one.ours)
    assert strangers == Counter(repr(one) + repr(one.values) for one in model.held.values() if not one.ours)
    for item in desired:
        if not any(one.kind is item.kind and one.name == item.key for one in again.clashes):
            assert any(
                one.ours and one.key == item.key and not item_differences(item, one) for one in look()[item.kind]
            )
