"""What one person may do alone holds for a day of Juba: many small adjustments are one large one."""

import threading

import pytest

from core.billing.adjust import ask_adjustment, decide_adjustment
from core.billing.adjustments import left_alone
from core.billing.limits import ALONE_POUNDS
from tests.provider import ssp

MOST = ALONE_POUNDS["cashier"]["goodwill"]


def asks(provider, pounds, *, kind="goodwill", by="gatluak", who=None):
    return provider.does(
        ask_adjustment,
        request_key=str(provider.parts.ids.new_uuid()),
        kind=kind,
        customer_id=(who or provider.town.achol).customer_id,
        invoice_id=None,
        amount=ssp(pounds),
        reason="it was slow",
        staff_id=provider.town.staff[by],
        role="cashier" if by == "gatluak" else "manager",
        issuer=provider.issuer,
        now=provider.clock.now(),
    )


def left(provider):
    with provider.parts.db.reading() as connection:
        return left_alone(
            connection,
            staff_id=provider.town.staff["gatluak"],
            role="cashier",
            kind="goodwill",
            now=provider.clock.now(),
        )


def test_twenty_times_the_limit_is_not_twenty_limits(provider):
    outcomes = [asks(provider, MOST).state for _ in range(20)]
    assert outcomes == ["done", *["waiting"] * 19]
    assert provider.balance() == ssp(MOST)


def test_parts_count_together_whoever_they_are_for_and_what_fits_is_still_done(provider):
    assert asks(provider, MOST - 500).state == "done"
    assert left(provider) == ssp(500)
    assert asks(provider, 501, who=provider.town.deng).state == "waiting"
    assert asks(provider, 500, who=provider.town.deng).state == "done"
    assert left(provider) == ssp(0)
    assert asks(provider, 1).state == "waiting"


def test_the_next_day_of_juba_begins_anew_and_another_person_has_their_own(provider):
    provider.on("2026-11-02", 23)
    asks(provider, MOST)
    assert asks(provider, 1, by="mary").state == "done"
    provider.on("2026-11-03", 0)
    assert asks(provider, MOST).state == "done"
    provider.on("2026-11-03", 23)
    assert asks(provider, 1).state == "waiting"


def test_what_a_second_person_decided_does_not_count(provider):
    asked = asks(provider, MOST + 1)
    provider.does(
        decide_adjustment,
        adjustment_id=asked.adjustment_id,
        approve=True,
        staff_id=provider.town.staff["mary"],
        issuer=provider.issuer,
        now=provider.clock.now(),
    )
    assert asks(provider, MOST).state == "done"


def test_another_kind_has_its_own_limit(provider):
    asks(provider, 100_000, by="mary")
    assert asks(provider, 1, by="mary").state == "waiting"
    assert asks(provider, 500_000, by="mary", kind="charge").state == "done"


@pytest.mark.parametrize("each", [MOST, MOST // 2])
def test_who_asks_many_times_at_once_is_still_one_person(provider, each):
    together = threading.Barrier(6)
    outcomes = []

    def work():
        together.wait()
        outcomes.append(asks(provider, each).state)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert outcomes.count("done") == MOST // each
    assert provider.balance() == ssp(MOST)
    provider.agrees()
