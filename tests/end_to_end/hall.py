"""A hall with Wi-Fi: phones, the gateway of `sandbox.hotspot` and the world behind it, each in a namespace of its own."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.end_to_end.house import ROOT
from tests.end_to_end.waiting import await_until
from tests.namespaces import cable, free_number, inside, ip, make_namespaces
from tests.programs import program

READY = "hotspot ready"
PAGE_PORT = 8080
ORDERS_PORT = 3799
ANSWER_S = 15.0  # as long as a gateway may ask a server that is silent
CHUNK = b"0" * 65_536


@dataclass(frozen=True)
class Hall:
    """Where everything is. `us` is the server as the gateway sees it."""

    number: int

    @property
    def gateway(self) -> str:
        return f"gateway{self.number}"

    @property
    def beyond(self) -> str:
        return f"world{self.number}"

    @property
    def us(self) -> str:
        return f"10.214.{self.number}.1"

    @property
    def nas(self) -> str:
        return f"10.214.{self.number}.2"

    @property
    def world(self) -> str:
        return f"10.216.{self.number}.1"

    @property
    def page(self) -> str:
        return f"10.215.{self.number}.1"


PHONES = ("achol", "majok")


def free_hall() -> Hall:
    """One that nobody has laid yet."""
    return Hall(free_number("gateway"))


@contextmanager
def laid(found: Hall) -> Iterator[None]:
    """Lay the cables: us - gateway - world, and every phone at the gateway's bridge."""
    with ExitStack() as after:
        phones = [f"{name}{found.number}" for name in PHONES]
        make_namespaces(after, found.gateway, found.beyond, *phones)
        uplink = f"hall{found.number}"
        ip("link", "add", uplink, "type", "veth", "peer", "name", "uplink", "netns", found.gateway)
        ip("addr", "add", f"{found.us}/30", "dev", uplink)
        ip("link", "set", uplink, "up")
        ip("-n", found.gateway, "link", "add", "inside", "type", "bridge")
        cable(found.gateway, "outside", found.beyond, "outside")
        for device, address in (
            ("lo", None),
            ("uplink", f"{found.nas}/30"),
            ("inside", f"{found.page}/24"),
            ("outside", f"10.216.{found.number}.2/30"),
        ):
            if address:
                ip("-n", found.gateway, "addr", "add", address, "dev", device)
            ip("-n", found.gateway, "link", "set", device, "up")
        ip("-n", found.beyond, "addr", "add", f"{found.world}/30", "dev", "outside")
        ip("-n", found.beyond, "route", "add", "default", "via", f"10.216.{found.number}.2")
        for at, phone in enumerate(phones):
            cable(found.gateway, f"port{at}", phone, "wifi")
            ip("-n", found.gateway, "link", "set", f"port{at}", "master", "inside")
            ip("-n", phone, "addr", "add", f"10.215.{found.number}.{10 + at}/24", "dev", "wifi")
            ip("-n", phone, "route", "add", "default", "via", found.page)
        yield


@contextmanager
def world(found: Hall) -> Iterator[None]:
    """A web server beyond the gateway: `/N` is so many bytes, and what is sent to it is taken."""
    with inside(found.beyond):
        server = ThreadingHTTPServer((found.world, 80), _Page)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Page(BaseHTTPRequestHandler):
    def do_GET(self):
        left = int(self.path.strip("/") or 0)
        self.send_response(200)
        self.send_header("Content-Length", str(left))
        self.end_headers()
        try:
            while left:
                left -= self.wfile.write(CHUNK[:left])
        except OSError:  # the reader was cut off
            self.close_connection = True

    def log_message(self, *_words):
        pass


class Gateway:
    """The gateway's process."""

    def __init__(
        self,
        found: Hall,
        folder: Path,
        *,
        secret: str,
        auth: int,
        acct: int,
        interim_s: float | None,
        login_page: str | None = None,
        garden: tuple[str, int] | None = None,
    ) -> None:
        """`login_page`: what it shows in place of its own form. `garden`: what everybody reaches."""
        self.hall = found
        self._settings, self._log = folder / "hotspot.json", folder / "hotspot.log"
        told = {
            "name": "munuki",
            "server": found.us,
            "auth_port": auth,
            "acct_port": acct,
            "secret": secret,
            "address": found.nas,
            "orders_port": ORDERS_PORT,
            "inside": "inside",
            "outside": "outside",
            "gateway": found.page,
            "page_port": PAGE_PORT,
            "interim_s": interim_s,
            "garden": garden,
        }
        if login_page is not None:
            (folder / "login.html").write_text(login_page)
            told["login_page"] = str(folder / "login.html")
        self._settings.write_text(json.dumps(told))
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        told = self._log.read_text().count(READY) if self._log.exists() else 0
        command = [sys.executable, "-m", "sandbox.hotspot", "--settings", str(self._settings)]
        with self._log.open("ab") as out:
            self.process = subprocess.Popen(
                [program("ip"), "netns", "exec", self.hall.gateway, *command], cwd=ROOT, stdout=out, stderr=out
            )
        await_until(self._is_up(told), what=READY)

    def _is_up(self, before: int) -> Any:
        def is_up() -> bool:
            assert self.process is not None
            assert self.process.poll() is None, self._log.read_text()
            return self._log.read_text().count(READY) > before

        return is_up

    def cut_power(self) -> None:
        """It forgets all it knew of sessions; what the kernel lets through goes on until it is back."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def sessions(self) -> dict[str, Any]:
        """As it tells them: who is online, and who was, with what was counted."""
        with inside(self.hall.gateway):
            _status, _to, body = fetch("GET", f"http://{self.hall.page}:{PAGE_PORT}/sessions.json")
        return json.loads(body)

    def ended(self, user: str) -> list[dict[str, Any]]:
        return [one for one in self.sessions()["ended"] if one["user"] == user]

    def is_online(self, user: str) -> bool:
        return any(one["user"] == user for one in self.sessions()["online"])


class Device:
    """A phone's browser in the hall."""

    def __init__(self, found: Hall, name: str) -> None:
        self.hall, self.namespace = found, f"{name}{found.number}"

    def opens(self, url: str) -> tuple[int, str, str]:
        """Status, where it leads, and the page."""
        with inside(self.namespace):
            status, to, body = fetch("GET", url)
        return status, to, body.decode()

    def logs_in(self, user: str, password: str) -> int:
        """What the page answers: let in is 200."""
        form = urlencode({"user": user, "password": password})
        with inside(self.namespace):
            return fetch("POST", f"http://{self.hall.page}:{PAGE_PORT}/log-in", form)[0]

    def logs_out(self) -> None:
        """Good-bye, whether it was online or not."""
        with inside(self.namespace):
            assert fetch("POST", f"http://{self.hall.page}:{PAGE_PORT}/log-out", "")[0] == 200

    def downloads(self, size: int) -> Download:
        """So many bytes from the world, or as many as come."""
        with inside(self.namespace):
            return download(self.hall.world, size)

    def is_led_to_the_page(self) -> bool:
        """Whether a page of the world becomes the log-in page."""
        status, to, _page = self.opens(f"http://{self.hall.world}/0")
        led = urlsplit(to)
        return (
            status == 302
            and led.netloc == f"{self.hall.page}:{PAGE_PORT}"
            and parse_qs(led.query) == {"to": [f"http://{self.hall.world}/0"]}
        )


@dataclass(frozen=True)
class Download:
    """What came, and how long it took."""

    size: int
    seconds: float
    whole: bool

    @property
    def bps(self) -> float:
        return self.size * 8 / self.seconds


CUT_OFF_S = 1.0  # nothing for so long: she is cut off


def download(host: str, size: int) -> Download:
    """From where this thread is."""
    line = http.client.HTTPConnection(host, timeout=CUT_OFF_S)
    got = 0
    try:
        line.request("GET", f"/{size}")
        answer = line.getresponse()
        began = time.monotonic()
        try:
            while some := answer.read1(65_536):
                got += len(some)
        except TimeoutError:
            return Download(got, time.monotonic() - began - CUT_OFF_S, whole=False)
        return Download(got, time.monotonic() - began, whole=got == size)
    finally:
        line.close()


def fetch(method: str, url: str, form: str | None = None) -> tuple[int, str, bytes]:
    """From where this thread is: status, where it leads, the body."""
    parts = urlsplit(url)
    headers: Mapping[str, str] = {"Content-Type": "application/x-www-form-urlencoded"} if form else {}
    line = http.client.HTTPConnection(parts.netloc, timeout=ANSWER_S)
    try:
        line.request(method, f"{parts.path}?{parts.query}" if parts.query else parts.path, form, dict(headers))
        answer = line.getresponse()
        return answer.status, answer.headers.get("Location", ""), answer.read()
    finally:
        line.close()
