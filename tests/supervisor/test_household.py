from __future__ import annotations

import base64
import json
import socket

import pytest
from houses import ask

from supervisor.errors import CannotRunError
from supervisor.household import House, environment, environment_of, open_house, write_town
from supervisor.keepsakes import kept_ports, kept_secrets

URLS = {"database_url": "postgresql+psycopg2://shabaka@/shabaka?host=/somewhere", "redis_url": "unix:///somewhere?db=0"}


@pytest.fixture
def make_house(home):
    home.mkdir(mode=0o700)
    return lambda **more: House(home=home, port=8000, **({"demo": True, "environ": {}} | more))


def test_secrets_are_made_once_and_closed_to_others(make_house):
    home = make_house().home
    kept = kept_secrets(home)
    assert kept_secrets(home) == kept
    assert (home / "secrets.json").stat().st_mode & 0o777 == 0o600
    assert len(base64.urlsafe_b64decode(kept["encryption_key"])) == 32
    assert len(set(kept.values())) == len(kept)


def test_a_damaged_secrets_file_is_not_replaced(make_house):
    home = make_house().home
    (home / "secrets.json").write_text("{")
    with pytest.raises(CannotRunError, match="damaged"):
        kept_secrets(home)
    assert (home / "secrets.json").read_text() == "{"


def test_ports_stay_unless_another_program_took_one(make_house):
    home = make_house().home
    before = kept_ports(home)
    assert len(set(before.values())) == len(before) == 6
    with socket.create_server(("127.0.0.1", before["momo"])):
        after = kept_ports(home)
    assert after["momo"] != before["momo"]
    assert {**after, "momo": 0} == {**before, "momo": 0}
    assert kept_ports(home) == after


def test_a_demo_never_speaks_to_real_providers(make_house):
    real = {
        "AT_API_KEY": "real",
        "AT_USERNAME": "real",
        "MOMO_API_KEY": "real",
        "MOMO_BASE_URL": "https://momo.example",
        "MOMO_OTHER_BASE_URL": "https://other.example",
        "MOMO_DISBURSEMENT_API_KEY": "real",
        "ORANGE_BASE_URL": "https://orange.example",
        "ORANGE_PIN": "real",
    }
    told = environment(make_house(environ=real), **URLS)
    assert not [name for name in real if "real" in told[name] or "example" in told[name]]
    assert told["SHABAKA_DEMO"] == "1"


def test_outside_a_demo_what_was_set_wins_and_nothing_is_pretended(make_house):
    told = environment(make_house(demo=False, environ={"AT_API_KEY": "real", "SHABAKA_GATEWAY_KEY": "chosen"}), **URLS)
    assert told["AT_API_KEY"] == "real"
    assert told["SHABAKA_GATEWAY_KEY"] == "chosen"
    assert told["SHABAKA_DEMO"] == "0"
    assert "MOMO_API_KEY" not in told


def test_the_town_and_the_product_are_told_the_same(make_house):
    house = make_house()
    told = environment(house, **URLS)
    write_town(house, told)
    town = json.loads((house.home / "sandbox.json").read_text())
    assert told["AT_BASE_URL"] == f"http://127.0.0.1:{town['aggregator_port']}"
    assert told["MOMO_BASE_URL"] == f"http://127.0.0.1:{town['momo_port']}"
    assert told["SHABAKA_SANDBOX_URL"] == f"http://127.0.0.1:{town['town_port']}"
    assert (town["key"], town["at_api_key"]) == (told["SHABAKA_GATEWAY_KEY"], told["AT_API_KEY"])
    assert [router["name"] for router in town["routers"]] == ["juba-town", "munuki"]
    assert (house.home / "sandbox.json").stat().st_mode & 0o777 == 0o600


def test_who_moved_into_the_town_stays(make_house):
    house = make_house()
    told = environment(house, **URLS)
    write_town(house, told)
    path = house.home / "sandbox.json"
    town = json.loads(path.read_text())
    town["customers"] = [{"phone": "+211920000001", "name": "Achol", "language": "en"}]
    path.write_text(json.dumps(town))
    write_town(house, told)
    assert json.loads(path.read_text())["customers"][0]["name"] == "Achol"


def test_a_command_in_another_terminal_finds_the_house(make_house):
    house = make_house(environ={"PATH": "/bin"})
    told = environment(house, **URLS)
    assert environment_of(house.home)["DATABASE_URL"] == told["DATABASE_URL"]
    assert "PATH" not in environment_of(house.home)
    assert (house.home / "environment.json").stat().st_mode & 0o777 == 0o600


def test_a_command_alone_is_lent_the_servers(make_house):
    house = make_house(demo=False)
    with open_house(house) as told:
        assert ask(told["DATABASE_URL"], "SELECT 1") == [(1,)]
    with open_house(house) as told:
        assert ask(told["DATABASE_URL"], "SELECT 1") == [(1,)]
