"""Every route as every role, and as nobody."""

import pytest
from flask import Flask

import admin
from admin.permits import GuardedBlueprint, needs, permission_of
from core.staff.roles import PERMISSIONS, PERMISSIONS_OF, ROLES
from tests.admin.conftest import STAFF
from tests.town import count

EVERYONE = "admin manager cashier technician"
COUNTER = "admin manager cashier"
MACHINES = "admin manager technician"
BILLING = "admin manager"
# Endpoint -> who may. A route that stands not here fails the walk.
ALLOWED = {
    "asset": "public",
    "log_in": "public",
    "log_in_now": "public",
    "log_out": EVERYONE,
    "home": EVERYONE,
    "myself": EVERYONE,
    "change_password": EVERYONE,
    "change_language": EVERYONE,
    "change_own_phone": EVERYONE,
    "search": EVERYONE,
    "customer": EVERYONE,
    "register": COUNTER,
    "register_now": COUNTER,
    "cash": COUNTER,
    "take_cash": COUNTER,
    "receipt": COUNTER,
    "shift": COUNTER,
    "open_shift": COUNTER,
    "hand_over_cash": COUNTER,
    "bank_cash": COUNTER,
    "close_shift": COUNTER,
    "drawers": BILLING,
    "open_drawer": BILLING,
    "change_drawer": BILLING,
    "close_drawer": BILLING,
    "move_cash": BILLING,
    "cash_with_bank": BILLING,
    "shifts": BILLING,
    "one_shift": BILLING,
    "close_other_shift": BILLING,
    "voids": COUNTER,
    "decide_void": BILLING,
    "withdraw_void": COUNTER,
    "void_receipt": COUNTER,
    "void_receipt_now": COUNTER,
    "payouts": COUNTER,
    "payout": COUNTER,
    "approve_payout": COUNTER,
    "cancel_payout": COUNTER,
    "hand_out_payout": COUNTER,
    "settle_payout": BILLING,
    "refund": COUNTER,
    "refund_now": COUNTER,
    "owners": BILLING,
    "owner": BILLING,
    "set_owner_terms": BILLING,
    "settle_owner": BILLING,
    "settlement": BILLING,
    "owner_trade": MACHINES,
    "owner_shop": MACHINES,
    "set_owner_state": BILLING,
    "set_owner_gifts": BILLING,
    "connect_network": MACHINES,
    "keep_wifi_password": MACHINES,
    "auto_top_ups": COUNTER,
    "stop_auto_top_up": COUNTER,
    "payment": COUNTER,
    "evidence": COUNTER,
    "settle_payment": BILLING,
    "alarms": COUNTER,
    "see_alarm": BILLING,
    "text_receipt": COUNTER,
    "unknown": COUNTER,
    "ask_payment": MACHINES,
    "change": "admin manager",
    "change_now": "admin manager",
    "add_phone": "admin manager",
    "change_status": "admin manager",
    "close_ticket": EVERYONE,
    "token": BILLING,
    "stop_token": BILLING,
    "batches": COUNTER,
    "batch": COUNTER,
    "make_batch": BILLING,
    "print_cards": BILLING,
    "sell_cards": COUNTER,
    "sell_scanned_card": COUNTER,
    "void_cards": BILLING,
    "stuck": MACHINES,
    "push": MACHINES,
    "push_all": MACHINES,
    "network": MACHINES,
    "guesses": MACHINES,
    "service_throughput": EVERYONE,
    "router_throughput": MACHINES,
    "outages": MACHINES,
    "outage_credits": BILLING,
    "set_outage_policy": BILLING,
    "outage_areas_file": MACHINES,
    "outages_file": MACHINES,
    "routers": MACHINES,
    "add_router": MACHINES,
    "router": MACHINES,
    "change_router": MACHINES,
    "check_router": MACHINES,
    "renew_router": MACHINES,
    "documents": COUNTER,
    "document": COUNTER,
    "document_pdf": COUNTER,
    "statement": COUNTER,
    "statement_pdf": COUNTER,
    "receipt_pdf": COUNTER,
    "services": BILLING,
    "add_service": BILLING,
    "installations": EVERYONE,
    "service": COUNTER,
    "move_service": BILLING,
    "change_plan": BILLING,
    "relocate_service": BILLING,
    "hand_over_service": BILLING,
    "sell_data": BILLING,
    "adjustments": COUNTER,
    "decide_adjustment": BILLING,
    "take_back_adjustment": COUNTER,
    "adjust": COUNTER,
    "adjust_now": COUNTER,
    "next_bill": COUNTER,
    "ask_next_bill": COUNTER,
    "take_back_charge": COUNTER,
    "credit_document": COUNTER,
    "credit_document_now": COUNTER,
    "write_off_document": COUNTER,
    "write_off_document_now": COUNTER,
    "debit_document": COUNTER,
    "debit_document_now": COUNTER,
    "withhold_document": BILLING,
    "withhold_document_now": BILLING,
    "later": BILLING,
    "promise": BILLING,
    "pay_in_parts": BILLING,
    "tax_details": BILLING,
    "exemptions": BILLING,
    "exempt": BILLING,
    "end_exemption": BILLING,
    "tariffs": BILLING,
    "new_tariff": BILLING,
    "open_tariff": BILLING,
    "tariff": BILLING,
    "set_tariff": BILLING,
    "withdraw_tariff": BILLING,
    "what_if": BILLING,
    "taxes": BILLING,
    "open_tax": BILLING,
    "set_tax_rate": BILLING,
    "end_tax_rate": BILLING,
    "rates": BILLING,
    "set_rate": BILLING,
    "promotions": BILLING,
    "set_promotion": BILLING,
    "holidays": BILLING,
    "set_holiday": BILLING,
    "remove_holiday": BILLING,
    "billing": BILLING,
    "run_billing": BILLING,
    "reports": BILLING,
    "ageing": BILLING,
    "ageing_file": BILLING,
    "tariff_file": BILLING,
    "statements": BILLING,
    "receive_statement": BILLING,
    "statement_file": BILLING,
    "read_statement": BILLING,
    "lines": BILLING,
    "line": BILLING,
    "credit_line": BILLING,
    "match_line": BILLING,
    "match_other": BILLING,
    "explain_line": BILLING,
    "undo_match": BILLING,
    "claims": BILLING,
    "credit_claim": BILLING,
    "refuse_claim": BILLING,
    "accounts": BILLING,
    "open_account": BILLING,
    "account": BILLING,
    "change_account": BILLING,
    "map_account": BILLING,
    "close_account": BILLING,
    "reconciliation": BILLING,
    "months": "admin",
    "close_month": "admin",
    "keys": "admin",
    "make_key": "admin",
    "withdraw_key": "admin",
    "webhooks": "admin",
    "make_webhook": "admin",
    "switch_webhook": "admin",
    "test_webhook": "admin",
    "staff": "admin",
    "add_staff": "admin",
    "reset_password": "admin",
    "switch_staff": "admin",
    "set_staff_phone": "admin",
}


def routes(app: Flask, town):
    """Each route as (name, method, path), its variables filled with things that exist where that is harmless."""
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            values = {
                "number": town.achol.number,
                "username": "nobody",
                "name": "admin.css",
                "verb": "pause",
                "code": "nothing",
                "reference": "00000000-0000-4000-8000-000000000000",
                "alarm_id": 1,
                "evidence_id": 1,
                "exemption": 1,
                "charge": 1,
                "hotspot": 1,
            }
            if "<int:number>" in rule.rule:
                values["number"] = 1
            path = app.url_for(rule.endpoint, **{name: values[name] for name in rule.arguments})
            yield (
                rule.endpoint.removeprefix("admin."),
                "POST" if "POST" in rule.methods else "GET",
                path.removeprefix("/admin"),
            )


def test_the_walk_knows_every_route(app, town):
    assert {name for name, _method, _path in routes(app, town)} == set(ALLOWED)


@pytest.mark.parametrize("username", STAFF)
def test_every_route_lets_in_whom_it_names_and_nobody_else(app, town, parts, desk_of, username):
    desk = desk_of(username)
    for name, method, path in routes(app, town):
        if name in ("log_out", "change_password", "asset"):
            continue
        before = count(parts, "audit_entry")
        answer = desk.post(path) if method == "POST" else desk.get(path)
        if STAFF[username] in ALLOWED[name] or ALLOWED[name] == "public":
            assert answer.status_code in (200, 302, 303, 401, 404, 422), (name, answer.status_code, answer.text)
        else:
            assert answer.status_code == 403, name
            assert "You are not allowed to do this." in answer.text
            assert count(parts, "audit_entry") == before
    assert desk.post("/me/password", old="x", new="y").status_code == 401
    assert desk.post("/log-out").status_code == 303


def test_kiden_is_sent_to_the_log_in_page_from_everywhere(app, town, parts, kiden):
    for name, method, path in routes(app, town):
        if ALLOWED[name] == "public":
            continue
        answer = kiden.post(path) if method == "POST" else kiden.get(path)
        assert answer.status_code == 303, name
        assert answer.location.startswith("/admin/log-in"), name


def test_an_unknown_role_may_nothing():
    from core.staff.roles import may

    assert not any(may("owner", permission) for permission in PERMISSIONS)


def test_every_permission_is_somebodys_and_guards_something(app):
    guarded = {permission_of(app.view_functions[rule.endpoint]) for rule in app.url_map.iter_rules()}
    assert guarded - {None} | {"tickets.see"} == PERMISSIONS  # tickets stand on the first page, not on their own
    assert set(PERMISSIONS_OF) == set(ROLES)


def test_a_view_without_a_permission_cannot_be_registered():
    door = GuardedBlueprint("x", __name__)
    with pytest.raises(AssertionError, match="names no permission"):
        door.add_url_rule("/open", "open", lambda: "")
    with pytest.raises(AssertionError, match="no permission"):
        needs("everything.do")


def test_machines_at_other_doors_need_no_token_and_get_no_cookie(app, parts):
    other = Flask("both", static_folder=None)
    admin.init_app(other, parts)
    other.register_blueprint(admin.create_blueprint(parts), url_prefix="/admin")
    other.add_url_rule("/ussd", view_func=lambda: "CON", methods=["POST"])
    answer = other.test_client().post("/ussd", data={"text": ""})
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    assert "Vary" not in answer.headers
