"""What callers ask for about their bills and services: known to the flow, carried out once, whichever the door."""

import pytest
from sqlalchemy import text

from core.billing.statement_text import bill_lines
from core.callers.carry_out import Asked, carry_out
from core.callers.commands import ChangePlan, KeepPlan, PayBill, PayInParts, TextStatement
from core.callers.queries import CALLER, CallerFacts
from core.db.quick import QuickStatements
from core.errors import (
    AmountOutOfRange,
    CustomerNotActive,
    InsufficientBalance,
    NotACustomer,
    NotFound,
    NothingDue,
    OtherBilling,
    PlanRunning,
    SamePlan,
)
from core.languages import TONGUES, say
from core.messaging.segments import measure, substitute
from core.messaging.texts import TEXTS
from tests.conftest import GATEWAY_KEY
from tests.core.billing.owing import charged, owes, words
from tests.flows.longest import INVOICE, text_facts
from tests.provider import ssp
from tests.town import ACHOL, DENG, KIDEN, Call, count, doors, snapshot, texts_to


@pytest.fixture
def facts(parts):
    quick = QuickStatements(parts.settings.database_url, {"caller": CALLER})
    reader = CallerFacts(parts, quick)
    yield lambda phone=ACHOL: reader.read(phone, parts.clock.now())
    quick.close()


def asks(provider, command, key="call-1", phone=ACHOL, through="ussd"):
    asked = Asked(phone, through, key, provider.clock.now())
    provider.parts.db.run(lambda tx: carry_out(tx, command, asked, provider.parts))


def intents(provider):
    return provider.rows("SELECT purpose, amount_minor, payer_phone, purpose_body FROM payment_intent ORDER BY id")


def test_who_has_no_service_and_no_debt_is_known_as_such(provider, facts):
    known = facts(DENG)
    assert (known.bill.due, known.bill.count, known.bill.first_due_on, known.services) == (ssp(0), 0, None, ())
    assert facts(KIDEN).services == ()


def test_what_is_owed_and_by_when_is_known(provider, facts):
    owes(provider)
    charged(provider, 4_000)
    bill = facts().bill
    assert (bill.due, bill.overdue, bill.count) == (ssp(40_000), ssp(0), 2)
    assert bill.first_due_on.isoformat() == "2026-12-01"
    provider.on("2026-12-16")
    assert facts().bill.overdue == ssp(40_000)


def test_services_are_known_with_the_tariff_of_today_and_what_is_on_sale(provider, facts):
    provider.on("2026-11-01")
    first = provider.begins("HOME")
    second = provider.begins("PREHOME") if provider.pays(50_000) else 0
    known = facts()
    by_id = {one.subscription_id: one for one in known.services}
    assert (by_id[first].tariff_en, by_id[first].pay, by_id[first].billed_on) == ("Home", "postpaid", "anniversary")
    assert by_id[first].can_change
    assert (by_id[second].pay, by_id[second].next_bill_on.isoformat()) == ("prepaid", "2026-12-01")
    assert [one.alias for one in known.tariffs] == sorted(one.alias for one in known.tariffs)
    assert {one.name_en for one in known.tariffs} >= {"Home", "Bigger", "Prehome"}
    assert facts(DENG).services == ()


def test_no_more_services_than_a_screen_needs_and_none_that_has_ended(provider, facts):
    for _number in range(5):
        last = provider.begins("HOME")
    assert len(facts().services) == 3
    assert last not in {one.subscription_id for one in facts().services}


def test_a_bill_paid_by_momo_is_asked_for_once_and_settles(provider):
    owes(provider)
    command = PayBill(ssp(36_000), ACHOL)
    asks(provider, command)
    assert intents(provider) == [("bill", 3_600_000, ACHOL, {})]
    provider.pays(36_000)  # at the counter, before the same request comes again
    before = snapshot(provider.parts)
    asks(provider, command)
    assert snapshot(provider.parts) == before


@pytest.mark.parametrize("pounds", [99, 36_001])
def test_a_part_is_neither_too_little_nor_more_than_is_due(provider, pounds):
    owes(provider)
    with pytest.raises(AmountOutOfRange) as refused:
        asks(provider, PayBill(ssp(pounds), ACHOL))
    assert (refused.value.least, refused.value.most) == (ssp(100), ssp(36_000))
    assert intents(provider) == []


def test_a_bill_below_what_momo_takes_is_paid_with_the_least_it_takes(provider):
    charged(provider, 50)
    asks(provider, PayBill(ssp(100), ACHOL))
    assert [row.amount_minor for row in intents(provider)] == [100_00]


def test_nobody_pays_what_they_do_not_owe(provider):
    with pytest.raises(NothingDue):
        asks(provider, PayBill(ssp(1_000), ACHOL))
    with pytest.raises(NothingDue):
        asks(provider, PayInParts(2))


def test_parts_are_agreed_on_once_through_the_door_they_came_by(provider):
    owes(provider)
    asks(provider, PayInParts(3), through="sms")
    asks(provider, PayInParts(3), through="sms")
    assert provider.rows("SELECT agreed_through, state FROM payment_plan") == [("sms", "running")]
    assert len(words(provider, "plan_agreed")) == 1
    with pytest.raises(PlanRunning):
        asks(provider, PayInParts(2), key="call-2")


def tariff(provider, code):
    return provider.rows("SELECT id FROM tariff WHERE code = :code", code=code)[0].id


def test_a_plan_is_changed_once_however_often_the_request_comes(provider):
    provider.pays(200_000)
    service = provider.begins("PREHOME")
    provider.on("2026-11-16")
    command = ChangePlan(service, tariff(provider, "PREPLUS"), at_period_end=False)
    asks(provider, command)
    balance, before = provider.balance(), snapshot(provider.parts)
    asks(provider, command)
    assert snapshot(provider.parts) == before
    assert provider.balance() == balance
    (move,) = provider.rows("SELECT why, staff_id, detail FROM subscription_move WHERE verb = 'change_plan'")
    assert (move.why, move.staff_id, move.detail["request"]) == ("by USSD", None, "call-1")
    with pytest.raises(SamePlan):
        asks(provider, command, key="call-2")
    provider.agrees()


def test_a_plan_changed_at_the_end_of_its_month_costs_nothing_now(provider):
    service = provider.begins("HOME")
    asks(provider, ChangePlan(service, tariff(provider, "BIGGER"), at_period_end=True), through="sms")
    assert provider.rows(
        "SELECT from_day::text FROM subscription_term WHERE subscription_id = :id ORDER BY from_day", id=service
    ) == [("2026-11-01",), ("2026-12-01",)]
    assert provider.rows("SELECT why FROM subscription_move WHERE verb = 'change_plan'") == [("by SMS",)]


def test_what_is_agreed_on_for_later_is_known_until_it_begins_or_is_taken_back(provider, facts):
    service = provider.begins("HOME")
    assert (facts().services[0].alias, facts().services[0].agreed_id) == (1, None)
    asks(provider, ChangePlan(service, tariff(provider, "BIGGER"), at_period_end=True))
    known = facts().services[0]
    assert (known.tariff_en, known.alias, known.agreed_id) == ("Home", 1, tariff(provider, "BIGGER"))
    asks(provider, KeepPlan(service), key="call-2")
    assert facts().services[0].agreed_id is None
    asks(provider, ChangePlan(service, tariff(provider, "BIGGER"), at_period_end=True), key="call-3")
    provider.on("2026-12-01")
    known = facts().services[0]
    assert (known.tariff_en, known.alias, known.agreed_id) == ("Bigger", 3, None)


def test_a_change_is_taken_back_once_however_often_the_request_comes(provider):
    service = provider.begins("HOME")
    asks(provider, ChangePlan(service, tariff(provider, "BIGGER"), at_period_end=True))
    asks(provider, KeepPlan(service), key="call-2", through="sms")
    before = snapshot(provider.parts)
    asks(provider, KeepPlan(service), key="call-2", through="sms")
    assert snapshot(provider.parts) == before
    (move,) = provider.rows("SELECT why, staff_id, detail FROM subscription_move WHERE verb = 'keep_plan'")
    assert (move.why, move.staff_id, move.detail["request"]) == ("by SMS", None, "call-2")
    with pytest.raises(SamePlan):
        asks(provider, KeepPlan(service), key="call-3")
    provider.agrees()


def test_nobody_takes_the_change_of_another_back(provider):
    service = provider.begins("HOME")
    asks(provider, ChangePlan(service, tariff(provider, "BIGGER"), at_period_end=True))
    before = snapshot(provider.parts)
    with pytest.raises(NotFound):
        asks(provider, KeepPlan(service), key="call-2", phone=DENG)
    with pytest.raises(NotACustomer):
        asks(provider, KeepPlan(service), key="call-3", phone=KIDEN)
    assert snapshot(provider.parts) == before


def test_a_dearer_prepaid_plan_that_is_not_covered_changes_nothing(provider):
    provider.pays(36_000)
    service = provider.begins("PREHOME")
    before = snapshot(provider.parts)
    with pytest.raises(InsufficientBalance):
        asks(provider, ChangePlan(service, tariff(provider, "PREPLUS"), at_period_end=False))
    assert snapshot(provider.parts) == before


def test_nobody_changes_the_service_of_another(provider):
    service = provider.begins("HOME", provider.town.deng)
    with pytest.raises(NotFound):
        asks(provider, ChangePlan(service, tariff(provider, "BIGGER"), at_period_end=True))


def test_a_plan_that_is_billed_otherwise_is_refused(provider):
    service = provider.begins("HOME")
    with pytest.raises(OtherBilling):
        asks(provider, ChangePlan(service, tariff(provider, "OFFICE"), at_period_end=True))


def test_a_stopped_account_changes_no_plan(provider):
    service = provider.begins("HOME")
    provider.does(lambda tx: tx.connection.execute(text("UPDATE customer SET status = 'suspended'")))
    with pytest.raises(CustomerNotActive):
        asks(provider, ChangePlan(service, tariff(provider, "BIGGER"), at_period_end=True))


def test_a_statement_names_what_is_owed_the_last_three_bills_and_the_balance(provider):
    owes(provider)
    for pounds in (1_000, 2_000, 3_000):
        charged(provider, pounds)
    provider.pays(5_500)
    asks(provider, TextStatement())
    asks(provider, TextStatement())
    (said,) = words(provider, "statement")
    assert said.splitlines() == [
        "You owe SSP 36,500. Balance SSP 0.",
        "Last bills, in SSP:",
        "INV-2026-000004: 3,000, left 500",
        "INV-2026-000003: 2,000, paid",
        "INV-2026-000002: 1,000, paid",
    ]


def test_a_statement_in_arabic_keeps_numbers_in_their_order(provider):
    owes(provider)
    provider.does(lambda tx: tx.connection.execute(text("UPDATE customer SET language = 'ar'")))
    asks(provider, TextStatement())
    (said,) = words(provider, "statement")
    assert said.splitlines()[2:] == ["INV-2026-000001", "36,000، الباقي 36,000"]


def test_a_statement_without_bills_says_so_to_the_phone_that_asked(provider):
    asks(provider, TextStatement(), phone=DENG)
    assert texts_to(provider.parts, DENG)[-1] == (
        "statement_empty",
        "You owe nothing. Balance SSP 0. You have no bills yet.",
    )
    assert TEXTS["statement"].asked


def test_a_statement_is_texted_to_who_said_stop(provider):
    provider.does(
        lambda tx: tx.connection.execute(
            text("INSERT INTO silenced_phone (phone, since) VALUES (:phone, now())"), {"phone": ACHOL}
        )
    )
    asks(provider, TextStatement())
    assert [name for name, _said in texts_to(provider.parts, ACHOL)][-1] == "statement_empty"


@pytest.mark.parametrize("tongue", TONGUES)
@pytest.mark.parametrize("name", ["statement", "statement_empty"])
def test_a_statement_costs_what_it_may_with_the_longest_facts(name, tongue):
    form = TEXTS[name]
    said = substitute(say(tongue, form.original, **text_facts(tongue, "")))
    cost = measure(said)
    assert cost.encoding == ("ucs2" if tongue == "ar" else "gsm7")
    assert cost.segments <= (form.arabic_segments if tongue == "ar" else form.latin_segments), said


def test_a_bill_that_is_paid_says_so():
    assert bill_lines([(INVOICE, ssp(5), ssp(0)), (INVOICE, ssp(7), ssp(2))], "en").splitlines() == [
        f"{INVOICE}: 5, paid",
        f"{INVOICE}: 7, left 2",
    ]


@pytest.fixture
def web(parts, town, redis_url):
    with doors(parts, redis_url) as app:
        yield app


def test_a_bill_is_paid_changed_and_texted_over_ussd(provider, web):
    owes(provider)

    def call(session):
        return Call(web.test_client(), GATEWAY_KEY, session=session)

    screen = call("shown").dial("8")
    assert screen.splitlines()[0] == "CON You owe SSP 36,000, due 15/12/2026."
    paying = call("paying")
    paying.dial("8")
    assert paying.press("2", "10000", "1").startswith("END Approve SSP 10,000 on 0921 234 567")
    assert paying.hop(paying.text).startswith("END Approve"), "sent twice"
    assert [row.amount_minor for row in intents(provider)] == [1_000_000]
    parts_agreed = call("in parts")
    parts_agreed.dial("8", "3")
    assert parts_agreed.press("2", "1") == "END Agreed. The days and amounts come by SMS."
    changing = call("changing")
    assert changing.dial("8", "4", "3").startswith("CON Bigger: SSP 60,000 a month. From when?")
    assert changing.press("2") == "END From your next month you have the plan Bigger."
    keeping = call("keeping")
    assert "1. Keep Home" in keeping.dial("8", "4")
    assert keeping.press("1") == "END You keep the plan Home. The change is cancelled."
    assert keeping.hop(keeping.text) == "END You keep the plan Home. The change is cancelled.", "sent twice"
    assert count(provider.parts, "subscription_move", "verb = 'keep_plan'") == 1
    stating = call("stating")
    stating.dial("8")
    assert stating.press("5") == "END Your statement comes by SMS."
    assert len(words(provider, "statement")) == 1
    provider.agrees()


def test_a_refusal_over_ussd_is_one_sentence(provider, web):
    owes(provider)
    for session, said in (("one", "END Agreed."), ("two", "END Paying in parts is agreed already")):
        call = Call(web.test_client(), GATEWAY_KEY, session=session)
        call.dial("8", "3", "2")
        assert call.press("1").startswith(said)


def replies(provider):
    return [said for name, said in texts_to(provider.parts, ACHOL) if name == "reply"]


def test_the_same_by_sms(provider, web):
    owes(provider)

    def texts(number, words_typed):
        form = {"id": f"in-{number}", "from": ACHOL, "to": "7722", "text": words_typed, "date": "2026-12-01T09:00:00Z"}
        answer = web.test_client().post(f"/sms/africastalking/{GATEWAY_KEY}/inbound", data=form)
        assert answer.status_code == 200, answer.text
        return replies(provider)[-1]

    assert texts(1, "BILL").startswith("You owe SSP 36,000, due 15/12/2026.\n1. Pay all by MoMo")
    assert texts(2, "2").startswith("You owe SSP 36,000. How much")
    assert texts(3, "10,000").startswith("Pay SSP 10,000 by MoMo")
    assert texts(4, "1").startswith("Approve SSP 10,000")
    # The statement is itself a text: no other announces it.
    assert texts(5, "كشف حساب").startswith("Approve SSP 10,000")
    assert len(words(provider, "statement")) == 1
    assert texts(5, "كشف حساب").startswith("Approve SSP 10,000"), "delivered twice"
    assert len(words(provider, "statement")) == 1
    assert texts(6, "باقة").startswith("Plans, SSP a month:\n")
    assert count(provider.parts, "payment_intent") == 1
