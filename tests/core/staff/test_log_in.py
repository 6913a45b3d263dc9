"""Guessing is slow, whoever guesses and from wherever."""

import threading
from datetime import timedelta
from hashlib import sha256

import pytest
from sqlalchemy import text

from core import hashing
from core.errors import (
    InvalidName,
    InvalidUsername,
    LastAdmin,
    NotFound,
    TooManyTries,
    UsernameTaken,
    WeakPassword,
    WrongPassword,
)
from core.staff.add import add_member, reset_password, set_active
from core.staff.log_in import (
    ADDRESS_TRIES_FREE,
    FAILURES_REMEMBERED,
    FORGOTTEN_AT_ONCE_MAX,
    NAME_TRIES_FREE,
    PAIR_TRIES_FREE,
    WAIT_MAX_S,
    counted_address,
    log_in,
    name_mark,
    wait_s,
)
from core.staff.queries import last_acts, member_named, member_of_session
from core.staff.sessions import SESSION_LASTS, begin_session
from tests.town import count

PASSWORD = "correct horse battery"
HERE = "192.0.2.1"
SECRET = "the installation's own"


@pytest.fixture
def mary(parts):
    return add(parts, "mary")


def add(parts, username: str, role: str = "manager", **other) -> int:
    form = {"name": username.title(), "language": "en", "password": PASSWORD} | other
    with parts.db.transaction() as tx:
        return add_member(tx, username=username, role=role, now=parts.clock.now(), ids=parts.ids, **form)


def enter(parts, username: str = "mary", password: str = PASSWORD, address: str = HERE):
    return log_in(parts.db, username=username, password=password, address=address, secret=SECRET, now=parts.clock.now())


def test_the_right_password_says_who_it_is(parts, mary):
    member = enter(parts, " MARY")
    assert (member.staff_id, member.role) == (mary, "manager")
    assert count(parts, "login_failure") == 0


@pytest.mark.parametrize(
    ("name", "word"), [("mary", "wrong"), ("kiden", PASSWORD), ("mary", ""), ("", ""), ("mary", "x" * 10_000)]
)
def test_the_wrong_one_does_not(parts, mary, name, word):
    with pytest.raises(WrongPassword):
        enter(parts, name, word)
    assert count(parts, "login_failure") == 1


def test_an_unknown_name_costs_the_same_work(parts, mary, monkeypatch):
    hashes = []

    class Watched:
        def __getattr__(self, name):
            return getattr(passwords_hasher, name)

        def verify(self, kept, plain):
            hashes.append(kept)
            return passwords_hasher.verify(kept, plain)

    passwords_hasher = hashing._HASHER
    monkeypatch.setattr(hashing, "_HASHER", Watched())
    for name in ("mary", "kiden"):
        with pytest.raises(WrongPassword):
            enter(parts, name, "wrong")
    assert len(hashes) == 2
    parameters = [kept.split("$")[:4] for kept in hashes]
    assert parameters[0] == parameters[1] == ["", "argon2id", "v=19", "m=19456,t=2,p=1"]


def test_the_wait_grows_and_ends(parts, mary, clock):
    waits = []
    for _guess in range(PAIR_TRIES_FREE + 4):
        try:
            enter(parts, password="wrong")
        except WrongPassword:
            continue
        except TooManyTries as refusal:
            waits.append(refusal.wait_s)
            clock.advance(seconds=refusal.wait_s)
            with pytest.raises(WrongPassword):
                enter(parts, password="wrong")
    assert waits == [30, 60, 120, 240]
    clock.advance(seconds=480)
    assert enter(parts).staff_id == mary
    with pytest.raises(WrongPassword):
        enter(parts, password="wrong")


def test_waiting_is_not_made_longer_by_trying(parts, mary, clock):
    for _guess in range(PAIR_TRIES_FREE):
        with pytest.raises(WrongPassword):
            enter(parts, password="wrong")
    for _impatient in range(5):
        with pytest.raises(TooManyTries):
            enter(parts)
    clock.advance(seconds=30)
    assert enter(parts).staff_id == mary


def test_one_address_that_tries_many_names_waits_too(parts, mary):
    for number in range(ADDRESS_TRIES_FREE):
        with pytest.raises(WrongPassword):
            enter(parts, f"name{number}", "wrong")
    with pytest.raises(TooManyTries):
        enter(parts)
    assert enter(parts, address="192.0.2.2").staff_id == mary


def test_a_guesser_elsewhere_slows_himself_and_not_the_owner_of_the_name(parts, mary, clock):
    begun, guesses = clock.now(), 0
    while clock.now() - begun < timedelta(hours=3):
        try:
            enter(parts, password="wrong", address="198.51.100.9")
        except WrongPassword:
            guesses += 1
        except TooManyTries as refusal:
            clock.advance(seconds=refusal.wait_s)
    assert guesses < 24
    assert enter(parts).staff_id == mary


def test_one_address_guessing_all_day_does_not_reach_the_limit_of_the_name():
    guesses, at = 0, 0
    while at < FAILURES_REMEMBERED.total_seconds():
        guesses += 1
        at += wait_s(guesses, PAIR_TRIES_FREE, timedelta(0))
    assert guesses * 4 < NAME_TRIES_FREE


def test_the_owners_log_in_gives_a_guesser_no_tries_anew(parts, mary):
    for _guess in range(PAIR_TRIES_FREE):
        with pytest.raises(WrongPassword):
            enter(parts, password="wrong", address="198.51.100.9")
    assert enter(parts).staff_id == mary
    with pytest.raises(TooManyTries):
        enter(parts, address="198.51.100.9")


def test_guesses_from_everywhere_at_one_name_wait_in_the_end(parts, mary):
    failed_before(parts, NAME_TRIES_FREE - 1, age="1 hour")
    with pytest.raises(WrongPassword):
        enter(parts, password="wrong", address="203.0.113.1")
    with pytest.raises(TooManyTries):
        enter(parts, password="wrong", address="203.0.113.2")
    assert count(parts, "login_failure") == NAME_TRIES_FREE


def failed_before(parts, failures: int, *, age: str) -> None:
    """Guesses at Mary's name, each from another address."""
    with parts.db.transaction() as tx:
        tx.execute(
            text("""INSERT INTO login_failure (name_mark, address, at)
                    SELECT :mark, 'somewhere ' || n, CAST(:now AS timestamptz) - CAST(:age AS interval)
                    FROM generate_series(1, :failures) AS n"""),
            {"mark": name_mark("mary", SECRET), "now": parts.clock.now(), "age": age, "failures": failures},
        )


def test_what_was_typed_as_a_name_is_kept_nowhere(parts, mary):
    with pytest.raises(WrongPassword):
        enter(parts, PASSWORD, PASSWORD)
    with parts.db.reading() as connection:
        for table in ("login_failure", "audit_entry"):
            kept = str(connection.execute(text(f"SELECT to_jsonb(t) FROM {table} t")).scalars().all())
            assert PASSWORD not in kept
            assert sha256(PASSWORD.encode()).hexdigest() not in kept


def test_old_failures_are_dropped_though_nobody_gets_in(parts, mary):
    failed_before(parts, 2 * FORGOTTEN_AT_ONCE_MAX, age="25 hours")
    for left in (FORGOTTEN_AT_ONCE_MAX + 1, 2):
        with pytest.raises(WrongPassword):
            enter(parts, password="wrong")
        assert count(parts, "login_failure") == left


def test_guesses_at_the_same_moment_are_all_counted(parts, mary):
    outcomes = []
    start = threading.Barrier(12)

    def guess() -> None:
        start.wait(timeout=10)
        try:
            enter(parts, password="wrong")
        except (WrongPassword, TooManyTries) as refusal:
            outcomes.append(type(refusal))

    threads = [threading.Thread(target=guess) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert outcomes.count(WrongPassword) == PAIR_TRIES_FREE
    assert outcomes.count(TooManyTries) == 12 - PAIR_TRIES_FREE


def test_failures_are_forgotten_after_a_day(parts, mary, clock):
    for _guess in range(PAIR_TRIES_FREE):
        with pytest.raises(WrongPassword):
            enter(parts, password="wrong")
    with pytest.raises(WrongPassword):
        enter(parts, "kiden", "wrong")
    clock.advance(seconds=FAILURES_REMEMBERED.total_seconds() + 1)
    assert enter(parts).staff_id == mary
    assert count(parts, "login_failure") == 0


def test_the_wait_has_an_end_even_if_the_clock_goes_back():
    assert wait_s(1000, 5, timedelta(0)) == WAIT_MAX_S
    assert wait_s(5, 5, timedelta(days=-400)) == 30
    assert wait_s(4, 5, timedelta(0)) == 0


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("unknown", "unknown"),
    ],
)
def test_what_of_an_address_counts(address, counted):
    assert counted_address(address) == counted


def test_a_hash_made_with_older_parameters_is_made_anew(parts, mary):
    from argon2 import PasswordHasher

    old = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    with parts.db.transaction() as tx:
        tx.execute(text("UPDATE staff_member SET password_hash = :old"), {"old": old})
    assert enter(parts).staff_id == mary
    assert count(parts, "staff_member", "password_hash LIKE '%m=19456,t=2,p=1%'") == 1
    assert enter(parts).staff_id == mary


@pytest.mark.parametrize("weak", ["", "short", "mary", "aaaaaaaaaaaaaaaa", "x" * 201])
def test_a_weak_password_is_refused_and_stands_in_no_fact(parts, weak):
    with pytest.raises(WeakPassword) as caught:
        add(parts, "mary", password=weak)
    assert set(caught.value.facts()) == {"least_chars"}
    assert count(parts, "staff_member") == 0


def test_a_name_is_not_given_twice_and_must_be_one(parts, mary):
    with pytest.raises(UsernameTaken):
        add(parts, "MARY")
    for username in ("", "m", "1mary", "mary keji", "مريم", "m" * 33, "mary\n"):
        with pytest.raises(InvalidUsername):
            add(parts, username + ("x" if username.endswith("\n") else ""))
    for name in ("", " ", "x" * 61, "a\x00b"):
        with pytest.raises(InvalidName):
            add(parts, "rose", name=name)
    assert count(parts, "staff_member") == 1


def test_a_reset_and_being_shut_out_end_every_session(parts, mary):
    def begin() -> str:
        with parts.db.transaction() as tx:
            return begin_session(tx, staff_id=mary, now=parts.clock.now(), ids=parts.ids)

    def seen(session_mark: str, visit: str):
        with parts.db.reading() as connection:
            return member_of_session(connection, session_mark, visit)

    def session_mark() -> str:
        with parts.db.reading() as connection:
            return member_named(connection, "mary").session_mark

    first, visit = session_mark(), begin()
    assert seen(first, visit).staff_id == mary
    with parts.db.transaction() as tx:
        reset_password(tx, username="mary", password="another secret", now=parts.clock.now(), ids=parts.ids)
    assert count(parts, "staff_session") == 0
    # Proven before the reset, begun after it.
    assert seen(first, begin()) is None
    second, visit = session_mark(), begin()
    assert seen(second, visit).staff_id == mary
    with parts.db.transaction() as tx:
        set_active(tx, username="mary", active=False, now=parts.clock.now(), ids=parts.ids)
    assert count(parts, "staff_session") == 0
    assert seen(session_mark(), begin()) is None
    with parts.db.reading() as connection:
        assert [act.act for act in last_acts(connection)] == ["staff_deactivated", "password_reset", "staff_added"]
    with pytest.raises(WrongPassword):
        enter(parts, password="another secret")


def test_visits_long_over_are_forgotten(parts, mary, clock):
    for _day in range(3):
        clock.advance(seconds=SESSION_LASTS.total_seconds() + 1)
        with parts.db.transaction() as tx:
            begin_session(tx, staff_id=mary, now=parts.clock.now(), ids=parts.ids)
    assert count(parts, "staff_session") == 1


def test_two_admins_cannot_shut_each_other_out_at_once(parts):
    for username in ("one", "two"):
        add(parts, f"admin-{username}", role="admin")
    outcomes = []
    start = threading.Barrier(2)

    def shut_out(username: str) -> None:
        start.wait(timeout=10)
        try:
            parts.db.run(
                lambda tx: set_active(tx, username=username, active=False, now=parts.clock.now(), ids=parts.ids)
            )
            outcomes.append("done")
        except LastAdmin:
            outcomes.append("refused")

    threads = [threading.Thread(target=shut_out, args=(f"admin-{name}",)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert sorted(outcomes) == ["done", "refused"]
    assert count(parts, "staff_member", "active") == 1


def test_nobody_is_changed_who_is_not_there(parts):
    with parts.db.transaction() as tx, pytest.raises(NotFound):
        reset_password(tx, username="kiden", password=PASSWORD, now=parts.clock.now(), ids=parts.ids)
    with parts.db.transaction() as tx, pytest.raises(NotFound):
        set_active(tx, username="kiden", active=False, now=parts.clock.now(), ids=parts.ids)
