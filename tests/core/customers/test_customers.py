"""People and their phones: one customer with several, each phone of one customer only."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from core.customers.change import PHONES_PER_CUSTOMER_MAX, add_phone, rename, set_language, set_status
from core.customers.names import NAME_CHARS_MAX, clean_name
from core.customers.queries import account_of_phone, search, tongue_for
from core.customers.register import Registered, register
from core.errors import ForeignPhone, InvalidName, InvalidPhone, NotFound, NotMobile, NotPossibleNow, PhoneTaken
from core.ids import check_digit_is_right
from core.parts import Parts
from core.phones import national, parse_phone
from tests.town import ACHOL, DENG, DIGITEL_CALLER, KIDEN, Town, count, everything_agrees, snapshot

NEW = "+211922000001"


def signed_up(parts: Parts, phone: str = NEW, **facts: str) -> Registered:
    return parts.db.run(
        lambda tx: register(tx, phone=phone, language="en", script=None, through="ussd", now=parts.clock.now(), **facts)
    )


def give_phone(parts: Parts, customer_id: int, phone: str) -> None:
    parts.db.run(lambda tx: add_phone(tx, customer_id=customer_id, phone=phone, now=parts.clock.now()))


def test_eight_at_once_who_register_one_phone_are_one_customer(parts: Parts) -> None:
    with ThreadPoolExecutor(8) as pool:
        known = list(pool.map(lambda _: signed_up(parts), range(8)))
    assert len({one.customer_id for one in known}) == 1
    assert sum(not one.again for one in known) == 1
    assert check_digit_is_right(known[0].number)
    assert (count(parts, "customer"), count(parts, "contact"), count(parts, "ledger_account")) == (1, 1, 1)
    everything_agrees(parts)


def test_a_customer_with_several_phones_is_one_account(town: Town, parts: Parts) -> None:
    town.give(town.achol, 500)
    give_phone(parts, town.achol.customer_id, NEW)
    give_phone(parts, town.achol.customer_id, NEW)  # again changes nothing
    with parts.db.reading() as connection:
        for phone in (ACHOL, NEW):
            found = account_of_phone(connection, phone)
            assert found is not None
            assert (found.customer_id, found.main_phone, str(found.balance)) == (
                town.achol.customer_id,
                ACHOL,
                "SSP 500",
            )
    assert signed_up(parts).again
    assert count(parts, "contact", "customer_id = :who", who=town.achol.customer_id) == 2


def test_a_phone_of_another_customer_is_refused_also_when_they_race(town: Town, parts: Parts) -> None:
    before = snapshot(parts)
    with pytest.raises(PhoneTaken):
        give_phone(parts, town.achol.customer_id, DENG)
    with pytest.raises(NotFound):
        give_phone(parts, 99_999, NEW)
    assert snapshot(parts) == before

    def attempt(which: int) -> str:
        try:
            if which % 3 == 2:
                return "theirs" if signed_up(parts).again else "registered"
            give_phone(parts, (town.achol, town.deng)[which % 3].customer_id, NEW)
        except PhoneTaken:
            return "taken"
        return "given"

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(attempt, range(6)))
    assert count(parts, "contact", "phone = :phone", phone=NEW) == 1
    everything_agrees(parts)


def test_the_most_phones_of_one_customer_hold_against_a_race(town: Town, parts: Parts) -> None:
    def attempt(number: int) -> bool:
        try:
            give_phone(parts, town.achol.customer_id, f"+2119220000{number:02d}")
        except PhoneTaken:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        given = list(pool.map(attempt, range(PHONES_PER_CUSTOMER_MAX + 5)))
    assert sum(given) == PHONES_PER_CUSTOMER_MAX - 1
    everything_agrees(parts)


def test_who_is_closed_stays_closed(town: Town, parts: Parts) -> None:
    for status in ("suspended", "active", "closed"):
        parts.db.run(lambda tx, status=status: set_status(tx, customer_id=town.achol.customer_id, status=status))
    before = snapshot(parts)
    with pytest.raises(NotPossibleNow):
        parts.db.run(lambda tx: set_status(tx, customer_id=town.achol.customer_id, status="active"))
    assert snapshot(parts) == before


@pytest.mark.parametrize(
    "name", ["Achol Deng", "أشول دينق", "Nyandɛŋ Wɛk", "O'Hara-Lado", "St. Mary's Clinic (Munuki)", "Ñé", "Radio 98"]
)
def test_names_of_every_script_are_names(name: str) -> None:
    assert clean_name(f"  {name.replace(' ', '   ')} ") == name


@pytest.mark.parametrize(
    "typed", ["", "   ", "123", "🙂", "<b>Achol</b>", "a" * (NAME_CHARS_MAX + 1), "Achol\x00", "…", "A;B"]
)
def test_what_is_no_name_is_refused(typed: str, town: Town, parts: Parts) -> None:
    with pytest.raises(InvalidName):
        parts.db.run(lambda tx: rename(tx, customer_id=town.achol.customer_id, name=typed))


@pytest.mark.parametrize(
    "typed",
    ["0921234567", "+211921234567", "211921234567", "00211921234567", "٠٩٢١٢٣٤٥٦٧", "۰۹۲۱۲۳۴۵۶۷", "0921-234-567",
     "(0921) 234 567", "\u200f0921234567\u200e", " 0921 234 567 "],
)  # fmt: skip
def test_a_phone_is_the_same_however_it_is_written(typed: str) -> None:
    assert parse_phone(typed) == ACHOL
    assert national(ACHOL) == "0921 234 567"


@pytest.mark.parametrize(
    ("typed", "refusal"),
    [
        ("", InvalidPhone),
        ("hello", InvalidPhone),
        ("🙂", InvalidPhone),
        ("1" * 41, InvalidPhone),
        ("092123456", InvalidPhone),
        ("0921234567x", InvalidPhone),
        ("+254712345678", ForeignPhone),
        ("+12025550100", ForeignPhone),
        ("0180123456", NotMobile),
    ],
)
def test_what_is_no_mobile_here_is_refused(typed: str, refusal: type) -> None:
    with pytest.raises(refusal):
        parse_phone(typed)


def test_a_phone_is_spoken_to_in_a_script_it_can_show(town: Town, parts: Parts) -> None:
    parts.db.run(lambda tx: set_language(tx, customer_id=town.achol.customer_id, language="ar", script=None))
    give_phone(parts, town.achol.customer_id, DIGITEL_CALLER)
    with parts.db.reading() as connection:
        assert tongue_for(connection, ACHOL) == "ar"
        assert tongue_for(connection, DIGITEL_CALLER) == "ar_Latn"
        assert tongue_for(connection, KIDEN, "ar") == "ar"
        assert tongue_for(connection, KIDEN) == "en"


def test_search_takes_what_people_type_as_letters_not_as_patterns(town: Town, parts: Parts) -> None:
    with parts.db.reading() as connection:
        assert [row.id for row in search(connection, "acho")] == [town.achol.customer_id]
        assert [row.id for row in search(connection, "0921234567")] == [town.achol.customer_id]
        assert [row.id for row in search(connection, town.deng.number)] == [town.deng.customer_id]
        for words in ("%", "_", "\\", "' OR true --"):
            assert list(search(connection, words)) == []
        assert connection.execute(text("SELECT 1")).scalar_one() == 1
