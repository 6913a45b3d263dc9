"""A change of plan agreed on for later: taken back before its day, and never begun before the service does."""

from datetime import date

import pytest

from core.billing.change_service import change_service
from core.billing.end_service import hand_over
from core.days import juba_day
from core.errors import NotFound, NotPossibleNow, SamePlan
from core.subscriptions.keep_plan import keep_plan
from core.subscriptions.overview import view_numbered
from core.subscriptions.pause import pause, unpause


def agrees_on(provider, service, code, *, at_period_end=True):
    (row,) = provider.rows("SELECT id FROM tariff WHERE code = :code", code=code)
    return provider.does(
        change_service,
        subscription_id=service,
        tariff_id=row.id,
        at_period_end=at_period_end,
        by=provider.by(),
        issuer=provider.issuer,
        key=f"{code}:{provider.today}",
    ).changed.from_day


def keeps(provider, service, why="she thought better of it"):
    return provider.does(keep_plan, subscription_id=service, by=provider.by(why))


def terms(provider, service):
    return [
        tuple(row)
        for row in provider.rows(
            "SELECT f.code, t.from_day, t.until_day FROM subscription_term t JOIN tariff f ON f.id = t.tariff_id"
            " WHERE t.subscription_id = :id ORDER BY t.from_day",
            id=service,
        )
    ]


def handed_to_deng(provider, service):
    _ended, added = provider.does(
        hand_over,
        subscription_id=service,
        customer_id=provider.town.deng.customer_id,
        by=provider.by("sold the house"),
        issuer=provider.issuer,
    )
    return added.subscription_id


def test_a_change_taken_back_leaves_the_days_and_bills_as_if_it_had_not_been(provider):
    service = provider.begins("HOME")
    before = terms(provider, service)
    provider.on("2026-11-14")
    agrees_on(provider, service, "BIGGER")
    assert [code for code, _from, _until in terms(provider, service)] == ["HOME", "BIGGER"]
    kept = keeps(provider, service)
    assert (kept.terms.code, kept.from_day) == ("HOME", date(2026, 12, 1))
    assert terms(provider, service) == before
    provider.bills_daily_until("2027-01-01")
    assert [one.net for one in provider.invoices()] == [30_000, 30_000]
    provider.agrees()


def test_the_history_says_who_took_it_back_when_why_and_what_it_was(provider):
    service = provider.begins("HOME")
    agrees_on(provider, service, "BIGGER")
    keeps(provider, service)
    move = provider.rows("SELECT * FROM subscription_move ORDER BY id DESC LIMIT 1")[0]
    ids = {row.code: row.id for row in provider.rows("SELECT code, id FROM tariff")}
    assert (move.verb, move.from_state, move.to_state) == ("keep_plan", "active", "active")
    assert (move.why, move.staff_id, move.at) == (
        "she thought better of it",
        provider.town.staff["mary"],
        provider.clock.now(),
    )
    assert move.detail == {"tariff": ids["HOME"], "not": ids["BIGGER"], "day": "2026-12-01"}


def test_where_nothing_is_agreed_on_nothing_is_taken_back(provider):
    service = provider.begins("HOME")
    with pytest.raises(SamePlan):
        keeps(provider, service)
    agrees_on(provider, service, "BIGGER")
    keeps(provider, service)
    with pytest.raises(SamePlan):
        keeps(provider, service)
    with pytest.raises(NotFound):
        keeps(provider, service + 1)


def test_a_change_that_has_begun_is_not_taken_back(provider):
    service = provider.begins("HOME")
    agrees_on(provider, service, "BIGGER")
    provider.bills_daily_until("2026-12-01")
    with pytest.raises(SamePlan):
        keeps(provider, service)
    assert [code for code, _from, _until in terms(provider, service)] == ["HOME", "BIGGER"]


def test_another_change_can_be_agreed_on_after_one_was_taken_back(provider):
    provider.pays(200_000)
    service = provider.begins("PREHOME")
    agrees_on(provider, service, "PREPLUS")
    keeps(provider, service)
    assert agrees_on(provider, service, "PREPLUS") == date(2026, 12, 1)
    provider.bills_daily_until("2026-12-01")
    assert [one.net for one in provider.invoices()] == [30_000, 60_000]
    provider.agrees()


def test_a_change_that_went_through_a_pause_is_taken_back_when_the_service_is_on_again(provider):
    provider.pays(200_000)
    service = provider.begins("PREPLUS")
    provider.on("2026-11-10")
    agrees_on(provider, service, "PREHOME")
    provider.does(pause, subscription_id=service, by=provider.by())
    with pytest.raises(NotPossibleNow):
        keeps(provider, service)
    provider.on("2026-11-20")
    provider.does(unpause, subscription_id=service, by=provider.by())
    assert keeps(provider, service).from_day == date(2026, 12, 10)
    provider.does(pause, subscription_id=service, by=provider.by())
    provider.on("2026-11-25")
    provider.does(unpause, subscription_id=service, by=provider.by())
    provider.bills_daily_until("2026-12-31")
    assert {code for code, _from, _until in terms(provider, service)} == {"PREPLUS"}
    assert provider.invoices()[-1].net == 60_000
    provider.agrees()


@pytest.mark.parametrize(
    ("tariff", "other", "begins_on"),
    [
        pytest.param("HOME", "BIGGER", date(2026, 12, 11), id="postpaid: when its own first month is over"),
        pytest.param("PREHOME", "PREPLUS", date(2026, 11, 11), id="prepaid: with the first day not paid for"),
    ],
)
def test_a_change_agreed_on_right_after_a_hand_over_begins_no_sooner_than_the_service(
    provider, tariff, other, begins_on
):
    provider.pays(200_000)
    provider.pays(200_000, provider.town.deng)
    service = provider.begins(tariff)
    provider.on("2026-11-10")
    theirs = handed_to_deng(provider, service)
    assert agrees_on(provider, theirs, other) == begins_on
    assert min(first for _code, first, _until in terms(provider, theirs)) == date(2026, 11, 11)
    provider.bills_daily_until("2026-12-12")
    billed = [
        (line.from_day, line.facts["tariff_en"])
        for one in provider.invoices(provider.town.deng)
        for line in provider.lines(one.id)
    ]
    first_month = other if begins_on == date(2026, 11, 11) else tariff
    assert billed[0] == (date(2026, 11, 11), first_month.title())
    provider.agrees()


def test_of_a_service_without_a_day_billed_the_first_of_its_own_counts(provider):
    """As those are that were handed over before the first day not billed was written down with it."""
    provider.pays(200_000)
    service = provider.begins("PREHOME")
    provider.on("2026-11-10")
    theirs = handed_to_deng(provider, service)
    provider.does(
        lambda tx: tx.connection.exec_driver_sql(f"UPDATE subscription SET billed_until = NULL WHERE id = {theirs}")
    )
    assert agrees_on(provider, theirs, "PREPLUS") == date(2026, 11, 11)


def test_of_a_service_handed_over_today_its_own_first_day_is_no_change_agreed_on(provider):
    service = provider.begins("HOME")
    provider.on("2026-11-10")
    theirs = handed_to_deng(provider, service)
    number = provider.service(theirs).number

    def view():
        with provider.parts.db.reading() as connection:
            return view_numbered(connection, number, juba_day(provider.clock.now()))

    assert (view().tariff.code, view().next_tariff) == ("HOME", None)
    with pytest.raises(SamePlan):
        keeps(provider, theirs)
    agrees_on(provider, theirs, "BIGGER")
    assert (view().next_tariff.code, view().next_from) == ("BIGGER", date(2026, 12, 11))
    assert keeps(provider, theirs).from_day == date(2026, 12, 11)
    assert terms(provider, theirs) == [("HOME", date(2026, 11, 11), None)]
