"""Whatever is used and bought in whatever order: slow exactly while both the own and the bought data are used up."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from core.billing.buy_data import buy_data
from core.catalog.data_packs import DataPack
from core.days import period_of
from tests.core.subscriptions.line import CAPPED, FULL, GB, Line
from tests.provider import ssp

OWN = 10
PRICES = {1: 600, 5: 2_400}  # pounds with the excise of 20 %
ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("uses"), st.integers(1, 12)),
        st.tuples(st.just("buys"), st.sampled_from([*PRICES])),
        st.tuples(st.just("passes"), st.integers(1, 12)),
    ),
    min_size=3,
    max_size=10,
)


@dataclass
class Expected:
    """What is left, counted by hand, in gigabytes."""

    own: int = OWN
    bought: int = 0

    def uses(self, gigabytes: int) -> None:
        beyond = max(0, gigabytes - self.own)
        self.own = max(0, self.own - gigabytes)
        self.bought = max(0, self.bought - beyond)

    @property
    def speed(self) -> tuple[int, int]:
        return FULL if self.own or self.bought else CAPPED


@pytest.fixture
def line(provider):
    provider.pays(1_000_000)
    packs = (DataPack(GB, ssp(500)), DataPack(5 * GB, ssp(2_000)))
    return Line(provider, data_bytes=OWN * GB, packs=packs)


@settings(
    max_examples=8,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(acts=ACTS)
def test_a_line_is_as_fast_as_what_is_left_says(provider, line, acts):
    provider.on(period_of(provider.today, 1).next)  # each story has a month of its own to begin with
    provider.bills()
    expected, balance = Expected(), provider.balance()
    assert line.looks() == FULL
    for verb, number in acts:
        if verb == "passes":
            month = provider.today.month
            provider.on(provider.today + timedelta(days=number))
            if provider.today.month != month:
                expected = Expected()
            provider.bills()
            line.looks()
            balance = provider.balance()  # what is due is paid from it
        elif verb == "uses":
            expected.uses(number)
            line.uses(number)
        elif balance >= ssp(PRICES[number]):
            expected.bought += number
            balance -= ssp(PRICES[number])
            buys(provider, line, number)
        assert line.speed == expected.speed, (verb, number)
    assert provider.balance() == balance
    provider.agrees()


def buys(provider, line, gigabytes):
    provider.does(
        buy_data,
        request_key=str(provider.parts.ids.new_uuid()),
        subscription_id=line.id,
        data_bytes=gigabytes * GB,
        price=ssp(PRICES[gigabytes]),
        by=provider.by("by USSD"),
        issuer=provider.issuer,
    )
