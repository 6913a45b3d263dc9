"""Pay by SMS, log in on the captive page, be held to the speed, be counted, be cut off: by packets that are really sent."""

from __future__ import annotations

import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest

from core.access.change import set_speed
from core.access.speed import Speed
from core.network.place import place
from tests.end_to_end.books import counted, grant, paid_once_for_one_token, session_of
from tests.end_to_end.hall import ORDERS_PORT, Device, download
from tests.end_to_end.phone import Phone
from tests.end_to_end.radius_house import WIFI, desk_of
from tests.end_to_end.waiting import await_until, note
from tests.namespaces import inside
from tests.programs import program

ROUTER = "munuki"
DOWN_KBPS, UP_KBPS = 8000, 2000
MEGABYTE = 1_000_000
QUOTA = 4 * MEGABYTE
MEASURED = 2 * MEGABYTE
# Of the plan's speed: what the packets' own heads leave of it is 0.95; two cores are shared with other tests.
BAND = (0.7, 1.05)
LOOK_S = 0.5  # a gateway that looks every tenth of a second cuts off within it, on a busy machine too
SESSION_TIMEOUT, ADMIN_RESET, NAS_REQUEST = 5, 6, 10


def bought_by_text(house, code):
    """A token of a plan, for a phone nobody has used yet."""
    phone = Phone(house, house.fresh_number())
    for words, expected in (
        ("JOIN", "2. Buy Wi-Fi"),
        (f"BUY {code}", WIFI),
        ("12", "For whom?"),
        ("1", "pay SSP 100?"),
        ("2", "Approve SSP 100"),
    ):
        phone.text(words)
        phone.hears(expected)
    phone.approves()
    return phone, phone.gets_credentials()


def has_told(house, user, what="true"):
    """The server has heard of the session that runs."""
    query = f"SELECT id, up_total + down_total AS used FROM usage_session WHERE username = %s AND stopped_at IS NULL AND {what}"
    return await_until(lambda: house.rows(query, user), what=f"the server to have heard: {what}")[0]


@pytest.mark.slow
def test_achol_pays_by_text_logs_in_and_gets_what_she_paid_for_and_majok_is_sent_off(by_radius, gateway):
    house, found = by_radius.house, gateway.hall
    by_radius.sells("4MB", 31, data_bytes=QUOTA, down_kbps=DOWN_KBPS, up_kbps=UP_KBPS)
    with ThreadPoolExecutor(2) as pool:
        (achol, token), (majok, others) = pool.map(lambda code: bought_by_text(house, code), ("4MB", "4MB"))
    achols, majoks = Device(found, "achol"), Device(found, "majok")

    assert achols.is_led_to_the_page()
    assert not achols.downloads(MEGABYTE).size
    assert achols.logs_in(token.user, "guessed") == 403
    assert achols.logs_in(token.user, token.password) == 200
    assert majoks.is_led_to_the_page()
    assert achols.opens(f"http://{found.world}/5") == (200, "", "00000")
    assert await_until(lambda: grant(house, token).status == "running", what="the clock of her hour")

    with inside(found.gateway):
        assert download(found.world, MEASURED).bps > 3 * DOWN_KBPS * 1000  # the cables themselves are faster
    came = achols.downloads(MEASURED)
    note(f"{came.bps / 1e6:.2f} Mbit/s of {DOWN_KBPS / 1e3:g}")
    assert came.whole
    assert BAND[0] < came.bps / (DOWN_KBPS * 1000) < BAND[1]

    assert majoks.logs_in(others.user, others.password) == 200
    assert await_until(lambda: majoks.downloads(10).whole, what="Majok online")
    has_told(house, others.user)
    mary = desk_of(house, "mary")
    page = mary.get(f"/tokens/{others.user}")
    mary.post(f"/tokens/{others.user}/stop", page, why="lent to a stranger").raise_for_status()
    mary.browser.close()
    await_until(lambda: not gateway.is_online(others.user), what="Majok sent off")
    assert majoks.is_led_to_the_page()
    assert gateway.ended(others.user)[0]["cause"] == ADMIN_RESET
    assert majoks.logs_in(others.user, others.password) == 403
    assert gateway.is_online(token.user)  # nobody else was

    rest = achols.downloads(2 * QUOTA)
    assert not rest.whole
    assert achols.is_led_to_the_page()
    (was,) = gateway.ended(token.user)
    assert was["cause"] == NAS_REQUEST
    total = was["up"] + was["down"]
    note(f"cut off at {total} of {QUOTA} bytes; {came.size + rest.size} came")
    assert 0.85 * total < came.size + rest.size < total  # heads are counted, and what waited for its turn is lost
    assert QUOTA <= total < QUOTA + (DOWN_KBPS + UP_KBPS) * 1000 / 8 * LOOK_S

    await_until(lambda: counted(house, token.user) == (total, total), what="every byte in the ledger")
    kept = session_of(house, token.user, was["session"])
    assert (kept.up, kept.down, kept.ended) == (was["up"], was["down"], True)
    assert achols.logs_in(token.user, token.password) == 403
    await_until(lambda: grant(house, token).status == "expired", what="the end of her token")
    paid_once_for_one_token(house, achol)
    paid_once_for_one_token(house, majok)


def test_another_speed_comes_while_she_is_online(by_radius, gateway):
    achols, leave = (
        Device(gateway.hall, "achol"),
        by_radius.buys(by_radius.sells("8M", 32, data_bytes=None, down_kbps=DOWN_KBPS, up_kbps=UP_KBPS), ROUTER),
    )
    assert achols.logs_in(leave.username, leave.password) == 200
    (session,) = [one for one in gateway.sessions()["online"] if one["user"] == leave.username]
    has_told(by_radius.house, leave.username)
    with by_radius.parts.db.transaction() as tx:
        set_speed(tx, grant_id=leave.grant_id, speed=Speed(DOWN_KBPS // 4, UP_KBPS))
        place(tx, grant_id=leave.grant_id, wanted="present", now=by_radius.parts.clock.now())
    said = "SELECT outcome FROM session_command WHERE grant_id = %s AND outcome IS NOT NULL"
    assert await_until(lambda: by_radius.house.rows(said, leave.grant_id)) == [("done",)]
    slow = achols.downloads(MEASURED // 4)
    assert slow.whole
    assert BAND[0] < slow.bps / (DOWN_KBPS // 4 * 1000) < BAND[1]
    assert session in gateway.sessions()["online"]


@pytest.mark.slow
def test_a_gateway_whose_power_was_cut_says_so_and_what_it_told_of_is_off_the_quota(by_radius, gateway):
    house, achols = by_radius.house, Device(gateway.hall, "achol")
    leave = by_radius.buys(
        by_radius.sells("2MB", 33, data_bytes=2 * MEGABYTE, down_kbps=DOWN_KBPS, up_kbps=UP_KBPS), ROUTER
    )
    assert achols.logs_in(leave.username, leave.password) == 200
    assert achols.downloads(MEGABYTE).whole
    session = has_told(house, leave.username, f"up_total + down_total > {MEGABYTE}")
    gateway.cut_power()
    gateway.start()
    assert achols.is_led_to_the_page()
    ended = "SELECT cause FROM usage_session WHERE id = %s AND stopped_at IS NOT NULL"
    assert await_until(lambda: house.rows(ended, session.id)) == [("NAS-Reboot",)]
    assert achols.logs_in(leave.username, leave.password) == 200
    assert achols.downloads(2 * MEGABYTE).size < MEGABYTE
    (was,) = gateway.ended(leave.username)
    assert was["cause"] == NAS_REQUEST
    total = session.used + was["up"] + was["down"]
    await_until(lambda: counted(house, leave.username) == (total, total), what="every byte told of, once")


def ordered(by_radius, kind, secret, attributes):
    """What a gateway answers to an order of a foreign client: `coa` or `disconnect`."""
    said = "\n".join(
        f'{name} = "{value}"' if isinstance(value, str) else f"{name} = {value}" for name, value in attributes
    )
    done = subprocess.run(
        [program("radclient"), "-x", "-r", "1", "-t", "1", f"{by_radius.hall.nas}:{ORDERS_PORT}", kind, secret],
        input=f"{said}\nMessage-Authenticator = 0x00\n", capture_output=True, text=True, check=False, timeout=30,
    )  # fmt: skip
    return done.stdout + done.stderr


def test_a_gateway_obeys_whoever_knows_its_secret_about_a_session_it_knows(by_radius, gateway):
    secret, majoks = by_radius.secrets["munuki"], Device(gateway.hall, "majok")
    leave = by_radius.buys(by_radius.sells("ORD", 36, data_bytes=None, down_kbps=1000, up_kbps=1000), ROUTER)
    assert majoks.logs_in(leave.username, leave.password) == 200
    (session,) = [one["session"] for one in gateway.sessions()["online"] if one["user"] == leave.username]
    his = (("User-Name", leave.username), ("Acct-Session-Id", session))
    assert "No reply" in ordered(by_radius, "disconnect", "another-secret", his)
    others = (("User-Name", "kiden1"), ("Acct-Session-Id", session))
    assert "Session-Context-Not-Found" in ordered(by_radius, "disconnect", secret, others)
    assert "Unsupported-Attribute" in ordered(by_radius, "coa", secret, his)
    assert gateway.is_online(leave.username)
    assert "Received CoA-ACK" in ordered(by_radius, "coa", secret, (*his, ("Session-Timeout", 1)))
    await_until(lambda: gateway.ended(leave.username), what="the end of his second")
    assert gateway.ended(leave.username)[0]["cause"] == SESSION_TIMEOUT
    assert majoks.is_led_to_the_page()
    assert "Session-Context-Not-Found" in ordered(by_radius, "disconnect", secret, his)
    ended = "SELECT cause FROM usage_session WHERE username = %s AND stopped_at IS NOT NULL"
    assert await_until(lambda: by_radius.house.rows(ended, leave.username)) == [("Session-Timeout",)]
