"""Prepaid days are given back as they were paid for, each by the document that billed it."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from core.billing.adjust import ask_adjustment
from core.billing.change_service import change_service
from core.billing.credit import credit_invoice
from core.billing.end_service import end_service
from core.billing.exempt import exempt
from core.catalog.set_promotion import set_promotion
from core.catalog.set_tax_rate import end_tax_rate, set_tax_rate
from core.errors import CreditTooLarge, Refusal
from core.subscriptions.pause import pause, unpause
from core.subscriptions.suspend import resume, suspend
from tests.core.billing.test_any_verbs import clean
from tests.provider import ssp

PRICES = {"PREHOME": 30_000, "PREPLUS": 60_000}


def tariff_id(provider, code):
    return provider.rows("SELECT id FROM tariff WHERE code = :code", code=code)[0].id


def changes(provider, service, code, *, at_period_end=False):
    return provider.does(
        change_service,
        subscription_id=service,
        tariff_id=tariff_id(provider, code),
        at_period_end=at_period_end,
        by=provider.by(),
        issuer=provider.issuer,
        key=str(provider.parts.ids.new_uuid()),
    )


def ends(provider, service):
    return provider.does(end_service, subscription_id=service, by=provider.by(), issuer=provider.issuer)


def pauses(provider, service, days):
    provider.does(pause, subscription_id=service, by=provider.by())
    provider.on(provider.today + timedelta(days=days))
    provider.does(unpause, subscription_id=service, by=provider.by())


def test_up_and_ended_on_one_day_gives_both_back(provider):
    provider.pays(100_000)
    service = provider.begins("PREHOME")
    provider.on("2026-11-02")
    changes(provider, service, "PREPLUS")
    ended = ends(provider, service)
    assert ended.credited == ssp(67_200)  # 28 of 30 days at 60,000, and excise
    # Paid: one day at 30,000 and one at 60,000.
    assert provider.balance() == ssp(100_000 - 1_200 - 2_400)
    provider.agrees()


def test_up_and_down_again_on_one_day_costs_nothing(provider):
    provider.pays(200_000)
    service = provider.begins("PREPLUS")
    provider.on("2026-11-11")
    changes(provider, service, "PREHOME")
    changes(provider, service, "PREPLUS")
    changes(provider, service, "PREHOME")
    assert provider.balance() == ssp(200_000 - 24_000 - 24_000)  # 10 days at 60,000 and 20 at 30,000, and excise
    provider.agrees()


def test_days_of_several_documents_are_given_back_by_a_note_to_each(provider):
    provider.pays(200_000)
    service = provider.begins("PREHOME")  # 1 November to 1 December
    provider.on("2026-11-10")
    pauses(provider, service, 21)  # 20 days kept, from 1 December on
    provider.bills_daily_until("2026-12-21")  # used up; a second month is paid: to 21 January
    provider.on("2026-12-25")
    pauses(provider, service, 10)  # 4 January: 26 days kept
    changes(provider, service, "PREPLUS")
    provider.on("2027-01-08")
    ended = ends(provider, service)
    assert len(ended.notes) == 1
    paid = ssp(200_000) - provider.balance()
    days_home, days_plus = 30 + 5, 5  # of months of 31 days from the second on
    fair = days_home_price(days_home) + days_plus * 60_000 * 12 // (31 * 10)
    assert abs(paid.minor // 100 - fair) < 100
    provider.agrees()


def days_home_price(days):
    return 36_000 + (days - 30) * 36_000 // 31


def test_an_exempt_customer_is_given_back_what_they_paid_and_no_tax(provider):
    provider.does(
        exempt,
        customer_id=provider.town.achol.customer_id,
        tax_code="EXCISE",
        certificate="EX-1",
        valid_from=date(2026, 1, 1),
        valid_until=date(2026, 11, 10),
        staff_id=None,
        now=provider.clock.now(),
    )
    provider.pays(30_000)
    service = provider.begins("PREHOME")
    provider.on("2026-11-15")
    assert ends(provider, service).credited == ssp(15_000)
    provider.agrees()


def test_a_tax_raised_since_is_not_given_back_higher_than_it_was_paid(provider):
    provider.pays(36_000)
    service = provider.begins("PREHOME")
    provider.on("2026-11-10")
    (rate,) = provider.rows("SELECT id FROM tax_rate")
    provider.does(end_tax_rate, rate_id=rate.id, until=date(2026, 11, 10))
    provider.does(
        set_tax_rate,
        tax_code="EXCISE",
        product_class="telecom",
        rate_percent=Decimal(40),
        inclusive=False,
        compound=False,
        valid_from=date(2026, 11, 10),
        valid_until=None,
        note="",
        staff_id=None,
        now=provider.clock.now(),
    )
    provider.on("2026-11-15")
    assert ends(provider, service).credited == ssp(18_000)
    provider.agrees()


def test_what_was_credited_before_is_not_given_back_again(provider):
    provider.pays(36_000)
    service = provider.begins("PREHOME")
    provider.on("2026-11-10")
    (invoice,) = provider.invoices()
    provider.does(
        credit_invoice,
        key="wrong",
        invoice_id=invoice.id,
        amount=ssp(30_000),
        reason="a week without a line",
        issuer=provider.issuer,
        now=provider.clock.now(),
    )
    assert ends(provider, service).credited == ssp(4_000)  # 20 of the 30 days that are left to pay 6,000 for
    assert provider.balance() == ssp(34_000)
    provider.agrees()


def test_a_deposit_returned_is_not_credited_once_more(provider):
    provider.begins("FULL")
    (invoice,) = provider.invoices()
    provider.pays(36_000 + 35_000)
    provider.does(
        ask_adjustment,
        request_key="deposit",
        kind="deposit_return",
        customer_id=provider.town.achol.customer_id,
        invoice_id=None,
        amount=ssp(25_000),
        reason="ended",
        staff_id=provider.town.staff["mary"],
        role="admin",
        issuer=provider.issuer,
        now=provider.clock.now(),
    )
    before = provider.balance()

    def credit(amount):
        return provider.does(
            credit_invoice,
            key="all",
            invoice_id=invoice.id,
            amount=amount,
            reason="it was never installed",
            issuer=provider.issuer,
            now=provider.clock.now(),
        )

    with pytest.raises(CreditTooLarge) as refused:
        credit(ssp(int(invoice.total)))
    assert refused.value.most == ssp(int(invoice.total) - 25_000)
    credit(None)
    assert provider.balance() - before == ssp(int(invoice.total) - 25_000)
    provider.agrees()


def test_a_promotion_holds_for_the_days_on_its_tariff(provider):
    provider.on("2026-10-01")
    provider.does(
        set_promotion,
        code="HALF",
        name_en="Half",
        name_ar="نصف",
        tariff_code="HOME",
        valid_from=date(2026, 11, 1),
        valid_until=date(2026, 12, 1),
        percent_off=Decimal(50),
        periods=3,
        approval_reference="NCA 1",
        approved_on=date(2026, 9, 1),
        staff_id=None,
        now=provider.clock.now(),
    )
    provider.on("2026-11-01")
    service = provider.begins("HOME")
    provider.on("2026-11-21")
    changes(provider, service, "BIGGER")
    provider.on("2026-12-01")
    provider.bills()
    lines = [(line.kind, float(line.amount)) for line in provider.lines(provider.invoices()[0].id)]
    assert lines == [("recurring", 20_000), ("discount", -10_000), ("recurring", 20_000)]


@pytest.mark.parametrize("off", ["suspend", "pause"])
def test_a_change_agreed_on_survives_days_off(provider, off):
    service = provider.begins("BIGGER")
    provider.on("2026-11-10")
    changes(provider, service, "HOME", at_period_end=True)
    provider.on("2026-11-12")
    if off == "suspend":
        provider.does(suspend, subscription_id=service, reason="staff", by=provider.by())
        provider.on("2026-11-13")
        provider.does(resume, subscription_id=service, by=provider.by())
    else:
        pauses(provider, service, 1)
    provider.bills_daily_until("2027-01-01")
    assert provider.invoices()[1].net == 30_000


def test_a_change_agreed_on_before_a_long_pause_begins_with_the_first_day_back(provider):
    service = provider.begins("BIGGER")
    provider.on("2026-11-10")
    changes(provider, service, "HOME", at_period_end=True)
    pauses(provider, service, 40)  # 20 December
    assert provider.access(service).down_kbps == 4_000
    provider.bills_daily_until("2027-01-20")
    assert {line.facts["tariff_en"] for line in provider.lines(provider.invoices()[-1].id)} == {"Home"}


def test_a_prepaid_change_agreed_on_waits_for_the_end_of_the_kept_days(provider):
    provider.pays(200_000)
    service = provider.begins("PREPLUS")
    provider.on("2026-11-10")
    changes(provider, service, "PREHOME", at_period_end=True)
    pauses(provider, service, 10)  # 20 November: 20 days kept, to 10 December
    assert provider.access(service).down_kbps == 8_000
    terms = provider.rows("SELECT from_day FROM subscription_term WHERE until_day IS NULL")
    assert terms == [(date(2026, 12, 10),)]


def test_a_pause_within_a_day_keeps_the_31st(provider):
    provider.on("2027-01-31")
    provider.pays(500_000)
    service = provider.begins("PREHOME")
    provider.on("2027-02-10")
    pauses(provider, service, 0)
    assert provider.service(service).anchor_day == 31
    provider.bills_daily_until("2027-02-28")
    assert provider.service(service).billed_until == date(2027, 3, 31)


ACTS = st.lists(
    st.tuples(st.integers(0, 20), st.sampled_from(["up", "down", "pause", "unpause", "up", "down"])), max_size=6
)


@settings(
    max_examples=25,
    deadline=None,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)
@given(acts=ACTS, last=st.integers(0, 20))
def test_whatever_was_changed_what_is_kept_is_the_price_of_the_days_used(provider, acts, last):
    clean(provider)
    provider.on("2026-11-01")
    provider.pays(900_000)
    service = provider.begins("PREPLUS")
    used = [("PREPLUS", provider.today)]
    on = "PREPLUS"
    for days, act in acts:
        for _day in range(days):
            provider.on(provider.today + timedelta(days=1))
            provider.bills()
            if provider.service(service).state == "active" and used[-1][1] < provider.today:
                used.append((on, provider.today))
        try:
            if act in ("up", "down"):
                code = "PREPLUS" if act == "up" else "PREHOME"
                changes(provider, service, code)
                on = code
                used[-1] = (on, provider.today)  # the day of a change is a day of the new plan
            else:
                provider.does(pause if act == "pause" else unpause, subscription_id=service, by=provider.by())
        except Refusal:
            continue
        if act == "unpause" and used[-1][1] < provider.today:
            used.append((on, provider.today))
    for _day in range(last):
        provider.on(provider.today + timedelta(days=1))
        provider.bills()
        if provider.service(service).state == "active" and used[-1][1] < provider.today:
            used.append((on, provider.today))
    if provider.service(service).billed_until > provider.today or provider.service(service).kept_days:
        ends(provider, service)
    kept = (ssp(900_000) - provider.balance()).minor / 100
    # A day's price is that of a month of 28 to 31 days, with excise of a fifth.
    low, high = (sum(PRICES[code] * 1.2 / days for code, _day in used) for days in (31, 28))
    assert low - 60 <= kept <= high + 60
    provider.agrees()
