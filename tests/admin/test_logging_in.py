"""Who gets in, and how they are put out again."""

import re

import pytest

from core.staff.add import reset_password, set_active
from core.staff.log_in import PAIR_TRIES_FREE
from tests.admin.conftest import PASSWORD, Desk
from tests.town import count
from web.cookies import COOKIES


def test_mary_logs_in_and_is_taken_where_she_wanted_to_go(kiden, town):
    wanted = f"/admin/customers/{town.achol.number}"
    sent = kiden.get(f"/customers/{town.achol.number}")
    assert sent.status_code == 303
    back = kiden.log_in("Mary ", path=sent.location.removeprefix("/admin"))
    assert back.location == wanted
    assert "Achol" in kiden.client.get(wanted).text


@pytest.mark.parametrize(
    "evil", ["//evil.example/admin/", "https://evil.example/", "/admin/\\evil", "/ussd", "/admin/../x\n"]
)
def test_nobody_is_taken_to_a_page_that_is_not_ours(kiden, evil):
    from urllib.parse import quote

    assert kiden.log_in("mary", path=f"/log-in?next={quote(evil)}").location == "/admin/"


def test_a_wrong_password_an_unknown_name_and_one_shut_out_get_the_same_answer(kiden, parts):
    with parts.db.transaction() as tx:
        set_active(tx, username="rose", active=False, now=parts.clock.now(), ids=parts.ids)
    answers = [kiden.log_in("mary", "wrong"), kiden.log_in("kiden"), kiden.log_in("rose"), kiden.log_in("mary", "")]
    assert {answer.status_code for answer in answers} == {401}
    assert all("User name or password is wrong." in answer.text for answer in answers)


def test_after_some_wrong_passwords_even_the_right_one_waits(kiden, clock):
    for _try in range(PAIR_TRIES_FREE):
        assert kiden.log_in("mary", "wrong").status_code == 401
    refused = kiden.log_in("mary", PASSWORD)
    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "30"
    assert "Too many tries. Wait 30 seconds." in refused.text
    clock.advance(seconds=31)
    assert kiden.log_in("mary", PASSWORD).status_code == 303


def test_a_form_without_its_token_does_nothing(mary, parts, town):
    before = count(parts, "audit_entry")
    for path in ("/log-out", f"/customers/{town.achol.number}/cash", "/register", "/me/language"):
        answer = mary.client.post(f"/admin{path}", data={"amount": "500", "phone": "0921111111", "language": "ar"})
        assert answer.status_code == 400, path
        assert "Nothing was done" in answer.text
    assert count(parts, "audit_entry") == before
    assert mary.get("/").status_code == 200


def test_the_log_in_form_needs_its_token_too(kiden):
    assert kiden.client.post("/admin/log-in", data={"username": "mary", "password": PASSWORD}).status_code == 400


def test_a_token_of_another_visit_is_refused(mary, desk_of):
    other = desk_of("rose").token()
    assert mary.client.post("/admin/log-out", data={"csrf_token": other}).status_code == 400


def test_logging_out_ends_the_visit(mary):
    assert mary.post("/log-out").location == "/admin/log-in"
    assert mary.get("/").status_code == 303


def test_a_copy_of_the_cookie_is_worth_nothing_after_logging_out(app, mary, desk_of):
    copied = Desk(app.test_client())
    copied.client.set_cookie(
        COOKIES["/admin"], mary.client.get_cookie(COOKIES["/admin"], path="/admin").value, path="/admin"
    )
    assert copied.get("/").status_code == 200
    phone = desk_of("mary")
    assert mary.post("/log-out").status_code == 303
    assert copied.get("/").status_code == 303
    assert phone.get("/").status_code == 200


def test_logging_in_again_ends_the_visit_before(app, mary):
    before = Desk(app.test_client())
    before.client.set_cookie(
        COOKIES["/admin"], mary.client.get_cookie(COOKIES["/admin"], path="/admin").value, path="/admin"
    )
    token = mary.token()
    form = {"csrf_token": token, "username": "mary", "password": PASSWORD}
    assert mary.client.post("/admin/log-in", data=form).status_code == 303
    assert mary.get("/").status_code == 200
    assert before.get("/").status_code == 303


def test_a_guesser_elsewhere_does_not_keep_mary_out(kiden, app):
    for _try in range(PAIR_TRIES_FREE + 1):
        guessed = kiden.log_in("mary", "wrong", REMOTE_ADDR="198.51.100.9")
    assert guessed.status_code == 429
    assert Desk(app.test_client()).log_in("mary").status_code == 303


def test_a_reset_logs_out_everywhere(desk_of, parts):
    counter, phone = desk_of("mary"), desk_of("mary")
    with parts.db.transaction() as tx:
        reset_password(tx, username="mary", password="another long secret", now=parts.clock.now(), ids=parts.ids)
    assert counter.get("/").status_code == phone.get("/").status_code == 303
    assert counter.log_in("mary").status_code == 401
    assert counter.log_in("mary", "another long secret").status_code == 303


def test_who_is_shut_out_is_out_at_once_and_stays_out_when_let_in_again(desk_of):
    rose, rebecca = desk_of("rose"), desk_of("rebecca")
    assert rebecca.post("/staff/rose/active", active="no").status_code == 303
    assert rose.get("/").status_code == 303
    rebecca.post("/staff/rose/active", active="yes")
    assert rose.get("/").status_code == 303
    assert rose.log_in("rose").status_code == 303


def test_the_last_admin_cannot_shut_herself_out(desk_of):
    rebecca = desk_of("rebecca")
    answer = rebecca.post("/staff/rebecca/active", active="no")
    assert answer.status_code == 422
    assert "rebecca is the last admin" in answer.text
    assert rebecca.get("/staff").status_code == 200


def test_changing_ones_own_password_ends_the_other_visits_and_not_this_one(desk_of):
    here, elsewhere = desk_of("mary"), desk_of("mary")
    assert here.post("/me/password", old="wrong", new="another long secret").status_code == 401
    assert here.post("/me/password", old=PASSWORD, new="short").status_code == 422
    assert here.post("/me/password", old=PASSWORD, new="another long secret").status_code == 303
    assert here.get("/").status_code == 200
    assert elsewhere.get("/").status_code == 303


def test_a_visit_ends_when_nobody_moves_and_at_the_end_of_the_day(desk_of, session_clock):
    mary = desk_of("mary")
    for _half_hour in range(23):
        session_clock.advance(minutes=30)
        assert mary.get("/").status_code == 200
    session_clock.advance(minutes=61)
    assert mary.get("/").status_code == 303
    mary.log_in("mary")
    for _half_hour in range(24):
        session_clock.advance(minutes=30)
        assert mary.get("/").status_code == 200
    session_clock.advance(minutes=1)
    assert mary.get("/").status_code == 303


def test_the_cookie_is_for_the_staff_door_alone_and_no_script_reads_it(kiden):
    cookie = kiden.log_in("mary").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/admin" in cookie


def test_over_https_the_cookie_stays_there(parts, town):
    from dataclasses import replace

    from flask import Flask

    import admin

    safe = replace(parts, settings=replace(parts.settings, public_url="https://shabaka.example"))
    app = Flask("safe", static_folder=None)
    admin.init_app(app, safe)
    app.register_blueprint(admin.create_blueprint(safe), url_prefix="/admin")
    assert "Secure" in app.test_client().get("/admin/log-in").headers["Set-Cookie"]


def test_a_forged_cookie_is_nobody(app):
    desk = Desk(app.test_client())
    desk.client.set_cookie("shabaka_staff", "eyJfdXNlcl9pZCI6IjE6LSJ9.aaaa.bbbb", path="/admin")
    assert desk.get("/").status_code == 303


def test_every_page_carries_the_headers_that_keep_strangers_scripts_out(mary, kiden):
    for answer in (mary.get("/"), kiden.get("/log-in"), kiden.get("/")):
        assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert "unsafe-inline" not in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert answer.headers["Cache-Control"] == "no-store"
    assert not re.search(r"<script>|\son\w+=|style=|javascript:", mary.get("/").text)


def test_log_ins_stand_in_the_trail_and_passwords_do_not(kiden, parts):
    kiden.log_in("mary", "my secret guess")
    kiden.log_in("my password typed as name", "x")
    kiden.log_in("mary")
    with parts.db.reading() as connection:
        from sqlalchemy import text

        trail = connection.execute(
            text("SELECT act, subject, detail::text FROM audit_entry WHERE act LIKE 'log_in%' ORDER BY id")
        ).all()
    assert [(row.act, row.subject) for row in trail] == [
        ("log_in_refused", "staff:mary"),
        ("log_in_refused", "staff:?"),
        ("log_in", "staff:mary"),
    ]
    assert "secret" not in str(trail)
