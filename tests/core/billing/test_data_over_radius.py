"""Data bought reaches the session that runs: a router that asks RADIUS is told of the speed, within the minute."""

import pytest
from sqlalchemy import text, update

from core.billing.buy_data import buy_data
from core.catalog.data_packs import DataPack
from core.gateways.radius_coa import RadiusSessions
from core.network.models import RouterRow
from core.network.send_session_commands import send_session_commands
from tests.core.network.nas import SECRET, nas
from tests.core.subscriptions.line import FULL, GB, Line
from tests.provider import ssp

START = text(
    "SELECT radius_account('127.0.0.1', 'Start', 's1', g.username, 'AABBCC000001', '10.5.50.7', '0', '0', '0', '0',"
    " '0', '0', '', :at) FROM access_grant g"
)


@pytest.fixture
def juba():
    with nas() as found:
        yield found


@pytest.fixture
def line(provider, juba):
    """A line on a router that asks RADIUS, held to 64 kbit/s, with somebody online."""
    seal = provider.parts.sealer.radius.seal(SECRET)
    facts = {"radius_secret": seal, "access_by": "radius", "nas_address": "127.0.0.1", "coa_port": juba.port}
    provider.does(lambda tx: tx.execute(update(RouterRow).where(RouterRow.name == "juba-town").values(**facts)))
    made = Line(provider, data_bytes=10 * GB, packs=(DataPack(GB, ssp(500)),))
    provider.does(lambda tx: tx.execute(START, {"at": provider.clock.now()}))
    juba.sessions.add("s1")
    provider.pays(1_000)
    made.uses(10)
    sends(provider)
    return made


def sends(provider):
    parts = provider.parts
    control = RadiusSessions(answer_s=0.2)
    send_session_commands(parts.db, control=control, sealer=parts.sealer, clock=parts.clock)


def buys(provider, line):
    provider.does(
        buy_data,
        request_key="one",
        subscription_id=line.id,
        data_bytes=GB,
        price=ssp(600),
        by=provider.by("by USSD"),
        issuer=provider.issuer,
    )
    sends(provider)


def test_the_session_is_slowed_and_given_its_speed_back_without_being_ended(provider, line, juba):
    buys(provider, line)
    assert [one["Mikrotik-Rate-Limit"] for one in juba.heard] == [["64k/64k"], ["1000k/4000k"]]
    assert juba.sessions == {"s1"}
    assert line.speed == FULL


def test_a_router_that_cannot_change_a_session_ends_it_so_that_it_comes_back_fast(provider, line, juba):
    juba.changes_refused = True
    buys(provider, line)
    assert juba.sessions == set()
    assert line.speed == FULL
    (grant,) = provider.rows("SELECT data_bytes FROM access_grant")
    assert grant.data_bytes is None  # a service has no limit in bytes at its router that would have to be raised
