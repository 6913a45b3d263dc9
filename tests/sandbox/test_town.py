"""The whole town as one process, over its sockets, and the page as people use it."""

from __future__ import annotations

import base64
import gzip
import json
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from flask import Flask, request
from routeros_api import RouterOsApiPool
from werkzeug.serving import make_server

from sandbox.orange import Config
from sandbox.seed import addresses

ACHOL, MARIAM = "+211921234567", "+211921234568"
ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = Path("/usr/bin/chromium")
WAIT_S = 15.0
MOMO = {"subscription_key": "sub", "api_user": "6f1c0a52-93c1-4f3f-8d3a-2f6f6b2a9a11", "api_key": "momo-key"}
ROUTER = {"name": "Konyo Konyo", "port": 0, "user": "shabaka", "password": "router-pw"}


def eventually(is_so: Callable[[], Any]) -> Any:
    until = time.monotonic() + WAIT_S
    while not (found := is_so()):
        assert time.monotonic() < until, "it never came to be"
        time.sleep(0.02)
    return found


@dataclass
class Product:
    """A product with one menu in two languages."""

    url: str = ""
    heard: list[tuple[str, dict[str, str]]] = field(default_factory=list)


@pytest.fixture(scope="module")
def product() -> Iterator[Product]:
    product, app = Product(), Flask("product")

    @app.post("/<path:path>")
    def hear(path: str) -> str:
        form = request.form.to_dict()
        product.heard.append((path, form))
        if path != "ussd/africastalking/gateway-key":
            return "ok"
        if form["text"]:
            return f"END You chose {form['text']}."
        return "CON مرحبا. اطلب *384*77# أو\n1. رصيدي" if form["phoneNumber"] == MARIAM else "CON Welcome\n1. Balance"

    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    product.url = f"http://127.0.0.1:{server.server_port}"
    yield product
    server.shutdown()
    thread.join()
    server.server_close()


def write_settings(home: Path, web: str, **changes: Any) -> None:
    settings = {
        "aggregator_port": 0,
        "momo_port": 0,
        "orange_port": 0,
        "town_port": 0,
        "routers": [ROUTER],
        "web": web,
        "key": "gateway-key",
        "at_username": "shabaka",
        "at_api_key": "at-key",
        "momo": MOMO,
        "service_code": "*384*77#",
        "short_code": "7722",
        "customers": [
            {"phone": ACHOL, "name": "Achol", "language": "en"},
            {"phone": MARIAM, "name": "مريم", "language": "ar"},
        ],
        "clock_offset_file": str(home / "clock-offset"),
        **changes,
    }
    (home / "sandbox.json").write_text(json.dumps(settings), encoding="utf-8")


@dataclass
class Running:
    """A town process, and where its parts listen."""

    process: subprocess.Popen[str]
    home: Path
    ports: dict[str, Any]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.ports['town']}/sandbox/"

    def get(self, path: str) -> Any:
        answer = requests.get(self.url + path, timeout=WAIT_S)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, status: int = 200, **body: Any) -> Any:
        answer = requests.post(self.url + path, json=body, timeout=WAIT_S)
        assert answer.status_code == status, answer.text
        return answer.json()

    def send_text(self, to: str, text: str) -> None:
        answer = requests.post(
            f"http://127.0.0.1:{self.ports['aggregator']}/version1/messaging",
            data={"username": "shabaka", "to": to, "message": text, "from": "SHABAKA"},
            headers={"apiKey": "at-key"},
            timeout=WAIT_S,
        )
        assert answer.status_code == 201

    def ask_payment(self, phone: str) -> str:
        base, key = f"http://127.0.0.1:{self.ports['momo']}/collection", {"Ocp-Apim-Subscription-Key": "sub"}
        basic = base64.b64encode(f"{MOMO['api_user']}:{MOMO['api_key']}".encode()).decode()
        token = requests.post(f"{base}/token/", headers={**key, "Authorization": f"Basic {basic}"}, timeout=WAIT_S)
        reference = str(uuid.uuid4())
        asked = requests.post(
            f"{base}/v1_0/requesttopay",
            headers={
                **key,
                "Authorization": f"Bearer {token.json()['access_token']}",
                "X-Target-Environment": "mtnsouthsudan",
                "X-Reference-Id": reference,
            },
            json={
                "amount": "500",
                "currency": "SSP",
                "externalId": reference,
                "payer": {"partyIdType": "MSISDN", "partyId": phone.lstrip("+")},
                "payerMessage": "Wi-Fi 1 hour",
                "payeeNote": "Wi-Fi",
            },
            timeout=WAIT_S,
        )
        assert asked.status_code == 202, asked.text
        return reference

    def payment(self, reference: str) -> dict[str, Any]:
        (found,) = [row for row in self.get("requests")["requests"] if row["reference"] == reference]
        return dict(found)

    def add_user(self, name: str) -> None:
        pool = RouterOsApiPool(
            "127.0.0.1",
            username=ROUTER["user"],
            password=ROUTER["password"],
            port=self.ports["routers"]["Konyo Konyo"],
            plaintext_login=True,
        )
        pool.get_api().get_resource("/ip/hotspot/user").add(name=name, password="h4rt")
        pool.disconnect()


@contextmanager
def running(home: Path) -> Iterator[Running]:
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox", "--home", str(home)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "sandbox ready\n"
        yield Running(process, home, json.loads((home / "sandbox" / "ports.json").read_text()))
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory, product: Product) -> Iterator[Running]:
    home = tmp_path_factory.mktemp("town")
    write_settings(home, product.url)
    with running(home) as started:
        yield started


# --- one address for every simulator -------------------------------------------------------------------------------


def test_a_phone_dials_through_the_town(town: Running, product: Product) -> None:
    first = town.post("ussd", phone=ACHOL, input="*384*77#")
    assert (first["type"], first["text"]) == ("CON", "Welcome\n1. Balance")
    assert town.post("ussd", session=first["session"], input="1")["text"] == "You chose 1."
    eventually(lambda: [form for path, form in product.heard if path == "ussd/africastalking/gateway-key/events"])


def test_texts_go_both_ways_through_the_town(town: Running, product: Product) -> None:
    assert town.post("sms", **{"from": ACHOL, "text": "BALANCE 1"})["status"] == "delivered"
    assert ("BALANCE 1", "7722") in [
        (form["text"], form["to"]) for path, form in product.heard if path == "sms/africastalking/gateway-key/inbound"
    ]
    town.send_text(ACHOL, "You have SSP 0")
    assert town.get(f"messages?to={ACHOL}")["messages"][-1]["text"] == "You have SSP 0"
    delivered = "sms/africastalking/gateway-key/delivery"
    eventually(lambda: "Success" in [form["status"] for path, form in product.heard if path == delivered])


def test_a_payment_is_decided_through_the_town(town: Running) -> None:
    reference = town.ask_payment(ACHOL)
    assert reference in [prompt["reference"] for prompt in town.get("glance")["prompts"]]
    town.post("decide", msisdn=ACHOL, decision="approve")
    assert town.payment(reference)["status"] == "SUCCESSFUL"
    assert reference not in [prompt["reference"] for prompt in town.get("glance")["prompts"]]
    assert reference in [row["reference"] for row in town.get("statement")["transactions"]]


@pytest.mark.parametrize("provider", ["momo", "orange"])
def test_each_providers_report_is_downloaded_through_the_town(town: Running, provider: str) -> None:
    answer = requests.get(f"{town.url}{provider}/statement.csv", timeout=WAIT_S)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/csv; charset=utf-8")
    assert answer.text.startswith("Id,External id,Date,Status,Type,From,To,Amount,Currency,Fee")


def test_faults_of_each_simulator_have_an_address(town: Running) -> None:
    assert town.post("faults", drop=1)["drop"] == 1
    assert town.post("faults")["drop"] == 0
    town.post("momo/faults", down=True)
    assert "down" in json.dumps(town.get("momo/faults")["active"])
    town.post("momo/faults")
    town.post("orange/faults", down=True)
    assert list(town.get("orange/faults")["active"]) == ["down"]
    town.post("orange/faults")
    assert town.post("routers/Konyo Konyo/faults", read_only=True)["faults"]["read_only"] is True
    town.post("routeros/faults", router="Konyo Konyo")


def test_a_router_is_unplugged_and_used_through_the_town(town: Running) -> None:
    town.add_user("achol-7f3k")
    town.post("routers/Konyo Konyo/login", user="achol-7f3k", password="h4rt", mac="02:5A:00:00:00:01")
    (router,) = town.get("glance")["routers"]
    assert "achol-7f3k" in [session["user"] for session in router["active"]]
    assert "default-trial" not in [user["name"] for user in router["users"]]
    town.post("unplug", router="Konyo Konyo")
    assert town.get("state")["routers"][0]["plugged"] is False
    town.post("replug", router="Konyo Konyo")
    town.post("routers/Konyo Konyo/power-cycle")
    assert town.get("glance")["routers"][0]["active"] == []
    town.post("routers/Kiden/unplug", status=404)


def test_looking_again_at_the_same_costs_nothing(town: Running) -> None:
    first = requests.get(town.url + "glance", timeout=WAIT_S)
    again = requests.get(town.url + "glance", headers={"If-None-Match": first.headers["ETag"]}, timeout=WAIT_S)
    assert again.status_code == 304


def test_the_demo_file_says_where_each_routers_hands_are(tmp_path: Path, town: Running) -> None:
    write_settings(
        tmp_path,
        "http://127.0.0.1:8000",
        town_port=town.ports["town"],
        routers=[{**ROUTER, "port": town.ports["routers"]["Konyo Konyo"]}],
    )
    told = addresses(json.loads((tmp_path / "sandbox.json").read_text(encoding="utf-8")))
    assert told["orange"] == "http://127.0.0.1:0"
    (router,) = told["routers"]
    state = requests.get(f"{router['control']}/sandbox/state", params={"router": router["name"]}, timeout=WAIT_S)
    assert state.json()["port"] == router["port"]


def test_the_page_of_the_handbook_names_every_fault_and_every_act(town: Running) -> None:
    page = (ROOT / "docs" / "sandbox.md").read_text(encoding="utf-8")
    router = town.get("state")["routers"][0]["faults"]
    for name in (*town.get("faults"), *town.get("momo/faults")["known"], *town.get("orange/faults")["known"], *router):
        assert f"`{name}`" in page
    acts = town.post("explode", status=404, router="Konyo Konyo")["error"].partition("there are ")[2].split(", ")
    assert "unplug" in acts
    for act in acts:
        assert act in page


# --- the clock -----------------------------------------------------------------------------------------------------


def test_skipping_moves_every_clock_and_the_file_the_product_reads(town: Running) -> None:
    def router_time() -> datetime:
        return datetime.fromisoformat(town.get("state")["routers"][0]["clock"])

    before, reference = router_time(), town.ask_payment(MARIAM)
    assert town.post("clock", skip_s=86400)["offset_s"] == 86400
    assert (town.home / "clock-offset").read_text() == "86400"
    assert router_time() - before >= timedelta(days=1)
    assert town.payment(reference)["status"] == "FAILED"  # nobody approves for a day
    town.send_text(ACHOL, "tomorrow")
    told = datetime.fromisoformat(town.get("messages")["messages"][-1]["at"])
    assert abs(told - datetime.fromisoformat(town.get("clock")["now"])) < timedelta(minutes=1)
    assert town.post("clock", reset=True)["offset_s"] == 0


@pytest.mark.parametrize(
    "body", [{}, {"skip_s": -5}, {"skip_s": 0}, {"skip_s": 1e99}, {"skip_s": "1"}, {"skip_s": True}]
)
def test_a_skip_that_cannot_be_changes_nothing(town: Running, body: dict[str, Any]) -> None:
    assert town.post("clock", status=400, **body)["error"]
    assert town.get("clock")["offset_s"] == 0


# --- the process ---------------------------------------------------------------------------------------------------


def test_a_kill_at_any_moment_loses_nothing_and_a_term_ends_at_once(tmp_path: Path, product: Product) -> None:
    write_settings(tmp_path, product.url)
    with running(tmp_path) as first:
        session = first.post("ussd", phone=ACHOL, input="")["session"]
        first.send_text(ACHOL, "kept")
        reference = first.ask_payment(ACHOL)
        first.add_user("achol-7f3k")
        first.post("clock", skip_s=60)
        first.process.kill()
        first.process.wait()
    with running(tmp_path) as second:
        assert [message["text"] for message in second.get("messages")["messages"]] == ["kept"]
        assert second.post("ussd", session=session, input="1")["text"] == "You chose 1."
        assert second.payment(reference)["status"] == "PENDING"
        assert "achol-7f3k" in [user["name"] for user in second.get("glance")["routers"][0]["users"]]
        assert second.get("clock")["offset_s"] == 60
        second.process.send_signal(signal.SIGTERM)
        assert second.process.wait(timeout=2) == 0


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"town_port": "x"}, "town_port must be a port number"), ({"momo": {}}, "subscription_key"), ({"routers": 7}, "")],
)
def test_a_file_that_describes_no_town_is_one_sentence(tmp_path: Path, changes: dict[str, Any], words: str) -> None:
    write_settings(tmp_path, "http://127.0.0.1:9", **changes)
    ended = subprocess.run(
        [sys.executable, "-m", "sandbox", "--home", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=WAIT_S,
        check=False,
    )
    assert ended.returncode == 1
    assert words in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_taken_port_is_one_sentence(tmp_path: Path, town: Running) -> None:
    write_settings(tmp_path, "http://127.0.0.1:9", town_port=town.ports["town"])
    ended = subprocess.run(
        [sys.executable, "-m", "sandbox", "--home", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=WAIT_S,
        check=False,
    )
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr


# --- the page ------------------------------------------------------------------------------------------------------


def test_the_page_is_small_and_asks_nothing_of_strangers(town: Running) -> None:
    total = 0
    for name in ("", "town.css", "town.js"):
        answer = requests.get(town.url + name, headers={"Accept-Encoding": "gzip"}, timeout=WAIT_S)
        assert answer.headers["Content-Encoding"] == "gzip"
        total += int(answer.headers["Content-Length"])
        assert gzip.compress(answer.content)
        assert "//cdn" not in answer.text
        tag = answer.headers["ETag"]
        assert requests.get(town.url + name, headers={"If-None-Match": tag}, timeout=WAIT_S).status_code == 304
    assert total <= 14_000
    assert requests.get(town.url.removesuffix("sandbox/"), timeout=WAIT_S).url == town.url


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if not CHROMIUM.exists():
        pytest.skip("the package chromium is not installed")
    from playwright.sync_api import sync_playwright

    flags = ["--no-sandbox", "--disable-background-networking", "--disable-gpu", "--disable-dev-shm-usage"]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=flags)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Any, town: Running) -> Iterator[Any]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page, faults = context.new_page(), []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(town.url)
    page.wait_for_selector(".router")
    yield page
    context.close()
    assert faults == []


def phone(page: Any, name: str) -> Any:
    return page.get_by_role("article", name=name)


def test_a_phone_on_the_page_dials_answers_and_hangs_up(page: Any) -> None:
    achol = phone(page, "Achol")
    achol.get_by_role("button", name="*384*77#").click()
    achol.get_by_text("1. Balance").wait_for()
    for key in ("1", "2"):
        achol.locator(".keys").get_by_role("button", name=key, exact=True).click()
    achol.locator(".keys").get_by_role("button", name="Erase").click()
    achol.locator(".keys .call").click()
    achol.get_by_text("You chose 1.").wait_for()
    achol.get_by_role("button", name="Close").click()
    achol.get_by_role("button", name="*384*77#").wait_for()


def test_a_phone_on_the_page_reads_and_writes_texts(page: Any, town: Running, product: Product) -> None:
    town.send_text(ACHOL, "Name: achol-7f3k <b>")
    achol = phone(page, "Achol")
    achol.locator(".badge").wait_for()
    achol.get_by_role("button", name="Texts").click()
    achol.get_by_text("Name: achol-7f3k <b>").wait_for()
    achol.get_by_role("textbox").fill("BALANCE please")
    achol.locator(".soft").get_by_role("button", name="Send").click()
    achol.locator(".mine", has_text="BALANCE please").wait_for()
    assert "BALANCE please" in [form.get("text") for _, form in product.heard]


@pytest.mark.parametrize(
    ("button", "ends_as"), [("Approve", "SUCCESSFUL"), ("Refuse", "FAILED"), ("Ignore", "PENDING")]
)
def test_a_momo_prompt_is_answered_by_thumb(page: Any, town: Running, button: str, ends_as: str) -> None:
    reference = town.ask_payment(MARIAM)
    prompt = phone(page, "مريم").get_by_role("alertdialog")
    prompt.get_by_text("SSP 500").wait_for()
    prompt.get_by_role("button", name=button).click()
    prompt.wait_for(state="detached")
    eventually(lambda: town.payment(reference)["decision"])
    assert town.payment(reference)["status"] == ends_as


def test_an_orange_prompt_is_answered_by_thumb(page: Any, town: Running) -> None:
    config = Config()
    url, form = f"http://127.0.0.1:{town.ports['orange']}", {"grant_type": "client_credentials"}
    auth = (config.client_id, config.client_secret)
    bearer = requests.post(f"{url}/token", data=form, auth=auth, timeout=WAIT_S).json()["access_token"]
    known = {"Authorization": f"Bearer {bearer}", "X-AUTH-TOKEN": config.auth_token}
    token = requests.post(f"{url}/omcoreapis/1.0.2/mp/init", headers=known, timeout=WAIT_S).json()["data"]["payToken"]
    body = {
        "channelUserMsisdn": config.channel_msisdn[3:],
        "amount": "700",
        "subscriberMsisdn": MARIAM[4:],
        "pin": config.pin,
        "orderId": "7",
        "payToken": token,
    }
    requests.post(f"{url}/omcoreapis/1.0.2/mp/pay", json=body, headers=known, timeout=WAIT_S)
    prompt = phone(page, "مريم").get_by_role("alertdialog", name="Orange Money")
    prompt.get_by_text("SSP 700").wait_for()
    prompt.get_by_role("button", name="Approve").click()
    prompt.wait_for(state="detached")
    eventually(lambda: town.get("orange/requests")["requests"][-1]["status"] == "SUCCESS")


def test_a_device_is_logged_in_and_the_cable_pulled_on_the_page(page: Any, town: Running) -> None:
    town.add_user("mary-9kcd")
    row = page.locator(".router li", has_text="mary-9kcd")
    row.get_by_role("button", name="Log a device in").click()
    page.get_by_role("button", name="Log out").wait_for()
    assert "mary-9kcd" in [session["user"] for session in town.get("glance")["routers"][0]["active"]]
    page.get_by_role("button", name="Unplug").click()
    page.get_by_role("button", name="Plug in").click()
    page.get_by_role("button", name="Unplug").wait_for()


def test_a_day_passes_on_the_page(page: Any, town: Running) -> None:
    page.get_by_role("button", name="Skip 1 day").click()
    page.get_by_role("button", name="Back to now").click()
    page.get_by_role("button", name="Back to now").wait_for(state="hidden")
    assert town.get("clock")["offset_s"] == 0


def test_the_page_speaks_arabic_and_codes_keep_their_direction(page: Any) -> None:
    page.get_by_role("button", name="العربية").click()
    assert page.evaluate("[document.documentElement.lang, document.documentElement.dir]") == ["ar", "rtl"]
    mariam = phone(page, "مريم")
    mariam.locator(".quick").click()
    mariam.get_by_text("رصيدي").wait_for()
    assert mariam.locator(".view bdi[dir=ltr]", has_text="*384*77#").count() == 1
    assert mariam.locator(".view p").evaluate("node => getComputedStyle(node).direction") == "rtl"
    assert mariam.locator("h3 bdi[dir=ltr]").inner_text() == MARIAM
    page.reload()
    page.wait_for_selector(".router")
    assert page.evaluate("document.documentElement.dir") == "rtl"


@pytest.mark.parametrize("language", ["en", "ar"])
def test_nothing_hangs_over_the_edge_of_the_smallest_screen(page: Any, language: str) -> None:
    page.set_viewport_size({"width": 320, "height": 600})
    if language == "ar":
        page.locator("#language").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert page.locator(".phone:visible").count() == 1
    page.locator("#people button").nth(1).click()
    assert page.locator(".phone:visible h3").inner_text().startswith("مريم")
