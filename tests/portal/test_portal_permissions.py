"""Every route of the portal as everybody, and as nobody."""

import pytest

from portal.permits import who_may
from tests.town import count, snapshot

EVERYBODY = "kiden achol helper deng"
LOGGED_IN = "achol helper deng"
SELLERS = "helper deng"
OWNER = "deng"
# Endpoint -> who may. A route that stands not here fails the walk.
ALLOWED = {
    **dict.fromkeys(("asset", "manifest", "service_worker", "no_network"), EVERYBODY),
    **dict.fromkeys(("front", "choose_language", "log_in_now", "ask", "ask_code", "code"), EVERYBODY),
    "log_in_with_code": EVERYBODY,
    **dict.fromkeys(("secret", "choose_secret", "log_out", "sign_up", "sign_up_now"), LOGGED_IN),
    **dict.fromkeys(("sell", "sell_now", "sold", "sales"), SELLERS),
    **dict.fromkeys(("batches", "batch", "open_cards", "open_scanned_card"), SELLERS),
    **dict.fromkeys(("make_cards", "print_cards", "void_cards"), OWNER),
    **dict.fromkeys(("token", "resend_token", "move_token", "revoke_token"), OWNER),
    **dict.fromkeys(("money", "pay_out", "set_wishes", "sales_file", "more", "prices", "set_price"), OWNER),
    **dict.fromkeys(("networks", "add_network", "network", "change_wifi_password"), OWNER),
    **dict.fromkeys(("helpers", "add_helper", "remove_helper", "gifts", "set_gifts"), OWNER),
    **dict.fromkeys(("momo", "name_momo", "confirm_momo"), OWNER),
}
CHANGES_THE_VISIT = {"log_out", "choose_language", "log_in_with_code", "log_in_now", "ask_code"}


def routes(app):
    values = {"number": 1, "name": "portal.css", "form": "00000000-0000-4000-8000-000000000000"}
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            path = app.url_for(rule.endpoint, **{name: values[name] for name in rule.arguments})
            method = "POST" if "POST" in rule.methods else "GET"
            yield rule.endpoint.removeprefix("portal."), method, path.removeprefix("/portal")


def test_the_walk_knows_every_route(app):
    assert {name for name, _method, _path in routes(app)} == set(ALLOWED)


def test_what_a_view_says_is_what_the_walk_says(app):
    named = {"public": EVERYBODY, "customer": LOGGED_IN, "seller": SELLERS, "owner": OWNER}
    for rule in app.url_map.iter_rules():
        assert named[who_may(app.view_functions[rule.endpoint])] == ALLOWED[rule.endpoint.removeprefix("portal.")]


@pytest.mark.parametrize("name", ["achol", "helper", "deng"])
def test_every_route_lets_in_whom_it_names_and_nobody_else(app, parts, browser_of, name):
    browser = browser_of(name)
    before = snapshot(parts)
    for route, method, path in routes(app):
        if route in CHANGES_THE_VISIT:
            continue
        answer = browser.post(path) if method == "POST" else browser.get(path)
        if name in ALLOWED[route].split():
            assert answer.status_code in (200, 303, 401, 404, 422, 429), (route, answer.status_code, answer.text)
        else:
            assert answer.status_code == 403, route
            assert "You are not allowed to do this." in answer.text
        answer.close()
    if name == "achol":
        assert snapshot(parts) == before, "who may do nothing changed something"


def test_kiden_is_sent_to_the_log_in_page_from_everywhere(app, parts, kiden):
    for route, method, path in routes(app):
        if "kiden" in ALLOWED[route].split():
            continue
        answer = kiden.post(path) if method == "POST" else kiden.get(path)
        assert (answer.status_code, answer.location) == (303, "/portal/"), route
    assert count(parts, "token") == 0


def test_kiden_with_a_log_in_of_her_own_gets_at_nothing_of_dengs(app, parts, browser_of, stall):
    token = stall.sells("of-deng").token_id
    kiden = browser_of("kiden")
    for path in ("/sales", "/money", "/networks", f"/tokens/{token}", "/helpers", "/prices"):
        assert kiden.get(path).status_code == 403
    assert kiden.post(f"/tokens/{token}/revoke", why="mine", refund="yes").status_code == 403


def test_a_helper_who_was_removed_is_out_at_once(browser_of, deng):
    helper = browser_of("helper")
    assert helper.get("/sell").status_code == 200
    deng.post("/helpers/remove", phone="0912000001")
    assert helper.get("/sell").status_code == 403


def test_another_owner_sees_and_changes_nothing_of_dengs(app, parts, browser_of, stall, town):
    token = stall.sells("of-deng").token_id
    achol = browser_of("achol")
    signed = achol.post(
        "/sign-up", key=achol.key("/"), momo="0921234567", ssid="Achol Net", place="", reach="mikrotik",
        wifi_password="achols-own-0ne",
    )  # fmt: skip
    assert signed.status_code == 303
    spot = town.hotspots["Juba Town Wi-Fi"]
    assert achol.get(f"/tokens/{token}").status_code == 404
    assert achol.get(f"/networks/{spot}").status_code == 404
    assert achol.post(f"/tokens/{token}/revoke", why="mine", key=achol.key("/momo")).status_code == 404
    assert achol.post(f"/networks/{spot}", wifi_password="another-0ne").status_code in (404, 422)
    assert count(parts, "token_revocation") == 0
    assert count(parts, "hotspot", "admin_password_sealed IS NOT NULL") == 1
