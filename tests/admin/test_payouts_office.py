"""Payouts, refunds, Wi-Fi owners and consents, from the office."""

from __future__ import annotations

import io
import re

import pytest
from sqlalchemy import text

from core.customers.queries import account
from core.days import juba_day
from core.payouts.approve_payout import approve_payout
from core.payouts.ask_payout import Way, ask_payout, by_momo
from core.payouts.auto_top_up import agree_auto_top_up
from core.payouts.owner_terms import set_owner_terms, terms_on
from core.payouts.record_owner_sale import record_owner_sale
from tests.provider import ssp
from tests.town import ACHOL, count

PLATFORM = "http://127.0.0.1:1"  # MTN's, as the environment of the tests names it


@pytest.fixture
def environ(environ):
    """With an account to pay out from."""
    return environ | {
        "MOMO_DISBURSEMENT_SUBSCRIPTION_KEY": "disbursement-key-of-the-tests",
        "MOMO_DISBURSEMENT_API_USER": "5f0f0000-0000-4000-8000-000000000001",
        "MOMO_DISBURSEMENT_API_KEY": "disbursement-secret-of-the-tests",
    }


def asks(provider, pounds=500, by="rose", way=None, role="cashier"):
    """A payout out of Achol's balance that waits."""
    provider.pays(pounds)
    return provider.does(
        ask_payout,
        request_key=str(provider.parts.ids.new_uuid()),
        way=way or by_momo(PLATFORM, ACHOL),
        customer_id=provider.town.achol.customer_id,
        source=f"wallet:{provider.town.achol.number}",
        amount=ssp(pounds),
        reason="she moves away",
        staff_id=provider.town.staff[by],
        role=role,
        now=provider.clock.now(),
        ids=provider.parts.ids,
    ).payout_id


def mtn_says(provider, payout, name="Achol Deng", active=True):
    """What a worker would have written."""
    provider.parts.db.run(
        lambda tx: tx.execute(
            text(
                "UPDATE payout SET payee_name = :name, payee_active = :active, payee_checked_at = now() WHERE id = :id"
            ),
            {"id": payout, "name": name, "active": active},
        )
    )


def state(provider, payout):
    return provider.rows("SELECT state FROM payout WHERE id = :id", id=payout)[0].state


def unknown(provider, payout):
    """Nobody can tell of it any more."""
    provider.does(
        approve_payout,
        payout_id=payout,
        staff_id=provider.town.staff["mary"],
        role="manager",
        now=provider.clock.now(),
    )
    for step in (
        "UPDATE payout SET state = 'unknown', ask_again_at = now(), raw_failure = 'no_answer' WHERE id = :id",
        """INSERT INTO payout_move (payout_id, from_state, to_state, at, why)
           VALUES (:id, 'approved', 'unknown', now(), '{}')""",
    ):
        provider.parts.db.run(lambda tx, step=step: tx.execute(text(step), {"id": payout}))


def test_nobody_approves_before_the_name_is_on_the_page(mary, provider):
    payout = asks(provider)
    page = mary.get(f"/payouts/{payout}").text
    assert "MTN is being asked whose it is" in page
    assert "/approve" not in page
    assert "whose wallet it is. Look again" in mary.refused(mary.post(f"/payouts/{payout}/approve"))
    mtn_says(provider, payout)
    page = mary.get(f"/payouts/{payout}").text
    assert '<b><bdi dir="auto">Achol Deng</bdi></b>' in page
    assert "Achol Deng" in mary.get("/payouts").text
    assert "SSP 500 is on its way" in mary.told(mary.post(f"/payouts/{payout}/approve"))
    assert "approved before" in mary.refused(mary.post(f"/payouts/{payout}/approve"))
    assert state(provider, payout) == "approved"
    assert count(provider.parts, "audit_entry", "act = 'payout_approved'") == 1
    provider.agrees()


def test_a_payee_without_a_wallet_is_refused_and_one_mtn_would_not_name_is_not(mary, provider):
    payout = asks(provider)
    mtn_says(provider, payout, name=None, active=False)
    assert "no wallet that takes money" in mary.get(f"/payouts/{payout}").text
    assert "has no MoMo wallet" in mary.refused(mary.post(f"/payouts/{payout}/approve"))
    other = asks(provider)
    mtn_says(provider, other, name=None, active=None)
    assert "MTN would not say whose it is" in mary.get(f"/payouts/{other}").text
    assert mary.post(f"/payouts/{other}/approve").status_code == 303


def test_who_asked_above_their_limit_cannot_approve_and_may_take_it_back(desk_of, provider):
    payout = asks(provider)
    mtn_says(provider, payout)
    rose = desk_of("rose")
    page = rose.get(f"/payouts/{payout}").text
    assert "waits for a second person" in page
    assert "/approve" not in page
    assert "Somebody else must decide" in rose.refused(rose.post(f"/payouts/{payout}/approve"))
    assert "Nothing was moved." in rose.told(rose.post(f"/payouts/{payout}/cancel"))
    of_mary = asks(provider, by="mary", role="manager")
    assert rose.post(f"/payouts/{of_mary}/cancel").status_code == 403
    assert rose.get("/payouts/999").status_code == 404
    provider.agrees()


def test_an_unknown_payout_is_settled_with_evidence_by_whom_may(mary, desk_of, provider):
    payout = asks(provider)
    mtn_says(provider, payout)
    unknown(provider, payout)
    page = mary.get(f"/payouts/{payout}").text
    assert "Say how it ended" in page
    assert "From which account of ours" not in page
    assert "Nobody knows" in mary.get("/payouts").text
    assert "Say how it ended" not in desk_of("rose").get(f"/payouts/{payout}").text
    path = f"/payouts/{payout}/settle"
    assert desk_of("rose").post(path, outcome="paid").status_code == 403
    assert "Write down" in mary.refused(mary.post(path, outcome="paid", provider_reference="7", note=" "))
    assert "cannot be used" in mary.refused(mary.post(path, outcome="paid", note="seen"))
    assert mary.post(path, outcome="lost", note="seen").status_code == 422
    picture = (io.BytesIO(b"\x89PNG\r\n\x1a\nx"), "seen.png")
    form = {"outcome": "paid", "provider_reference": "7", "note": "MTN's portal, 14:02", "file": picture}
    assert "it was paid" in mary.told(mary.post(path, **form))
    page = mary.get(f"/payouts/{payout}").text
    assert "MTN&#39;s portal, 14:02" in page
    evidence = re.search(r"/admin(/payments/evidence/\d+)", page)[1]
    assert mary.get(evidence).content_type == "image/png"
    provider.agrees()


def test_what_did_not_go_is_back_on_the_balance_and_pays_what_is_due(mary, provider):
    payout = asks(provider, 40_000)
    mtn_says(provider, payout)
    unknown(provider, payout)
    provider.begins("HOME")
    provider.on("2026-12-01")
    provider.bills()
    form = {"outcome": "refused", "note": "not on MTN's statement of the day"}
    assert "back where it came from" in mary.told(mary.post(f"/payouts/{payout}/settle", **form))
    assert [row.due for row in provider.invoices()] == [0]
    assert provider.balance() == ssp(4_000)
    provider.agrees()


def test_what_a_person_sends_leaves_the_account_they_name(mary, provider):
    payout = asks(provider, way=Way("by_hand"), by="mary", role="manager")
    assert "can be handed out or sent" in mary.told(mary.post(f"/payouts/{payout}/approve"))
    page = mary.get(f"/payouts/{payout}").text
    assert "From which account of ours" in page
    form = {"outcome": "paid", "provider_reference": "B-1", "note": "the slip", "paid_from": "momo:mtn"}
    assert "it was paid" in mary.told(mary.post(f"/payouts/{payout}/settle", **form))
    assert provider.rows("SELECT paid_from FROM payout")[0].paid_from == "momo:mtn"


def receipt_of(provider):
    return provider.rows("SELECT number FROM receipt ORDER BY id DESC LIMIT 1")[0].number


def refund_form(desk, receipt, **typed):
    key = desk.key(f"/receipts/{receipt}/refund")
    return desk.post(f"/receipts/{receipt}/refund", **({"key": key, "why": "paid twice"} | typed))


def test_a_cashier_gives_a_little_back_in_notes_from_her_own_drawer(desk_of, provider):
    rose = desk_of("rose")
    key = rose.cash_key(provider.town.achol.number)
    rose.post(f"/customers/{provider.town.achol.number}/cash", amount="5000", key=key)
    receipt = receipt_of(provider)
    assert f"/receipts/{receipt}/refund" in rose.get(f"/receipts/{receipt}").text
    assert "in notes" in rose.get(f"/receipts/{receipt}/refund").text
    answer = refund_form(rose, receipt, amount="2000")
    assert answer.status_code == 303
    path = answer.location.removeprefix("/admin")
    assert "Hand out SSP 2,000" in rose.get(path).text.replace('<bdi dir="ltr">', "").replace("</bdi>", "")
    assert "Hand out SSP 2,000" in rose.told(rose.post(f"{path}/hand-out"))
    assert rose.post(f"{path}/hand-out").status_code == 422
    assert provider.balance() == ssp(3_000)
    assert "Can still be given back: SSP 3,000" in re.sub(r"<[^>]*>", "", rose.get(f"/receipts/{receipt}/refund").text)
    provider.agrees()


def test_notes_come_out_of_an_open_drawer_that_has_them(desk_of, mary, provider):
    provider.pays(5_000)
    answer = refund_form(mary, receipt_of(provider), amount="5000")
    path = answer.location.removeprefix("/admin")
    rose = desk_of("rose")
    refused = rose.post(f"{path}/hand-out")
    assert refused.status_code in (409, 422)
    assert rose.refused(refused, refused.status_code)
    assert provider.rows("SELECT state FROM payout")[0].state == "approved"


def test_above_her_limit_a_cashier_waits_and_above_what_came_nobody_refunds(desk_of, mary, provider):
    provider.pays(5_000)
    receipt, rose = receipt_of(provider), desk_of("rose")
    assert "At most SSP 5,000" in rose.refused(refund_form(rose, receipt, amount="5001"))
    assert "Write the reason" in rose.refused(refund_form(rose, receipt, amount="5", why=" "))
    assert refund_form(rose, receipt, amount="x").status_code == 422
    answer = refund_form(rose, receipt, amount="2001")
    path = answer.location.removeprefix("/admin")
    assert "waits for a second person" in rose.get(path).text
    assert mary.post(f"{path}/approve").status_code == 303
    assert provider.balance() == ssp(2_999)
    assert rose.get("/receipts/999999/refund").status_code == 404
    provider.agrees()


def test_a_refund_form_sent_twice_asks_once(mary, provider):
    provider.pays(5_000)
    receipt = receipt_of(provider)
    form = {"key": mary.key(f"/receipts/{receipt}/refund"), "why": "paid twice", "amount": "100"}
    first = mary.post(f"/receipts/{receipt}/refund", **form)
    assert "Nothing was done twice." in mary.told(mary.post(f"/receipts/{receipt}/refund", **form))
    assert mary.post(f"/receipts/{receipt}/refund", **(form | {"key": "x"})).status_code == 422
    assert first.status_code == 303
    assert count(provider.parts, "payout") == 1


def test_what_paid_a_bill_is_taken_back_from_it_first(mary, provider):
    provider.begins("HOME")
    provider.on("2026-12-01")
    provider.bills()
    provider.pays(36_000)
    assert provider.balance() == ssp(0)
    assert refund_form(mary, receipt_of(provider), amount="36000").status_code == 303
    assert [row.due for row in provider.invoices()] == [36_000]
    provider.agrees()


def owner_with_sales(provider, pounds=50_000):
    def work(tx):
        deng = provider.town.deng.customer_id
        set_owner_terms(
            tx,
            owner_id=deng,
            from_day=provider.today,
            commission_millionths=200_000,
            withholding_millionths=100_000,
            payout_phone=provider.town.deng.main_phone,
            staff_id=provider.town.staff["mary"],
            now=provider.clock.now(),
        )
        terms = terms_on(tx.connection, deng, juba_day(provider.clock.now()))
        for key, price, paid_by in (("1", pounds, "company"), ("2", 10_000, "owner_cash")):
            record_owner_sale(tx, key=key, terms=terms, price=ssp(price), paid_by=paid_by, now=provider.clock.now())

    provider.parts.db.run(work)
    return provider.town.deng.number


def bare(page):
    return re.sub(r"<[^>]*>", "", page).replace("\u00a0", " ")


def test_terms_are_agreed_and_an_owner_is_settled_with_on_paper(mary, provider):
    number = provider.town.deng.number
    form = {"from_day": provider.today.isoformat(), "commission": "12.5", "withholding": "10", "phone": "0991234567"}
    for wrong in (
        {"commission": "101"},
        {"commission": "x"},
        {"withholding": "-1"},
        {"phone": "0911234567"},
        {"from_day": "2020-01-01"},
        {"from_day": "x"},
    ):
        assert mary.refused(mary.post(f"/owners/{number}/terms", **(form | wrong)))
    assert "There is nothing to settle." not in mary.get(f"/owners/{number}").text
    assert "It is agreed." in mary.told(mary.post(f"/owners/{number}/terms", **form))
    assert "12.5 %" in bare(mary.get(f"/owners/{number}").text)
    assert mary.refused(mary.post(f"/owners/{number}/terms", **form))
    key = mary.key(f"/owners/{number}")
    assert "There is nothing to settle." in mary.told(mary.post(f"/owners/{number}/settle", key=key))


def test_a_settlement_has_its_lines_for_commission_and_withholding(mary, provider):
    number = owner_with_sales(provider)
    assert "owes us commission: SSP 2,000" in bare(mary.get("/owners").text)
    key = mary.key(f"/owners/{number}")
    assert "To be paid out: SSP 34,000" in mary.told(mary.post(f"/owners/{number}/settle", key=key))
    mary.post(f"/owners/{number}/settle", key=key)
    assert count(provider.parts, "settlement") == count(provider.parts, "payout") == 1
    paper = bare(mary.get("/settlements/1").text)
    for line in ("Your shares of what was soldSSP 40,000", "Tax kept back from them− SSP 4,000"):
        assert line in paper
    assert "Our commission on what you took in cash− SSP 2,000" in paper
    assert "Left for youSSP 34,000" in paper
    assert mary.get("/settlements/2").status_code == 404
    provider.agrees()


def test_without_an_account_to_pay_from_nobody_is_settled_with(parts, app, mary, provider):
    import dataclasses

    from admin.desk import PARTS

    number = owner_with_sales(provider)
    settings = dataclasses.replace(parts.settings, momo_disbursement_subscription_key=None)
    app.extensions[PARTS] = dataclasses.replace(parts, settings=settings)
    assert "Settle now" not in mary.get(f"/owners/{number}").text
    key = str(parts.ids.new_uuid())
    assert "no account of ours" in mary.refused(mary.post(f"/owners/{number}/settle", key=key))
    assert count(parts, "settlement") == 0


def test_who_is_topped_up_by_itself_is_listed_and_ended(mary, provider):
    def work(tx):
        agree_auto_top_up(
            tx,
            request_key="a",
            customer=account(tx.connection, provider.town.achol.customer_id),
            phone=ACHOL,
            amount=ssp(5_000),
            below=ssp(500),
            times_a_month=4,
            platform=PLATFORM,
            now=provider.clock.now(),
            ids=provider.parts.ids,
        )

    assert "There are none." in mary.get("/auto-top-ups").text
    provider.parts.db.run(work)
    page = bare(mary.get("/auto-top-ups").text)
    assert "below SSP 500" in page
    assert "at most 4 times a month" in page
    assert "gets an SMS about it" in mary.told(mary.post("/auto-top-ups/1/stop"))
    assert mary.post("/auto-top-ups/1/stop").status_code == 422
    assert mary.post("/auto-top-ups/9/stop").status_code == 404
    assert count(provider.parts, "audit_entry", "act = 'auto_top_up_stopped'") == 1
