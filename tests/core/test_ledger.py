"""The books hold, whoever writes into them."""

import threading
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from core.errors import InsufficientBalance, KeyReused
from core.integrity import all_faults
from core.ledger.accounts import open_account
from core.ledger.post import Posting, post
from core.ledger.reverse import reverse
from core.money import Money

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


def ssp(pounds):
    return Money.of(pounds, "SSP")


@pytest.fixture
def books(parts):
    with parts.db.transaction() as tx:
        return {
            "wallet": open_account(tx, "wallet:1", "SSP"),
            "other": open_account(tx, "wallet:2", "SSP"),
            "momo": open_account(tx, "momo:mtn", "SSP"),
            "sales": open_account(tx, "sales:token", "SSP"),
            "dollars": open_account(tx, "wallet:1", "USD"),
        }


def record(parts, key, *postings, kind="transfer", memo=None):
    with parts.db.transaction() as tx:
        return post(tx, key=key, kind=kind, occurred_at=NOW, now=NOW, postings=list(postings), memo=memo or {})


def balance(parts, account):
    with parts.db.reading() as connection:
        return connection.execute(
            text("SELECT balance_minor FROM ledger_account WHERE id = :id"), {"id": account}
        ).scalar_one()


def go_around(parts, statement, **values):
    """Write past the code, as a mistaken hand would."""
    with parts.db.transaction() as tx:
        tx.execute(text(statement), values)


def test_a_payment_moves_money_into_the_wallet(parts, books):
    record(parts, "p1", Posting(books["momo"], books["wallet"], ssp(500)))
    assert balance(parts, books["wallet"]) == 50_000


def test_the_same_key_again_changes_nothing_and_names_the_first_entry(parts, books):
    first = record(parts, "p1", Posting(books["momo"], books["wallet"], ssp(500)))
    second = record(parts, "p1", Posting(books["momo"], books["wallet"], ssp(500)))
    assert (second.entry_id, second.again) == (first.entry_id, True)
    assert balance(parts, books["wallet"]) == 50_000


def test_the_same_key_with_another_amount_is_refused(parts, books):
    record(parts, "p1", Posting(books["momo"], books["wallet"], ssp(500)))
    with pytest.raises(KeyReused):
        record(parts, "p1", Posting(books["momo"], books["wallet"], ssp(501)))


def test_a_wallet_never_falls_below_nothing(parts, books):
    record(parts, "p1", Posting(books["momo"], books["wallet"], ssp(500)))
    with pytest.raises(InsufficientBalance) as refused:
        record(parts, "s1", Posting(books["wallet"], books["sales"], ssp(501)))
    assert (refused.value.needed, refused.value.have) == (ssp(501), ssp(500))
    assert balance(parts, books["wallet"]) == 50_000


def test_a_reversal_mirrors_its_entry_once(parts, books):
    entry = record(parts, "p1", Posting(books["momo"], books["wallet"], ssp(500)))
    for again in (False, True):
        with parts.db.transaction() as tx:
            assert reverse(tx, entry_id=entry.entry_id, now=NOW, reason="mistake").again is again
    assert balance(parts, books["wallet"]) == 0


def test_money_already_spent_cannot_be_reversed_out_of_the_wallet(parts, books):
    entry = record(parts, "p1", Posting(books["momo"], books["wallet"], ssp(500)))
    record(parts, "s1", Posting(books["wallet"], books["sales"], ssp(300)))
    with pytest.raises(InsufficientBalance), parts.db.transaction() as tx:
        reverse(tx, entry_id=entry.entry_id, now=NOW, reason="mistake")


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("UPDATE ledger_entry SET kind = 'other'", "never changed"),
        ("DELETE FROM ledger_posting", "never changed"),
        ("UPDATE ledger_posting SET amount_minor = amount_minor * 2", "never changed"),
        ("TRUNCATE ledger_posting", "never changed"),
        ("UPDATE ledger_account SET balance_minor = balance_minor + 1 WHERE keeps_balance", "by postings only"),
        ("UPDATE ledger_account SET currency = 'USD' WHERE code = 'momo:mtn:SSP'", "keeps its code"),
        (
            (
                "INSERT INTO ledger_account (code, kind, currency, keeps_balance, balance_minor)"
                " VALUES ('wallet:9:SSP', 'liability', 'SSP', true, 5)"
            ),
            "opened empty",
        ),
        (
            (
                "INSERT INTO ledger_posting (entry_id, account_id, currency, amount_minor)"
                " SELECT id, :sales, 'SSP', 5 FROM ledger_entry"
            ),
            "does not have the postings",
        ),
        (
            (
                "INSERT INTO ledger_posting (entry_id, account_id, currency, amount_minor)"
                " SELECT id, :dollars, 'SSP', 5 FROM ledger_entry"
            ),
            "account_in_its_currency",
        ),
    ],
)
def test_the_database_refuses_what_the_code_never_does(parts, books, statement, why):
    record(parts, "p1", Posting(books["momo"], books["wallet"], ssp(500)))
    with pytest.raises(DBAPIError, match=why):
        go_around(parts, statement, sales=books["sales"], dollars=books["dollars"])
    assert balance(parts, books["wallet"]) == 50_000


def test_an_entry_out_of_balance_is_refused_at_commit(parts, books):
    with pytest.raises(DBAPIError, match="does not balance"), parts.db.transaction() as tx:  # noqa: PT012 - refused at commit, not at a line
        entry = tx.execute(
            text(
                "INSERT INTO ledger_entry (key, kind, occurred_at, recorded_at, legs, body_hash, memo)"
                " VALUES ('k', 'payment', now(), now(), 2, '', '{}') RETURNING id"
            )
        ).scalar_one()
        for account, amount in ((books["momo"], -5), (books["wallet"], 6)):
            tx.execute(
                text(
                    "INSERT INTO ledger_posting (entry_id, account_id, currency, amount_minor)"
                    " VALUES (:entry, :account, 'SSP', :amount)"
                ),
                {"entry": entry, "account": account, "amount": amount},
            )


def test_an_entry_without_postings_is_refused_at_commit(parts, books):
    with pytest.raises(DBAPIError, match="does not have the postings"):
        go_around(
            parts,
            "INSERT INTO ledger_entry (key, kind, occurred_at, recorded_at, legs, body_hash, memo)"
            " VALUES ('k', 'payment', now(), now(), 2, '', '{}')",
        )


def test_eight_buyers_of_one_wallet_at_once_spend_what_is_there_and_no_more(parts, books):
    record(parts, "p1", Posting(books["momo"], books["wallet"], ssp(500)))
    start, outcomes = threading.Barrier(8), []

    def buy(number):
        start.wait()
        try:
            record(parts, f"s{number}", Posting(books["wallet"], books["sales"], ssp(200)))
            outcomes.append("sold")
        except InsufficientBalance:
            outcomes.append("refused")

    threads = [threading.Thread(target=buy, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["refused"] * 6 + ["sold"] * 2
    assert balance(parts, books["wallet"]) == 10_000
    with parts.db.reading() as connection:
        assert all_faults(connection) == []


def test_one_key_from_eight_threads_is_recorded_once(parts, books):
    start, seen = threading.Barrier(8), []

    def pay():
        start.wait()
        seen.append(record(parts, "p1", Posting(books["momo"], books["wallet"], ssp(500))))

    threads = [threading.Thread(target=pay) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({entry.entry_id for entry in seen}) == 1
    assert sum(not entry.again for entry in seen) == 1
    assert balance(parts, books["wallet"]) == 50_000


MOVES = st.lists(
    st.tuples(
        st.sampled_from(["momo>wallet", "momo>other", "wallet>other", "other>wallet", "wallet>sales", "reverse"]),
        st.integers(1, 10**9),
        st.integers(0, 6),
    ),
    max_size=12,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=MOVES)
def test_whatever_is_posted_balances_equal_a_model_kept_beside(parts, books, moves):
    with parts.db.reading() as connection:
        model = dict(connection.execute(text("SELECT id, balance_minor FROM ledger_account")).all())
    entries, stem = [], f"h{id(moves)}-{datetime.now(UTC).timestamp()}"
    for index, (what, minor, key) in enumerate(moves):
        if what == "reverse":
            if entries:
                entry, posting = entries.pop()
                try:
                    with parts.db.transaction() as tx:
                        reverse(tx, entry_id=entry, now=NOW, reason="model")
                except InsufficientBalance:
                    assert model[posting.destination] < posting.amount.minor
                else:
                    for account, sign in ((posting.source, 1), (posting.destination, -1)):
                        model[account] += sign * posting.amount.minor
            continue
        source, destination = what.split(">")
        posting = Posting(books[source], books[destination], Money(minor, "SSP"))
        try:
            recorded = record(parts, f"{stem}-{index}-{key}", posting)
        except InsufficientBalance:
            assert model[posting.source] < minor
            continue
        entries.append((recorded.entry_id, posting))
        model[posting.source] -= minor
        model[posting.destination] += minor
    with parts.db.reading() as connection:
        kept = connection.execute(text("SELECT id, balance_minor FROM ledger_account WHERE keeps_balance")).all()
        assert all(model[row.id] == row.balance_minor for row in kept)
        assert all_faults(connection) == []


def test_two_currencies_live_side_by_side_and_never_mix(parts, books):
    with parts.db.transaction() as tx:
        momo_dollars = open_account(tx, "momo:mtn", "USD")
    record(parts, "p1", Posting(momo_dollars, books["dollars"], Money.of(20, "USD")))
    assert balance(parts, books["dollars"]) == 2_000
    assert balance(parts, books["wallet"]) == 0
    with pytest.raises(AssertionError, match="in one sum"):
        Money.of(1, "USD") + Money.of(1, "SSP")
