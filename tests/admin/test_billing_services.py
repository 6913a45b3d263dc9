"""Services on staff pages: ordered, begun, changed, ended; every act with a reason, in the trail, once."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from core.catalog.set_tariff import NewTerms, set_tariff_version
from core.money import Money
from tests.town import ACHOL, count, snapshot, texts_to


def orders(desk, provider, tariff="HOME", who=None, **form):
    who = who or provider.town.achol
    path = f"/customers/{who.number}/services"
    asked = {
        "key": desk.key(path),
        "tariff": tariff,
        "router": provider.town.routers["juba-town"],
        "place": "Hai Malakal, block 4",
        "why": "ordered at the counter",
    }
    return desk.post(path, **(asked | form))


def ordered(desk, provider, tariff="HOME", who=None):
    answer = orders(desk, provider, tariff, who)
    assert answer.status_code == 303, answer.text
    return answer.location.removeprefix("/admin/services/")


def does(desk, number, verb, why="the customer asked", **form):
    return desk.post(f"/services/{number}/{verb}", why=why, **form)


def begun(desk, provider, tariff="HOME", who=None):
    number = ordered(desk, provider, tariff, who)
    assert does(desk, number, "begin", "installed").status_code == 303
    return number


def state(provider, number):
    (row,) = provider.rows("SELECT state, slowed, suspended_for FROM subscription WHERE number = :n", n=number)
    return tuple(row)


def test_a_service_is_ordered_installed_and_its_credentials_go_to_the_customer_alone(mary, provider, parts):
    number = ordered(mary, provider)
    assert "to be installed" in mary.get(f"/services/{number}").text
    page = mary.told(does(mary, number, "begin", "installed"))
    assert page == "The service is on. User name and password go to the customer by SMS."
    name, shown = texts_to(parts, ACHOL)[-1]
    assert name == "service_ready"
    assert "Password: ***" in shown
    (grant,) = provider.rows("SELECT username, password_sealed FROM access_grant")
    page = mary.get(f"/services/{number}").text
    assert grant.username in page
    assert parts.sealer.open(grant.password_sealed) not in page
    assert count(parts, "audit_entry", "act = 'service_begun' AND subject = :s", s=f"service:{number}") == 1
    provider.agrees()


def test_the_same_order_sent_twice_is_one_service(mary, provider, parts):
    key = mary.key(f"/customers/{provider.town.achol.number}/services")
    first, second = orders(mary, provider, key=key), orders(mary, provider, key=key)
    assert first.location == second.location
    assert count(parts, "subscription") == count(parts, "audit_entry", "act = 'service_added'") == 1


def test_the_same_order_sent_twice_at_once_is_one_service(desk_of, provider, parts):
    desks = [desk_of("mary"), desk_of("mary")]
    key = desks[0].key(f"/customers/{provider.town.achol.number}/services")
    with ThreadPoolExecutor(2) as both:
        answers = list(both.map(lambda desk: orders(desk, provider, key=key), desks))
    assert answers[0].location == answers[1].location
    assert count(parts, "subscription") == 1


NO_ORDERS = [
    ({"why": ""}, "Write the reason."),
    ({"place": "  "}, "Write the reason."),
    ({"tariff": "NONE"}, "We could not find that."),
    ({"router": "99"}, "We could not find that."),
    ({"router": "x"}, "Write whole numbers with digits only."),
    ({"key": ""}, "This form came without its key. Please open the page anew."),
]


def test_an_order_that_is_none_gets_one_sentence_and_changes_nothing(mary, provider, parts):
    before = snapshot(parts)
    for form, sentence in NO_ORDERS:
        answer = orders(mary, provider, **form)
        assert mary.refused(answer, answer.status_code) == sentence
        assert answer.status_code in (404, 422)
    assert snapshot(parts) == before


def test_nothing_is_ordered_for_a_suspended_account(mary, provider):
    key = mary.key(f"/customers/{provider.town.achol.number}/services")
    mary.post(f"/customers/{provider.town.achol.number}/status", status="suspended")
    assert "is suspended or closed" in mary.refused(orders(mary, provider, key=key))


def test_prepaid_without_the_money_does_not_begin(mary, provider, parts):
    number = ordered(mary, provider, "PREHOME")
    before = snapshot(parts)
    refused = mary.refused(does(mary, number, "begin", "installed"))
    assert refused == "The balance of SSP 0 does not cover SSP 36,000. Nothing was done."
    assert snapshot(parts) == before
    provider.pays(40_000)
    assert "billed with SSP 36,000" in mary.told(does(mary, number, "begin", "installed"))


def test_each_verb_asks_for_a_reason_and_stands_in_the_history(mary, provider, parts):
    number = begun(mary, provider)
    assert mary.refused(does(mary, number, "pause", "")) == "Write the reason."
    for verb, after in (
        ("pause", ("paused", False, None)),
        ("unpause", ("active", False, None)),
        ("suspend", ("suspended", False, "staff")),
        ("resume", ("active", False, None)),
        ("slow", ("active", True, None)),
        ("unslow", ("active", False, None)),
        ("end", ("terminated", False, None)),
    ):
        assert does(mary, number, verb, f"because of {verb}").status_code == 303, verb
        assert state(provider, number) == after
        assert f"because of {verb}" in mary.get(f"/services/{number}").text
    assert count(parts, "audit_entry", "act IN ('service_moved', 'service_ended')") == 7
    provider.agrees()


@pytest.mark.parametrize("verb", ["unpause", "resume", "begin"])
def test_what_does_not_fit_the_state_is_refused_in_words(mary, provider, parts, verb):
    number = begun(mary, provider)
    before = snapshot(parts)
    assert mary.refused(does(mary, number, verb)) == "This service is on: that cannot be done to it."
    assert snapshot(parts) == before


def test_a_verb_or_service_that_is_none_is_not_found(mary, provider):
    number = begun(mary, provider)
    assert does(mary, number, "explode").status_code == 404
    for wrong in ("1", "abc", "9" * 40, "١٢"):
        assert mary.get(f"/services/{wrong}").status_code == 404
        assert does(mary, wrong, "pause").status_code == 404


def test_only_forms_that_fit_are_shown_and_to_managers_only(mary, desk_of, provider):
    number = begun(mary, provider)
    page = mary.get(f"/services/{number}").text
    for form in ("plan", "pause", "suspend", "slow", "place", "owner", "end"):
        assert f"/admin/services/{number}/{form}" in page
    assert f"/admin/services/{number}/begin" not in page
    assert "<form" not in desk_of("rose").get(f"/services/{number}").text.split("<main")[1]


def tariff_id(provider, code):
    return provider.rows("SELECT id FROM tariff WHERE code = :code", code=code)[0].id


def changes(desk, provider, number, code, when="now", key=None):
    form = {"tariff": tariff_id(provider, code), "when": when, "why": "wants more"}
    return desk.post(f"/services/{number}/plan", key=key or desk.key(f"/services/{number}"), **form)


def test_a_plan_is_changed_now_or_when_the_month_is_over(mary, provider):
    number = begun(mary, provider)
    assert mary.told(changes(mary, provider, number, "BIGGER", "end")) == "The plan changes on 01/12/2026."
    assert "From 01/12/2026" in mary.get(f"/services/{number}").text.replace('<bdi dir="ltr">', "").replace(
        "</bdi>", ""
    )
    assert mary.told(changes(mary, provider, number, "BIGGER")) == "The plan changes on 01/11/2026."
    assert mary.refused(changes(mary, provider, number, "BIGGER")) == "It is on this plan already."
    assert "paid or billed in another way" in mary.refused(changes(mary, provider, number, "PREHOME"))


def test_the_page_tells_the_burst_of_a_service_that_has_one(mary, provider):
    assert "burst" not in mary.get(f"/services/{begun(mary, provider)}").text
    with provider.parts.db.transaction() as tx:
        set_tariff_version(
            tx,
            code="BIGGER",
            terms=NewTerms(
                down_kbps=8_000,
                up_kbps=1_000,
                burst_down_kbps=16_000,
                burst_up_kbps=2_000,
                price=Money.of(60_000, "SSP"),
            ),
            valid_from=provider.today + timedelta(days=1),
            staff_id=None,
            now=provider.clock.now(),
        )
    provider.on("2026-11-02")
    page = mary.get(f"/services/{begun(mary, provider, 'BIGGER')}").text
    assert re.sub(r"<[^>]*>|\s+", " ", page).count("burst") == 1
    (down,) = provider.rows("SELECT burst_down_kbps, burst_up_kbps FROM access_grant ORDER BY id DESC LIMIT 1")
    assert tuple(down) == (16_000, 2_000)


def test_a_change_agreed_on_is_taken_back_with_a_reason(mary, desk_of, provider, parts):
    number = begun(mary, provider)
    form = f"/admin/services/{number}/keep"
    assert form not in mary.get(f"/services/{number}").text
    assert mary.refused(does(mary, number, "keep")) == "It is on this plan already."
    changes(mary, provider, number, "BIGGER", "end")
    page = mary.get(f"/services/{number}").text
    assert form in page
    assert form not in desk_of("rose").get(f"/services/{number}").text
    assert mary.refused(does(mary, number, "keep", "")) == "Write the reason."
    said = mary.told(does(mary, number, "keep", "too dear after all"))
    assert said == "It stays on Home. Nothing changes on 01/12/2026."
    page = mary.get(f"/services/{number}").text
    assert form not in page
    assert "Change of plan taken back" in page
    assert "too dear after all" in page
    assert count(parts, "audit_entry", "act = 'plan_kept' AND subject = :s", s=f"service:{number}") == 1
    provider.agrees()


def test_a_dearer_prepaid_plan_is_taken_from_the_balance_once(mary, provider):
    provider.pays(36_000)
    number = begun(mary, provider, "PREHOME")
    provider.on("2026-11-16")
    assert "does not cover" in mary.refused(changes(mary, provider, number, "PREPLUS"))
    provider.pays(20_000)
    key = mary.key(f"/services/{number}")
    assert "was taken from the balance" in mary.told(changes(mary, provider, number, "PREPLUS", key=key))
    left = provider.balance()
    assert changes(mary, provider, number, "PREPLUS", key=key).status_code == 422
    assert provider.balance() == left < Money.of(20_000, "SSP")
    provider.agrees()


def test_on_another_router_there_are_fresh_credentials(mary, provider, parts):
    number = begun(mary, provider)
    path, routers = f"/services/{number}/place", provider.town.routers
    same = mary.post(path, router=routers["juba-town"], place="Block 9", why="moved house")
    assert mary.told(same) == "The service is at its new place."
    assert len(texts_to(parts, ACHOL)) == 1
    other = mary.post(path, router=routers["munuki"], place="Munuki", why="moved house")
    assert "A fresh user name and password" in mary.told(other)
    assert len(texts_to(parts, ACHOL)) == 2
    assert mary.refused(mary.post(path, router=routers["munuki"], place="", why="x")) == "Write the reason."


@pytest.mark.parametrize("named", ["number", "main_phone"])
def test_a_service_is_handed_over_to_a_customer_named_by_account_or_phone(mary, provider, named):
    number = begun(mary, provider)
    answer = mary.post(f"/services/{number}/owner", owner=getattr(provider.town.deng, named), why="sold the shop")
    assert "It is handed over." in mary.told(answer)
    assert state(provider, number)[0] == "terminated"
    (new,) = provider.rows("SELECT number FROM subscription WHERE customer_id = :d", d=provider.town.deng.customer_id)
    assert f"/admin/services/{new.number}" in mary.get(f"/services/{number}").text
    assert "Begins 02/11/2026" in mary.get(f"/customers/{provider.town.deng.number}").text.replace(
        '<bdi dir="ltr">', ""
    ).replace("</bdi>", "")


def test_a_service_is_not_handed_over_to_nobody(mary, provider, parts):
    number = begun(mary, provider)
    before = snapshot(parts)
    for named, status in (("", 404), ("1", 404), ("0929999999", 404), ("+254722000000", 422), (ACHOL, 422)):
        answer = mary.post(f"/services/{number}/owner", owner=named, why="sold")
        assert answer.status_code == status, named
    assert snapshot(parts) == before


def test_what_waits_to_be_installed_is_seen_by_technicians_without_money(mary, desk_of, provider):
    number = ordered(mary, provider, who=provider.town.deng)
    gatluak = desk_of("gatluak")
    assert '<b><bdi dir="ltr">1</bdi></b>services to be installed' in gatluak.get("/").text
    page = gatluak.get("/services/to-install").text
    assert "Hai Malakal, block 4" in page
    assert "0991 234 567" in page
    assert number in page
    assert "SSP" not in page
    assert f"/admin/services/{number}" not in page
    assert gatluak.get(f"/services/{number}").status_code == 403


def test_the_customers_page_tells_what_they_owe_and_have_and_their_services(mary, desk_of, provider):
    number = begun(mary, provider)
    provider.on("2026-12-01")
    provider.bills()
    path = f"/customers/{provider.town.achol.number}"
    page = mary.get(path).text
    assert "You owe" in page
    assert "SSP 36,000" in page
    assert 'due <bdi dir="ltr">15/12/2026' in page
    assert "overdue" not in page
    provider.on("2026-12-16")
    page = desk_of("rose").get(path).text
    assert 'overdue: <bdi dir="ltr">SSP 36,000' in page
    assert 'due since <bdi dir="ltr">15/12/2026' in page
    assert number in page
    page = desk_of("gatluak").get(path).text
    assert number in page
    assert "Hai Malakal" in page
    for money in ("You owe", "You have", "SSP", "INV-", "Billed until", "/documents/"):
        assert money not in page, money
