"""Equipment that is not ours to write: hostapd lets a port open by 802.1X, wpa_supplicant stands behind it.

Each lives in a network namespace of its own, joined by cables that the kernel pretends. Where a machine lacks the
rights for namespaces the story is skipped, and says so.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from core.access.change import pause
from core.gateways.radius_coa import RadiusSessions
from core.network.models import RouterRow
from core.network.place import place
from core.network.send_session_commands import send_session_commands
from tests.namespaces import cable, free_number, ip, make_namespaces
from tests.programs import program, skip_without
from tests.radius.server import SECRET, Radius, freeradius, give, rows, stands

WAIT_S = 20
HOSTAPD = """
interface={port}
driver=wired
logger_stdout=-1
logger_stdout_level=1
ieee8021x=1
eap_reauth_period=0
own_ip_addr={nas}
nas_identifier=foreign
auth_server_addr={us}
auth_server_port={auth}
auth_server_shared_secret={secret}
acct_server_addr={us}
acct_server_port={acct}
acct_server_shared_secret={secret}
radius_das_port={das}
radius_das_client={us} {secret}
"""
SUPPLICANT = """
ap_scan=0
network={{
  key_mgmt=IEEE8021X
  eap=MD5
  identity="{name}"
  password="{password}"
  eapol_flags=0
}}
"""
DAS = 3799


@dataclass(frozen=True)
class Cables:
    """Two namespaces: the equipment's and the customer's. `us` and `nas` can reach each other."""

    equipment: str
    customer: str
    us: str
    nas: str


@pytest.fixture
def cables() -> Iterator[Cables]:
    skip_without("ip", "hostapd", "wpa_supplicant")
    number = free_number("nas")
    found = Cables(f"nas{number}", f"sta{number}", f"10.213.{number}.1", f"10.213.{number}.2")
    with ExitStack() as after:
        make_namespaces(after, found.equipment, found.customer)
        ip("link", "add", f"up{number}", "type", "veth", "peer", "name", "uplink", "netns", found.equipment)
        ip("addr", "add", f"{found.us}/30", "dev", f"up{number}")
        ip("link", "set", f"up{number}", "up")
        ip("-n", found.equipment, "addr", "add", f"{found.nas}/30", "dev", "uplink")
        for device in ("lo", "uplink"):
            ip("-n", found.equipment, "link", "set", device, "up")
        cable(found.equipment, "port", found.customer, "port")
        yield found


@contextmanager
def running(namespace: str, log: Path, *command: str) -> Iterator[None]:
    with log.open("w") as out:
        process = subprocess.Popen(
            [program("ip"), "netns", "exec", namespace, *command], stdout=out, stderr=subprocess.STDOUT
        )
    try:
        yield
    finally:
        process.terminate()
        process.wait(10)


def waited(what: Callable[[], Any], *logs: Path) -> Any:
    until = time.monotonic() + WAIT_S
    while not (found := what()):
        assert time.monotonic() < until, "\n".join(log.read_text(errors="replace")[-3000:] for log in logs)
        time.sleep(0.1)
    return found


def test_a_foreign_nas_lets_achol_in_tells_of_her_and_sends_her_off(network, cables, tmp_path) -> None:
    parts = network.parts
    with parts.db.transaction() as tx:
        tx.execute(
            update(RouterRow)
            .where(RouterRow.name == "juba-town")
            .values(nas_address=cables.nas, coa_port=DAS, radius_secret=parts.sealer.radius.seal(SECRET))
        )
    achol = give(network, duration_s=None, data_bytes=None)
    log, hostapd_log, phone_log = tmp_path / "radius.log", tmp_path / "hostapd.log", tmp_path / "phone.log"
    with freeradius(parts.settings.database_url, parts.sealer.radius.setting, log, cables.us) as radius:
        (tmp_path / "hostapd.conf").write_text(_hostapd(cables, radius))
        (tmp_path / "phone.conf").write_text(SUPPLICANT.format(name=achol.username, password=achol.password))
        with (
            running(cables.equipment, hostapd_log, program("hostapd"), str(tmp_path / "hostapd.conf")),
            running(cables.customer, phone_log, program("wpa_supplicant"), "-D", "wired", "-i", "port", "-c",
                    str(tmp_path / "phone.conf")),
        ):  # fmt: skip
            opened = waited(lambda: rows(network, "usage_session"), log, hostapd_log, phone_log)[0]
            assert opened["grant_id"] == achol.grant_id
            assert opened["router_id"] == network.routers["juba-town"]
            assert opened["stopped_at"] is None
            assert stands(network, achol.grant_id)["status"] == "running"
            assert "on" in {row["packet"] for row in rows(network, "usage_inbox")}
            with parts.db.transaction() as tx:
                pause(tx, grant_id=achol.grant_id)
                place(tx, grant_id=achol.grant_id, wanted="disabled", now=parts.clock.now())
            assert send_session_commands(
                parts.db, control=RadiusSessions(), sealer=parts.sealer, clock=parts.clock
            ) == 1  # fmt: skip
            assert [row["outcome"] for row in rows(network, "session_command")] == ["done"]
            waited(lambda: rows(network, "usage_session")[0]["stopped_at"], log, hostapd_log, phone_log)
            time.sleep(1)
            assert [row["stopped_at"] is None for row in rows(network, "usage_session")] == [False]


def _hostapd(cables: Cables, radius: Radius) -> str:
    return HOSTAPD.format(
        port="port", nas=cables.nas, us=cables.us, auth=radius.auth, acct=radius.acct, secret=SECRET, das=DAS
    )
