"""What the database tells a RADIUS server, asked directly: the seal, and what no packet can spoil."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text, update

from core.access.first_use import mark_first_use
from core.access.grant import Limits, grant
from core.access.models import AccessGrant
from core.access.seal_for_radius import forget_guesses, seal_for_radius
from core.db.migrations.guards_0007_radius import GUESSES_DEVICE_MAX, GUESSES_NAS_MAX
from core.network.models import RouterRow
from core.network.reseal import reseal_routers
from core.sealing import RadiusSeal, SealBrokenError, Sealer

OLDER = "WFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFg="
NAS = "10.9.0.1"
NOT_NUL = st.text(st.characters(blacklist_characters="\x00", blacklist_categories=("Cs",)), max_size=300)


def ask(parts, query: str, **facts):
    with parts.db.transaction() as tx:
        tx.execute(text("SELECT set_config('shabaka.radius_key', :key, true)"), {"key": parts.sealer.radius.setting})
        return list(tx.execute(text(query), facts).mappings())


@pytest.fixture
def network(town, parts):
    with parts.db.transaction() as tx:
        tx.execute(update(RouterRow).where(RouterRow.name == "juba-town").values(nas_address=NAS))
    return town


def give(town, **limits):
    asked = {"duration_s": 3600, "data_bytes": None, "down_kbps": 2000, "up_kbps": 512, "devices_max": 1} | limits
    parts = town.parts
    with parts.db.transaction() as tx:
        return grant(
            tx, router_id=town.routers["juba-town"], limits=Limits(**asked), now=parts.clock.now(), ids=parts.ids,
            sealer=parts.sealer,
        )  # fmt: skip


CHECK = "SELECT password FROM radius_login(:who, :nas, :mac, :at)"


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text(min_size=1, max_size=80), st.binary(min_size=16, max_size=16))
def test_postgresql_opens_what_python_sealed(parts, secret, nonce) -> None:
    secret = secret.encode("utf-8", "ignore").decode().replace("\x00", "") or "x"
    secret = secret.encode()[:253].decode("utf-8", "ignore")
    seal = RadiusSeal(parts.settings.encryption_keys, random=lambda _count: nonce)
    sealed = seal.seal(secret)
    assert seal.open(sealed) == secret
    assert secret.encode() not in sealed or len(secret.encode()) < 3
    assert ask(parts, "SELECT radius_open(:sealed) AS clear", sealed=sealed)[0]["clear"] == secret


def test_the_longest_secret_is_opened_and_a_longer_one_refused(parts) -> None:
    sealed = parts.sealer.radius.seal("x" * 253)
    assert ask(parts, "SELECT radius_open(:sealed) AS clear", sealed=sealed)[0]["clear"] == "x" * 253
    for wrong in ("", "x" * 254):
        with pytest.raises(ValueError, match="253"):
            parts.sealer.radius.seal(wrong)


def test_without_its_key_a_secret_stays_closed(parts) -> None:
    sealed = RadiusSeal([OLDER]).seal("secret")
    with pytest.raises(SealBrokenError):
        parts.sealer.radius.open(sealed)
    with pytest.raises(Exception, match="no key in shabaka"):
        ask(parts, "SELECT radius_open(:sealed)", sealed=sealed)
    with parts.db.transaction() as tx, pytest.raises(Exception, match="no key in shabaka"):
        tx.execute(text("SELECT radius_open(:sealed)"), {"sealed": sealed})


def test_a_grant_from_before_is_sealed_by_the_sweep_and_a_new_key_takes_over(network, parts) -> None:
    older = give(network)
    with parts.db.transaction() as tx:
        tx.execute(update(AccessGrant).values(radius_sealed=None))
    facts = {"who": older.username, "nas": NAS, "mac": "", "at": parts.clock.now()}
    assert ask(parts, CHECK, **facts) == []
    assert seal_for_radius(parts.db, parts.sealer) == 1
    assert seal_for_radius(parts.db, parts.sealer) == 0
    assert ask(parts, CHECK, **facts)[0]["password"] == older.password
    rotated = Sealer([OLDER, *parts.settings.encryption_keys])
    assert seal_for_radius(parts.db, rotated) == 0
    assert seal_for_radius(parts.db, rotated, all_keys=True) == 1
    with pytest.raises(Exception, match="no key"):
        ask(parts, CHECK, **facts)
    with parts.db.reading() as connection:
        sealed = connection.execute(select(AccessGrant.radius_sealed)).scalar_one()
    assert rotated.radius.open(sealed) == older.password


def test_secrets_of_routers_go_over_to_a_new_key(network, parts) -> None:
    with parts.db.transaction() as tx:
        tx.execute(update(RouterRow).values(radius_secret=parts.sealer.radius.seal("between us")))
    assert reseal_routers(parts.db, parts.sealer) == 0
    rotated = Sealer([OLDER, *parts.settings.encryption_keys])
    assert reseal_routers(parts.db, rotated) == 2
    with parts.db.reading() as connection:
        for sealed in connection.execute(select(RouterRow.radius_secret)).scalars():
            assert Sealer([OLDER]).radius.open(sealed) == "between us"
    with pytest.raises(SealBrokenError):
        reseal_routers(parts.db, parts.sealer)


def test_the_clock_starts_as_python_starts_it(network, parts) -> None:
    ours, theirs = give(network), give(network)
    for minutes in (-5, 7):
        at = parts.clock.now() + timedelta(minutes=minutes)
        with parts.db.transaction() as tx:
            mark_first_use(tx, grant_id=ours.grant_id, used_at=at)
        ask(parts, "SELECT radius_begun(:who, :nas, :at)", who=theirs.username, nas=NAS, at=at)
    with parts.db.reading() as connection:
        found = connection.execute(text("SELECT status, first_used_at, ends_at FROM access_grant ORDER BY id")).all()
    assert found[0] == found[1]
    assert found[0].status == "running"


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(NOT_NUL, min_size=12, max_size=12), st.sampled_from(["Start", "Stop", "Accounting-On", "Failed", ""]))
def test_no_packet_fails_whatever_it_holds(network, parts, said, packet) -> None:
    facts = {f"p{number}": value for number, value in enumerate(said)} | {"packet": packet, "nas": NAS}
    names = ", ".join(f":p{number}" for number in range(11))
    answer = ask(parts, f"SELECT radius_account(:nas, :packet, {names}) AS kept", **facts)
    assert answer[0]["kept"] == "kept"


@pytest.mark.parametrize(
    ("octets", "gigawords", "counted"),
    [
        ("0", "0", 0),
        ("5", "1", 2**32 + 5),
        ("-5", "-1", 0),
        ("99999999999999999999999999", "0", 2**32 - 1),
        ("1", "4294967295", ((2**20 - 1) << 32) + 1),
        ("1e9", "", 0),
        (None, None, 0),
    ],
)
def test_counters_that_cannot_be_are_held_to_what_can(network, parts, octets, gigawords, counted) -> None:
    facts = {"nas": NAS, "lo": octets, "hi": gigawords}
    ask(parts, "SELECT radius_account(:nas, 'Stop', 's', 'x', '', '', '-7', :lo, :hi, :lo, :hi, '-3', '')", **facts)
    row = ask(parts, "SELECT * FROM usage_inbox")[0]
    assert (row["up_bytes"], row["down_bytes"], row["session_s"]) == (counted, counted, 0)
    assert row["at"] == row["heard_at"]


def test_guesses_are_bounded_for_a_whole_router_too_and_forgotten(network, parts) -> None:
    mine = give(network)
    now = parts.clock.now()
    refused = "SELECT radius_refused(:who, :nas, :mac, :at) AS said"
    for number in range(GUESSES_DEVICE_MAX + 2):
        ask(parts, refused, who="nobody", nas=NAS, mac=f"AABBCC0000{number:02}", at=now)
    assert ask(parts, CHECK, who=mine.username, nas=NAS, mac="AABBCC000000", at=now)
    with parts.db.transaction() as tx:
        tx.execute(text("UPDATE radius_guess SET failures = :most WHERE mac = ''"), {"most": GUESSES_NAS_MAX})
    assert ask(parts, CHECK, who=mine.username, nas=NAS, mac="AABBCC000000", at=now) == []
    assert ask(parts, refused, who="nobody", nas=NAS, mac="AABBCC0000FF", at=now)[0]["said"] == "let be"
    later = now + timedelta(minutes=11)
    assert ask(parts, CHECK, who=mine.username, nas=NAS, mac="AABBCC000000", at=later)
    forget_guesses(parts.db, now + timedelta(hours=2))
    assert ask(parts, "SELECT * FROM radius_guess") == []
