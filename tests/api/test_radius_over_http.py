"""RADIUS over HTTP: the same database functions, so the same leave; as little secret as will do."""

from __future__ import annotations

from datetime import timedelta

import pytest
import requests
from sqlalchemy import text, update

from core.db.migrations.guards_0007_radius import GUESSES_DEVICE_MAX
from core.network.models import RouterRow
from core.usage.fold import fold
from tests.api.conftest import refused
from tests.radius.server import give
from tests.town import count, served

NAS, PHONE = "10.9.0.1", "AA-BB-CC-00-00-01"


@pytest.fixture
def network(town, parts):
    with parts.db.transaction() as tx:
        for name, address in (("juba-town", NAS), ("munuki", "10.9.0.2")):
            values = {"access_by": "radius", "nas_address": address, "radius_secret": b"x"}
            tx.execute(update(RouterRow).where(RouterRow.name == name).values(**values))
    return town


@pytest.fixture
def achol(network):
    """An hour, 6 GiB, two devices."""
    return give(network)


@pytest.fixture
def server(program, network):
    return program("radius")


def log_in(who, password=None, *, nas=NAS, device=PHONE):
    said = {"User-Name": who, "NAS-IP-Address": nas, "Calling-Station-Id": device}
    return said | ({"User-Password": password} if password is not None else {})


def asked(answer):
    """Attributes as rlm_rest takes them."""
    assert answer.status_code == 200, answer.text
    for value in answer.json.values():
        assert (value["op"], value["do_xlat"]) == (":=", False)
    return {name: value["value"][0] for name, value in answer.json.items()}


def packet(kind, achol, **more):
    return {
        "Acct-Status-Type": kind,
        "Acct-Session-Id": "80100001",
        "User-Name": achol.username,
        "NAS-IP-Address": NAS,
        "Calling-Station-Id": PHONE,
        "Framed-IP-Address": "10.5.50.7",
    } | {name.replace("_", "-"): value for name, value in more.items()}


def grant_of(parts, achol):
    with parts.db.reading() as connection:
        return connection.execute(text("SELECT * FROM access_grant WHERE id = :id"), {"id": achol.grant_id}).one()


def test_the_right_password_opens_and_starts_the_clock_and_no_password_goes_out(server, achol, parts, clock):
    answer = server.post("/radius/authorize", log_in(achol.username, achol.password))
    assert asked(answer) == {
        "control:Auth-Type": "Accept",
        "reply:Mikrotik-Rate-Limit": "512k/2000k",
        "reply:WISPr-Bandwidth-Max-Up": "512000",
        "reply:WISPr-Bandwidth-Max-Down": "2000000",
        "reply:Session-Timeout": "3600",
        "reply:Idle-Timeout": "900",
        "reply:Mikrotik-Total-Limit": str(6 * 2**30 % 2**32),
        "reply:Mikrotik-Total-Limit-Gigawords": "1",
        "reply:Acct-Interim-Interval": "300",
        "reply:Port-Limit": "2",
        "reply:Class": f"grant {achol.grant_id}",
    }
    assert achol.password not in answer.text
    assert grant_of(parts, achol).status == "running"
    assert grant_of(parts, achol).first_used_at == clock.at


def test_attributes_are_read_as_rlm_rest_writes_them(server, achol):
    said = {
        name: {"type": "string", "value": [value]} for name, value in log_in(achol.username, achol.password).items()
    }
    assert asked(server.post("/radius/authorize", said))["control:Auth-Type"] == "Accept"


@pytest.mark.parametrize("password", ["", "wrong", "x" * 253, "'; --", "%{control:Cleartext-Password}"])
def test_a_wrong_password_is_rejected_and_counted_as_a_guess(server, achol, parts, password):
    answer = server.post("/radius/authorize", log_in(achol.username, password))
    assert asked(answer) == {"control:Auth-Type": "Reject"}
    assert grant_of(parts, achol).status == "waiting"
    assert count(parts, "radius_guess", "failures = 1") == 2


@pytest.mark.parametrize("who", ["nobody", "'; DROP TABLE access_grant; --", 'a"b', "x" * 253, "أشول"])
def test_kiden_is_rejected_whatever_name_she_types(server, achol, who):
    assert asked(server.post("/radius/authorize", log_in(who, "secret"))) == {"control:Auth-Type": "Reject"}
    assert asked(server.post("/radius/authorize", log_in(achol.username, achol.password)))["control:Auth-Type"] == (
        "Accept"
    )


def test_who_guesses_too_often_is_not_looked_up_even_with_the_right_password(server, achol):
    for _guess in range(GUESSES_DEVICE_MAX):
        server.post("/radius/authorize", log_in(achol.username, "wrong"))
    right = log_in(achol.username, achol.password)
    assert asked(server.post("/radius/authorize", right)) == {"control:Auth-Type": "Reject"}
    assert asked(server.post("/radius/authorize", right | {"Calling-Station-Id": "AA-BB-CC-00-00-99"})) != {
        "control:Auth-Type": "Reject"
    }


def test_leave_at_one_router_is_none_at_another(server, achol):
    answer = server.post("/radius/authorize", log_in(achol.username, achol.password, nas="10.9.0.2"))
    assert asked(answer) == {"control:Auth-Type": "Reject"}


def test_a_third_device_is_told_that_there_are_too_many(server, achol):
    for number in (1, 2):
        started = packet(
            "Start", achol, Acct_Session_Id=f"8010000{number}", Calling_Station_Id=f"AA-BB-CC-00-00-0{number}"
        )
        assert server.post("/radius/accounting", started).json == {}
    third = log_in(achol.username, achol.password, device="AA-BB-CC-00-00-03")
    assert asked(server.post("/radius/authorize", third)) == {
        "control:Auth-Type": "Reject",
        "reply:Reply-Message": "Too many devices are online with this name.",
    }


def test_a_password_goes_out_only_to_a_key_that_may_have_it(server, program, achol, parts):
    said = log_in(achol.username) | {"CHAP-Password": "0x00"}
    assert "radius:passwords" in refused(server.post("/radius/authorize", said), 403, "wrong_scope")
    trusted = program("radius", "radius:passwords")
    told = asked(trusted.post("/radius/authorize", said))
    assert told["control:Cleartext-Password"] == achol.password
    assert "control:Auth-Type" not in told
    assert grant_of(parts, achol).status == "waiting"  # nobody has said yet that it was right
    assert trusted.post("/radius/post-auth?outcome=accept", said).json == {}
    assert grant_of(parts, achol).status == "running"
    assert asked(trusted.post("/radius/authorize", log_in("nobody"))) == {"control:Auth-Type": "Reject"}


def test_a_guess_that_the_equipment_found_wrong_counts_too(server, achol, parts):
    assert server.post("/radius/post-auth?outcome=reject", log_in(achol.username)).json == {}
    assert count(parts, "radius_guess", "failures = 1") == 2
    assert refused(server.post("/radius/post-auth", log_in("x")), 400, "bad_request") == "outcome is missing."
    told = refused(server.post("/radius/post-auth?outcome=maybe", log_in("x")), 400, "bad_request")
    assert told == "outcome must be one of accept, reject."


def test_a_key_of_one_router_asks_for_that_router_whatever_the_packet_says(program, achol, network, parts):
    munuki = program("radius", "radius:passwords", router="munuki")
    for password in (achol.password, None):
        said = log_in(achol.username, password)
        assert asked(munuki.post("/radius/authorize", said)) == {"control:Auth-Type": "Reject"}
    theirs = give(network, router="munuki")
    assert asked(munuki.post("/radius/authorize", log_in(theirs.username, theirs.password)))["reply:Port-Limit"] == "2"
    with parts.db.transaction() as tx:
        tx.execute(update(RouterRow).values(access_by="api", nas_address=None))
    refused(munuki.post("/radius/authorize", log_in("x", "y")), 422, "not_possible_now")


def test_a_session_is_counted_from_start_to_stop_and_twice_is_once(server, achol, parts, clock):
    def heard(kind, seconds, **more):
        clock.at += timedelta(seconds=seconds)
        for _time in range(2):
            assert server.post("/radius/accounting", packet(kind, achol, **more)).json == {}

    heard("Start", 0)
    heard("Interim-Update", 300, Acct_Session_Time=300, Acct_Input_Octets=1000, Acct_Output_Octets="5000")
    heard(
        "Stop", 300, Acct_Session_Time=600, Acct_Input_Octets=2000, Acct_Output_Octets=10, Acct_Output_Gigawords=1,
        Acct_Terminate_Cause="User-Request",
    )  # fmt: skip
    fold(parts.db, clock.at)
    assert grant_of(parts, achol).used_bytes == 2000 + 2**32 + 10
    with parts.db.reading() as connection:
        (session,) = connection.execute(text("SELECT * FROM usage_session")).all()
    assert (session.cause, session.source, session.nas) == ("User-Request", "radius", NAS)


@pytest.mark.parametrize(
    "more",
    [
        {"Acct_Input_Octets": ""},
        {"User_Name": "x" * 253},
        {"Acct_Session_Id": ""},
        {"Acct_Status_Type": "Nonsense"},
        {"Calling_Station_Id": [], "Framed_IP_Address": None},
    ],
)
def test_whatever_a_packet_holds_it_is_kept_and_spoils_no_other(server, achol, parts, clock, more):
    assert server.post("/radius/accounting", packet("Interim-Update", achol, **more)).json == {}
    good = packet("Interim-Update", achol, Acct_Session_Id="2", Acct_Session_Time=60, Acct_Input_Octets=70)
    assert server.post("/radius/accounting", good).json == {}
    fold(parts.db, clock.at)
    assert grant_of(parts, achol).used_bytes == 70


@pytest.mark.parametrize("said", ["-5", -5, 2**32, "9" * 400, "'; --", "1.5", "٣"])
@pytest.mark.parametrize("name", ["Acct-Input-Octets", "Acct-Output-Gigawords", "Acct-Session-Time", "Acct-Delay-Time"])
def test_a_count_that_no_packet_can_hold_is_refused_and_not_guessed_at(server, achol, parts, said, name):
    sentence = refused(server.post("/radius/accounting", packet("Stop", achol) | {name: said}), 400, "bad_request")
    assert sentence == f"The attribute {name} must be a whole number from 0 to 4294967295."
    assert count(parts, "usage_inbox") == 0


def test_equipment_that_restarted_ends_its_sessions(server, achol, parts):
    server.post("/radius/accounting", packet("Start", achol))
    server.post("/radius/accounting", {"Acct-Status-Type": "Accounting-On", "NAS-IP-Address": NAS})
    assert count(parts, "usage_session", "cause = 'NAS-Reboot'") == 1


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"NAS-IP-Address": NAS}, "The attribute User-Name is missing."),
        ({"User-Name": "a", "User-Password": "b"}, "The attribute NAS-IP-Address is missing."),
        ({"User-Name": {"value": [{}]}, "NAS-IP-Address": NAS, "User-Password": ""}, "The attribute User-Name cannot"),
        ({"User-Name": "a\x00", "NAS-IP-Address": NAS, "User-Password": ""}, "The attribute User-Name cannot"),
        ({"User-Name": True, "NAS-IP-Address": NAS, "User-Password": ""}, "The attribute User-Name cannot"),
        ([], "The body must be an object."),
    ],
)
def test_attributes_that_cannot_be_read_are_refused_with_one_sentence(server, body, sentence):
    assert refused(server.post("/radius/authorize", body), 400, "bad_request").startswith(sentence)


def test_over_a_real_socket(api, key_for, achol):
    with served(api) as url:
        headers = {"Authorization": f"Bearer {key_for('radius')}"}
        said = log_in(achol.username, achol.password)
        answer = requests.post(f"{url}/api/v1/radius/authorize", json=said, headers=headers, timeout=10)
    assert answer.json()["control:Auth-Type"] == {"op": ":=", "value": ["Accept"], "do_xlat": False}
