"""What the children are told: their environment, and the description of the pretend town."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from supervisor.durable_files import read_json, write_json
from supervisor.keepsakes import kept_ports, kept_secrets
from supervisor.locks import FileLock
from supervisor.postgres import EmbeddedPostgres
from supervisor.redis import EmbeddedRedis

DEMO_USERNAME: Final = "sandbox"
SERVICE_CODE: Final = "*384*77#"
SHORT_CODE: Final = "7722"
ROUTER_USER: Final = "api"
ROUTERS: Final = ("juba-town", "munuki")
ORANGE_CHANNEL_PHONE: Final = "+211920999999"
# A demo has one platform of MTN's: names of another, left in the caller's shell, would lead to a real one.
_NOT_IN_A_DEMO: Final = tuple(
    f"MOMO_OTHER_{name}" for name in ("BASE_URL", "TARGET_ENVIRONMENT", "SUBSCRIPTION_KEY", "API_USER", "API_KEY")
)
_ENVIRONMENT_FILE: Final = "environment.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """One home folder and how it is to be run."""

    home: Path
    port: int
    demo: bool
    environ: Mapping[str, str]

    @property
    def web(self) -> str:
        """Where the web process answers."""
        return f"http://127.0.0.1:{self.port}"


def environment(house: House, *, database_url: str, redis_url: str) -> dict[str, str]:
    """The children's environment; also kept in `home/environment.json` (0600) for commands in another terminal.

    What the caller set wins, with one exception: in a demo, names that lead to providers always lead to the
    simulators. A demo started from a shell that holds real credentials must not send one real message.
    """
    keys = kept_secrets(house.home)
    made = {
        "SHABAKA_SECRET_KEY": keys["secret_key"],
        "SHABAKA_ENCRYPTION_KEYS": keys["encryption_key"],
        "SHABAKA_GATEWAY_KEY": keys["gateway_key"],
        "SHABAKA_PUBLIC_URL": house.web,
        "PYTHONUNBUFFERED": "1",
        "MALLOC_ARENA_MAX": "2",  # glibc's eight arenas a core would cost threaded processes tens of megabytes each
    }
    told = {name: value for name, value in house.environ.items() if name not in made or value.strip()}
    result = made | told | {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "SHABAKA_HOME": str(house.home)}
    if house.demo:
        result = result | _demo_environment(house, keys)
    else:
        result["SHABAKA_DEMO"] = "0"
    ours = {name: value for name, value in result.items() if house.environ.get(name) != value}
    write_json(house.home / _ENVIRONMENT_FILE, ours)
    return result


def _demo_environment(house: House, keys: Mapping[str, str]) -> dict[str, str]:
    ports = kept_ports(house.home)
    return {
        "SHABAKA_DEMO": "1",
        "SHABAKA_PUBLIC_URL": house.web,
        "SHABAKA_SERVICE_CODE": SERVICE_CODE,
        "SHABAKA_SHORT_CODE": SHORT_CODE,
        "SHABAKA_SANDBOX_URL": f"http://127.0.0.1:{ports['town']}",
        "SHABAKA_CLOCK_OFFSET_FILE": str(house.home / "clock-offset"),
        "AT_USERNAME": DEMO_USERNAME,
        "AT_API_KEY": keys["at_api_key"],
        "AT_BASE_URL": f"http://127.0.0.1:{ports['aggregator']}",
        "MOMO_BASE_URL": f"http://127.0.0.1:{ports['momo']}",
        "MOMO_TARGET_ENVIRONMENT": "mtnsouthsudan",
        "MOMO_SUBSCRIPTION_KEY": keys["momo_subscription_key"],
        "MOMO_API_USER": keys["momo_api_user"],
        "MOMO_API_KEY": keys["momo_api_key"],
        "MOMO_CURRENCY": "SSP",
        **dict.fromkeys(_NOT_IN_A_DEMO, ""),
        "MOMO_DISBURSEMENT_SUBSCRIPTION_KEY": keys["momo_disbursement_subscription_key"],
        "MOMO_DISBURSEMENT_API_USER": keys["momo_disbursement_api_user"],
        "MOMO_DISBURSEMENT_API_KEY": keys["momo_disbursement_api_key"],
        "ORANGE_MODE": "omcore",
        "ORANGE_BASE_URL": f"http://127.0.0.1:{ports['orange']}",
        "ORANGE_COUNTRY": "SS",
        "ORANGE_CURRENCY": "SSP",
        "ORANGE_CLIENT_ID": DEMO_USERNAME,
        "ORANGE_CLIENT_SECRET": keys["orange_client_secret"],
        "ORANGE_AUTH_TOKEN": keys["orange_auth_token"],
        "ORANGE_CHANNEL_PHONE": ORANGE_CHANNEL_PHONE,
        "ORANGE_PIN": keys["orange_pin"],
    }


def write_town(house: House, children: Mapping[str, str]) -> int:
    """Describe the town to the simulators in `home/sandbox.json`; who lives there stays. Returns the town's port."""
    keys, ports = kept_secrets(house.home), kept_ports(house.home)
    path = house.home / "sandbox.json"
    before = read_json(path)
    town = {
        "aggregator_port": ports["aggregator"],
        "momo_port": ports["momo"],
        "orange_port": ports["orange"],
        "town_port": ports["town"],
        "routers": [
            {
                "name": name,
                "port": ports[f"router:{name}"],
                "user": ROUTER_USER,
                "password": keys[f"router:{name}"],
            }
            for name in ROUTERS
        ],
        "web": house.web,
        "key": children["SHABAKA_GATEWAY_KEY"],
        "at_username": children["AT_USERNAME"],
        "at_api_key": children["AT_API_KEY"],
        "momo": {
            "subscription_key": children["MOMO_SUBSCRIPTION_KEY"],
            "api_user": children["MOMO_API_USER"],
            "api_key": children["MOMO_API_KEY"],
            "disbursement_subscription_key": children["MOMO_DISBURSEMENT_SUBSCRIPTION_KEY"],
            "disbursement_api_user": children["MOMO_DISBURSEMENT_API_USER"],
            "disbursement_api_key": children["MOMO_DISBURSEMENT_API_KEY"],
        },
        "orange": {
            "client_id": children["ORANGE_CLIENT_ID"],
            "client_secret": children["ORANGE_CLIENT_SECRET"],
            "auth_token": children["ORANGE_AUTH_TOKEN"],
            "channel_msisdn": children["ORANGE_CHANNEL_PHONE"].removeprefix("+"),
            "pin": children["ORANGE_PIN"],
            "currency": children["ORANGE_CURRENCY"],
        },
        "service_code": children["SHABAKA_SERVICE_CODE"],
        "short_code": children["SHABAKA_SHORT_CODE"],
        "customers": before.get("customers", []),
        "clock_offset_file": children["SHABAKA_CLOCK_OFFSET_FILE"],
    }
    if town != before:
        write_json(path, town)
    return ports["town"]


def environment_of(home: Path) -> dict[str, str]:
    """What the last run in this home told its children beyond its own environment; empty if there was none."""
    return {name: str(value) for name, value in read_json(home / _ENVIRONMENT_FILE).items()}


@contextlib.contextmanager
def open_house(house: House) -> Iterator[dict[str, str]]:
    """An environment for one command (`check`, `migrate`, `backup`): of the running house, or of servers lent to it.

    With DATABASE_URL and REDIS_URL set, those. While `shabaka run` is up, its own. Otherwise the embedded servers are
    started for as long as the block lasts.
    """
    lock = FileLock(house.home / "lock")
    house.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    given_database, given_redis = house.environ.get("DATABASE_URL"), house.environ.get("REDIS_URL")
    if given_database and given_redis:
        yield environment(house, database_url=given_database, redis_url=given_redis)
        return
    if not lock.take():
        yield {**house.environ, **environment_of(house.home)}
        return
    with contextlib.ExitStack() as ending:
        ending.callback(lock.close)
        if not given_database:
            postgres = EmbeddedPostgres(house.home)
            ending.callback(postgres.stop)
            given_database = postgres.start()
        if not given_redis:
            redis = EmbeddedRedis(house.home)
            ending.callback(redis.stop)
            given_redis = redis.start()
        yield environment(house, database_url=given_database, redis_url=given_redis)
