"""Wi-Fi owners from the office: their trade, their networks, and what is agreed with them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from core.clock import FixedClock
from core.days import juba_day
from core.owners.trade_figures import PHONE_GIFTS_MANY, OwnerTrade, owners_trade
from core.parts import Parts
from core.payouts.owner_terms import set_owner_terms
from core.tokens.guesses import Typist, count_miss
from core.tokens.revoke_token import revoke_token
from tests.core.owners.stall import HELPER, Stall, ssp
from tests.town import DENG, Town, count

SECRET = "correct-horse-9"


@pytest.fixture
def stall(parts: Parts, town: Town) -> Stall:
    return Stall(parts, town)


@pytest.fixture
def gatluak(desk_of: Any) -> Any:
    return desk_of("gatluak")


def trade_of_deng(parts: Parts) -> OwnerTrade:
    with parts.db.reading() as connection:
        (found,) = owners_trade(connection, parts.clock.now()).owners
    return found


def agrees(stall: Stall) -> None:
    """A tenth is ours."""
    now, deng = stall.parts.clock.now(), stall.town.deng.customer_id
    more = {"commission_millionths": 100_000, "withholding_millionths": 100_000, "payout_phone": DENG}
    stall.parts.db.run(
        lambda tx: set_owner_terms(tx, owner_id=deng, from_day=juba_day(now), staff_id=None, now=now, **more)
    )


def unconnected(parts: Parts, ssid: str) -> int:
    """A network of Deng's that hangs on no router yet; its id."""
    return parts.db.run(
        lambda tx: tx.execute(
            text("UPDATE hotspot SET router_id = NULL WHERE ssid = :ssid RETURNING id"), {"ssid": ssid}
        ).scalar_one()
    )


def test_turnover_and_commission_of_what_stands(stall: Stall, parts: Parts, clock: FixedClock) -> None:
    agrees(stall)
    stall.sells("one")
    back = stall.sells("two").token_id
    stall.gives("gift")
    more: dict[str, Any] = {"staff_id": stall.town.staff["mary"], "seller_id": None, "why": "wrong", "refund": True}
    parts.db.run(lambda tx: revoke_token(tx, token_id=back, now=clock.now(), **more))
    found = trade_of_deng(parts)
    assert (found.sold, found.turnover, found.given, found.commission) == (2, ssp(1400), 1, ssp(70))
    assert (found.networks, found.dormant, found.signs) == (2, ("Munuki Net",), ())
    clock.at += timedelta(days=31)
    found = trade_of_deng(parts)
    assert (found.sold, found.turnover, found.commission) == (0, ssp(0), ssp(0))
    assert found.dormant == ("Juba Town Wi-Fi", "Munuki Net")


def test_what_looks_like_abuse_is_shown(stall: Stall, parts: Parts, clock: FixedClock, gatluak: Any) -> None:
    for number in range(10):
        stall.gives(f"gift {number}")
    for number in range(5):
        token = stall.sells(f"back {number}").token_id
        more: dict[str, Any] = {"staff_id": None, "seller_id": stall.town.deng.customer_id, "why": "x", "refund": True}
        parts.db.run(lambda tx, token=token, more=more: revoke_token(tx, token_id=token, now=clock.now(), **more))
    for _miss in range(5):
        count_miss(parts.db, Typist(phone=DENG), clock.now())
    found = trade_of_deng(parts)
    assert found.signs == ("full_days", "to_one_phone", "taken_back", "misses")
    assert (found.full_days, found.to_one_phone, found.taken_back) == (1, 10, 5)
    assert found.to_one_phone >= PHONE_GIFTS_MANY
    page = gatluak.get("/owners/trade").text
    assert "gifts to one phone" in page
    assert "taken back" in page


def test_the_page_of_an_owner_says_what_there_is(stall: Stall, gatluak: Any) -> None:
    stall.sells("one")
    page = gatluak.get(f"/owners/{stall.town.deng.number}/shop").text
    for said in ("Juba Town Wi-Fi", "juba-town", "no admin password", "3 hours", "today"):
        assert said in page, said
    assert "Change giveaways" not in page  # not a technician's
    assert gatluak.get(f"/owners/{stall.town.achol.number}/shop").status_code in (404, 422)


def test_a_technician_connects_a_network_and_keeps_its_password(
    stall: Stall, parts: Parts, gatluak: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    agrees(stall)
    number, spot = stall.town.deng.number, unconnected(parts, "Munuki Net")
    assert "waits to be connected" in gatluak.get("/owners/trade").text
    path = f"/owners/{number}/networks/{spot}"
    assert "connected" in gatluak.told(gatluak.post(f"{path}/router", router=str(stall.town.routers["munuki"])))
    assert gatluak.refused(gatluak.post(f"{path}/router", router=str(stall.town.routers["munuki"])))
    assert gatluak.post(f"/owners/{number}/networks/99999/router", router="1").status_code in (404, 422)
    refused = gatluak.post(f"{path}/password", password="sh0rt-1")
    assert "sh0rt-1" not in refused.text
    assert gatluak.refused(refused)
    assert "Nobody is shown it" in gatluak.told(gatluak.post(f"{path}/password", password=SECRET))
    page = gatluak.get(f"/owners/{number}/shop").text
    assert SECRET not in page
    assert "admin password is kept" in page
    assert 'type="password" minlength="8" maxlength="63" autocomplete="off"' in page
    sealed = stall.rows("SELECT admin_password_sealed FROM hotspot WHERE id = :id", id=spot)[0][0]
    assert parts.sealer.open(sealed) == SECRET
    assert [row.act for row in stall.rows("SELECT act FROM audit_entry WHERE act LIKE '%network%' OR act LIKE '%wifi%'")
            ] == ["network_connected", "wifi_password_set"]  # fmt: skip
    assert count(parts, "audit_entry", "detail::text LIKE :secret", secret=f"%{SECRET}%") == 0
    told = capfd.readouterr()
    assert SECRET not in told.out + told.err


def test_a_manager_suspends_an_owner_and_lets_them_sell_again(stall: Stall, parts: Parts, mary: Any) -> None:
    number = stall.town.deng.number
    assert mary.refused(mary.post(f"/owners/{number}/state", state="suspended"))  # nobody said why
    assert "sell nothing" in mary.told(mary.post(f"/owners/{number}/state", state="suspended", why="gifts to himself"))
    assert count(parts, "wifi_owner", "state = 'suspended'") == 1
    assert "may sell again" in mary.told(mary.post(f"/owners/{number}/state", state="active", why="he called"))
    assert [tuple(row) for row in stall.rows(
        "SELECT act, subject FROM audit_entry WHERE act LIKE 'owner_%' ORDER BY id"
    )] == [("owner_suspended", f"customer:{number}"), ("owner_let_sell", f"customer:{number}")]  # fmt: skip


def test_giveaways_are_agreed_on(stall: Stall, mary: Any) -> None:
    number = stall.town.deng.number
    assert mary.told(mary.post(f"/owners/{number}/gifts", day_max="٢٥", once="yes"))
    assert stall.rows("SELECT giveaway_day_max, giveaway_once_per_phone_day FROM wifi_owner") == [(25, True)]
    for typed in ("10001", "-1", "many", ""):
        assert mary.refused(mary.post(f"/owners/{number}/gifts", day_max=typed)), typed
    assert stall.rows("SELECT giveaway_day_max FROM wifi_owner") == [(25,)]
    assert mary.post(f"/owners/{stall.town.achol.number}/gifts", day_max="5").status_code in (403, 404, 422)
    assert not count(stall.parts, "wifi_helper", "helper_id IN (SELECT customer_id FROM contact WHERE phone = :phone)",
                     phone=HELPER)  # fmt: skip
