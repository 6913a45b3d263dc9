"""What flows, as pages show it: of a customer's service and of a router."""

from __future__ import annotations

import gzip
import re
from typing import Any

import pytest
from sqlalchemy import text

from core.usage.fold import fold


@pytest.fixture
def flowing(provider: Any) -> str:
    """A service of Achol's through which two Mbit/s come down since five minutes; its number."""
    service = provider.service(provider.begins("HOME"))
    provider.on("2026-11-23")
    now = provider.clock.now()
    with provider.parts.db.transaction() as tx:
        tx.execute(
            text(
                "UPDATE router SET nas_address = '10.5.0.2', radius_secret = '\\x00', access_by = 'radius' WHERE id = 1"
            )
        )
        tx.execute(
            text(
                "INSERT INTO usage_inbox (heard_at, at, nas, packet, session, username, mac, address, session_s,"
                " up_bytes, down_bytes, cause, source) SELECT :now, :now, '10.5.0.2', 'interim', 's', g.username, '',"
                " '', 300, 7500000, 75000000, '', 'radius' FROM access_grant g WHERE g.id = :g"
            ),
            {"now": now, "g": service.grant_id},
        )
    fold(provider.parts.db, now)
    return str(service.number)


def test_a_service_and_its_router_show_what_flows_in_a_few_bytes(desk_of: Any, flowing: str, town: Any) -> None:
    rebecca = desk_of("rebecca")
    for path in (f"/services/{flowing}/throughput", f"/routers/{town.routers['juba-town']}/throughput"):
        page = rebecca.get(path).text
        assert page.count("<svg") == 2, path
        assert '<bdi dir="ltr">2\u00a0Mbit/s</bdi>' in page
        assert '<bdi dir="ltr">200\u00a0kbit/s</bdi>' in page
        again = re.search(r'data-again="([^"]+)"', page)
        assert again
        part = rebecca.client.get(again[1]).text
        assert part.count("<svg") == 2
        assert "<html" not in part
        assert len(gzip.compress(part.encode())) < 1_000
    assert f"/services/{flowing}/throughput" in rebecca.get(f"/services/{flowing}").text
    assert "/throughput" in rebecca.get(f"/routers/{town.routers['juba-town']}").text


def test_the_technician_sees_them_and_kiden_does_not(desk_of: Any, kiden: Any, flowing: str) -> None:
    gatluak, rose = desk_of("gatluak"), desk_of("rose")
    assert gatluak.get(f"/services/{flowing}/throughput").status_code == 200
    assert rose.get(f"/services/{flowing}/throughput").status_code == 200
    assert rose.get("/routers/1/throughput").status_code == 403
    assert gatluak.get("/services/99/throughput").status_code == 404
    assert gatluak.get("/routers/99/throughput").status_code == 404
    for path in (f"/services/{flowing}/throughput", "/routers/1/throughput"):
        assert "/log-in" in kiden.get(path).location
