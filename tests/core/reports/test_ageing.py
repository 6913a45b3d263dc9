"""The ageing of what is owed, to the day."""

from datetime import date

from core.reports.ageing import ageing


def aged(provider, day):
    with provider.parts.db.reading() as connection:
        return {
            one.number: tuple(int(bucket.major) for bucket in one.buckets)
            for one in ageing(connection, date.fromisoformat(day))
        }


def test_what_is_owed_moves_through_the_buckets_day_by_day(provider):
    provider.begins("HOME")
    provider.on("2026-12-01")
    provider.bills()  # 36,000 due on 15 December
    achol = provider.town.achol.number
    assert aged(provider, "2026-11-30") == {}
    assert aged(provider, "2026-12-15") == {achol: (36_000, 0, 0, 0, 0)}
    assert aged(provider, "2026-12-16") == {achol: (0, 36_000, 0, 0, 0)}
    assert aged(provider, "2027-01-14") == {achol: (0, 36_000, 0, 0, 0)}
    assert aged(provider, "2027-01-15") == {achol: (0, 0, 36_000, 0, 0)}
    assert aged(provider, "2027-02-14") == {achol: (0, 0, 0, 36_000, 0)}
    assert aged(provider, "2027-03-16") == {achol: (0, 0, 0, 0, 36_000)}


def test_a_day_in_the_past_stays_as_it_was_whatever_is_paid_later(provider):
    provider.begins("HOME")
    provider.on("2026-12-01")
    provider.bills()
    provider.on("2026-12-20")
    provider.pays(16_000)
    achol = provider.town.achol.number
    assert aged(provider, "2026-12-19") == {achol: (0, 36_000, 0, 0, 0)}
    assert aged(provider, "2026-12-20") == {achol: (0, 20_000, 0, 0, 0)}
    provider.pays(20_000)
    assert aged(provider, "2026-12-20") == {}
    provider.agrees()
