"""The pretend router, asked by two independent clients and by raw bytes."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import librouteros
import pytest
import routeros_api
from librouteros.exceptions import FatalError, TrapError
from librouteros.login import token
from librouteros.query import And, Key, Or
from routeros_api.exceptions import RouterOsApiCommunicationError

from sandbox.routeros import LoginRefused, SimulatedRouter, control_app
from sandbox.routeros.queries import compile_query
from sandbox.routeros.values import BadValue, duration, rate, time_text
from sandbox.routeros.words import Malformed, SentenceReader, encode_length, encode_sentence

CALLS = 300
ACHOL_PHONE = "AA:BB:CC:00:00:01"
ACHOL_LAPTOP = "AA:BB:CC:00:00:02"
USER = "/ip/hotspot/user"


class Clock:
    def __init__(self) -> None:
        self.seconds = 1_780_000_000.0

    def __call__(self) -> float:
        return self.seconds


OPENED: list[socket.socket | librouteros.Api] = []


@pytest.fixture(autouse=True)
def hang_up_after() -> Iterator[None]:
    yield
    while OPENED:
        OPENED.pop().close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def router(tmp_path: Path, clock: Clock) -> Iterator[SimulatedRouter]:
    with SimulatedRouter("kator", "127.0.0.1", 0, "api", "router-secret", tmp_path, clock=clock) as running:
        yield running


def second(router: SimulatedRouter):
    """The independent client."""
    client = librouteros.connect("127.0.0.1", "api", "router-secret", port=router.port, encoding="utf-8", timeout=5)
    OPENED.append(client)
    return client


@pytest.fixture
def api(router: SimulatedRouter):
    return second(router)


@pytest.fixture
def ours(router: SimulatedRouter):
    pool = routeros_api.RouterOsApiPool("127.0.0.1", "api", "router-secret", router.port, plaintext_login=True)
    pool.set_timeout(5)
    yield pool.get_api()
    pool.disconnect()


def call(api, command: str, **words):
    return tuple(api(command, **words))


def until(condition, seconds: float = 5.0) -> None:
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends, "waited in vain"
        time.sleep(0.005)


# The wire


class Line:
    """Raw bytes to a router."""

    def __init__(self, router: SimulatedRouter) -> None:
        self.socket = socket.create_connection(("127.0.0.1", router.port), timeout=5)
        OPENED.append(self.socket)
        self.reader = SentenceReader()
        self.reader.word_bytes_max = 1 << 24
        self.heard: list[list[bytes]] = []

    def say(self, *words: bytes) -> None:
        self.socket.sendall(encode_sentence(words))

    def hear(self) -> list[bytes]:
        while not self.heard:
            data = self.socket.recv(65536)
            if not data:
                raise EOFError
            self.reader.feed(data)
            self.heard.extend(self.reader.sentences())
        return self.heard.pop(0)

    def log_in(self) -> Line:
        self.say(b"/login", b"=name=api", b"=password=router-secret")
        assert self.hear() == [b"!done"]
        return self


@pytest.fixture
def line(router: SimulatedRouter) -> Line:
    return Line(router)


@pytest.mark.parametrize(
    ("length", "encoded"),
    [
        (0, b"\x00"),
        (0x7F, b"\x7f"),
        (0x80, b"\x80\x80"),
        (0x3FFF, b"\xbf\xff"),
        (0x4000, b"\xc0\x40\x00"),
        (0x1FFFFF, b"\xdf\xff\xff"),
        (0x200000, b"\xe0\x20\x00\x00"),
        (0xFFFFFFF, b"\xef\xff\xff\xff"),
        (0x10000000, b"\xf0\x10\x00\x00\x00"),
    ],
)
def test_a_length_takes_as_few_bytes_as_the_protocol_says(length: int, encoded: bytes) -> None:
    assert encode_length(length) == encoded


@pytest.mark.parametrize("size", [1, 127, 128, 16_383, 16_384, 70_000])
def test_a_word_of_any_size_is_read_byte_by_byte(size: int) -> None:
    reader = SentenceReader()
    reader.word_bytes_max = 1 << 20
    word, found = b"x" * size, []
    for byte in encode_sentence([b"/a", word]):
        reader.feed(bytes([byte]))
        found.extend(reader.sentences())
    assert found == [[b"/a", word]]


def test_a_short_word_in_the_longest_length_form_is_read_all_the_same() -> None:
    reader = SentenceReader()
    reader.feed(b"\xf0\x00\x00\x00\x05/quit\x00")
    assert list(reader.sentences()) == [[b"/quit"]]


def test_a_reserved_control_byte_is_no_sentence() -> None:
    reader = SentenceReader()
    reader.feed(b"\xf8")
    with pytest.raises(Malformed):
        list(reader.sentences())


def test_sentences_may_come_in_pieces_or_together_and_empty_ones_mean_nothing(line: Line) -> None:
    line.log_in()
    both = encode_sentence([b"/system/identity/print", b".tag=1"]) + b"\x00\x00"
    both += encode_sentence([b"/system/identity/print", b".tag=2"])
    for at in range(0, len(both), 7):
        line.socket.sendall(both[at : at + 7])
    tags = [line.hear() for _ in range(4)]
    assert [sentence[0] for sentence in tags] == [b"!re", b"!done"] * 2
    assert [sentence[1] for sentence in tags] == [b".tag=1", b".tag=1", b".tag=2", b".tag=2"]


def test_a_command_before_login_is_fatal(line: Line) -> None:
    line.say(b"/system/identity/print", b".tag=1")
    assert line.hear() == [b"!fatal", b"not logged in"]
    with pytest.raises(EOFError):
        line.hear()


def test_a_long_word_before_login_closes_the_connection(line: Line) -> None:
    line.socket.sendall(encode_length(1 << 19))
    with pytest.raises((EOFError, ConnectionResetError)):
        line.hear()


def test_a_wrong_password_is_a_trap_and_a_done_and_may_be_tried_again(line: Line) -> None:
    line.say(b"/login", b"=name=api", b"=password=kiden", b".tag=9")
    assert line.hear() == [b"!trap", b".tag=9", b"=message=invalid user name or password (6)"]
    assert line.hear() == [b"!done", b".tag=9"]
    line.log_in()


def test_quit_is_answered_by_fatal(line: Line) -> None:
    line.log_in().say(b"/quit")
    assert line.hear() == [b"!fatal", b"session terminated on request"]
    with pytest.raises(EOFError):
        line.hear()


def test_a_trap_carries_the_tag_and_is_followed_by_done(line: Line) -> None:
    line.log_in().say(b"/ip/hotspot/user/remove", b"=.id=*FF", b".tag=a b")
    assert line.hear()[:2] == [b"!trap", b".tag=a b"]
    assert line.hear() == [b"!done", b".tag=a b"]


def test_an_attribute_without_a_second_equals_sign_is_empty(line: Line, router: SimulatedRouter) -> None:
    line.log_in().say(b"/ip/hotspot/user/add", b"=name=achol", b"=comment")
    assert line.hear()[0] == b"!done"
    assert router.state()["users"][-1]["comment"] == ""


def test_a_value_may_hold_equals_signs(ours, router: SimulatedRouter) -> None:
    ours.get_resource(USER).add(name="achol", password="a=b=c")
    assert router.state()["users"][-1]["password"] == "a=b=c"


def test_long_comments_pass_both_clients(api, ours) -> None:
    users = ours.get_resource(USER)
    for name, size in (("a", 127), ("b", 128), ("c", 16_384), ("d", 70_000)):
        users.add(name=name, comment="م" * (size // 2))
    assert [len(row["comment"]) for row in call(api, f"{USER}/print")[1:]] == [63, 64, 8_192, 35_000]
    assert [len(row["comment"]) for row in users.get()[1:]] == [63, 64, 8_192, 35_000]


@pytest.mark.parametrize(("version", "empty"), [("7.18.2", True), ("7.17", False), ("6.49.10", False)])
def test_nothing_to_print_says_empty_only_since_7_18(tmp_path: Path, version: str, empty: bool) -> None:
    with SimulatedRouter("r", "127.0.0.1", 0, "api", "router-secret", tmp_path, version) as router:
        line = Line(router).log_in()
        line.say(b"/ppp/secret/print")
        assert [line.hear()[0] for _ in range(1 + empty)] == [b"!empty", b"!done"][not empty :]
        assert call(second(router), "/ppp/secret/print") == ()


def test_an_old_router_asks_for_the_challenge(tmp_path: Path) -> None:
    with SimulatedRouter("old", "127.0.0.1", 0, "api", "router-secret", tmp_path, "6.40") as router:
        api = librouteros.connect("127.0.0.1", "api", "router-secret", port=router.port, login_method=token)
        OPENED.append(api)
        assert call(api, "/system/identity/print") == ({"name": "old"},)
        pool = routeros_api.RouterOsApiPool("127.0.0.1", "api", "router-secret", router.port, plaintext_login=True)
        assert pool.get_api().get_resource("/system/identity").get()[0]["name"] == "old"
        pool.disconnect()
        with pytest.raises(TrapError, match="cannot log in"):
            librouteros.connect("127.0.0.1", "api", "kiden", port=router.port, login_method=token)


def test_a_new_router_knows_no_challenge(router: SimulatedRouter) -> None:
    with pytest.raises(TrapError, match="invalid user name or password"):
        librouteros.connect("127.0.0.1", "api", "router-secret", port=router.port, login_method=token)


def test_the_twenty_first_session_finds_the_door_closed(router: SimulatedRouter) -> None:
    lines = [Line(router).log_in() for _ in range(20)]
    refused = Line(router)
    with pytest.raises((EOFError, ConnectionError)):
        refused.log_in()
    lines.pop().socket.close()
    until(lambda: router.api_sessions == 19)
    Line(router).log_in()


def test_a_router_tells_its_state_while_others_call_it(router: SimulatedRouter) -> None:
    def call_and_hang_up() -> None:
        for _ in range(CALLS):
            Line(router).log_in().socket.close()

    def look(calling: Future[None]) -> None:
        while not calling.done():
            router.state()

    with ThreadPoolExecutor(1) as callers:
        calling = callers.submit(call_and_hang_up)
        spectator = threading.Thread(target=look, args=(calling,), daemon=True)
        spectator.start()
        calling.result()  # a call that nobody answers ends after the five seconds of its line
        spectator.join(5)
    assert not spectator.is_alive()


# The menus


def test_an_id_rises_in_hexadecimal_and_is_never_given_again(api) -> None:
    ids = [call(api, f"{USER}/add", name=f"u{n}")[0]["ret"] for n in range(1, 28)]
    assert ids[0] == "*1"
    assert ids[9] == "*A"
    assert ids[-1] == "*1B"
    api.path(USER).remove("*1B")
    assert call(api, f"{USER}/add", name="again")[0]["ret"] == "*1C"


@pytest.mark.parametrize(
    ("command", "words", "message"),
    [
        (f"{USER}/add", {"name": "achol"}, "failure: already have user with this name for this server"),
        (f"{USER}/add", {"name": "b", "profile": "fast"}, "input does not match any value of profile"),
        (f"{USER}/add", {"name": "b", "colour": "red"}, "unknown parameter"),
        (f"{USER}/add", {"name": "b", "limit-uptime": "soon"}, "invalid value for argument limit-uptime"),
        (f"{USER}/add", {"name": "b", "address": "1.2.3"}, "invalid value for argument address"),
        (f"{USER}/add", {"password": "x"}, "missing value"),
        (f"{USER}/set", {".id": "*99", "password": "x"}, "no such item"),
        (f"{USER}/set", {"password": "x"}, "missing =.id="),
        (f"{USER}/remove", {".id": "*1,*99"}, "no such item"),
        (f"{USER}/dance", {}, "no such command"),
        ("/ip/dhcp-server/print", {}, "no such command prefix"),
        ("/ip/hotspot/guest/print", {}, "no such command prefix"),
        ("/ip/hotspot/user/profile/remove", {".id": "*0"}, "failure: can not remove default"),
        ("/ip/hotspot/active/add", {"user": "b"}, "no such command"),
        ("/ppp/secret/add", {"name": "deng"}, "failure: secret with the same name already exists"),
        ("/ip/hotspot/ip-binding/add", {"type": "open"}, "input does not match any value of type"),
    ],
)
def test_a_refusal_is_in_the_routers_own_words(api, command: str, words: dict, message: str) -> None:
    call(api, f"{USER}/add", name="achol")
    call(api, "/ppp/secret/add", name="deng")
    with pytest.raises(TrapError, match=message.replace("=.", "=[.]")):
        call(api, command, **words)
    assert [row["name"] for row in call(api, f"{USER}/print")] == ["default-trial", "achol"]


def test_the_same_name_may_stand_under_another_hotspot_server(api) -> None:
    call(api, f"{USER}/add", name="achol")
    call(api, f"{USER}/add", name="achol", server="hotspot2")
    assert len(call(api, f"{USER}/print")) == 3


def test_values_come_back_as_the_router_writes_them(api, router: SimulatedRouter) -> None:
    words = {"limit-uptime": "3600", "disabled": "yes", "mac-address": "aa-bb-cc-00-00-01"}
    call(api, f"{USER}/add", name="achol", **words)
    call(api, "/queue/simple/add", name="q", target="10.0.0.9", **{"max-limit": "512k/2M"})
    state = router.state()
    assert state["users"][-1]["limit-uptime"] == "1h"
    assert state["users"][-1]["disabled"] == "true"
    assert state["users"][-1]["mac-address"] == ACHOL_PHONE
    assert state["queues"][-1]["max-limit"] == "512000/2000000"
    assert state["queues"][-1]["target"] == "10.0.0.9/32"


@pytest.mark.parametrize(
    ("text", "normal"),
    [("3600", "1h"), ("1:00:00", "1h"), ("90m", "1h30m"), ("1d00:00:01", "1d1s"), ("0", "0s"), ("8d", "1w1d")],
)
def test_a_time_is_normalised(text: str, normal: str) -> None:
    assert duration(text) == normal


@pytest.mark.parametrize("text", ["", "soon", "-5", "1x", "1:2:3:4"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(BadValue):
        duration(text)


def test_a_rate_is_normalised_in_thousands() -> None:
    assert rate("512k/2M") == "512000/2000000"
    assert rate("1M") == "1000000/1000000"
    assert time_text(694_861) == "1w1d1h1m1s"


def test_rows_are_changed_by_id_by_list_by_name_and_by_number(api, router: SimulatedRouter) -> None:
    for name in ("a", "b", "c"):
        call(api, f"{USER}/add", name=name, **{"limit-uptime": "1h"})
    call(api, f"{USER}/set", **{".id": "*1,*2", "comment": "both"})
    call(api, f"{USER}/disable", numbers="c")
    call(api, f"{USER}/unset", numbers="1", **{"value-name": "limit-uptime"})
    users = {row["name"]: row for row in router.state()["users"]}
    assert [users[name].get("comment") for name in "abc"] == ["both", "both", None]
    assert [users[name]["disabled"] for name in "abc"] == ["false", "false", "true"]
    assert ["limit-uptime" in users[name] for name in "abc"] == [False, True, True]
    call(api, f"{USER}/enable", **{".id": "*3"})
    api.path(USER).remove("*1", "*3")
    assert [row["name"] for row in router.state()["users"]] == ["default-trial", "b"]


def test_a_remove_with_a_query_does_nothing_and_says_done(line: Line, router: SimulatedRouter) -> None:
    line.log_in().say(b"/ip/hotspot/user/remove", b"?name=default-trial")
    assert line.hear() == [b"!done"]
    assert len(router.state()["users"]) == 1


def test_only_the_asked_properties_are_printed_and_rows_can_be_counted(api, ours) -> None:
    call(api, f"{USER}/add", name="achol", password="000123")
    rows = ours.get_resource(USER).call("print", {"proplist": ".id,name"}, {"name": "achol"})
    assert list(rows) == [{"id": "*1", "name": "achol"}]
    assert call(api, f"{USER}/print", **{"count-only": ""}) == ({"ret": 2},)
    assert call(api, f"{USER}/getall", **{".proplist": "name"})[1] == {"name": "achol"}


def test_queries_of_both_clients_find_the_same(api, ours) -> None:
    for name, uptime in (("a", "1h"), ("b", "2h"), ("c", "3h")):
        call(api, f"{USER}/add", name=name, comment=f"of {name}", **{"limit-uptime": uptime})
    name, limit, comment = Key("name"), Key("limit-uptime"), Key("comment")
    users = api.path(USER)

    def found(*conditions) -> str:
        return "".join(row["name"] for row in users.select(name).where(*conditions))

    assert found(name == "b") == "b"
    assert found(Or(name == "a", name == "c")) == "ac"
    assert found(And(limit > "1h30m", limit < "2h30m")) == "b"
    assert found(comment == "of c", name == "a") == ""
    from routeros_api.query import IsEqualQuery, OrQuery

    either = OrQuery(IsEqualQuery(b"name", b"a"), IsEqualQuery(b"name", b"c"))
    rows = ours.get_resource(USER).call("print", additional_queries=(either,))
    assert [row["name"] for row in rows] == ["a", "c"]


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (["?comment"], "ab"),
        (["?-comment"], "c"),
        (["?=name=a"], "a"),
        (["?name=a", "?#!"], "bc"),
        (["?name=a", "?name=b", "?#|!"], "c"),
        (["?comment", "?name=b"], "b"),
        (["?name=a", "?#.!|"], "abc"),
        (["?name=a", "?name=b", "?#1"], "a"),
        (["?name=a", "?name=b", "?#1!"], ""),
        (["?>size=9"], "bc"),
        (["?<size=10"], "a"),
        (["?disabled=yes"], "c"),
    ],
)
def test_the_stack_of_a_query_works_as_documented(words: list[str], names: str) -> None:
    rows = [
        {"name": "a", "comment": "", "size": "2", "disabled": "false"},
        {"name": "b", "comment": "x", "size": "10", "disabled": "false"},
        {"name": "c", "size": "100", "disabled": "true"},
    ]
    test = compile_query(words)
    assert "".join(row["name"] for row in rows if test(row)) == names


def test_a_renamed_profile_keeps_its_users(api, router: SimulatedRouter) -> None:
    call(api, "/ip/hotspot/user/profile/add", name="slow", **{"shared-users": "unlimited"})
    call(api, f"{USER}/add", name="achol", profile="slow")
    call(api, "/ip/hotspot/user/profile/set", **{".id": "slow", "name": "slower"})
    assert router.state()["users"][-1]["profile"] == "slower"


def test_resources_identity_clock_and_traffic_can_be_asked(api, router: SimulatedRouter) -> None:
    (resource,) = call(api, "/system/resource/print")
    assert resource["version"] == "7.18.2 (stable)"
    call(api, "/system/identity/set", name="munuki")
    assert call(api, "/system/identity/print") == ({"name": "munuki"},)
    router.reset_clock()
    assert call(api, "/system/clock/print")[0]["date"] == "1970-01-01"
    rates = call(api, "/interface/monitor-traffic", interface="ether1,ether2", once="")
    assert [row["name"] for row in rates] == ["ether1", "ether2"]
    assert call(api, "/ip/firewall/filter/print")[0]["action"] == "fasttrack-connection"
    call(api, "/radius/add", service="hotspot", address="10.0.0.1", secret="x")
    assert call(api, "/radius/print")[0]["require-message-auth"] == "yes-for-request-resp"


def test_who_may_not_write_is_told_so_and_secrets_can_be_hidden(api, router: SimulatedRouter) -> None:
    call(api, f"{USER}/add", name="achol", password="p")
    router.faults.order(read_only=True, hide_passwords=True)
    with pytest.raises(TrapError, match="not enough permissions"):
        call(api, f"{USER}/add", name="b")
    assert "password" not in call(api, f"{USER}/print")[1]


# The hotspot


def add_achol(router: SimulatedRouter, *, password: str = "1234", shared: str = "1", **words: str) -> None:
    api = second(router)
    tier = {"shared-users": shared, "rate-limit": "512k/2M"}
    call(api, "/ip/hotspot/user/profile/add", name="tier", **tier)
    call(api, f"{USER}/add", name="achol", password=password, profile="tier", **words)


def achol(router: SimulatedRouter) -> dict:
    return next(row for row in router.state()["users"] if row["name"] == "achol")


def test_achol_logs_in_and_is_seen_with_her_address_as_id(router: SimulatedRouter, api) -> None:
    add_achol(router)
    session = router.log_in("achol", "1234", ACHOL_PHONE)
    router.pass_time(90, bytes_in=1_000, bytes_out=9_000)
    (row,) = call(api, "/ip/hotspot/active/print")
    assert row[".id"] == "*" + "".join(f"{int(part):02X}" for part in session.address.split(".")).lstrip("0")
    assert (row["user"], row["uptime"], row["bytes-in"], row["bytes-out"]) == ("achol", "1m30s", 1_000, 9_000)
    assert achol(router)["uptime"] == "0s"
    queues = [(row["max-limit"], row["dynamic"]) for row in router.state()["queues"]]
    assert queues == [("512000/2000000", "true")]


def test_uptime_runs_on_the_clock_it_was_given(router: SimulatedRouter, clock: Clock) -> None:
    add_achol(router)
    router.log_in("achol", "1234", ACHOL_PHONE)
    clock.seconds += 61
    assert router.state()["active"][0]["uptime"] == "1m1s"


@pytest.mark.parametrize(
    ("password", "words", "sentence"),
    [
        ("4321", {}, "invalid username or password"),
        ("1234", {"disabled": "yes"}, "invalid username or password"),
    ],
)
def test_the_hotspot_refuses(router: SimulatedRouter, password: str, words: dict, sentence: str) -> None:
    add_achol(router, **words)
    with pytest.raises(LoginRefused, match=sentence):
        router.log_in("achol", password, ACHOL_PHONE)


def test_kiden_is_nobody_at_the_hotspot(router: SimulatedRouter) -> None:
    with pytest.raises(LoginRefused):
        router.log_in("kiden", "", ACHOL_PHONE)


def test_counters_are_credited_at_log_out_and_limits_end_a_session(router: SimulatedRouter) -> None:
    add_achol(router, **{"limit-uptime": "1h"})
    router.log_in("achol", "1234", ACHOL_PHONE)
    router.pass_time(1_200, bytes_in=5, bytes_out=7)
    assert router.log_out(user="achol") == 1
    assert (achol(router)["uptime"], achol(router)["bytes-in"], achol(router)["bytes-out"]) == ("20m", "5", "7")
    router.log_in("achol", "1234", ACHOL_PHONE)
    router.pass_time(7_200)
    assert router.state()["active"] == []
    assert achol(router)["uptime"] == "1h"
    with pytest.raises(LoginRefused, match="reached uptime limit"):
        router.log_in("achol", "1234", ACHOL_PHONE)


def test_a_data_limit_ends_a_session(router: SimulatedRouter) -> None:
    add_achol(router, **{"limit-bytes-total": "1000"})
    router.log_in("achol", "1234", ACHOL_PHONE)
    router.pass_time(1, bytes_in=400, bytes_out=400)
    assert len(router.state()["active"]) == 1
    router.pass_time(1, bytes_out=400)
    assert router.state()["active"] == []
    with pytest.raises(LoginRefused, match="reached traffic limit"):
        router.log_in("achol", "1234", ACHOL_PHONE)


def test_a_second_device_needs_a_profile_that_shares(router: SimulatedRouter, api) -> None:
    add_achol(router)
    router.log_in("achol", "1234", ACHOL_PHONE)
    router.log_in("achol", "1234", ACHOL_PHONE)
    with pytest.raises(LoginRefused, match="no more sessions"):
        router.log_in("achol", "1234", ACHOL_LAPTOP)
    call(api, "/ip/hotspot/user/profile/set", **{".id": "tier", "shared-users": "2"})
    router.log_in("achol", "1234", ACHOL_LAPTOP)
    assert len(router.state()["active"]) == 2


def test_a_kick_alone_lets_the_cookie_bring_the_device_back(router: SimulatedRouter, api) -> None:
    add_achol(router)
    router.log_in("achol", "1234", ACHOL_PHONE)
    assert {row["mac-cookie"] for row in router.state()["cookies"]} == {"true", "false"}
    router.pass_time(60)
    api.path("/ip/hotspot/active").remove(router.state()["active"][0][".id"])
    (back,) = router.state()["active"]
    assert (back["login-by"], back["uptime"]) == ("cookie", "0s")
    assert achol(router)["uptime"] == "1m"


def test_disabled_without_cookies_and_kicked_stays_out(router: SimulatedRouter, api) -> None:
    add_achol(router)
    router.log_in("achol", "1234", ACHOL_PHONE)
    call(api, f"{USER}/disable", numbers="achol")
    assert len(router.state()["active"]) == 1  # disabling ends no session
    for path in ("cookie", "active"):
        found = call(api, f"/ip/hotspot/{path}/print")
        api.path(f"/ip/hotspot/{path}").remove(*(row[".id"] for row in found))
    assert router.state()["active"] == router.state()["cookies"] == []


def test_a_power_cut_refunds_the_running_session_and_keeps_the_configuration(router: SimulatedRouter) -> None:
    add_achol(router, **{"limit-uptime": "2h"})
    api = second(router)
    call(api, "/ip/firewall/address-list/add", list="late", address="10.0.0.5", timeout="1h")
    router.log_in("achol", "1234", ACHOL_PHONE)
    router.pass_time(7_140)
    router.power_cycle()
    state = router.state()
    assert state["active"] == state["queues"] == state["address_lists"] == []
    assert state["uptime_s"] == 0
    assert achol(router)["uptime"] == "0s"
    with pytest.raises((EOFError, OSError, librouteros.exceptions.ConnectionClosed)):
        call(api, "/system/identity/print")
    router.log_in("achol", "1234", ACHOL_PHONE)


def test_a_timed_list_entry_ends_by_itself(router: SimulatedRouter, api) -> None:
    call(api, "/ip/firewall/address-list/add", list="late", address="10.0.0.5", timeout="1h")
    assert router.state()["address_lists"][0]["dynamic"] == "true"
    router.pass_time(3_601)
    assert router.state()["address_lists"] == []


def test_a_subscriber_dials_and_can_be_kicked(router: SimulatedRouter, api) -> None:
    call(api, "/ppp/profile/add", name="home", **{"rate-limit": "1M/4M"})
    call(api, "/ppp/secret/add", name="deng", password="p", profile="home")
    with pytest.raises(LoginRefused):
        router.dial("deng", "wrong")
    router.dial("deng", "p")
    assert [row["name"] for row in router.state()["queues"]] == ["<pppoe-deng>"]
    (line,) = call(api, "/ppp/active/print")
    api.path("/ppp/active").remove(line[".id"])
    assert router.state()["lines"] == router.state()["queues"] == []


# What survives


def test_configuration_and_credit_survive_a_kill(tmp_path: Path) -> None:
    program = textwrap.dedent("""
        import sys, time
        from sandbox.routeros import SimulatedRouter
        router = SimulatedRouter("kator", "127.0.0.1", 0, "api", "router-secret", sys.argv[1]).start()
        print(router.port, flush=True)
        time.sleep(60)
    """)
    root = Path(__file__).resolve().parents[2]
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)], cwd=root, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        api = librouteros.connect("127.0.0.1", "api", "router-secret", port=port)
        OPENED.append(api)
        for number in range(50):
            call(api, f"{USER}/add", name=f"u{number}", password=f"00{number}")
        api.path(USER).remove("*32")
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
    with SimulatedRouter("kator", "127.0.0.1", 0, "api", "router-secret", tmp_path) as again:
        assert [row["password"] for row in again.state()["users"][1:]] == [f"00{number}" for number in range(49)]
        assert call(second(again), f"{USER}/add", name="next")[0]["ret"] == "*33"


def test_two_thousand_users_are_added_in_a_few_seconds(router: SimulatedRouter) -> None:
    line = Line(router).log_in()
    started = time.perf_counter()
    for number in range(2_000):
        line.say(b"/ip/hotspot/user/add", b"=name=u%d" % number, b"=password=x", b".tag=%d" % number)
    answers = {line.hear()[0] for _ in range(2_000)}
    assert answers == {b"!done"}
    assert time.perf_counter() - started < 5


# Faults


def test_unplugged_refuses_and_drops_and_comes_back_on_the_same_port(router: SimulatedRouter) -> None:
    port, line = router.port, Line(router).log_in()
    router.unplug()
    with pytest.raises((EOFError, ConnectionError)):
        line.hear()
    with pytest.raises(ConnectionRefusedError):
        Line(router)
    assert router.state()["plugged"] is False
    router.replug()
    assert router.port == port
    Line(router).log_in()


def test_commit_then_drop_does_it_and_loses_the_answer(router: SimulatedRouter) -> None:
    router.faults.order(commit_then_drop=1)
    line = Line(router).log_in()
    line.say(b"/ip/hotspot/user/add", b"=name=achol")
    with pytest.raises((EOFError, ConnectionError)):
        line.hear()
    assert achol(router)["name"] == "achol"


def test_drop_before_does_nothing(router: SimulatedRouter) -> None:
    router.faults.order(drop_before=1)
    line = Line(router).log_in()
    line.say(b"/ip/hotspot/user/add", b"=name=achol")
    with pytest.raises((EOFError, ConnectionError)):
        line.hear()
    assert len(router.state()["users"]) == 1


def test_a_reset_comes_in_the_middle_of_a_reply(router: SimulatedRouter) -> None:
    router.faults.order(reset_mid_reply=1, skip=1)
    line = Line(router).log_in()
    line.say(b"/system/identity/print")
    assert line.hear()[0] == b"!re"
    line.hear()
    line.say(b"/system/resource/print")
    with pytest.raises((EOFError, ConnectionError)):
        line.hear()


def test_fatal_midway_closes(router: SimulatedRouter) -> None:
    router.faults.order(fatal=1)
    with pytest.raises(FatalError):
        call(second(router), "/system/identity/print")


def test_a_trap_may_lack_its_message(router: SimulatedRouter) -> None:
    router.faults.order(mute_trap=1)
    line = Line(router).log_in()
    line.say(b"/system/identity/print")
    assert line.hear() == [b"!trap", b"=category=4"]
    assert line.hear() == [b"!done"]


def test_a_hang_answers_nothing_and_a_trickle_comes_byte_by_byte(router: SimulatedRouter) -> None:
    line = Line(router).log_in()
    router.faults.order(hang=True)
    line.say(b"/system/identity/print")
    line.socket.settimeout(0.1)
    with pytest.raises(TimeoutError):
        line.hear()
    router.faults.clear()
    router.faults.order(trickle=True)
    assert call(second(router), "/system/identity/print") == ({"name": "kator"},)


def test_a_delay_is_waited_before_an_answer(router: SimulatedRouter) -> None:
    line = Line(router).log_in()
    router.faults.order(delay_ms=80)
    started = time.perf_counter()
    line.say(b"/system/identity/print")
    line.hear()
    assert time.perf_counter() - started >= 0.08


# The control surface


@pytest.fixture
def control(router: SimulatedRouter):
    return control_app([router]).test_client()


def test_a_spectator_sees_the_router(control, router: SimulatedRouter) -> None:
    add_achol(router)
    state = control.get("/sandbox/state?router=kator").get_json()
    assert state["users"][-1]["password"] == "1234"
    assert state["plugged"] is True
    assert [one["name"] for one in control.get("/sandbox/state").get_json()["routers"]] == ["kator"]
    assert control.get("/sandbox/state?router=nowhere").status_code == 404


def test_a_phone_logs_in_uses_time_and_logs_out_over_http(control, router: SimulatedRouter) -> None:
    add_achol(router)
    body = {"user": "achol", "password": "1234", "mac": ACHOL_PHONE}
    assert control.post("/sandbox/routers/kator/login", json=body).get_json()["address"] == "10.5.0.2"
    refused = control.post("/sandbox/login", json={**body, "router": "kator", "password": "no"})
    assert (refused.status_code, refused.get_json()["error"]) == (409, "invalid username or password")
    traffic = {"router": "kator", "seconds": 60, "bytes_in": 1, "bytes_out": 2}
    assert control.post("/sandbox/pass-time", json=traffic).status_code == 200
    assert control.post("/sandbox/routers/kator/logout", json={"user": "achol"}).get_json()["logged_out"] == 1
    assert achol(router)["uptime"] == "1m"


def test_cable_power_clock_and_faults_are_worked_over_http(control, router: SimulatedRouter) -> None:
    assert control.post("/sandbox/unplug", json={"router": "kator"}).status_code == 200
    assert router.state()["plugged"] is False
    assert control.post("/sandbox/routers/kator/replug").status_code == 200
    assert router.state()["plugged"] is True
    assert control.post("/sandbox/routers/kator/power-cycle").status_code == 200
    control.post("/sandbox/clock-reset", json={"router": "kator"})
    assert router.state()["clock"].startswith("1970-01-01")
    orders = control.post("/sandbox/routers/kator/faults", json={"delay_ms": 5}).get_json()["faults"]
    assert orders["delay_ms"] == 5
    assert control.post("/sandbox/routers/kator/faults", json={}).get_json()["faults"]["delay_ms"] == 0


@pytest.fixture
def both(router: SimulatedRouter, tmp_path: Path):
    with SimulatedRouter("munuki", "127.0.0.1", 0, "shabaka", "pw", tmp_path) as other:
        yield control_app([router, other]).test_client()


def plugged(client) -> list[bool]:
    return [router["plugged"] for router in client.get("/sandbox/state").get_json()["routers"]]


def test_cable_and_power_of_all_routers_are_worked_at_once(both) -> None:
    answer = both.post("/sandbox/unplug")
    assert answer.get_json() == {"ok": True, "routers": ["kator", "munuki"]}
    assert plugged(both) == [False, False]
    both.post("/sandbox/replug", json={})
    assert plugged(both) == [True, True]
    for act in ("power-cycle", "power_cycle", "clock-reset", "clock_reset", "reset-clock", "reset_clock"):
        assert both.post(f"/sandbox/{act}").get_json()["routers"] == ["kator", "munuki"]
    clocks = [router["clock"] for router in both.get("/sandbox/state").get_json()["routers"]]
    assert [clock[:10] for clock in clocks] == ["1970-01-01", "1970-01-01"]


@pytest.mark.parametrize(
    ("query", "body"),
    [("", {"router": "munuki"}), ("", {"name": "munuki"}), ("?router=munuki", {}), ("?name=munuki", {})],
)
def test_a_router_is_named_in_the_body_or_the_query(both, query: str, body: dict[str, str]) -> None:
    answer = both.post(f"/sandbox/unplug{query}", json=body).get_json()
    assert (answer["router"], answer["routers"]) == ("munuki", ["munuki"])
    assert plugged(both) == [True, False]
    assert both.post(f"/sandbox/pass_time{query}", json={**body, "seconds": 60}).status_code == 200
    assert both.get("/sandbox/state?name=munuki").get_json()["name"] == "munuki"
    assert both.post(f"/sandbox/faults{query}", json={**body, "read_only": 1}).get_json()["faults"]["read_only"] is True
    assert (
        both.post(f"/sandbox/faults{query}", json={**body, "read_only": None}).get_json()["faults"]["read_only"]
        is False
    )


def test_people_and_time_need_a_router_with_a_name(both) -> None:
    for act in ("login", "logout", "pass-time", "dial", "faults"):
        answer = both.post(f"/sandbox/{act}", json={"seconds": 5})
        assert (answer.status_code, answer.get_json()["error"]) == (400, 'name the router, as in {"router": "kator"}')
    assert both.get("/sandbox/unplug").get_json()["error"]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/sandbox/routers/nowhere/unplug", {}, 404),
        ("/sandbox/unplug", {"router": "nowhere"}, 404),
        ("/sandbox/routers/kator/explode", {}, 404),
        ("/sandbox/routers/kator/login", {}, 400),
        ("/sandbox/routers/kator/login", {"user": "achol", "password": 1, "mac": ACHOL_PHONE}, 400),
        ("/sandbox/routers/kator/pass-time", {"seconds": -1}, 400),
        ("/sandbox/routers/kator/pass-time", {"seconds": "ten"}, 400),
        ("/sandbox/routers/kator/logout", {}, 400),
        ("/sandbox/routers/kator/logout", {"mac": "nonsense"}, 400),
        ("/sandbox/routers/kator/faults", {"gremlins": 1}, 400),
        ("/sandbox/routers/kator/faults", {"delay_ms": True}, 400),
        ("/sandbox/routers/kator/unplug", [1], 400),
    ],
)
def test_a_bad_order_gets_one_sentence(control, path: str, body: object, status: int) -> None:
    answer = control.post(path, json=body)
    assert answer.status_code == status
    assert answer.get_json()["error"]


def test_a_router_refuses_the_other_clients_wrong_word_too(ours) -> None:
    with pytest.raises(RouterOsApiCommunicationError) as refused:
        ours.get_resource(USER).add(name="b", profile="fast")
    assert refused.value.original_message == b"input does not match any value of profile"
