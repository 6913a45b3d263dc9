"""A FreeRADIUS as `deploy/freeradius` has it, routers that ask it by radclient, and who is to be let in."""

from __future__ import annotations

import hashlib
import os
import re
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from sqlalchemy import select, text, update
from sqlalchemy.engine import make_url

from core.access.grant import Granted, Limits, grant
from core.access.models import AccessGrant
from core.network.place import place
from tests.programs import program
from tests.town import Town

SECRET = "radius-secret-of-the-tests"
ROUTER, OTHER_ROUTER, STRANGER = "127.0.0.1", "127.0.0.2", "127.0.0.9"
PHONE, LAPTOP, TABLET = "AA-BB-CC-00-00-01", "AA:BB:CC:00:00:02", "aabb.cc00.0003"
READY_S = 10
# What is signed of an answer, as radclient shows it.
SIGNED = "Message-Authenticator"


def free_port(address: str = "127.0.0.1") -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((address, 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Answer:
    """What came back: the name of the packet, or nothing; its attributes."""

    packet: str
    attributes: dict[str, str]
    told: str

    @property
    def accepted(self) -> bool:
        return self.packet == "Access-Accept"

    @property
    def refused(self) -> bool:
        return self.packet == "Access-Reject"

    @property
    def silence(self) -> bool:
        return not self.packet

    @property
    def signed(self) -> bool:
        return SIGNED in self.attributes


_ANSWER = re.compile(r"^Received (\S+) Id", re.MULTILINE)
_ATTRIBUTE = re.compile(r"^\t(\S+) = (.*)$", re.MULTILINE)


@dataclass
class Radius:
    """The server and those who ask it."""

    auth: int
    acct: int

    def ask(
        self,
        attributes: Mapping[str, Any],
        *,
        source: str = ROUTER,
        secret: str = SECRET,
        kind: str = "auth",
        patience_s: float = 3,
        tries: int = 1,
    ) -> Answer:
        """One packet by radclient, and its answer."""
        lines = [f"Packet-Src-IP-Address = {source}"]
        lines += [f"{name} = {quoted(value)}" for name, value in attributes.items()]
        port = self.acct if kind == "acct" else self.auth
        done = subprocess.run(
            [program("radclient"), "-x", "-r", str(tries), "-t", str(patience_s), f"127.0.0.1:{port}", kind, secret],
            check=False,
            input="\n".join(lines) + "\n",
            capture_output=True,
            text=True,
            timeout=30,
        )
        told = done.stdout + done.stderr
        came = _ANSWER.search(told)
        if came is None:
            assert "No reply" in told or "invalid" in told.lower(), told
            return Answer("", {}, told)
        behind = told[came.end() :]
        return Answer(came[1], {name: value.strip('"') for name, value in _ATTRIBUTE.findall(behind)}, told)

    def log_in(self, name: str, password: str, *, mac: str = PHONE, how: str = "PAP", **asked: Any) -> Answer:
        """A device logs in."""
        words = {"PAP": "User-Password", "CHAP": "CHAP-Password", "MS-CHAP": "MS-CHAP-Password"}
        proof = ms_chap_v2(name, password) if how == "MS-CHAPv2" else {words[how]: password}
        attributes = {"User-Name": name, **proof, "Calling-Station-Id": mac, SIGNED: Raw("0x00")}
        return self.ask(attributes, **asked)

    def account(self, kind: str, session: str = "80100001", name: str = "", mac: str = PHONE, **more: Any) -> Answer:
        """A router tells of a session; `more` are attributes with _ for -."""
        asked = {key: more.pop(key) for key in ("source", "secret", "patience_s", "tries") if key in more}
        attributes: dict[str, Any] = {"Acct-Status-Type": Raw(kind), "Acct-Session-Id": session}
        if name:
            attributes |= {"User-Name": name, "Calling-Station-Id": mac, "Framed-IP-Address": Raw("10.5.50.7")}
        attributes |= {key.replace("_", "-"): value for key, value in more.items()}
        return self.ask(attributes, kind="acct", **asked)


def ms_chap_v2(name: str, password: str) -> dict[str, Any]:
    """What a PPP client answers (RFC 2759, section 8; RFC 2548, sections 2.1.2 and 2.3.2)."""
    ours, theirs = os.urandom(16), os.urandom(16)
    challenge = hashlib.sha1(theirs + ours + name.encode(), usedforsecurity=False).digest()[:8]
    hashed = subprocess.run([program("smbencrypt"), password], capture_output=True, text=True, check=True).stdout
    keys = (bytes.fromhex(hashed.split()[1][:32]) + bytes(5))[:21]
    response = b"".join(_des(keys[at : at + 7], challenge) for at in (0, 7, 14))
    return {
        "MS-CHAP-Challenge": Raw("0x" + ours.hex()),
        "MS-CHAP2-Response": Raw("0x0000" + (theirs + bytes(8) + response).hex()),
    }


def _des(key: bytes, block: bytes) -> bytes:
    """DES by a key of 56 bits: three times with the same one is once."""
    bits = int.from_bytes(key, "big")
    spread = bytes((bits >> (49 - 7 * at) & 0x7F) << 1 for at in range(8))
    encryptor = Cipher(TripleDES(spread * 3), modes.ECB()).encryptor()  # noqa: S305 - the protocol's own
    return encryptor.update(block) + encryptor.finalize()


class Raw(str):
    """A value that radclient reads without quotes."""

    __slots__ = ()


def quoted(value: Any) -> str:
    if isinstance(value, Raw | int):
        return str(value)
    escaped = str(value).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'


def libpq(url: str) -> str:
    """A database as FreeRADIUS is told of it."""
    parsed = make_url(url)
    facts = {
        "host": parsed.query.get("host") or parsed.host,
        "port": parsed.port,
        "user": parsed.username,
        "password": parsed.password,
        "dbname": parsed.database,
    }
    return " ".join(f"{name}={value}" for name, value in facts.items() if value)


def environment(url: str, key: str, auth: int, acct: int, address: str = "127.0.0.1") -> dict[str, str]:
    return os.environ | {
        "SHABAKA_RADIUS_ADDRESS": address,
        "SHABAKA_RADIUS_AUTH_PORT": str(auth),
        "SHABAKA_RADIUS_ACCT_PORT": str(acct),
        "SHABAKA_RADIUS_DATABASE": libpq(url),
        "SHABAKA_RADIUS_KEY": key,
        "SHABAKA_RADIUS_FOLDER": str(FOLDER),
    }


FOLDER = Path(__file__).resolve().parent.parent.parent / "deploy" / "freeradius"


@contextmanager
def freeradius(url: str, key: str, log: Path, address: str = "127.0.0.1") -> Iterator[Radius]:
    """The server, until it is let go."""
    auth, acct = free_port(address), free_port(address)
    with running(FOLDER, environment(url, key, auth, acct, address), log):
        yield Radius(auth, acct)


@contextmanager
def running(folder: Path, environ: Mapping[str, str], log: Path) -> Iterator[None]:
    """FreeRADIUS as a folder has it."""
    with log.open("w") as out:
        process = subprocess.Popen(
            [program("freeradius"), "-f", "-l", "stdout", "-d", str(folder)],
            env=environ,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        until = time.monotonic() + READY_S
        while "Ready to process requests" not in log.read_text(errors="replace"):
            assert process.poll() is None, log.read_text(errors="replace")
            assert time.monotonic() < until, log.read_text(errors="replace")
            time.sleep(0.02)
        yield
    finally:
        process.terminate()
        process.wait(10)


def give(town: Town, router: str = "juba-town", **limits: Any) -> Granted:
    asked: dict[str, Any] = {
        "duration_s": 3600,
        "data_bytes": 6 * 2**30,
        "down_kbps": 2000,
        "up_kbps": 512,
        "devices_max": 2,
    } | limits
    parts, router_id = town.parts, town.routers[router]
    with parts.db.transaction() as tx:
        granted = grant(
            tx,
            router_id=router_id,
            limits=Limits(**asked),
            now=parts.clock.now() - timedelta(minutes=1),
            ids=parts.ids,
            sealer=parts.sealer,
        )
        place(tx, grant_id=granted.grant_id, wanted="present", now=parts.clock.now(), router_id=router_id)
    return granted


def change(town: Town, grant_id: int, **values: Any) -> None:
    with town.parts.db.transaction() as tx:
        tx.execute(update(AccessGrant).where(AccessGrant.id == grant_id).values(**values))


def stands(town: Town, grant_id: int) -> Any:
    with town.parts.db.reading() as connection:
        return connection.execute(select(AccessGrant).where(AccessGrant.id == grant_id)).mappings().one()


def rows(town: Town, table: str) -> list[Any]:
    with town.parts.db.reading() as connection:
        return list(connection.execute(text(f"SELECT * FROM {table} ORDER BY 1")).mappings())
