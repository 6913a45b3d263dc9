"""The admin password of an owner's router stands on no page that staff can open, whoever they are."""

from __future__ import annotations

import pytest
from flask import Flask

from core.owners.set_admin_password import set_admin_password
from core.parts import Parts
from tests.admin.conftest import STAFF
from tests.town import Town, count

MARKER = "marker-0n-a-page"


@pytest.mark.parametrize("username", sorted(STAFF))
def test_no_page_shows_an_admin_password_and_no_log_has_it(
    app: Flask, parts: Parts, town: Town, desk_of, username: str, capfd: pytest.CaptureFixture[str]
) -> None:
    keep = {"owner_id": town.deng.customer_id, "password": MARKER, "sealer": parts.sealer}
    for spot in town.hotspots.values():
        parts.db.run(lambda tx, spot=spot: set_admin_password(tx, hotspot_id=spot, **keep))
    assert count(parts, "hotspot", "admin_password_sealed IS NOT NULL") == len(town.hotspots)
    desk = desk_of(username)
    number = town.deng.number
    paths = [rule.rule.removeprefix("/admin") for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())]
    paths = [path.replace("<number>", number) for path in paths]
    shown = [desk.get(path) for path in paths if "<" not in path]
    assert sum(answer.status_code == 200 for answer in shown) >= 10
    assert [answer.request.path for answer in shown if MARKER.encode() in answer.data] == []
    told = capfd.readouterr()
    assert MARKER not in told.out + told.err
