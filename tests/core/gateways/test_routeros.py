"""The router gateway against the simulated router, over real sockets, sound and broken."""

from __future__ import annotations

import gc
import pickle
import socket
import ssl
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from routeros_api import base_api

from core.gateways import routeros_wire
from core.gateways.routeros import RouterOsRouter
from core.gateways.routeros_wire import Reply
from core.gateways.routeros_words import permanent, seconds
from core.network.reconcile import reconcile
from core.network.router import (
    AddProfile,
    AddUser,
    HotspotProfile,
    HotspotUser,
    Outcome,
    RemoveProfile,
    RemoveUser,
    Router,
    RouterAddress,
    RouterConnectionLost,
    RouterError,
    RouterLoginRefused,
    RouterRefused,
    RouterTimedOut,
    RouterUnreachable,
    SetProfile,
    SetUser,
)
from sandbox.routeros import LoginRefused, SimulatedRouter

MARK = "shabaka:"
TIER = HotspotProfile("shabaka-512k", "512k/2M", 1)
SECRET = "achols-own-secret"
ACHOL = HotspotUser("achol7", SECRET, TIER.name, 3_600, 5_000_000_000, f"{MARK}grant-7")
PHONE = "AA:BB:CC:00:00:01"


@pytest.fixture
def sim(tmp_path: Path) -> Iterator[SimulatedRouter]:
    with SimulatedRouter("kator", "127.0.0.1", 0, "api", "router-secret", tmp_path) as running:
        yield running


def address(sim: SimulatedRouter, **changes) -> RouterAddress:
    return replace(RouterAddress("127.0.0.1", sim.port, "api", "router-secret", timeout_s=5), **changes)


@pytest.fixture
def router(sim: SimulatedRouter) -> Iterator[RouterOsRouter]:
    with RouterOsRouter(address(sim)) as connected:
        yield connected


@pytest.fixture
def impatient(sim: SimulatedRouter) -> Iterator[RouterOsRouter]:
    with RouterOsRouter(address(sim, timeout_s=0.2)) as connected:
        yield connected


def users(count: int) -> list[HotspotUser]:
    return [replace(ACHOL, name=f"u{number}", profile="default") for number in range(count)]


def names(sim: SimulatedRouter) -> list[str]:
    return [row["name"] for row in sim.state()["users"][1:]]


def outcomes(applied) -> list[Outcome]:
    return [one.outcome for one in applied]


# A sound line


def test_it_is_a_router(router: RouterOsRouter) -> None:
    spoken: Router = router
    assert spoken.health().identity == "kator"


def test_health_says_what_the_router_says(sim: SimulatedRouter, router: RouterOsRouter) -> None:
    sim.pass_time(86_400)
    health = router.health()
    assert (health.version, health.board, health.cpu_load) == ("7.18.2 (stable)", "hAP ac^2", 3)
    assert health.uptime_s >= 86_400
    assert health.free_memory_bytes > 0


def test_a_restart_is_seen_in_the_uptime(sim: SimulatedRouter, router: RouterOsRouter) -> None:
    sim.pass_time(1_000)
    before = router.health().uptime_s
    sim.power_cycle()
    assert router.health().uptime_s < before


def test_what_was_applied_is_read_back_the_same(router: RouterOsRouter) -> None:
    applied = router.apply([AddProfile(TIER), AddUser(ACHOL)])
    assert all(one.ok for one in applied)
    (held,) = router.users(["achol7"])
    assert HotspotUser(held.name, held.password, held.profile, held.limit_uptime_s, held.limit_bytes_total,
                       held.comment, held.disabled) == ACHOL  # fmt: skip
    assert held.id == "*1"
    assert [(one.name, one.rate_limit, one.shared_users, one.default) for one in router.profiles()] == [
        ("default", "", 1, True),
        ("shabaka-512k", "512k/2M", 1, False),
    ]


def test_a_set_says_every_field_so_that_nothing_old_stays(router: RouterOsRouter) -> None:
    router.apply([AddProfile(TIER), AddUser(ACHOL)])
    free = HotspotUser("achol7", "000", "default", None, None, "", disabled=True)
    shared = replace(TIER, rate_limit="", shared_users=None)
    assert all(one.ok for one in router.apply([SetProfile("*1", shared), SetUser("*1", free)]))
    (held,) = router.users(["achol7"])
    assert (held.password, held.limit_uptime_s, held.limit_bytes_total, held.comment, held.disabled) == (
        "000", None, None, "", True,
    )  # fmt: skip
    assert (router.profiles()[1].rate_limit, router.profiles()[1].shared_users) == ("", None)


@pytest.mark.parametrize("password", ["0042", "yes", "a=b", "مرحبا", "x" * 300, "?#|", "=a=b"])
def test_any_password_passes_unchanged(router: RouterOsRouter, password: str) -> None:
    router.apply([AddUser(replace(ACHOL, password=password, profile="default"))])
    assert router.users(["achol7"])[0].password == password


def test_a_whole_sync_leaves_no_drift_and_no_stranger_touched(sim: SimulatedRouter, router: RouterOsRouter) -> None:
    router.apply([AddUser(HotspotUser("deng", "own", "default", comment="by hand")),
                  AddUser(HotspotUser("gone", "x", "default", comment=f"{MARK}grant-1"))])  # fmt: skip
    wanted = [ACHOL, *(replace(user, profile=TIER.name) for user in users(30))]
    first = reconcile(wanted, [TIER], router.users(), router.profiles(), MARK)
    assert {one.name for one in first.extra} == {"gone"}
    assert all(one.ok for one in router.apply(first.changes))
    assert reconcile(wanted, [TIER], router.users(), router.profiles(), MARK).none
    assert "deng" in names(sim)
    last = reconcile([], [], router.users(), router.profiles(), MARK)
    assert all(one.ok for one in router.apply(last.changes))
    assert names(sim) == ["deng"]


def test_users_of_many_names_are_read_in_pieces(router: RouterOsRouter) -> None:
    router.apply([AddUser(user) for user in users(250)])
    wanted = [f"u{number}" for number in range(0, 250, 2)]
    assert [held.name for held in router.users([*wanted, "kiden", "u0"])] == wanted
    assert router.users([]) == []
    assert router.users(["kiden"]) == []
    assert len(router.users()) == 251


def test_one_bad_item_never_blocks_the_rest(sim: SimulatedRouter, router: RouterOsRouter) -> None:
    good = users(3)
    applied = router.apply([
        AddUser(good[0]),
        AddUser(replace(ACHOL, name="lost", profile="no such tier")),
        SetUser("*FF", replace(ACHOL, profile="default")),
        AddUser(good[1]),
        AddProfile(TIER),
        RemoveUser("*EE", "gone long ago"),
        AddUser(good[2]),
    ])  # fmt: skip
    assert [one.ok for one in applied] == [True, False, False, True, True, True, True]
    assert applied[1].message == "input does not match any value of profile"
    assert not applied[1].permanent
    assert applied[2].message == "no such item"
    assert names(sim) == ["u0", "u1", "u2"]


def test_a_name_that_a_stranger_has_is_refused_for_good(router: RouterOsRouter) -> None:
    router.apply([AddUser(HotspotUser("achol7", "own", "default", comment="by hand"))])
    (applied,) = router.apply([AddUser(replace(ACHOL, profile="default"))])
    assert (applied.outcome, applied.permanent) == (Outcome.REFUSED, True)
    assert applied.message.startswith("failure: already have user")


def test_an_addition_that_was_done_before_is_done(router: RouterOsRouter) -> None:
    change = AddUser(replace(ACHOL, profile="default"))
    assert [one.ok for one in router.apply([change]) + router.apply([change])] == [True, True]


def test_two_thousand_users_are_added_in_seconds(sim: SimulatedRouter, router: RouterOsRouter) -> None:
    changes = [AddUser(user) for user in users(2_000)]
    started = time.perf_counter()
    applied = router.apply(changes)
    assert time.perf_counter() - started < 5
    assert all(one.ok for one in applied)
    assert len(names(sim)) == 2_000


def test_a_batch_costs_a_few_round_trips_on_a_slow_line(sim: SimulatedRouter, router: RouterOsRouter) -> None:
    router.health()
    sim.faults.order(delay_ms=50)
    started = time.perf_counter()
    assert all(one.ok for one in router.apply([AddUser(user) for user in users(100)]))
    assert time.perf_counter() - started < 1.0


def test_threads_take_turns_on_one_connection(sim: SimulatedRouter, router: RouterOsRouter) -> None:
    faults: list[Exception] = []

    def work(number: int) -> None:
        try:
            for turn in range(20):
                user = replace(ACHOL, name=f"t{number}-{turn}", profile="default")
                assert router.apply([AddUser(user)])[0].ok
                assert router.users([user.name])[0].name == user.name
        except Exception as fault:
            faults.append(fault)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert len(names(sim)) == 80
    assert sim.api_sessions == 1


@pytest.mark.parametrize("version", ["6.40", "6.49.10", "7.10", "7.18.2"])
def test_routers_of_all_ages_are_understood(tmp_path: Path, version: str) -> None:
    with (
        SimulatedRouter("r", "127.0.0.1", 0, "api", "router-secret", tmp_path, version) as sim,
        RouterOsRouter(address(sim)) as router,
    ):
        assert router.active() == []
        assert router.apply([AddUser(replace(ACHOL, profile="default"))])[0].ok
        assert router.users(["achol7"])[0].limit_bytes_total == 5_000_000_000


def test_the_library_is_left_as_it_was(router: RouterOsRouter) -> None:
    router.health()
    assert base_api.Connection.send_sentence.__module__ == "routeros_api.base_api"


def test_answers_that_trickle_in_are_put_together(sim: SimulatedRouter, router: RouterOsRouter) -> None:
    sim.faults.order(trickle=True)
    assert router.health().identity == "kator"


# Sessions


def online(sim: SimulatedRouter, router: RouterOsRouter) -> None:
    assert all(one.ok for one in router.apply([AddProfile(TIER), AddUser(ACHOL)]))
    sim.log_in("achol7", SECRET, PHONE)
    sim.pass_time(60, bytes_in=10, bytes_out=20)


def test_who_is_online_is_read_with_running_counters(sim: SimulatedRouter, router: RouterOsRouter) -> None:
    online(sim, router)
    (session,) = router.active(["achol7"])
    assert (session.user, session.mac, session.uptime_s) == ("achol7", PHONE, 60)
    assert (session.bytes_in, session.bytes_out) == (10, 20)
    assert router.active(["kiden"]) == []
    assert router.users(["achol7"])[0].uptime_s == 0
    sim.log_out(user="achol7")
    assert router.users(["achol7"])[0].uptime_s == 60


def test_expiry_disables_removes_cookies_and_kicks(sim: SimulatedRouter, router: RouterOsRouter) -> None:
    online(sim, router)
    (held,) = router.users(["achol7"])
    assert router.apply([SetUser(held.id, replace(ACHOL, disabled=True))])[0].ok
    assert router.kick(["achol7", "kiden"]) == 1
    assert sim.state()["active"] == sim.state()["cookies"] == []
    with pytest.raises(LoginRefused):
        sim.log_in("achol7", SECRET, PHONE)
    assert router.kick(["achol7"]) == 0
    assert router.kick([]) == 0


def test_a_kick_removes_cookies_first_so_that_even_an_enabled_user_stays_out(
    sim: SimulatedRouter, router: RouterOsRouter
) -> None:
    online(sim, router)
    assert router.kick(["achol7"]) == 1
    assert sim.state()["active"] == []


def test_a_kick_that_was_cut_says_that_its_outcome_is_unknown(sim: SimulatedRouter, router: RouterOsRouter) -> None:
    online(sim, router)
    sim.faults.order(commit_then_drop=1, skip=2)
    with pytest.raises(RouterConnectionLost) as lost:
        router.kick(["achol7"])
    assert lost.value.outcome_unknown
    assert router.kick(["achol7"]) == 1


# A line that breaks


def test_a_router_that_is_off_is_unreachable_and_may_be_tried_again(
    sim: SimulatedRouter, router: RouterOsRouter
) -> None:
    router.health()
    sim.unplug()
    for ask in (router.health, router.users, lambda: router.apply([AddUser(ACHOL)]), lambda: router.kick(["a"])):
        with pytest.raises(RouterUnreachable) as off:
            ask()
        assert not off.value.permanent
        assert not off.value.outcome_unknown
    sim.replug()
    assert router.health().identity == "kator"


def test_a_wrong_password_needs_a_person(sim: SimulatedRouter) -> None:
    with RouterOsRouter(address(sim, password="kidens-guess")) as router:
        with pytest.raises(RouterLoginRefused) as refused:
            router.health()
        assert refused.value.permanent
        assert "kidens-guess" not in everything_said(refused.value)
        with pytest.raises(RouterLoginRefused):
            router.apply([AddUser(ACHOL)])
    deadline = time.monotonic() + 5
    while sim.api_sessions and time.monotonic() < deadline:
        time.sleep(0.005)
    assert sim.api_sessions == 0


def test_a_router_that_hangs_is_timed_out_and_the_late_answer_meets_no_other_question(
    sim: SimulatedRouter, impatient: RouterOsRouter
) -> None:
    impatient.health()
    sim.faults.order(delay_ms=500)
    with pytest.raises(RouterTimedOut) as late:
        impatient.health()
    assert not late.value.permanent
    sim.faults.clear()
    assert impatient.active() == []
    assert impatient.health().identity == "kator"


def test_a_router_that_hangs_before_login_is_unreachable(sim: SimulatedRouter, impatient: RouterOsRouter) -> None:
    sim.faults.order(hang=True)
    started = time.perf_counter()
    with pytest.raises(RouterUnreachable):
        impatient.health()
    assert time.perf_counter() - started < 2


def test_changes_sent_into_a_hang_are_unknown_and_the_rest_not_sent(
    sim: SimulatedRouter, impatient: RouterOsRouter
) -> None:
    impatient.health()
    sim.faults.order(hang=True)
    applied = impatient.apply([AddProfile(TIER), AddUser(ACHOL)])
    assert outcomes(applied) == [Outcome.UNKNOWN, Outcome.REFUSED]
    assert applied[1].message == "not sent"
    assert not applied[1].permanent
    sim.faults.clear()
    assert all(one.ok for one in impatient.apply([AddProfile(TIER), AddUser(ACHOL)]))


def test_a_lost_answer_is_looked_up_and_nothing_is_done_twice(sim: SimulatedRouter, router: RouterOsRouter) -> None:
    sim.faults.order(commit_then_drop=1, skip=4)
    applied = router.apply([AddUser(user) for user in users(20)])
    assert outcomes(applied) == [Outcome.OK] * 20
    assert sorted(names(sim)) == sorted(user.name for user in users(20))


@pytest.mark.parametrize("fault", ["drop_before", "commit_then_drop", "reset_mid_reply", "fatal", "mute_trap"])
@pytest.mark.parametrize("skip", [0, 1, 7])
def test_a_batch_outlives_any_break_of_the_line(
    sim: SimulatedRouter, router: RouterOsRouter, fault: str, skip: int
) -> None:
    router.health()
    sim.faults.order(**{fault: 1, "skip": skip})
    batch = [AddProfile(TIER), *(AddUser(replace(user, profile=TIER.name)) for user in users(10))]
    assert outcomes(router.apply(batch)) == [Outcome.OK] * 11
    held = router.users([f"u{number}" for number in range(10)])
    changes = [SetUser(one.id, replace(ACHOL, name=one.name, password="new")) for one in held]
    sim.faults.order(**{fault: 1, "skip": skip})
    assert outcomes(router.apply(changes)) == [Outcome.OK] * 10
    assert {one.password for one in router.users([one.name for one in held])} == {"new"}
    sim.faults.order(**{fault: 1, "skip": skip})
    removals = [*(RemoveUser(one.id, one.name) for one in held), RemoveProfile("*1", TIER.name)]
    assert outcomes(router.apply(removals)) == [Outcome.OK] * 11
    assert names(sim) == []


def test_a_line_that_breaks_at_every_command_is_given_up_with_the_truth(
    sim: SimulatedRouter, router: RouterOsRouter
) -> None:
    sim.faults.order(drop_before=1_000)
    applied = router.apply([AddUser(user) for user in users(3)])
    assert Outcome.OK not in outcomes(applied)
    assert not any(one.permanent for one in applied)
    sim.faults.clear()
    assert names(sim) == []


def test_a_router_that_vanishes_in_mid_batch_leaves_what_was_sent_unknown(
    sim: SimulatedRouter, router: RouterOsRouter
) -> None:
    router.health()
    sim.faults.order(delay_ms=300)
    cable = threading.Timer(0.1, sim.unplug)
    cable.start()
    applied = router.apply([AddProfile(TIER), AddUser(ACHOL)])
    cable.join()
    assert outcomes(applied) == [Outcome.UNKNOWN, Outcome.REFUSED]


@pytest.mark.parametrize("fault", ["drop_before", "reset_mid_reply", "fatal", "mute_trap"])
def test_a_read_that_breaks_on_an_idle_line_is_asked_again(
    sim: SimulatedRouter, router: RouterOsRouter, fault: str
) -> None:
    router.health()
    sim.faults.order(**{fault: 1})
    assert len(router.users()) == 1


def test_a_read_that_breaks_twice_is_a_lost_connection(sim: SimulatedRouter, router: RouterOsRouter) -> None:
    sim.faults.order(drop_before=2)
    with pytest.raises(RouterConnectionLost) as lost:
        router.users()
    assert not lost.value.permanent
    assert not lost.value.outcome_unknown


def test_without_the_right_to_write_each_change_is_refused_for_good(
    sim: SimulatedRouter, router: RouterOsRouter
) -> None:
    online(sim, router)
    sim.faults.order(read_only=True)
    (applied,) = router.apply([AddUser(replace(ACHOL, name="b"))])
    assert (applied.outcome, applied.permanent) == (Outcome.REFUSED, True)
    with pytest.raises(RouterRefused, match="not enough permissions") as refused:
        router.kick(["achol7"])
    assert refused.value.permanent


def test_hidden_passwords_are_no_drift(sim: SimulatedRouter, router: RouterOsRouter) -> None:
    router.apply([AddProfile(TIER), AddUser(ACHOL)])
    sim.faults.order(hide_passwords=True)
    (held,) = router.users(["achol7"])
    assert held.password_hidden
    assert reconcile([ACHOL], [TIER], [held], router.profiles(), MARK).none


# Nonsense and secrets


class Rude:
    """Something on the port that answers every connection with the same bytes."""

    def __init__(self, answer: bytes) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.answer = answer
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self) -> None:
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            with peer:
                try:
                    peer.recv(4096)
                    peer.sendall(self.answer)
                    peer.recv(4096)
                except OSError:
                    pass

    def close(self) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(5)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"\xf8\x00\x00",
        b"\xef\xff\xff\xff!done",
        b"\x05!done\x06.tag=7\x00",
        b"\x05!trap\x06.tag=1\x00",
        b"\x06!fatal\x10too many sessions\x00"[:-1],
        b"\x05!done\x06.tag=1\x09=ret=zzzz\x00",
        b"\x00\x00",
        b"",
    ],
)
def test_nonsense_on_the_port_is_a_router_error(answer: bytes) -> None:
    rude = Rude(answer)
    try:
        where = RouterAddress("127.0.0.1", rude.port, "api", "router-secret", timeout_s=0.2)
        with RouterOsRouter(where) as router, pytest.raises(RouterError) as failed:
            router.health()
        assert "router-secret" not in everything_said(failed.value)
    finally:
        rude.close()


def everything_said(error: BaseException) -> str:
    said = [str(error), repr(error), repr(error.args), "".join(traceback.format_exception(error))]
    met: BaseException | None = error
    while met is not None:
        said += [str(met), repr(met)]
        met = met.__cause__ or met.__context__
    return "\n".join(said)


def test_no_secret_is_in_any_value_shown_or_error_raised(
    sim: SimulatedRouter, router: RouterOsRouter, caplog: pytest.LogCaptureFixture
) -> None:
    where = address(sim)
    assert "router-secret" not in repr(where)
    assert SECRET not in repr(ACHOL)
    (refused,) = router.apply([AddUser(ACHOL)])
    assert refused.outcome is Outcome.REFUSED
    assert SECRET not in repr(refused)
    sim.faults.order(drop_before=9)
    broken = router.apply([AddUser(replace(ACHOL, profile="default"))])
    assert SECRET not in repr(broken)
    sim.unplug()
    with pytest.raises(RouterUnreachable) as off:
        router.apply([AddUser(ACHOL)])
    assert SECRET not in everything_said(off.value)
    assert off.value.__context__ is None
    assert pickle.loads(pickle.dumps(off.value)).args == off.value.args  # noqa: S301
    assert SECRET not in caplog.text


def test_a_password_that_the_router_repeats_is_struck_out(
    router: RouterOsRouter, monkeypatch: pytest.MonkeyPatch
) -> None:
    echo = Reply(refusal="x" * 190 + f" value {SECRET} is bad")
    monkeypatch.setattr(routeros_wire, "_collect", lambda promise: (promise.get(), echo)[1])
    (refused,) = router.apply([AddUser(replace(ACHOL, profile="default"))])
    assert refused.outcome is Outcome.REFUSED
    assert SECRET[:4] not in refused.message


def test_an_interrupted_question_closes_the_line(
    sim: SimulatedRouter, router: RouterOsRouter, monkeypatch: pytest.MonkeyPatch
) -> None:
    class TimeIsUp(Exception):
        """What a task's time limit raises anywhere."""

    def interrupt(_promise: object) -> Reply:
        raise TimeIsUp

    monkeypatch.setattr(routeros_wire, "_collect", interrupt)
    with pytest.raises(TimeIsUp):
        router.users()
    monkeypatch.undo()
    assert router.active() == []
    assert router.health().identity == "kator"


def test_a_batch_is_sent_in_a_few_pieces(router: RouterOsRouter, monkeypatch: pytest.MonkeyPatch) -> None:
    router.health()
    sent: list[int] = []
    flush = routeros_wire._GatheringConnection._flush
    monkeypatch.setattr(
        routeros_wire._GatheringConnection, "_flush", lambda self: (sent.append(len(self._out)), flush(self))[1]
    )
    router.apply([AddUser(user) for user in users(100)])
    assert len(sent) == 1


def test_nothing_is_left_open(sim: SimulatedRouter) -> None:
    with RouterOsRouter(address(sim)) as router:
        router.health()
        router.close()
        router.close()
        assert router.health().identity == "kator"
    gc.collect()
    deadline = time.monotonic() + 5
    while sim.api_sessions and time.monotonic() < deadline:
        time.sleep(0.005)
    assert sim.api_sessions == 0


def test_tls_to_a_port_without_it_is_unreachable(sim: SimulatedRouter) -> None:
    with RouterOsRouter(address(sim, tls=True, timeout_s=0.5)) as router, pytest.raises(RouterUnreachable):
        router.health()
    gc.collect()


# TLS


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate of 127.0.0.1 that only its own file vouches for, as a router makes one."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "kator")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    key_file, certificate_file = folder / "key.pem", folder / "certificate.pem"
    no_password = serialization.NoEncryption()
    key_file.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, no_password))
    certificate_file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return certificate_file, key_file


@contextmanager
def behind_tls(sim: SimulatedRouter, certificate_file: Path, key_file: Path) -> Iterator[int]:
    """A TLS door before the router: takes two callers, one after the other, and passes bytes both ways."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate_file, key_file)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                plain, _ = listener.accept()
            except OSError:
                return
            try:
                peer = context.wrap_socket(plain, server_side=True)
            except (ssl.SSLError, OSError):
                plain.close()
                continue
            with peer, socket.create_connection(("127.0.0.1", sim.port)) as inner:
                try:
                    while question := peer.recv(65536):
                        inner.sendall(question)
                        peer.sendall(inner.recv(65536))
                except OSError:
                    pass

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


def test_over_tls_the_router_must_be_the_one_we_trust(sim: SimulatedRouter, tmp_path: Path) -> None:
    certificate_file, key_file = certificate(tmp_path)
    with behind_tls(sim, certificate_file, key_file) as port:
        with RouterOsRouter(address(sim, port=port, tls=True)) as wary, pytest.raises(RouterUnreachable):
            wary.health()
        with RouterOsRouter(address(sim, port=port, tls=True, ca_file=str(certificate_file))) as trusting:
            assert trusting.health().identity == "kator"
    gc.collect()


# Words


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("", 0), ("none", 0), ("0s", 0), ("3600", 3_600), ("1w2d3h4m5s", 788_645), ("5m30s500ms", 330),
        ("01:22:53", 4_973), ("1d00:00:00", 86_400), ("1w01:00:00", 608_400), ("02:03", 123), ("00:00:01.25", 1),
    ],
)  # fmt: skip
def test_times_of_all_versions_are_read(text: str, amount: int) -> None:
    assert seconds(text) == amount


def test_a_time_nobody_has_seen_is_an_error_not_a_guess() -> None:
    with pytest.raises(RouterError, match="cannot read: next tuesday"):
        seconds("next tuesday")


@pytest.mark.parametrize(
    ("refusal", "lasting"),
    [
        ("failure: already have user with this name for this server", True),
        ("failure: secret with the same name already exists", True),
        ("invalid value for argument address", True),
        ("unknown parameter", True),
        ("no such command prefix", True),
        ("not enough permissions (9)", True),
        ("input does not match any value of profile", False),
        ("no such item (4)", False),
        ("a sentence of a later version", False),
    ],
)
def test_a_refusal_says_whether_trying_again_can_help(refusal: str, lasting: bool) -> None:
    assert permanent(refusal) is lasting
