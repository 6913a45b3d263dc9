"""Customers and services as a partner reads them."""

from __future__ import annotations

from core.customers.register import register
from tests.api.conftest import refused
from tests.town import ACHOL


def test_a_partner_reads_all_customers_page_by_page(program, town, parts):
    with parts.db.transaction() as tx:
        for last in range(7):
            register(
                tx, phone=f"+21192100000{last}", language="ar", script=None, through="staff", now=parts.clock.now()
            )
    partner = program("customers:read")
    seen, cursor, pages = [], "0", 0
    while cursor is not None:
        page = partner.get("/customers", limit=4, cursor=cursor).json
        assert len(page["customers"]) <= 4
        seen += [one["number"] for one in page["customers"]]
        cursor, pages = page["next"], pages + 1
    assert pages == 3
    assert len(seen) == len(set(seen)) == 9


def test_a_page_that_is_just_full_is_the_last(program, town):
    assert program("customers:read").get("/customers", limit=2).json["next"] is None


def test_a_customer_is_found_by_phone_in_any_writing_and_by_number(program, town):
    partner = program("customers:read")
    whole = partner.get("/customers", number=town.achol.number).json
    assert whole == partner.get("/customers", phone="0921 234 567").json
    assert whole == partner.get("/customers", phone=ACHOL).json
    (achol,) = whole["customers"]
    assert achol == partner.get(f"/customers/{town.achol.number}").json
    assert achol == {
        "number": town.achol.number,
        "name": "Achol",
        "kind": "person",
        "status": "active",
        "language": "en",
        "phones": [ACHOL],
        "registered_at": "2026-11-23T10:00:00+00:00",
    }
    assert partner.get("/customers", phone="0921999999").json == {"customers": [], "next": None}


def test_nothing_typed_into_an_address_is_sql(program, town):
    partner = program("customers:read")
    for typed in ("' OR 1=1 --", "1;DROP TABLE customer", "%", "１００１７"):
        assert partner.get("/customers", number=typed).status_code == 400
    refused(partner.get("/customers/0"), 404, "not_found")


def test_a_service_says_its_plan_its_limits_and_how_far_it_is_billed(program, provider):
    provider.on("2026-11-05")
    service = provider.service(provider.begins("HOME"))
    partner = program("services:read")
    told = partner.get(f"/services/{service.number}").json
    assert told["state"] == "active"
    assert told["customer"] == provider.town.achol.number
    assert told["plan"]["code"] == "HOME"
    assert told["limits"] == {"down_kbps": 4000, "up_kbps": 1000}
    assert told["started_on"] == "2026-11-05"
    assert told["billed_until"] == "2026-11-05"
    assert told["router"] == "juba-town"
    assert partner.get(f"/customers/{provider.town.achol.number}/services").json == {"services": [told]}
    assert partner.get(f"/customers/{provider.town.deng.number}/services").json == {"services": []}
    refused(partner.get("/services/1"), 404, "not_found")


def test_a_service_that_is_off_has_no_limits_to_tell(program, provider):
    from core.subscriptions.suspend import suspend

    provider.on("2026-11-05")
    subscription_id = provider.begins("HOME")
    provider.on("2026-11-09")
    provider.does(suspend, subscription_id=subscription_id, reason="staff", by=provider.by("a debt"))
    told = program("services:read").get(f"/services/{provider.service(subscription_id).number}").json
    assert (told["state"], told["suspended_for"], told["limits"]) == ("suspended", "staff", None)


def test_a_key_for_customers_reads_no_services_and_the_other_way_round(program, town):
    refused(program("customers:read").get(f"/customers/{town.achol.number}/services"), 403, "wrong_scope")
    refused(program("services:read").get("/customers"), 403, "wrong_scope")
