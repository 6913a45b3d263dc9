"""A deposit goes back as far as it was paid: one that was only billed, or written off, is nobody's money."""

import threading

import pytest

from core.billing.adjust import ask_adjustment
from core.errors import InsufficientBalance
from tests.core.billing.owing import charged
from tests.provider import ssp


def asks(provider, kind, pounds, invoice_id=None):
    return provider.does(
        ask_adjustment,
        request_key=str(provider.parts.ids.new_uuid()),
        kind=kind,
        customer_id=provider.town.achol.customer_id,
        invoice_id=invoice_id,
        amount=ssp(pounds),
        reason="the service has ended",
        staff_id=provider.town.staff["mary"],
        role="manager",
        issuer=provider.issuer,
        now=provider.clock.now(),
    )


@pytest.fixture
def billed(provider):
    """A bill of 10,000 for the installation and 25,000 as deposit. Its id."""
    provider.begins("FULL")
    return provider.invoices()[0].id


def returnable(provider):
    with pytest.raises(InsufficientBalance) as refused:
        asks(provider, "deposit_return", 150_000)
    return refused.value.have


def test_a_deposit_that_was_only_billed_is_not_returned(provider, billed):
    assert returnable(provider) == ssp(0)
    provider.agrees()


def test_a_deposit_that_was_written_off_is_not_returned(provider, billed):
    asks(provider, "write_off", 35_000, billed)
    assert returnable(provider) == ssp(0)
    assert provider.balance() == ssp(0)


@pytest.mark.parametrize(("paid", "back"), [(5_000, 0), (10_000, 0), (12_000, 2_000), (35_000, 25_000)])
@pytest.mark.parametrize("rest_written_off", [False, True])
def test_it_is_returned_as_far_as_it_was_paid(provider, billed, paid, back, rest_written_off):
    provider.pays(paid)
    if rest_written_off and paid < 35_000:
        asks(provider, "write_off", 35_000 - paid, billed)
    assert returnable(provider) == ssp(back)
    while have := returnable(provider):  # what goes back settles the bill first, if that is still open
        asks(provider, "deposit_return", have.minor // 100)
    assert provider.balance() == ssp(back)
    provider.agrees()


def test_what_is_due_on_other_bills_holds_no_deposit_back(provider, billed):
    provider.pays(35_000)
    other = charged(provider, 40_000)
    assert returnable(provider) == ssp(25_000)
    asks(provider, "deposit_return", 25_000)
    assert [one.due for one in provider.invoices() if one.id == other] == [15_000]


def test_of_two_deposits_the_paid_one_goes_back_and_the_other_not(provider, billed):
    provider.pays(35_000)
    asks(provider, "deposit_return", 25_000)
    provider.begins("FULL")
    used = provider.balance()
    assert returnable(provider) == max(used, ssp(15_000))
    provider.agrees()


def test_a_credited_deposit_is_not_returned_as_well(provider, billed):
    provider.pays(35_000)
    asks(provider, "credit_note", 35_000, billed)
    assert provider.balance() == ssp(35_000)
    assert returnable(provider) == ssp(0)
    provider.agrees()


def test_two_who_return_it_at_once_return_it_once(provider, billed):
    provider.pays(35_000)
    together = threading.Barrier(4)
    outcomes = []

    def work():
        together.wait()
        try:
            outcomes.append(asks(provider, "deposit_return", 13_000).state)
        except InsufficientBalance:
            outcomes.append("refused")

    threads = [threading.Thread(target=work) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(outcomes) == ["done", "refused", "refused", "refused"]
    provider.agrees()
