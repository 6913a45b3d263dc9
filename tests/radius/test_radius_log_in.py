"""Who is let in by FreeRADIUS, and what they and their router are told."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest

from tests.radius.server import (
    LAPTOP,
    OTHER_ROUTER,
    PHONE,
    STRANGER,
    TABLET,
    change,
    give,
    stands,
)


@pytest.mark.parametrize("how", ["PAP", "CHAP", "MS-CHAP", "MS-CHAPv2"])
def test_achol_is_let_in_with_her_speed_and_what_is_left(radius, network, achol, how) -> None:
    answer = radius.log_in(achol.username, achol.password, how=how)
    assert answer.accepted, answer.told
    assert answer.signed
    told = answer.attributes
    assert told["Mikrotik-Rate-Limit"] == "512k/2000k"
    assert told["WISPr-Bandwidth-Max-Up"] == "512000"
    assert told["WISPr-Bandwidth-Max-Down"] == "2000000"
    assert told["Session-Timeout"] == "3600"
    assert told["Mikrotik-Total-Limit"] == "2147483648"
    assert told["Mikrotik-Total-Limit-Gigawords"] == "1"
    assert told["Acct-Interim-Interval"] == "300"
    assert told["Idle-Timeout"] == "900"
    assert told["Port-Limit"] == "2"
    assert bytes.fromhex(told["Class"][2:]).decode() == f"grant {achol.grant_id}"
    assert "MS-CHAP2-Success" in told or how != "MS-CHAPv2"


def test_a_wrong_password_is_refused_and_the_refusal_is_signed_and_tells_nothing(radius, network, achol) -> None:
    for how in ("PAP", "CHAP", "MS-CHAP", "MS-CHAPv2"):
        answer = radius.log_in(achol.username, "wrong", how=how)
        assert answer.refused, answer.told
        assert answer.signed
        assert set(answer.attributes) <= {"Message-Authenticator", "MS-CHAP-Error"}
    assert stands(network, achol.grant_id)["status"] == "waiting"


def test_kiden_who_is_nobody_is_refused(radius) -> None:
    answer = radius.log_in("kiden1", "whatever")
    assert answer.refused
    assert answer.signed


def test_the_clock_starts_at_the_first_log_in_and_not_again(radius, network, achol) -> None:
    assert radius.log_in(achol.username, achol.password).accepted
    first = stands(network, achol.grant_id)
    assert first["status"] == "running"
    assert first["ends_at"] == first["first_used_at"] + timedelta(hours=1)
    time.sleep(1.1)
    again = radius.log_in(achol.username, achol.password)
    assert 3590 <= int(again.attributes["Session-Timeout"]) < 3600
    assert stands(network, achol.grant_id)["ends_at"] == first["ends_at"]


def test_what_is_left_of_a_clock_that_runs_is_told(radius, network, clock) -> None:
    hour = give(network)
    began = clock.now() - timedelta(minutes=20)
    change(network, hour.grant_id, status="running", first_used_at=began, ends_at=began + timedelta(hours=1))
    told = radius.log_in(hour.username, hour.password).attributes
    assert 2380 <= int(told["Session-Timeout"]) <= 2400


def test_a_monthly_service_has_no_end_and_its_burst_is_told(radius, network) -> None:
    service = give(network, duration_s=None, data_bytes=None)
    change(network, service.grant_id, burst_up_kbps=1024, burst_down_kbps=4000, service="pppoe")
    told = radius.log_in(service.username, service.password, how="MS-CHAPv2").attributes
    assert told["Mikrotik-Rate-Limit"] == "512k/2000k 1024k/4000k 512k/2000k 8/8"
    assert not {"Session-Timeout", "Mikrotik-Total-Limit", "Mikrotik-Total-Limit-Gigawords", "Idle-Timeout"} & set(told)


def test_what_was_used_is_off_the_limit(radius, network, achol) -> None:
    change(network, achol.grant_id, used_bytes=2 * 2**30 + 5)
    told = radius.log_in(achol.username, achol.password).attributes
    assert (told["Mikrotik-Total-Limit"], told["Mikrotik-Total-Limit-Gigawords"]) == ("4294967291", "0")


def test_who_has_nothing_left_is_refused(radius, network, clock) -> None:
    long_ago = clock.now() - timedelta(hours=2)
    over, used, ended = give(network), give(network), give(network)
    paused = give(network, duration_s=None)
    change(network, over.grant_id, status="running", first_used_at=long_ago, ends_at=long_ago + timedelta(hours=1))
    change(network, used.grant_id, used_bytes=6 * 2**30)
    change(network, ended.grant_id, status="revoked", closed_at=long_ago)
    change(network, paused.grant_id, status="paused")
    for who in (over, used, ended, paused):
        answer = radius.log_in(who.username, who.password)
        assert answer.refused, answer.told
        assert answer.signed
    change(network, paused.grant_id, status="waiting")
    assert radius.log_in(paused.username, paused.password).accepted


def test_a_token_works_at_its_own_router_alone_and_a_stranger_hears_nothing(radius, network, achol) -> None:
    assert radius.log_in(achol.username, achol.password, source=OTHER_ROUTER).refused
    assert radius.log_in(achol.username, achol.password, source=STRANGER, patience_s=1).silence
    assert radius.log_in(achol.username, achol.password, secret="another-secret", patience_s=1).silence
    assert stands(network, achol.grant_id)["status"] == "waiting"
    assert radius.log_in(achol.username, achol.password).accepted


def test_the_third_device_is_refused_and_the_first_let_in_again_without_its_stop(radius, network, achol) -> None:
    for session, mac in (("s1", PHONE), ("s2", LAPTOP)):
        assert radius.log_in(achol.username, achol.password, mac=mac).accepted
        assert radius.account("Start", session, achol.username, mac).packet == "Accounting-Response"
    third = radius.log_in(achol.username, achol.password, mac=TABLET)
    assert third.refused
    assert third.attributes["Reply-Message"] == "Too many devices are online with this name."
    assert third.signed
    assert radius.log_in(achol.username, achol.password, mac="aa:bb:cc:00:00:01").accepted
    assert radius.account("Stop", "s2", achol.username, LAPTOP).packet == "Accounting-Response"
    assert radius.log_in(achol.username, achol.password, mac=TABLET).accepted


def test_a_device_that_has_been_silent_for_three_interims_frees_its_place(radius, network, achol) -> None:
    for session, mac in (("s1", PHONE), ("s2", LAPTOP)):
        radius.account("Start", session, achol.username, mac)
    assert radius.log_in(achol.username, achol.password, mac=TABLET).refused
    with network.parts.db.transaction() as tx:
        tx.connection.exec_driver_sql("UPDATE usage_session SET heard_at = now() - interval '901 s' WHERE session='s1'")
    assert radius.log_in(achol.username, achol.password, mac=TABLET).accepted


@pytest.mark.parametrize(
    "name",
    [
        "' OR '1'='1",
        "x'; DROP TABLE access_grant; --",
        '"quoted" \\ and \\\' slashed',
        "%{User-Password}",
        "%s %n $1 ${asks} :name",
        "أشول",
        "a" * 253,
        "tab\tand\nline",
    ],
)
def test_a_nasty_name_is_a_name_nobody_has(radius, network, achol, name) -> None:
    assert radius.log_in(name, "password").refused
    assert radius.log_in(achol.username, achol.password).accepted


def test_a_new_router_and_a_changed_secret_need_no_restart(radius, network, achol) -> None:
    assert radius.log_in(achol.username, achol.password, source=STRANGER, patience_s=1).silence
    with network.parts.db.transaction() as tx:
        tx.connection.exec_driver_sql(f"UPDATE router SET nas_address = '{STRANGER}' WHERE name = 'juba-town'")
    assert radius.log_in(achol.username, achol.password, source=STRANGER).accepted
