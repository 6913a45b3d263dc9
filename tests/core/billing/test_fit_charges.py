"""What of waiting charges and discounts stands on a bill: charges whole, discounts as far as they fit, nothing lost."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.billing.billable import Waiting
from core.billing.draft import Line
from core.billing.fit_charges import fit, take
from core.catalog.taxes import PRODUCT_CLASSES
from tests.provider import ssp

SERVICE, OTHER = 1, 2
CLASSES = st.sampled_from(PRODUCT_CLASSES)
LINES = st.lists(st.builds(Line, st.just("recurring"), CLASSES, st.integers(0, 90).map(ssp)), max_size=5)


def _waits(number, product_class, pounds, service):
    kind = "charge" if pounds > 0 else "reduction"
    return Waiting(number, 7, service, Line(kind, product_class, ssp(pounds), {"text": "x"}))


ONES = st.tuples(CLASSES, st.one_of(st.integers(-90, -1), st.integers(1, 90)), st.sampled_from([None, SERVICE, OTHER]))
WAITING = st.lists(ONES, max_size=8).map(lambda ones: [_waits(number, *one) for number, one in enumerate(ones)])


def of_class(lines, product_class):
    return sum((line.amount for line in lines if line.product_class == product_class), ssp(0))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(lines=LINES, waiting=WAITING)
def test_no_class_falls_below_nothing_and_nothing_is_lost(lines, waiting):
    fitted = fit(lines, waiting, SERVICE)
    bill = [*lines, *(one.line for one in fitted)]
    assert all(of_class(bill, product_class) >= ssp(0) for product_class in PRODUCT_CLASSES)
    left = list(waiting)
    take(left, fitted)
    before, after = (sum((one.line.amount for one in ones), ssp(0)) for ones in (waiting, left))
    assert before == after + sum((one.line.amount for one in fitted), ssp(0))
    assert all(one.charge.subscription_id != OTHER for one in fitted)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(lines=LINES, waiting=WAITING)
def test_a_discount_waits_only_when_nothing_of_its_class_is_left(lines, waiting):
    fitted = fit(lines, waiting, SERVICE)
    bill = [*lines, *(one.line for one in fitted)]
    left = list(waiting)
    take(left, fitted)
    for one in left:
        if one.subscription_id != OTHER:
            assert of_class(bill, one.line.product_class) == ssp(0)
            assert one.line.amount < ssp(0)


def test_a_part_says_of_how_much_it_is_one_and_so_does_the_rest_of_the_rest():
    waiting = [_waits(1, "telecom", -100, None)]
    for _bill in range(2):
        (one,) = fit([Line("recurring", "telecom", ssp(30))], waiting, SERVICE)
        take(waiting, [one])
        assert (one.line.amount, one.line.facts["whole"]) == (ssp(-30), 10_000)
    assert waiting[0].line.amount == ssp(-40)
