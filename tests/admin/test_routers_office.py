"""A router is taken in at a desk, its script pasted, its checks read: `docs/connect-a-router.md`, step by step."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from admin.pages import routers as pages
from admin.router_words import COMMANDS, ROUTER_WORDS
from core.gateways.routeros import RouterOsRouter
from core.network.check_router import check_router, due_checks
from core.network.checks import not_let_in
from core.network.house import house_of
from core.network.sync import sync_router
from sandbox.routeros import SimulatedRouter
from tests.town import count

DOC = (Path(__file__).parents[2] / "docs" / "connect-a-router.md").read_text(encoding="utf-8")


@pytest.fixture
def settings(settings: Any) -> Any:
    return replace(settings, management_address="127.0.0.1", radius_address="192.0.2.9")


@pytest.fixture
def kator(tmp_path: Path, clock: Any) -> Iterator[SimulatedRouter]:
    with SimulatedRouter(
        "kator", "127.0.0.1", 0, "admin", "factory", tmp_path, clock=lambda: clock.now().timestamp()
    ) as running:
        yield running


@pytest.fixture
def gatluak(desk_of: Any) -> Any:
    return desk_of("gatluak")


def form(kator: SimulatedRouter, **changes: str) -> dict[str, str]:
    return {
        "name": "kator",
        "area": "Kator",
        "host": "127.0.0.1",
        "port": str(kator.port),
        "username": "shabaka",
        "password": "",
        "access_by": "radius",
        "nas_address": "10.9.9.9",
    } | changes


def script_of(page: str) -> str:
    return html.unescape(re.search(r'<pre class="script"[^>]*>(.*?)</pre>', page, re.DOTALL)[1])


def wait_for_checks(parts: Any) -> None:
    """What a worker does within half a minute."""
    house = house_of(parts.settings, parts.sealer.radius.open)
    for router_id in due_checks(parts.db, parts.clock.now()):
        check_router(
            router_id, db=parts.db, connector=RouterOsRouter, sealer=parts.sealer, clock=parts.clock, house=house
        )


def plain(page: str) -> str:
    return html.unescape(re.sub(r"<[^>]*>", "", page))


def test_the_document_followed_to_the_letter_ends_with_nothing_to_do(gatluak: Any, parts: Any, kator: Any) -> None:
    for block in re.findall(r"```routeros\n(.*?)```", DOC, re.DOTALL):
        assert kator.paste(block) == []
    page = gatluak.get("/network").text
    for word in re.findall(r"open \*\*(\w+)\*\*, then \*\*(\w+)\*\*, and fill in \*\*(.+?)\*\*", DOC)[0]:
        if word == "Add a router":
            page = gatluak.get("/routers").text
        assert word in page
    for label in re.findall(r"^\| ([A-Z][^|]+?) \|", DOC.split("## 2.")[1].split("## 3.")[0], re.MULTILINE):
        assert f">{label}</label>" in page, label
    for said in re.findall(r"\*\*(we tell .*?|it asks .*?)\*\*", DOC):
        assert said in page
    assert re.search(r"Press \*\*(.+?)\*\*\.\n\n## 3", DOC)[1] in page
    answer = gatluak.post("/routers", **form(kator))
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    script = script_of(answer.text)
    assert f"policy={re.search(r'rights `(.+?)`', DOC)[1]}" in script
    assert kator.paste(script) == []
    with parts.db.reading() as connection:
        (router_id,) = connection.execute(text("SELECT id FROM router WHERE name = 'kator'")).one()
    one = f"/routers/{router_id}"
    assert re.search(r"press \*\*(Check .+?)\*\*", DOC)[1] in gatluak.get(one).text
    assert "being checked" in gatluak.told(gatluak.post(f"{one}/check"))
    wait_for_checks(parts)
    page = gatluak.get(one).text
    assert '<span class="tag bad">' not in page
    assert '<span class="tag wait">' not in page
    assert "FastTrack is off." in page
    assert "It takes orders from our RADIUS server." in page
    house = house_of(parts.settings, parts.sealer.radius.open)
    sync_router(router_id, db=parts.db, connector=RouterOsRouter, sealer=parts.sealer, clock=parts.clock, house=house)
    assert ">answers</span>" in gatluak.get("/routers").text


def test_what_a_check_finds_says_what_to_do_in_both_languages(gatluak: Any, parts: Any, kator: Any) -> None:
    assert kator.paste(script_of(gatluak.post("/routers", **form(kator)).text)) == []
    assert kator.paste("/radius set [find] timeout=1s100ms") == []
    with parts.db.reading() as connection:
        (router_id,) = connection.execute(text("SELECT id FROM router WHERE name = 'kator'")).one()
    wait_for_checks(parts)
    page = plain(gatluak.get(f"/routers/{router_id}").text)
    assert "It waits only 1100 ms for RADIUS. Let it wait longer: /radius set [find] timeout=3s" in page
    assert "Switch it off: /ip firewall filter disable [find action=fasttrack-connection]" in page
    assert "to be put right: 2" in plain(gatluak.get("/routers").text)
    gatluak.post("/me/language", language="ar")
    assert "زد الانتظار" in gatluak.get(f"/routers/{router_id}").text


def test_secrets_are_shown_once_and_never_again(gatluak: Any, parts: Any, kator: Any) -> None:
    script = script_of(gatluak.post("/routers", **form(kator)).text)
    password = re.search(r'password="(\w+)" address', script)[1]
    secret = re.search(r' secret="(\w+)"', script)[1]
    with parts.db.reading() as connection:
        (router_id,) = connection.execute(text("SELECT id FROM router WHERE name = 'kator'")).one()
        trail = str(connection.execute(text("SELECT * FROM audit_entry")).all())
    for hidden in (password, secret):
        for path in ("/routers", f"/routers/{router_id}", "/network"):
            assert hidden not in gatluak.get(path).text
        assert hidden not in trail
    assert "router_added" in trail
    renewed = script_of(gatluak.post(f"/routers/{router_id}/credentials").text)
    assert password not in renewed
    assert secret not in renewed
    assert kator.paste(renewed) == []


def test_a_router_that_cannot_be_is_refused_with_one_sentence_and_what_was_typed(gatluak: Any, kator: Any) -> None:
    refused = gatluak.refused
    assert "IP address or a name" in refused(gatluak.post("/routers", **form(kator, host="no host")))
    assert "needs the IP address" in refused(gatluak.post("/routers", **form(kator, nas_address="")))
    assert "1 to 65535" in refused(gatluak.post("/routers", **form(kator, port="99999")))
    answer = gatluak.post("/routers", **form(kator, name="munuki", password="typed secret"))
    assert "taken" in refused(answer) or "already" in refused(answer)
    assert 'value="munuki"' in answer.text
    assert "typed secret" not in answer.text


def test_a_router_is_changed_and_the_trail_says_so(gatluak: Any, parts: Any, kator: Any) -> None:
    gatluak.post("/routers", **form(kator))
    with parts.db.reading() as connection:
        (router_id,) = connection.execute(text("SELECT id FROM router WHERE name = 'kator'")).one()
    words = form(kator, host="10.0.0.7", access_by="api", nas_address="")
    assert gatluak.told(gatluak.post(f"/routers/{router_id}", **words)) == "It is changed."
    assert "10.0.0.7" in gatluak.get(f"/routers/{router_id}").text
    assert gatluak.post("/routers/999", **words).status_code in {404, 422}
    assert count(parts, "audit_entry", "act = 'router_changed'") == 1


def test_drift_stands_on_the_page_of_its_router(gatluak: Any, parts: Any, town: Any) -> None:
    drift = {
        "missing": [{"menu": "user", "name": "abc"}],
        "changed": [{"menu": "ppp secret", "name": "xyz", "fields": ["profile"]}],
        "extra": [],
        "clashes": [{"menu": "walled garden", "name": "<b>"}],
    }
    router_id = town.routers["munuki"]
    with parts.db.transaction() as tx:
        tx.execute(
            text("UPDATE router SET drift = cast(:drift AS jsonb), drift_at = now() WHERE id = :id"),
            {"drift": __import__("json").dumps(drift), "id": router_id},
        )
    page = gatluak.get(f"/routers/{router_id}").text
    assert "PPP secret" in page
    assert "was changed by hand" in page
    assert "stands in our way" in page
    assert "&lt;b&gt;" in page


def test_every_check_has_its_sentence_and_every_command_its_check() -> None:
    source = (Path(pages.__file__).parents[2] / "core/network/checks.py").read_text() + (
        Path(pages.__file__).parents[2] / "core/network/check_router.py"
    ).read_text()
    named = set(re.findall(r'Check\(\s*"(\w+)"', source)) | {one.name for one in not_let_in(reached=True)}
    assert {key.split(".")[0] for key in ROUTER_WORDS if key.endswith((".good", ".wrong", ".unknown"))} == named
    assert COMMANDS.keys() <= named
    for key, sentence in ROUTER_WORDS.items():
        if "{command}" in sentence:
            assert key.split(".")[0] in COMMANDS
