"""Achol has no token: behind the gateway only our page opens. She buys one there by MoMo, and her browser is let in."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from urllib.parse import urlencode, urljoin

import pytest

from tests.end_to_end.books import grant, paid_once_for_one_token
from tests.end_to_end.hall import PAGE_PORT, Device, fetch
from tests.end_to_end.phone import Phone
from tests.end_to_end.waiting import await_until
from tests.namespaces import inside


@dataclass
class Seen:
    """A page a browser shows: where it is, and its text."""

    at: str
    status: int
    text: str


class Browser:
    """The browser of a device in the hall: it follows where it is led, and sends forms as they are filled in."""

    def __init__(self, device: Device) -> None:
        self.device = device

    def opens(self, url: str) -> Seen:
        return self._led("GET", url)

    def sends(self, page: Seen, ending: str, **typed: str) -> Seen:
        for start, inner in re.findall(r"<form([^>]*)>(.*?)</form>", page.text, re.DOTALL):
            action = urljoin(page.at, _of(start, "action"))
            if action.split("?")[0].endswith(ending):
                inputs = [tag for tag in re.findall(r"<input([^>]*)>", inner) if "radio" not in tag]
                form = urlencode({_of(tag, "name"): _of(tag, "value") for tag in inputs} | typed)
                return self._led("POST", action, form)
        raise AssertionError(f"no form leads to {ending}: {page.text}")

    def _led(self, method: str, url: str, form: str | None = None) -> Seen:
        with inside(self.device.namespace):
            status, to, body = fetch(method, url, form)
            while status in (302, 303) and not to.startswith("http://127.0.0.1"):
                url = urljoin(url, to)
                status, to, body = fetch("GET", url)
        return Seen(to or url, status, body.decode())


def _of(tag: str, name: str) -> str:
    found = re.search(rf'\b{name}="([^"]*)"', tag)
    return html.unescape(found[1]) if found else ""


@pytest.mark.slow
def test_achol_buys_at_the_page_before_she_is_online_and_is_let_in(by_radius, gateway):
    house, hall = by_radius.house, gateway.hall
    code = "PAGE"
    by_radius.sells(code, 37, data_bytes=None, down_kbps=8000, up_kbps=2000)
    achol = Phone(house, house.fresh_number())
    achols, browser = Device(hall, "achol"), Browser(Device(hall, "achol"))
    ours = f"http://{hall.us}:{house.port}"

    routers = browser.opens(f"http://{hall.world}/5")  # any page of the world
    assert routers.at.startswith(f"http://{hall.page}:{PAGE_PORT}/")
    page = browser.sends(routers, "/hotspot/12")  # as its script does at once
    assert page.at == f"{ours}/hotspot/12"
    assert "Munuki Net" in page.text
    assert '<link rel="stylesheet"' not in page.text
    assert not achols.downloads(10).size

    wrong = browser.sends(page, "/in", code="acdf hjk3 7wxy rt")
    assert wrong.status == 422

    plans = re.findall(r'name="plan" value="([^"]+)"[^>]*>(.*?)</label>', page.text)
    (plan,) = [value for value, words in plans if value.split(":")[0] == str(_version(house, code))]
    waits = browser.sends(page, "/buy", phone=f"0{achol.number.removeprefix('+211')}", plan=plan)
    assert "Approve on your phone" in waits.text
    achol.approves()
    ready = await_until(
        lambda: seen if "document.forms[0].submit()" in (seen := browser.opens(waits.at)).text else None,
        what="her page to go on",
    )
    token = achol.gets_credentials()
    assert token.password not in ready.text
    there = browser.sends(ready, "/login")
    assert there.at.startswith(f"{house.web}/hotspot/12/online?pass="), there
    assert achols.downloads(1_000_000).whole
    assert gateway.is_online(token.user)
    assert await_until(lambda: grant(house, token).status == "running", what="the clock of her hour")
    online = browser.opens(there.at.replace(house.web, ours))
    assert "You are online." in online.text

    majoks, others = Device(hall, "majok"), Browser(Device(hall, "majok"))
    stolen = others.sends(others.opens(f"http://{hall.world}/5"), "/hotspot/12")
    second = others.sends(stolen, "/in", code=f"{token.user} {token.password}".upper())
    refused = others.sends(second, "/login")  # one device at once, says the server
    assert refused.status == 200
    assert "invalid user name or password" in refused.text
    again = others.sends(refused, "/hotspot/12")
    assert "did not let you in" in again.text
    assert not majoks.downloads(10).size
    paid_once_for_one_token(house, achol)


def _version(house, code: str) -> int:
    (row,) = house.rows("SELECT v.id FROM plan_version v JOIN plan p ON p.id = v.plan_id WHERE p.code = %s", code)
    return row.id
