"""Texts from phones: taken once, understood in three tongues, answered, continued by numbers."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import psycopg2
import pytest
from flask import Flask
from redis import Redis
from sqlalchemy import text

from core.clock import FixedClock
from core.customers.change import set_language
from core.money import Money
from core.parts import Parts
from core.settings import Settings
from flows.keywords import understand
from tests.town import ACHOL, DIGITEL_CALLER, KIDEN, Town, count, doors, everything_agrees, snapshot, texts_to

_ids = itertools.count(1)


class Texter:
    """A phone that texts the short code."""

    def __init__(self, app: Flask, parts: Parts, phone: str = ACHOL) -> None:
        self.app, self.parts, self.phone = app, parts, phone
        self.url = f"/sms/africastalking/{parts.settings.gateway_key}"

    def send(self, words: str, *, gateway_id: str | None = None, phone: str | None = None, status: int = 200) -> str:
        """One text; what the gateway reads."""
        form = {
            "date": "2026-11-23 10:00:00",
            "from": self.phone if phone is None else phone,
            "id": f"in-{next(_ids)}" if gateway_id is None else gateway_id,
            "text": words,
            "to": "7722",
        }
        answer = self.app.test_client().post(f"{self.url}/inbound", data=form)
        assert answer.status_code == status, answer.text
        return answer.text

    def ask(self, words: str) -> str:
        """One text; the reply to it."""
        before = len(self.replies())
        self.send(words)
        replies = self.replies()
        assert len(replies) == before + 1
        return replies[-1]

    def replies(self) -> list[str]:
        return [shown for template, shown in texts_to(self.parts, self.phone) if template == "reply"]


@pytest.fixture
def app(parts: Parts, town: Town, redis_url: str) -> Iterator[Flask]:
    with doors(parts, redis_url) as made:
        yield made
    everything_agrees(parts)


@pytest.fixture
def achol(app: Flask, parts: Parts) -> Texter:
    return Texter(app, parts)


def test_a_text_that_comes_twice_has_one_effect_and_one_reply(achol: Texter, parts: Parts) -> None:
    achol.send("FAULT", gateway_id="one")
    achol.send("1", gateway_id="two")
    before = snapshot(parts)
    assert achol.send("1", gateway_id="two") == "taken before"
    assert achol.send("FAULT", gateway_id="one") == "taken before"
    assert snapshot(parts) == before
    assert count(parts, "ticket") == 1
    assert len(achol.replies()) == 2


def test_twenty_copies_at_once_have_one_effect(achol: Texter, parts: Parts) -> None:
    achol.ask("BUY 1H")
    achol.ask("11")
    achol.ask("1")
    with ThreadPoolExecutor(20) as pool:
        said = list(pool.map(lambda _: achol.send("2", gateway_id="pay"), range(20)))
    assert said.count("taken before") == 19
    assert count(parts, "payment_intent") == 1
    assert len(achol.replies()) == 4


@pytest.mark.parametrize("tongue", ["en", "arabic", "latin"])
def test_each_keyword_is_understood_in_each_tongue(tongue: str, achol: Texter, parts: Parts, town: Town) -> None:
    script = {"en": None, "arabic": "arabic", "latin": "latin"}[tongue]
    with parts.db.transaction() as tx:
        set_language(tx, customer_id=town.achol.customer_id, language="en" if tongue == "en" else "ar", script=script)
    spellings = {
        "en": (("BAL", "balance", "Balanse"), ("BUY", "buy 3h", "wifi"), ("TOPUP", "top up", "topup 500"), ("TOKENS",), ("FAULT", "problem"), ("HELP",)),
        "arabic": (("رصيد", "رَصِيد", "رصـــيد", "رصيدي"), ("شراء", "اشتري", "وايفاي"), ("شحن", "اِشحن", "شحن ٥٠٠"), ("رموز",), ("عطل", "مشكلة"), ("مساعدة",)),
        "latin": (("rasid", "Rasiid"), ("istiri", "ishtiri"), ("shahan",), ("rumuz",), ("mushkila",), ("musaada",)),
    }[tongue]  # fmt: skip
    seen = []
    for words in spellings:
        first = {achol.ask(word).partition("\n")[0] for word in words if not any(sign.isdecimal() for sign in word)}
        assert len(first) == 1, words  # however it is spelled, the same answer
        seen.append(first.pop())
        for word in words:
            assert "understand" not in achol.ask(word), word
    assert len(set(seen)) == len(spellings)


def test_number_replies_go_on_up_to_the_payment(achol: Texter, parts: Parts) -> None:
    assert "Which Wi-Fi?" in achol.ask("BUY 3H")
    assert "For whom?" in achol.ask("11")
    assert "SSP 700" in achol.ask("١")  # an Arabic one
    assert count(parts, "payment_intent") == 0
    assert "Approve SSP 700" in achol.ask("2")
    assert count(parts, "payment_intent", "amount_minor = 70000 AND purpose = 'token'") == 1
    assert "did not understand" in achol.ask("2")  # it is over
    assert count(parts, "payment_intent") == 1


def test_a_keyword_in_the_middle_begins_anew(achol: Texter) -> None:
    achol.ask("BUY 3H")
    assert "Balance" in achol.ask("BAL")
    assert "Wi-Fi, price" in achol.ask("1")  # of the balance's screen


def test_an_unknown_word_is_answered_with_the_menu(achol: Texter) -> None:
    reply = achol.ask("Gudele")
    assert "did not understand" in reply
    assert "1." in reply


def test_a_word_that_may_be_two_is_answered_with_both(achol: Texter) -> None:
    assert len(understand("tokenz").could_be) == 2
    assert "did not understand" in achol.ask("hell")  # help or hello: the menu has both
    achol.ask("HELP")
    reply = achol.ask("tokenz")
    assert reply == "Which one do you mean?\n2. Buy Wi-Fi\n4. My tokens"
    assert "no token now" in achol.ask("4")


def test_an_empty_text_and_a_very_long_one_are_taken(achol: Texter) -> None:
    for words in ("", "   ", "🙂" * 400, "word " * 2000, "x\x00y", "*384*77#"):
        assert achol.ask(words)


def speech(parts: Parts, phone: str) -> tuple[str, str | None]:
    """The language and script somebody is registered with."""
    with parts.db.reading() as connection:
        row = connection.execute(
            text("SELECT language, script FROM customer c JOIN contact p ON p.customer_id = c.id WHERE phone = :phone"),
            {"phone": phone},
        ).one()
    return row.language, row.script


@pytest.mark.parametrize(
    ("words", "registered", "menu"),
    [
        ("JOIN Kiden Lado", ("en", None), "2. Buy Wi-Fi"),
        ("register", ("en", None), "2. Buy Wi-Fi"),
        ("تسجيل كيدن", ("ar", "arabic"), "2. شراء واي فاي"),
        ("tasjil Kiden Lado", ("ar", "latin"), "2. Istiri Wi-Fi"),
        ("TASJL", ("ar", "latin"), "2. Istiri Wi-Fi"),
    ],
)
def test_join_registers_in_the_language_it_was_written_in(
    words: str, registered: tuple[str, str | None], menu: str, app: Flask, parts: Parts
) -> None:
    for phone in (KIDEN, DIGITEL_CALLER):  # whatever their network's phones can show
        kiden = Texter(app, parts, phone)
        assert menu in kiden.ask(words).splitlines()
        assert speech(parts, phone) == registered
    assert kiden.ask("2").splitlines()[1].startswith("1. ")  # the menu it was answered with goes on


def test_join_keeps_the_name_behind_it(app: Flask, parts: Parts) -> None:
    Texter(app, parts, KIDEN).ask("JOIN Kiden Lado")
    Texter(app, parts, DIGITEL_CALLER).ask("tasjil Kiden Lado")
    assert count(parts, "customer", "name = 'Kiden Lado' AND registered_through = 'sms'") == 2


@pytest.mark.parametrize(
    ("words", "reply"),
    [
        ("اسمي كيدن", "هاتفك غير مسجل"),
        ("isim Kiden", "Telefon de lisa ma musajal"),
        ("name Kiden", "This phone is not registered yet"),
        ("قف", "أوقفنا الإشعارات"),
        ("wagif", "Ishaarat mafi tani"),
        ("stop", "No more notices"),
        ("ابدأ", "عادت رسائلنا"),
        ("abda", "Rasail bi ja tani"),
    ],
)
def test_a_stranger_is_answered_in_the_language_they_wrote(words: str, reply: str, app: Flask, parts: Parts) -> None:
    assert reply in Texter(app, parts, KIDEN).ask(words)


def test_a_customer_is_answered_in_their_own_language_whatever_they_write(achol: Texter) -> None:
    assert "No more notices" in achol.ask("wagif")
    assert "hear from us again" in achol.ask("ابدأ")


def test_join_with_something_that_is_no_name_still_registers(app: Flask, parts: Parts) -> None:
    Texter(app, parts, KIDEN).ask("JOIN 12345 $$$")
    assert count(parts, "contact", "phone = :phone", phone=KIDEN) == 1


def test_a_stranger_is_welcomed_and_what_they_wanted_waits(app: Flask, parts: Parts) -> None:
    kiden = Texter(app, parts, KIDEN)
    assert "English" in kiden.ask("BUY 3H")
    assert count(parts, "contact", "phone = :phone", phone=KIDEN) == 0
    assert "Which Wi-Fi?" in kiden.ask("1")
    assert count(parts, "contact", "phone = :phone", phone=KIDEN) == 1


def test_a_name_is_kept_as_it_was_typed(achol: Texter, parts: Parts) -> None:
    assert achol.ask("name Achol Deng-Garang") == "Thank you."
    assert count(parts, "customer", "name = 'Achol Deng-Garang'") == 1
    before = snapshot(parts, besides=("inbound_text", "outbox", "text_message"))
    assert "not a name" in achol.ask("NAME 12345")
    assert snapshot(parts, besides=("inbound_text", "outbox", "text_message")) == before


def test_a_name_that_is_a_keyword_elsewhere_is_a_name_when_it_was_asked_for(achol: Texter, parts: Parts) -> None:
    achol.ask("LANG")
    achol.ask("4")
    achol.ask("Salam")
    with parts.db.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM customer WHERE name = 'Salam'")).scalar() == 1


@pytest.mark.parametrize("typed", ["1.", "(1)", "1)", " 1 ", "١."])
def test_a_number_is_read_however_people_write_a_choice(typed: str, achol: Texter) -> None:
    achol.ask("MENU")
    assert achol.ask(typed).startswith("Balance")


def test_a_minus_is_not_taken_for_the_writing_of_a_choice(achol: Texter, parts: Parts) -> None:
    achol.ask("TOPUP")
    assert "digits only" in achol.ask("-5")
    assert count(parts, "payment_intent") == 0


def test_stop_and_start_and_what_was_asked_for_still_comes(app: Flask, achol: Texter, parts: Parts) -> None:
    assert "No more notices" in achol.ask("STOP")
    assert count(parts, "silenced_phone", "phone = :phone", phone=ACHOL) == 1
    assert "Balance" in achol.ask("BAL")
    assert "hear from us again" in achol.ask("start")
    assert count(parts, "silenced_phone") == 0
    kiden = Texter(app, parts, KIDEN)
    kiden.ask("قف")
    kiden.ask("STOP")
    assert count(parts, "silenced_phone") == 1
    assert count(parts, "contact", "phone = :phone", phone=KIDEN) == 0


def test_the_gateways_opt_out_silences(app: Flask, achol: Texter, parts: Parts) -> None:
    client = app.test_client()
    for _ in range(2):
        assert client.post(f"{achol.url}/optout", data={"senderId": "S", "phoneNumber": ACHOL}).status_code == 200
    assert count(parts, "silenced_phone") == 1
    before = snapshot(parts)
    for phone in ("", "+254712345678", "MTN"):
        answer = client.post(f"{achol.url}/optout", data={"phoneNumber": phone})
        assert answer.status_code == 200
        assert answer.text
    assert snapshot(parts) == before


def test_a_refusal_undoes_the_command_and_answers_the_text(achol: Texter, parts: Parts, town: Town) -> None:
    for word in ("BUY 1H", "11", "1", "2", "BUY 1H", "11", "1"):
        achol.ask(word)
    assert "already waits" in achol.ask("2")
    assert count(parts, "payment_intent") == 1
    assert count(parts, "inbound_text") == 8


def test_what_is_no_text_of_a_phone_here_is_taken_and_changes_nothing(achol: Texter, parts: Parts) -> None:
    before = snapshot(parts)
    for phone in ("+254712345678", "MTN", "12345", "🙂", "+2119"):
        assert achol.send("BAL", phone=phone)  # 200 and a sentence, or the gateway repeats it for hours
    assert achol.send("BAL", gateway_id="", status=400)
    assert achol.send("BAL", phone="", status=400)
    client = achol.app.test_client()
    for room in ("inbound", "delivery", "optout"):
        assert client.post(f"/sms/africastalking/wrong/{room}", data={"id": "1"}).status_code == 404
        assert client.post(f"{achol.url}/{room}", data={"text": "x" * 1_000_000}).status_code == 413
    assert snapshot(parts) == before


def test_a_pin_sent_by_mistake_is_not_kept(achol: Texter, parts: Parts) -> None:
    achol.ask("4321")
    achol.ask("my pin is 9876")
    with parts.db.reading() as connection:
        kept = connection.execute(text("SELECT string_agg(shown, ' ') FROM inbound_text")).scalar_one()
    assert "4321" not in kept
    assert "9876" not in kept


def test_a_conversation_of_an_old_version_is_answered_with_the_menu(achol: Texter, parts: Parts) -> None:
    for stored in ('{"state": "gone"}', '{"state": "buy.pay", "data": {}}', "[]", "7", '{"data": 1}'):
        achol.ask("BUY 3H")
        with parts.db.transaction() as tx:
            tx.execute(text("UPDATE sms_conversation SET session = CAST(:stored AS jsonb)"), {"stored": stored})
        assert "1." in achol.ask("1"), stored


def test_a_conversation_is_forgotten_after_half_an_hour(achol: Texter, clock: FixedClock) -> None:
    achol.ask("BUY 3H")
    clock.advance(minutes=29)
    assert "For whom?" in achol.ask("11")
    clock.advance(minutes=31)
    assert "did not understand" in achol.ask("1")


def test_a_conversation_goes_on_when_redis_is_lost(achol: Texter, parts: Parts, redis_url: str) -> None:
    with Redis.from_url(redis_url) as redis:
        for words in ("BUY 3H", "11", "1"):
            achol.ask(words)
            redis.flushall()
    assert "Approve SSP 700" in achol.ask("2")
    assert count(parts, "sms_conversation") == 0
    assert count(parts, "payment_intent") == 1


@pytest.mark.parametrize("round_", range(5))
def test_answers_that_come_at_once_buy_one_token(round_: int, achol: Texter, town: Town, parts: Parts) -> None:
    town.give(town.achol, 10_000)
    for words in ("BUY 1H", "11", "1"):
        achol.ask(words)
    together = threading.Barrier(4)

    def press(_: int) -> None:
        together.wait()
        achol.send("1")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(press, range(4)))
    assert count(parts, "token") == 1
    assert town.balance(town.achol) == Money.of(9_700, "SSP")
    assert len(achol.replies()) == 7


def test_a_text_whose_conversation_cannot_be_kept_has_done_nothing_and_comes_again(
    achol: Texter, town: Town, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.give(town.achol, 10_000)
    for words in ("BUY 1H", "11", "1"):
        achol.ask(words)
    before = snapshot(parts)

    def cut(*_: object) -> None:
        raise psycopg2.OperationalError("the line broke")

    with monkeypatch.context() as patch:
        patch.setattr("sms_bot.places.keep", cut)
        achol.send("1", gateway_id="pay", status=500)  # the gateway brings it again
    assert snapshot(parts) == before
    achol.send("1", gateway_id="pay")
    achol.send("1", gateway_id="pay")
    assert "did not understand" in achol.ask("1")
    assert count(parts, "token") == 1


def test_without_redis_texts_are_still_answered_once(parts: Parts, town: Town) -> None:
    with doors(parts, "redis://127.0.0.1:1/0") as app:
        achol = Texter(app, parts)
        assert "Balance" in achol.ask("BAL")
        assert achol.send("BAL", gateway_id="x") == ""
        assert achol.send("BAL", gateway_id="x") == "taken before"


def test_the_settings_key_is_compared_whole(app: Flask, settings: Settings) -> None:
    for key in (settings.gateway_key[:-1], settings.gateway_key + "x", settings.gateway_key.upper()):
        assert app.test_client().post(f"/sms/africastalking/{key}/inbound", data={}).status_code == 404


@pytest.mark.parametrize(
    "typed",
    [
        "net is down",
        "internet not working",
        "no net",
        "النت فاصل",
        "مافي نت",
        "الانترنت لا يعمل",
        "الإنترنت لايعمل",
        "النت معطّل",
        "الواي فاي متوقف",
        "النت خربان",
    ],
)
def test_a_complaint_opens_the_fault_report_not_the_price_list(typed: str, achol: Texter) -> None:
    assert achol.ask(typed).startswith("What is wrong?")


def test_to_cancel_is_not_to_opt_out(achol: Texter, parts: Parts) -> None:
    achol.ask("BUY")
    assert achol.ask("cancel").startswith("Shabaka")
    assert count(parts, "silenced_phone") == 0


@pytest.mark.parametrize("amount", ["999,999,999,999,999", "999 999 999 999 999", "999999999999"])
def test_an_amount_beyond_all_bounds_gets_one_sentence(amount: str, achol: Texter, parts: Parts) -> None:
    achol.ask("TOPUP")
    assert achol.ask(amount).splitlines()[0].endswith((".", "SSP 5,000,000."))
    assert count(parts, "payment_intent") == 0


def test_a_text_that_breaks_our_code_is_taken_once_and_answered(
    achol: Texter, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_arguments: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("sms_bot.converse.understand", broken)
    achol.send("BAL", gateway_id="poison")
    achol.send("BAL", gateway_id="poison")
    assert achol.replies() == ["We did not understand."]


def test_two_machines_that_answer_each_other_come_to_an_end(
    achol: Texter, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sms_bot.converse.TEXTS_PER_HOUR_MAX", 3)
    for _text in range(6):
        achol.send("HELP")
    assert len(achol.replies()) == 3


def test_who_says_stop_is_heard_however_often_they_have_texted(
    achol: Texter, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sms_bot.converse.TEXTS_PER_HOUR_MAX", 3)
    for words in ("HELP", "LANG", "4", "HELP", "STOP"):
        achol.send(words)
    assert count(parts, "silenced_phone", "phone = :phone", phone=ACHOL) == 1
    achol.send("START")
    assert count(parts, "silenced_phone") == 0
    assert len(achol.replies()) == 3  # only the answer to it is left out
    before = snapshot(parts, besides=("inbound_text",))
    achol.send("TOPUP 500")
    achol.send("1")
    assert snapshot(parts, besides=("inbound_text",)) == before


@pytest.mark.parametrize("words", ["شحن500", "شحن٥٠٠", "TOPUP500", "top up500", "TOPUP 500"])
def test_a_keyword_and_its_amount_may_be_written_together(words: str, achol: Texter) -> None:
    assert "Pay SSP 500 by MoMo" in achol.ask(words)


def test_a_keyword_and_its_plan_may_be_written_together(achol: Texter) -> None:
    assert achol.ask("BUY1H") == achol.ask("BUY 1H")


def test_an_amount_asked_for_is_kept_as_much_as_ever_and_a_pin_is_not(achol: Texter, parts: Parts) -> None:
    for words in ("TOPUP", "5 000", "12,500", "12 345", "TOPUP", "54321.", "1 2 3 4 5"):
        achol.send(words)
    with parts.db.reading() as connection:
        kept = connection.execute(text("SELECT shown FROM inbound_text ORDER BY id")).scalars().all()
    redacted = "[redacted]"
    # At the question the groups are an amount; at the next screen nobody has asked for one.
    assert kept == ["TOPUP", "5 000", redacted, redacted, "TOPUP", redacted, redacted]


def test_whether_there_is_an_outage_here_is_answered_by_what_is_known(achol: Texter, town: Town, parts: Parts) -> None:
    nothing = achol.ask("OUTAGE")
    assert nothing.startswith("We know of no outage where you are.")
    with parts.db.transaction() as tx:
        tx.execute(
            text("INSERT INTO router_outage (router_id, area, began_at) VALUES (:r, '', :at)"),
            {"r": town.routers["juba-town"], "at": parts.clock.now() - timedelta(hours=2)},
        )
        tx.execute(
            text("INSERT INTO router_outage (router_id, area, began_at, ended_at) VALUES (:r, '', :at, :at)"),
            {"r": town.routers["munuki"], "at": parts.clock.now() - timedelta(hours=1)},
        )
    parts.clock.advance(seconds=6)  # what all callers share is kept for five
    assert achol.ask("outage").startswith("Down since:\nJuba Town Wi-Fi 10:00\nOur technician knows.")
    assert achol.ask("1").startswith("What is wrong?")
