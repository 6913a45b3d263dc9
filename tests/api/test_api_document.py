"""`docs/api.md`, example by example: each command runs, and what it answers has the form that is shown."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import time
from datetime import UTC, datetime

import pytest
from sqlalchemy import update

from core.network.models import RouterRow
from core.partners.courier import signed_headers
from core.partners.kinds import KINDS
from core.partners.scopes import SCOPES
from tests.town import served

BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@pytest.fixture
def document(root):
    return (root / "docs" / "api.md").read_text(encoding="utf-8")


def form(value):
    """What a document shows of an answer: its names, not its values."""
    if isinstance(value, dict):
        return {name: form(one) for name, one in value.items() if one is not None}
    if isinstance(value, list):
        return [form(one) for one in value[:1]]
    return type(value).__name__


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_every_command_runs_and_answers_as_is_shown(document, api, key_for, provider, parts):
    provider.on("2026-11-05")
    service = provider.service(provider.begins("HOME"))
    provider.on("2026-11-09")
    with parts.db.transaction() as tx:
        values = {"access_by": "radius", "nas_address": "10.20.0.2", "radius_secret": b"x"}
        tx.execute(update(RouterRow).where(RouterRow.name == "juba-town").values(**values))
    blocks = BLOCK.findall(document)
    commands = 0
    with served(api) as url:
        environ = os.environ | {
            "SHABAKA": url,
            "KEY": key_for(*SCOPES),
            "SERVICE": service.number,
            "CUSTOMER": provider.town.achol.number,
            "NOW": provider.clock.now().isoformat(),
        }
        for (kind, text), (next_kind, shown) in zip(blocks, [*blocks[1:], ("", "")], strict=True):
            if kind != "sh":
                continue
            done = subprocess.run(
                ["bash", "-c", text], env=environ, capture_output=True, text=True, check=False, timeout=30
            )
            assert done.returncode == 0, (text, done.stdout, done.stderr)
            answer = json.loads(done.stdout)
            if next_kind == "json":
                assert form(answer) == form(json.loads(shown)), text
            commands += 1
    assert commands == 8


def test_the_words_of_the_document_are_those_of_the_code(document):
    table = re.findall(r"^\| `([a-z:]+)` \|", document, re.MULTILINE)
    assert table == list(SCOPES)
    shown = [json.loads(text) for kind, text in BLOCK.findall(document) if kind == "json"]
    assert [one["kind"] for one in shown if "kind" in one] == ["payment.received"]
    assert "payment.received" in KINDS


def test_the_check_of_a_signature_that_the_document_shows_is_right(document):
    ((_kind, text),) = [block for block in BLOCK.findall(document) if block[0] == "python"]
    names: dict = {}
    exec(text, names)  # noqa: S102 - our own document
    secret, body = "whsec_" + "c2VjcmV0LXNlY3JldC1zZWNyZXQ=", b'{"id":"x"}'
    now = datetime.fromtimestamp(time.time(), UTC)
    headers = signed_headers(secret, "x", body, now)
    assert names["is_ours"](secret, headers, body)
    assert not names["is_ours"](secret, headers, body + b" ")
    assert not names["is_ours"]("whsec_AAAA", headers, body)
    old = signed_headers(secret, "x", body, datetime.fromtimestamp(time.time() - 400, UTC))
    assert not names["is_ours"](secret, old, body)
