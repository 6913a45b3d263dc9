"""Bills by SMS: each told once, as one line, by day."""

import threading

import pytest
from sqlalchemy.exc import DBAPIError

from core.billing import tell_invoices as tell_module
from core.billing.credit import credit_invoice
from core.billing.tell_invoices import tell_invoices
from core.messaging.silence import silence
from tests.core.billing.owing import CODE, charged, owes, told, words
from tests.town import ACHOL, DENG, count, snapshot


def tells(provider, hour=9):
    provider.on(provider.today, hour)
    return tell_invoices(provider.parts.db, now=provider.clock.now(), code=CODE)


def test_a_bill_is_told_once_as_one_line(provider):
    owes(provider)
    assert tells(provider) == 1
    assert words(provider, "bill_issued") == ["Bill INV-2026-000001: SSP 36,000, due 15/12/2026. To pay, dial *384*77#"]
    before = snapshot(provider.parts)
    assert tells(provider, 11) == 0
    assert snapshot(provider.parts) == before


def test_a_bill_paid_from_the_balance_is_told_as_paid(provider):
    provider.pays(40_000)
    provider.begins("PREHOME")
    assert tells(provider) == 1
    assert words(provider, "bill_paid") == ["Bill INV-2026-000001: SSP 36,000, paid from your balance. Thank you."]
    assert words(provider, "bill_issued") == []


def test_of_a_bill_paid_in_part_the_rest_is_told(provider):
    provider.pays(10_000)
    owes(provider)
    tells(provider)
    assert "SSP 26,000, due 15/12/2026" in words(provider, "bill_issued")[0]


def test_a_bill_taken_back_before_anybody_heard_of_it_is_not_told(provider):
    owes(provider)
    provider.does(
        credit_invoice,
        key="form-1",
        invoice_id=provider.invoices()[0].id,
        amount=None,
        reason="not theirs",
        issuer=provider.issuer,
        now=provider.clock.now(),
    )
    assert tells(provider) == 0
    assert told(provider) == []
    assert count(provider.parts, "invoice_due", "told_at IS NULL") == 0


@pytest.mark.parametrize("hour", [0, 7, 19, 23])
def test_no_bill_wakes_anybody(provider, hour):
    owes(provider)
    assert tells(provider, hour) == 0
    assert told(provider) == []
    assert tells(provider, 8) == 1


def test_a_bill_made_late_names_the_day_it_is_really_due(provider):
    provider.begins("HOME")
    provider.on("2026-12-20")
    provider.bills()
    tells(provider)
    assert "due 03/01/2027" in words(provider, "bill_issued")[0]


def test_a_phone_that_said_stop_still_hears_of_its_bills(provider):
    owes(provider)
    provider.does(silence, phone=ACHOL, now=provider.clock.now())
    tells(provider)
    assert told(provider) == ["bill_issued"]


def test_many_bills_are_told_in_batches_and_none_is_left_out(provider, monkeypatch):
    monkeypatch.setattr(tell_module, "BATCH_MAX", 2)
    owes(provider)
    for _ in range(4):
        charged(provider, who=provider.town.deng)
    assert tells(provider) == 5
    assert (len(told(provider)), len(told(provider, DENG))) == (1, 4)


def test_one_bill_that_cannot_be_told_holds_up_no_other(provider, monkeypatch):
    charged(provider)
    charged(provider, who=provider.town.deng)
    real = tell_module.account

    def breaks(connection, customer_id):
        if customer_id == provider.town.achol.customer_id:
            raise RuntimeError("a fault of ours")
        return real(connection, customer_id)

    with monkeypatch.context() as patched:
        patched.setattr(tell_module, "account", breaks)
        assert tells(provider) == 1
    assert (told(provider), told(provider, DENG)) == ([], ["bill_issued"])
    assert tells(provider) == 1
    assert (told(provider), told(provider, DENG)) == (["bill_issued"], ["bill_issued"])


def test_jobs_at_once_tell_each_bill_once(provider, monkeypatch):
    monkeypatch.setattr(tell_module, "BATCH_MAX", 2)
    for _ in range(9):
        charged(provider)
    provider.on(provider.today, 9)
    together = threading.Barrier(4)
    counts = []

    def work():
        together.wait()
        counts.append(tell_invoices(provider.parts.db, now=provider.clock.now(), code=CODE))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(told(provider)) == 9
    assert sum(counts) == 9


def test_a_job_killed_in_the_act_tells_the_rest_when_it_comes_again(provider, monkeypatch):
    monkeypatch.setattr(tell_module, "BATCH_MAX", 1)
    for _ in range(3):
        charged(provider)
    real, seen = tell_module.account, []

    def dies(connection, customer_id):
        seen.append(customer_id)
        if len(seen) == 2:
            raise KeyboardInterrupt
        return real(connection, customer_id)

    with monkeypatch.context() as patched:
        patched.setattr(tell_module, "account", dies)
        with pytest.raises(KeyboardInterrupt):
            tells(provider)
    assert len(told(provider)) == 1
    assert tells(provider) == 2
    assert len(set(words(provider, "bill_issued"))) == 3


def test_nothing_but_that_it_was_told_can_be_written_beside_an_invoice(provider):
    owes(provider)
    for change in ("due_minor = 0", "due_on = due_on + 30", "customer_id = customer_id + 1"):
        with pytest.raises(DBAPIError, match="by allocations only"):
            provider.does(lambda tx, to=change: tx.connection.exec_driver_sql(f"UPDATE invoice_due SET {to}"))
