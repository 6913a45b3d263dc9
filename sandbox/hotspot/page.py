"""The log-in page, and where every web page of a stranger leads."""

from __future__ import annotations

import html
import json
from collections.abc import Callable
from dataclasses import asdict
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, quote, urlsplit

from sandbox.hotspot.asking import NoAnswer, answer_for
from sandbox.hotspot.leave import BadLeave
from sandbox.hotspot.login_page import LoginPage
from sandbox.hotspot.sessions import Sessions
from sandbox.hotspot.settings import HotspotSettings
from sandbox.hotspot.words import USER_REQUEST

FORM_BYTES_MAX: Final = 4096
NEIGHBOURS: Final = Path("/proc/net/arp")
_FORM: Final = """<form method="post" action="/log-in">
<label>User <input name="user"></label><label>Password <input name="password" type="password"></label>
<button>Log in</button></form>"""
_PAGE: Final = """<!doctype html><meta name="viewport" content="width=device-width"><title>Wi-Fi</title>
<h1>{said}</h1>{form}"""


class Page(BaseHTTPRequestHandler):
    """One visit of one device, which is known by its address."""

    sessions: Sessions
    home: str  # our own name
    login_page: LoginPage | None  # shown in place of our own form; its log-ins come to /login, as RouterOS has it
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Show the form, or lead here whoever meant another place."""
        meant = self.headers.get("Host", "")
        if meant != self.home:
            to = quote(f"http://{meant}{self.path}", safe="")
            self._answer(HTTPStatus.FOUND, "", Location=f"http://{self.home}/?to={to}")
        elif self.path == "/sessions.json":
            told = {
                "online": [{"user": one.user, "session": one.name} for one in self.sessions.online()],
                "ended": [asdict(one) for one in self.sessions.ended()],
            }
            self._answer(HTTPStatus.OK, json.dumps(told))
        elif self.login_page is not None:
            self._show(self.login_page, meant=parse_qs(urlsplit(self.path).query).get("to", [""])[0])
        else:
            self._answer(HTTPStatus.OK, _PAGE.format(said="Log in", form=_FORM))

    def do_POST(self) -> None:
        """Let the device in, or say why not; or let it go."""
        length = min(int(self.headers.get("Content-Length") or 0), FORM_BYTES_MAX)
        form = {name: values[0] for name, values in parse_qs(self.rfile.read(length).decode()).items()}
        address = str(self.client_address[0])
        if self.path == "/log-out":
            self.sessions.end(address, USER_REQUEST)
            self._answer(HTTPStatus.OK, _PAGE.format(said="Good-bye", form=_FORM))
            return
        shown = self.login_page if self.path == "/login" else None
        try:
            if shown is not None:
                chap = shown.answered(address, form.get("password", ""))
                let_in = chap is not None and self.sessions.log_in(
                    form.get("username", ""), chap, address, mac_of(address)
                )
            else:
                chap = answer_for(form.get("password", ""))
                let_in = self.sessions.log_in(form.get("user", ""), chap, address, mac_of(address))
        except NoAnswer:
            self._answer(HTTPStatus.SERVICE_UNAVAILABLE, _PAGE.format(said="Try again in a minute", form=_FORM))
        except BadLeave as bad:
            self._answer(HTTPStatus.BAD_GATEWAY, _PAGE.format(said=html.escape(str(bad)), form=""))
        else:
            if shown is not None:
                self._led_on(shown, form.get("dst", ""), let_in=let_in)
                return
            status, said = (HTTPStatus.OK, "You are online") if let_in else (HTTPStatus.FORBIDDEN, "Not let in")
            self._answer(status, _PAGE.format(said=said, form="" if let_in else _FORM))

    def _show(self, shown: LoginPage, *, meant: str, error: str = "") -> None:
        address = str(self.client_address[0])
        names = {
            "mac": mac_of(address),
            "link-login-only": f"http://{self.home}/login",
            "link-orig": meant,
            "error": error,
        }
        self._answer(HTTPStatus.OK, shown.show(address, names))

    def _led_on(self, shown: LoginPage, to: str, *, let_in: bool) -> None:
        if let_in:
            self._answer(HTTPStatus.FOUND, "", Location=to)
        else:
            self._show(shown, meant=to, error="invalid user name or password")

    def log_message(self, *_words: Any) -> None:
        """Say nothing: a log-in holds a password."""

    def _answer(self, status: HTTPStatus, body: str, **headers: str) -> None:
        raw = body.encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(raw)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(raw)


def page_server(settings: HotspotSettings, sessions: Sessions) -> ThreadingHTTPServer:
    """Make the server of the page."""
    shown = LoginPage(Path(settings.login_page).read_text(encoding="utf-8")) if settings.login_page else None
    told = {"sessions": sessions, "home": f"{settings.gateway}:{settings.page_port}", "login_page": shown}
    page: Callable[..., BaseHTTPRequestHandler] = type("PageHere", (Page,), told)
    return ThreadingHTTPServer((settings.gateway, settings.page_port), page)


def mac_of(address: str) -> str:
    """The hardware address of a neighbour, as RouterOS writes it; nothing if it is not known."""
    for line in NEIGHBOURS.read_text(encoding="ascii").splitlines()[1:]:
        words = line.split()
        if words[0] == address:
            return words[3].upper()
    return ""
