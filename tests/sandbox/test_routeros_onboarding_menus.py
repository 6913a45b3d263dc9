"""The menus a new router is set up by, over both clients and by pasting; and the faults of half an answer."""

from __future__ import annotations

import socket

import librouteros
import pytest
from librouteros.exceptions import ConnectionClosed, FatalError, TrapError
from routeros_api.exceptions import RouterOsApiError

from sandbox.routeros import SimulatedRouter
from tests.sandbox.test_routeros_simulator import (  # noqa: F401
    api,
    call,
    clock,
    control,
    hang_up_after,
    ours,
    router,
    second,
)

MENUS = {
    "/system/ntp/client": {"enabled": "false", "status": "stopped"},
    "/system/device-mode": {"mode": "advanced", "hotspot": "true"},
    "/radius/incoming": {"accept": "false", "port": "1700"},
    "/ppp/aaa": {"use-radius": "false", "interim-update": "0s"},
}


@pytest.mark.parametrize("path", sorted(MENUS))
def test_settings_are_one_row_without_an_id(path, api, ours):  # noqa: F811
    (row,) = call(api, f"{path}/print")
    assert ".id" not in row
    shown = ours.get_resource(path).get()[0]
    for name, value in MENUS[path].items():
        assert shown[name] == value


def test_settings_are_set_by_either_client(api, ours, router):  # noqa: F811
    call(api, "/radius/incoming/set", accept="yes", port="3799")
    ours.get_resource("/ppp/aaa").set(use_radius="yes", interim_update="00:05:00")
    assert ours.get_resource("/radius/incoming").get()[0] == {"accept": "true", "port": "3799"}
    assert call(api, "/ppp/aaa/print")[0]["interim-update"] == "5m"
    with pytest.raises(TrapError, match="no such command"):
        call(api, "/radius/incoming/add", accept="yes")


def test_a_login_has_the_rights_of_its_group_and_its_password_is_never_printed(api, ours, router):  # noqa: F811
    assert router.paste('/user group add name=eye policy=read,api\n/user add name=eye group=eye password="p w"') == []
    assert "password" not in next(row for row in ours.get_resource("/user").get() if row["name"] == "eye")
    assert "p w" not in str(router.state())
    reader = librouteros.connect("127.0.0.1", "eye", "p w", port=router.port)
    assert list(reader("/system/identity/print"))
    with pytest.raises(TrapError, match="not enough permissions"):
        list(reader("/ip/hotspot/user/add", name="x"))
    with pytest.raises(TrapError, match="invalid user name or password"):
        librouteros.connect("127.0.0.1", "eye", "p", port=router.port)
    router.paste("/user group set eye policy=read")
    with pytest.raises(TrapError, match="invalid user name or password"):
        librouteros.connect("127.0.0.1", "eye", "p w", port=router.port)
    reader.close()


def test_who_is_not_on_the_list_of_the_api_hears_nothing(router):  # noqa: F811
    assert router.paste("/ip service set api address=192.0.2.1/32") == []
    with socket.create_connection(("127.0.0.1", router.port), timeout=0.3) as line:
        line.sendall(b"\x06/login\x00")
        with pytest.raises(TimeoutError):
            line.recv(100)
    router.paste('/ip service set api address=""')


def test_a_paste_says_which_lines_it_refused_and_does_the_others(router, control):  # noqa: F811
    script = """# a comment
/ip hotspot walled-garden add dst-host=pay.example comment="ours: 1"
/ip/hotspot/walled-garden add colour=red
/user add name=x group=nobody password=x
/ip hotspot walled-garden set [find comment="ours: 1"] action=deny
nonsense
"""
    answer = control.post("/sandbox/paste", json={"router": "kator", "script": script})
    assert answer.json["errors"] == [
        "line 3: unknown parameter",
        "line 4: input does not match any value of group",
        "line 6: bad command name or syntax error",
    ]
    (entry,) = router.state()["walled_garden"]
    assert (entry["dst-host"], entry["action"]) == ("pay.example", "deny")
    assert router.paste('/ip hotspot walled-garden remove [find comment="ours: 1"]') == []
    assert (
        router.paste('/ip hotspot walled-garden remove [find comment="ours: 1"]') == []
    )  # nothing found, nothing done


@pytest.mark.parametrize("fault", ["half_then_silence", "fatal_mid_reply", "lose_done"])
def test_half_an_answer_is_an_error_to_both_clients(fault, api, ours, router):  # noqa: F811
    for number in range(20):
        call(api, "/ip/hotspot/user/add", name=f"u{number}")
    router.faults.order(**{fault: 1})
    api.protocol.transport.sock.settimeout(0.3)
    with pytest.raises((FatalError, ConnectionClosed, OSError)):
        list(api("/ip/hotspot/user/print"))
    router.faults.order(**{fault: 1})
    with pytest.raises((RouterOsApiError, OSError, KeyError)):
        ours.get_resource("/ip/hotspot/user").get()


def test_the_commands_heard_are_counted(api, router: SimulatedRouter):  # noqa: F811
    router.heard.clear()
    call(api, "/ip/hotspot/user/print")
    assert router.heard == {"/ip/hotspot/user/print": 1}
