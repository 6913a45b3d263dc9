"""Customers prove who they are on the web: by a code of an SMS, and then by what they chose."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from core import hashing
from core.customers.change import set_status
from core.errors import (
    CustomerNotActive,
    ForeignPhone,
    SecretLocked,
    TooManyTries,
    VisitNotFresh,
    WeakSecret,
    WrongSecret,
)
from core.visits.begin_visit import end_visit, see_visit, visit_of
from core.visits.choose_secret import choose_secret
from core.visits.hashes import hash_secret
from core.visits.limits import (
    CODE_TRIES_MAX,
    CODES_PER_ADDRESS_HOUR_MAX,
    CODES_PER_PHONE_DAY_MAX,
    VISIT_IDLE_MAX,
    VISIT_LASTS,
    WRONG_PER_PHONE_MAX,
)
from core.visits.log_in import log_in
from core.visits.log_in_by_code import log_in_by_code
from core.visits.send_code import send_code
from tests.town import ACHOL, DENG, KIDEN, count

HERE = "192.0.2.1"
PIN = "480913"


def rows(parts, table: str) -> list[Any]:
    with parts.db.reading() as connection:
        return list(connection.execute(text(f"SELECT * FROM {table} ORDER BY 1")).all())


def in_threads(how_many: int, work: Callable[[int], Any]) -> list[Any]:
    with ThreadPoolExecutor(how_many) as pool:
        return list(pool.map(work, range(how_many)))


class Door:
    """What the web door asks of the room."""

    def __init__(self, parts, clock):
        self.parts, self.clock = parts, clock

    def ask(self, phone=DENG, address=HERE):
        with self.parts.db.transaction() as tx:
            return send_code(
                tx, typed_phone=phone, address=address, otherwise="en", now=self.clock.now(), ids=self.parts.ids,
                sealer=self.parts.sealer, key=self.parts.settings.secret_key,
            )  # fmt: skip

    def asked(self, phone=DENG):
        """The row of the last code of a phone, as the browser that asked for it remembers it."""
        return [row.id for row in rows(self.parts, "log_in_code") if row.phone == phone][-1]

    def last_code(self, phone=DENG):
        """As it stands in the SMS on the phone."""
        sealed = [
            row.text_sealed
            for row in rows(self.parts, "text_message")
            if (row.phone, row.template) == (phone, "log_in_code")
        ]
        found = re.search(r"\d{6}", self.parts.sealer.open(sealed[-1]))
        assert found
        return found[0]

    def enter(self, code, phone=DENG, code_id=None):
        """In the browser that asked for `code_id`; unless said, that is the one that asked last."""
        asked = self.asked(phone) if code_id is None else code_id
        now = self.clock.now()
        entered = self.parts.db.run(
            lambda tx: log_in_by_code(
                tx, code_id=asked, phone=phone, typed_code=code, language="en", now=now, began_at=now,
                ids=self.parts.ids, key=self.parts.settings.secret_key,
            )
        )  # fmt: skip
        return entered and entered.token

    def prove(self, secret=PIN, phone=DENG, address=HERE):
        now = self.clock.now()
        return log_in(
            self.parts.db, typed_phone=phone, secret=secret, address=address, key=self.parts.settings.secret_key,
            now=now, began_at=now, ids=self.parts.ids,
        )  # fmt: skip

    def visit(self, token):
        with self.parts.db.reading() as connection:
            return visit_of(connection, token, self.clock.now())

    def choose(self, token, secret=PIN):
        with self.parts.db.transaction() as tx:
            choose_secret(tx, visit=self.visit(token), typed=secret, now=self.clock.now())

    def signed_in(self, phone=DENG, secret=PIN):
        """Came by a code and chose a PIN."""
        self.ask(phone)
        token = self.enter(self.last_code(phone), phone)
        self.choose(token, secret)
        return token


@pytest.fixture
def door(parts, town, clock):
    return Door(parts, clock)


def test_a_code_lets_in_once(door):
    door.ask("0991 234 567")
    code = door.last_code()
    visit = door.visit(door.enter(code))
    assert visit.customer_id
    assert not visit.has_secret
    assert visit.may_choose
    assert door.enter(code) is None


def test_a_stranger_becomes_a_customer_by_the_code_and_not_before(door, parts):
    door.ask(KIDEN)
    before = count(parts, "customer")
    assert door.enter("000000", KIDEN) is None
    assert count(parts, "customer") == before
    assert door.visit(door.enter(door.last_code(KIDEN), KIDEN)).customer_id
    assert count(parts, "customer") == before + 1


def another_than(*codes: str) -> str:
    return next(wrong for wrong in ("135790", "246801", "357912") if wrong not in codes)


def test_who_knows_a_phone_number_cannot_burn_the_codes_of_its_owner(door, clock):
    of_deng = door.ask(DENG)
    code = door.last_code(DENG)
    clock.advance(seconds=61)
    of_kiden = door.ask(DENG)
    wrong = another_than(code, door.last_code(DENG))
    for _guess in range(CODE_TRIES_MAX):
        assert door.enter(wrong, code_id=of_kiden.code_id) is None
    assert [row.tries for row in rows(door.parts, "log_in_code")] == [0, CODE_TRIES_MAX]
    assert door.visit(door.enter(code, code_id=of_deng.code_id)).customer_id


def test_a_code_is_good_only_where_it_was_asked_for_and_not_for_long(door, clock):
    first = door.ask()
    code_of_first = door.last_code()
    clock.advance(seconds=61)
    second = door.ask()
    code_of_second = door.last_code()
    assert code_of_first == code_of_second or door.enter(code_of_first, code_id=second.code_id) is None
    assert code_of_first == code_of_second or door.enter(code_of_second, code_id=first.code_id) is None
    clock.advance(minutes=11)
    assert door.enter(code_of_first, code_id=first.code_id) is None
    assert door.enter(code_of_second, code_id=second.code_id) is None


def test_two_codes_of_a_phone_are_each_good_once_in_their_own_browser(door, clock):
    first = door.ask()
    code_of_first = door.last_code()
    clock.advance(seconds=61)
    second = door.ask()
    for code, asked in ((code_of_first, first), (door.last_code(), second)):
        assert door.enter(code, code_id=asked.code_id)
        assert door.enter(code, code_id=asked.code_id) is None


def test_a_code_is_guessed_five_times_at_most_even_at_once(door):
    door.ask()
    code = door.last_code()
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    assert set(in_threads(8, lambda _n: door.enter(wrong))) == {None}
    assert [row.tries for row in rows(door.parts, "log_in_code")] == [CODE_TRIES_MAX]
    assert door.enter(code) is None


def test_the_code_of_one_phone_is_nothing_at_another(door):
    door.ask(DENG)
    door.ask(KIDEN)
    assert door.last_code(DENG) == door.last_code(KIDEN) or door.enter(door.last_code(KIDEN), DENG) is None
    assert door.enter(door.last_code(KIDEN), DENG, code_id=door.asked(KIDEN)) is None
    assert [row.tries for row in rows(door.parts, "log_in_code") if row.phone == KIDEN] == [0]


def test_codes_are_not_sent_one_after_another(door, clock):
    door.ask()
    with pytest.raises(TooManyTries) as refusal:
        door.ask()
    assert refusal.value.wait_s == 60
    for _more in range(CODES_PER_PHONE_DAY_MAX - 1):
        clock.advance(seconds=61)
        door.ask()
    clock.advance(seconds=61)
    with pytest.raises(TooManyTries) as refusal:
        door.ask()
    assert refusal.value.wait_s > 3600
    clock.advance(days=1)
    door.ask()


def test_an_address_and_all_together_are_bounded_too(door, monkeypatch):
    for n in range(CODES_PER_ADDRESS_HOUR_MAX):
        door.ask(f"+2119212{n:05d}")
    with pytest.raises(TooManyTries):
        door.ask(KIDEN)
    door.ask(KIDEN, address="198.51.100.7")
    monkeypatch.setattr("core.visits.send_code.CODES_PER_DAY_MAX", CODES_PER_ADDRESS_HOUR_MAX + 1)
    with pytest.raises(TooManyTries):
        door.ask(ACHOL, address="203.0.113.9")


def test_of_many_who_ask_at_once_one_is_sent(door):
    def ask(_n):
        try:
            return bool(door.ask())
        except TooManyTries:
            return False

    assert sum(in_threads(8, ask)) == 1
    assert count(door.parts, "log_in_code") == 1


def test_no_code_goes_abroad(door):
    with pytest.raises(ForeignPhone):
        door.ask("+254712345678")
    assert count(door.parts, "text_message") == 0


def test_later_a_pin_is_enough_in_any_digits(door):
    first = door.signed_in()
    again = door.visit(door.prove("٤٨٠٩١٣"))
    assert again.has_secret
    assert not again.may_choose
    assert door.visit(first)
    assert count(door.parts, "secret_failure") == 0


@pytest.mark.parametrize("phone", [DENG, ACHOL, KIDEN, "nonsense", ""])
def test_a_wrong_secret_and_an_unknown_phone_are_refused_alike(door, phone):
    door.signed_in()
    with pytest.raises(WrongSecret) as refusal:
        door.prove("135791", phone=phone)
    assert refusal.value.facts() == {}


def test_an_unknown_phone_costs_the_same_work(door, monkeypatch):
    door.signed_in()
    looked_at = []
    true = hashing._HASHER

    class Watched:
        def __getattr__(self, name):
            return getattr(true, name)

        def verify(self, kept, plain):
            looked_at.append(kept.split("$")[:4])
            return true.verify(kept, plain)

    monkeypatch.setattr(hashing, "_HASHER", Watched())
    for phone in (DENG, KIDEN):
        with pytest.raises(WrongSecret):
            door.prove("135791", phone=phone)
    assert looked_at[0] == looked_at[1]
    assert len(looked_at) == 2


@pytest.mark.parametrize("phone", [DENG, KIDEN])
def test_after_ten_wrong_tries_only_a_code_helps_and_nobody_learns_whose_phone_it_is(door, phone):
    door.signed_in()
    for n in range(WRONG_PER_PHONE_MAX):
        with pytest.raises(WrongSecret):
            door.prove("135791", phone=phone, address=f"198.51.100.{n}")
    with pytest.raises(SecretLocked):
        door.prove(PIN, phone=phone)


def test_a_code_opens_what_wrong_tries_locked(door, clock):
    door.signed_in()
    for n in range(WRONG_PER_PHONE_MAX):
        with pytest.raises(WrongSecret):
            door.prove("135791", address=f"198.51.100.{n}")
    clock.advance(seconds=61)
    door.ask()
    assert door.enter(door.last_code())
    assert door.visit(door.prove())


def test_a_hundred_guesses_at_once_are_counted_one_by_one(door):
    door.signed_in()
    looked_at = []

    def guess(_n):
        try:
            door.prove("135791")
        except WrongSecret:
            looked_at.append(1)
        except SecretLocked:
            pass

    in_threads(16, guess)
    assert len(looked_at) == WRONG_PER_PHONE_MAX


def test_a_new_secret_ends_every_other_visit(door, clock):
    mine = door.signed_in()
    stolen = door.prove()
    clock.advance(seconds=61)
    door.ask()
    fresh = door.enter(door.last_code())
    door.choose(fresh, "a longer password")
    assert door.visit(mine) is None
    assert door.visit(stolen) is None
    assert door.visit(fresh)
    with pytest.raises(WrongSecret):
        door.prove()
    assert door.prove("a longer password")


def test_a_secret_is_chosen_once_and_only_right_after_a_code(door, clock):
    token = door.signed_in()
    with pytest.raises(VisitNotFresh):
        door.choose(token, "775533")
    with pytest.raises(VisitNotFresh):
        door.choose(door.prove(), "775533")
    clock.advance(seconds=61)
    door.ask()
    late = door.enter(door.last_code())
    clock.advance(minutes=16)
    with pytest.raises(VisitNotFresh):
        door.choose(late, "775533")


@pytest.mark.parametrize("typed", ["", "12345", "111111", "123456", "987654", "1234567", "234567", "short", "x" * 201])
def test_what_is_tried_first_cannot_be_chosen(typed):
    with pytest.raises(WeakSecret):
        hash_secret(typed, phone=DENG)


@pytest.mark.parametrize("typed", ["480913", "٤٨٠٩١٣", "eight ch", "كلمة مرور طويلة"])
def test_six_digits_or_eight_signs_can_be_chosen(typed):
    assert hash_secret(typed, phone=DENG).startswith("$argon2id$")


def test_a_visit_ends_by_logging_out_by_idling_and_by_age(door, clock):
    first = door.signed_in()
    with door.parts.db.transaction() as tx:
        end_visit(tx, first)
    assert door.visit(first) is None
    second = door.prove()
    clock.advance(seconds=VISIT_IDLE_MAX.total_seconds() + 1)
    assert door.visit(second) is None
    third = door.prove()
    began = clock.now()
    while clock.now() - began < VISIT_LASTS:
        visit = door.visit(third)
        assert visit
        with door.parts.db.transaction() as tx:
            see_visit(tx, visit_id=visit.visit_id, now=clock.now())
        clock.advance(hours=11)
    assert door.visit(third) is None
    fourth = door.prove()
    assert door.visit(fourth)
    assert count(door.parts, "visit") == 1, "those that are over are forgotten"


def test_who_is_closed_is_let_in_no_more(door, parts, town, clock):
    token = door.signed_in()
    clock.advance(seconds=61)
    door.ask()
    with parts.db.transaction() as tx:
        set_status(tx, customer_id=town.deng.customer_id, status="closed")
    assert door.visit(token) is None
    with pytest.raises(WrongSecret):
        door.prove()
    with pytest.raises(CustomerNotActive):
        door.enter(door.last_code())


def test_neither_codes_nor_secrets_nor_tokens_stand_in_any_table(door, parts):
    token = door.signed_in()
    code = door.last_code()
    written = repr([rows(parts, table) for table in ("customer_secret", "visit", "log_in_code", "secret_failure")])
    assert not [secret for secret in (token, PIN) if secret in written]
    assert code not in repr([row.shown for row in rows(parts, "text_message")])


def test_codes_and_failures_of_long_ago_are_forgotten(door, parts, clock):
    door.ask()
    with pytest.raises(WrongSecret):
        door.prove("135791", phone=KIDEN)
    clock.advance(seconds=timedelta(days=3).total_seconds())
    door.ask()
    with pytest.raises(WrongSecret):
        door.prove("135791", phone=KIDEN)
    assert count(parts, "log_in_code") == 1
    assert count(parts, "secret_failure") == 1
