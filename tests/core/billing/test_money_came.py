"""Money that comes, by cash or by MoMo: the first due first, a named bill before it, and back on within that moment."""

from datetime import timedelta

import pytest

from core.billing.fulfil import bill_fulfilments
from core.billing.money_came import used_by
from core.payments.open_intent import open_intent
from core.payments.settle import settle
from core.subscriptions.slow import slow
from core.subscriptions.suspend import suspend
from core.tokens.fulfil import fulfilments
from tests.provider import ssp
from tests.town import texts_to


def momo(provider, pounds, purpose="bill", body=None):
    """A payment the provider of mobile money has confirmed."""
    now = provider.clock.now()

    def work(tx):
        opened = open_intent(
            tx,
            request_key=str(provider.parts.ids.new_uuid()),
            customer=provider.town.account_of("achol"),
            payer_phone=provider.town.achol.main_phone,
            amount=ssp(pounds),
            purpose=purpose,
            purpose_body=body or {},
            platform=provider.parts.settings.momo_base_url,
            now=now,
            ids=provider.parts.ids,
        )
        parts = provider.parts
        fulfil = {
            **bill_fulfilments(issuer=provider.issuer),
            **fulfilments(ids=parts.ids, sealer=parts.sealer, stays=used_by(provider.issuer)),
        }
        return settle(
            tx,
            intent_id=opened.intent_id,
            provider_reference=f"mtn-{opened.intent_id}",
            now=now,
            why={"told": "by the story"},
            fulfil=fulfil,
        )

    assert provider.parts.db.run(work)


@pytest.fixture
def two_bills(provider):
    """36,000 for November, due on 15 December, and 36,000 for December, due on 15 January."""
    service = provider.begins("HOME")
    provider.on("2027-01-02")
    provider.bills()
    return service


def test_money_for_a_token_of_a_closed_network_pays_the_bill_that_is_due(provider, two_bills):
    town = provider.town
    (version,) = provider.rows("SELECT id FROM plan_version WHERE plan_id = :plan", plan=town.plans["1W"])
    with provider.parts.db.transaction() as tx:
        tx.connection.exec_driver_sql("UPDATE hotspot SET closed_at = now()")
    body = {
        "recipient": town.achol.main_phone,
        "hotspot": town.hotspots["Juba Town Wi-Fi"],
        "plan_version": version.id,
    }
    momo(provider, 8_000, "token", body)
    assert [one.due for one in provider.invoices()] == [28_000, 36_000]
    assert provider.balance() == ssp(0)
    provider.agrees()


def test_the_bill_due_first_is_settled_first_and_what_is_over_stays_as_credit(provider, two_bills):
    assert provider.pays(40_000).settled == ssp(40_000)
    assert [one.due for one in provider.invoices()] == [0, 32_000]
    assert provider.pays(50_000).settled == ssp(32_000)
    assert provider.balance() == ssp(18_000)
    provider.agrees()


def test_a_named_bill_comes_before_one_that_is_due_first(provider, two_bills):
    provider.pays(40_000, invoice_id=provider.invoices()[1].id)
    assert [one.due for one in provider.invoices()] == [32_000, 0]


def test_a_bill_paid_by_momo_is_settled_and_the_text_says_what_is_left(provider, two_bills):
    momo(provider, 50_000)
    assert [one.due for one in provider.invoices()] == [0, 22_000]
    template, shown = texts_to(provider.parts, provider.town.achol.main_phone)[-1]
    assert template == "bills_settled"
    assert "SSP 50,000" in shown
    assert "SSP 22,000" in shown
    provider.agrees()


def test_a_top_up_settles_bills_as_well_and_one_without_bills_is_a_top_up(provider):
    momo(provider, 5_000, "topup")
    assert texts_to(provider.parts, provider.town.achol.main_phone)[-1][0] == "top_up_paid"
    provider.begins("HOME")
    provider.on("2026-12-01")
    provider.bills()
    momo(provider, 5_000, "topup")
    assert provider.invoices()[0].due == 26_000


def test_who_was_cut_off_for_a_bill_is_on_again_in_the_transaction_that_brought_enough(provider, two_bills):
    provider.on("2027-01-23")  # both were made on the 2nd, and have their full 14 days
    provider.does(slow, subscription_id=two_bills, by=provider.by("bill not paid"))
    provider.does(suspend, subscription_id=two_bills, reason="unpaid", by=provider.by("bill not paid"))
    momo(provider, 36_000)
    assert provider.service(two_bills).state == "suspended"  # dunning would cut it off for the second bill
    momo(provider, 36_000)
    row = provider.service(two_bills)
    assert (row.state, row.slowed) == ("active", False)
    assert provider.access(two_bills).wanted == "present"
    assert provider.access(two_bills).down_kbps == 4_000
    assert texts_to(provider.parts, provider.town.achol.main_phone)[-2][0] == "service_back"
    provider.agrees()


def test_who_was_cut_off_by_staff_stays_so_whatever_is_paid(provider, two_bills):
    provider.does(suspend, subscription_id=two_bills, reason="staff", by=provider.by("abuse"))
    provider.pays(72_000)
    assert provider.service(two_bills).state == "suspended"


def test_days_cut_off_for_a_bill_are_not_billed(provider, two_bills):
    provider.on("2027-01-10")
    provider.does(suspend, subscription_id=two_bills, reason="unpaid", by=provider.by("bill not paid"))
    provider.on(provider.today + timedelta(days=10))
    provider.pays(72_000)
    provider.bills_daily_until("2027-02-01")
    (first, second) = provider.lines(provider.invoices()[-1].id)
    assert (first.facts["days"], second.facts["days"]) == (10, 12)
