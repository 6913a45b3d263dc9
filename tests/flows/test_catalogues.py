"""The catalogues: complete, current, in the letters a phone can show, and within what a text may cost."""

import re
from collections import defaultdict
from functools import cache
from gettext import c2py
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_keywords, parse_mapping_cfg
from babel.messages.pofile import read_po

from core.billing.statement_text import BILLS_MAX, bill_lines
from core.catalog.plan_words import data_words, speed_words
from core.languages import TONGUES, catalogue, say
from core.messaging.segments import measure, substitute
from core.messaging.texts import REASONS, TEXTS
from core.money import Money
from core.payments.text_receipts import RECEIPTS_MAX, ReceiptLine, receipt_lines
from flows.keywords import understand
from flows.refusals import SENTENCES, STAFF_SENTENCES
from flows.screen import BACK, fits
from tests.flows.longest import INVOICE, LINK, ROUTERS

ROOT = Path(__file__).resolve().parents[2]
PHONE = ("core", "flows", "ussd", "sms_bot")  # read on a phone: wanted in every tongue
WEB = ("admin", "api", "portal", "web")  # read on a page: English and Arabic
KEYWORDS = DEFAULT_KEYWORDS | parse_keywords(["_", "counted:1,2", "t"])
TRANSLATED = ("ar", "ar_Latn")

LATIN_RUN_IN_ARABIC = re.compile(r"\{(?:code|phone|payer|pay_to|link|ssid|username|password)\}")
TATWEEL_AND_MARKS = re.compile("[\u0640\u064b-\u0652\u061c\u200b-\u200f\u202a-\u202e\u2066-\u2069]")
PRESENTATION_FORMS = re.compile("[\ufb50-\ufdff\ufe70-\ufefc]")

# The longest facts that are still real. The ceiling of the phones, not of the columns.
LONGEST = {
    "amount": Money.of(5_000_000, "SSP"),
    "balance": Money.of(5_000_000, "SSP"),
    "code": "*384*77#",
    "count": 4,
    "day": "15/12/2026",
    "invoice": INVOICE,
    "late": Money.of(5_000_000, "SSP"),
    "parts": "\n".join(["30/12 833,333"] * 6),
    "service": "100002",
    "settled": Money.of(5_000_000, "SSP"),
    "tariff": "Home Plus",
    "have": Money.of(5_000_000, "SSP"),
    "least": Money.of(100, "SSP"),
    "most": Money.of(5_000_000, "SSP"),
    "needed": Money.of(5_000_000, "SSP"),
    "now": Money.of(5_000_000, "SSP"),
    "number": "1000177",
    "password": "acdefh34",
    "payer": "0921 234 567",
    "phone": "0921 234 567",
    "price": Money.of(5_000_000, "SSP"),
    "digits": "123456",
    "receipt": "1000177",
    "recipient": "0991 234 567",
    "short": "7722",
    "tokens": "99,999",
    "given": "10,000",
    "cash": Money.of(5_000_000, "SSP"),
    "momo": Money.of(5_000_000, "SSP"),
    "owes": Money.of(5_000_000, "SSP"),
    "ssid": "Shabaka-Konyokonyo-1",
    "username": "acdef3",
    "wait_s": 900,
    "devices": 20,
    "pauses": 20,
    "cards": 100_000,
    "first_card": 100_000,
    "last_card": 100_000,
    "account": "Trinity m-GURUSH",
    "wallet": "Trinity m-GURUSH",
    "pay_to": "0912 555 000 111",
    "reference": "MP261125.1341.A00073",
    "banks": "Cooperative Bank: 0123 4567 8901 2345",
    "below": Money.of(500, "SSP"),
    "check": "100000007",
    "link": LINK,
    "times": 4,
    "first": 22,
    "last": 23,
    "routers": ROUTERS,
    "places": "Shabaka-Konyokonyo-1 30/11 10:32",
}
PLAN = {"en": "12.5 GB 3 months", "ar": "12.5 جيجا 3 أشهر", "ar_Latn": "12.5 GB 3 shahar"}
TIME = {"en": "11 months 29 days", "ar": "11 شهرا 29 يوما", "ar_Latn": "11 shahar 29 yom"}


def longest(tongue):
    time = TIME[tongue]
    reason = max((say(tongue, reason) for reason in REASONS.values()), key=len)
    return LONGEST | {
        "bills": bill_lines([(INVOICE, LONGEST["amount"], LONGEST["amount"])] * BILLS_MAX, tongue),
        "due": LONGEST["amount"],
        "receipts": receipt_lines([ReceiptLine("30/12", LONGEST["amount"], "1000177")] * RECEIPTS_MAX, tongue),
        "plan": PLAN[tongue],
        "time": time,
        "data": data_words(tongue, 1_999_900_000_000),
        "all": data_words(tongue, 1_999_900_000_000),
        "used": data_words(tongue, 1_999_900_000_000),
        "today": data_words(tongue, 1_999_900_000_000),
        "speed": speed_words(tongue, 999_900),
        "down": speed_words(tongue, 999_900),
        "up": speed_words(tongue, 999_900),
        "left": say(tongue, "{time} left", time=time),
        "reason": reason,
    }


@cache
def extracted():
    """Every text in the code by its English original (a pair when counted), with the folders it is said in."""
    with (ROOT / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)
    found = defaultdict(set)
    for folder in (*PHONE, *WEB):
        for _path, _line, message, _comments, _context in extract_from_dir(ROOT / folder, methods, options, KEYWORDS):
            found[message].add(folder)
    return dict(found)


@cache
def template():
    with (ROOT / "locales" / "messages.pot").open("rb") as file:
        return read_po(file)


def originals(catalog):
    return {message.id for message in catalog if message.id}


def forms(message):
    return message.string if isinstance(message.string, tuple) else (message.string,)


def placeholders(text):
    return {name for _literal, name, _spec, _conversion in Formatter().parse(text) if name is not None}


def on_phones(original):
    if original in STAFF_SENTENCES.values():
        return False
    return bool(extracted().get(original, set()) & set(PHONE))


def wanted(tongue):
    """The messages that must be there in a tongue."""
    return [message for message in catalogue(tongue) if message.id and (tongue == "ar" or on_phones(message.id))]


def test_extracting_again_finds_nothing_new():
    assert originals(template()) == set(extracted())


@pytest.mark.parametrize("tongue", TONGUES)
def test_every_catalogue_has_the_messages_of_the_template_and_no_others(tongue):
    assert originals(catalogue(tongue)) == originals(template())
    assert not catalogue(tongue).obsolete


@pytest.mark.parametrize("tongue", TRANSLATED)
def test_every_message_is_translated_in_all_its_forms(tongue):
    missing = [message.id for message in wanted(tongue) if not all(forms(message))]
    assert missing == []
    plurals = [message for message in wanted(tongue) if isinstance(message.id, tuple)]
    assert plurals
    assert {len(forms(message)) for message in plurals} == {catalogue(tongue).num_plurals}


@pytest.mark.parametrize("tongue", TONGUES)
def test_nothing_is_left_fuzzy(tongue):
    assert [message.id for message in catalogue(tongue) if message.id and message.fuzzy] == []


@pytest.mark.parametrize("tongue", TONGUES)
def test_a_translation_keeps_the_placeholders_of_its_original(tongue):
    for message in catalogue(tongue):
        if not message.id or not any(forms(message)):
            continue
        if isinstance(message.id, tuple):  # one and two are words of their own in Arabic, without their number
            many = placeholders(message.id[1])
            assert all(placeholders(form) <= many for form in forms(message)), message.id
            assert placeholders(forms(message)[-1]) == many, message.id
        else:
            assert placeholders(message.string) == placeholders(message.id), message.id


def test_arabic_counts_in_the_six_forms_of_cldr():
    rule = c2py(catalogue("ar").plural_expr)
    said = {n: rule(n) for n in (0, 1, 2, 3, 10, 11, 26, 99, 100, 101, 102, 103, 111, 200)}
    assert said == {
        0: 0, 1: 1, 2: 2, 3: 3, 10: 3, 11: 4, 26: 4, 99: 4, 100: 5, 101: 5, 102: 5, 103: 3, 111: 4, 200: 5,
    }  # fmt: skip


def test_arabic_in_latin_letters_travels_as_gsm_7():
    costly = [form for message in catalogue("ar_Latn") if message.id for form in forms(message)]
    assert [form for form in costly if form and measure(form).encoding != "gsm7"] == []


def test_arabic_is_plain_letters_that_the_phone_shapes_itself():
    for message in catalogue("ar"):
        for form in forms(message) if message.id else ():
            assert not PRESENTATION_FORMS.search(form), form
            assert not TATWEEL_AND_MARKS.search(form), form


def test_in_arabic_what_bidi_would_turn_round_has_a_line_of_its_own():
    for message in wanted("ar"):
        if not on_phones(message.id):
            continue
        for form in forms(message):
            crowded = [line for line in form.split("\n") if LATIN_RUN_IN_ARABIC.search(line)]
            assert all(LATIN_RUN_IN_ARABIC.fullmatch(line) for line in crowded), form


@pytest.mark.parametrize("tongue", TONGUES)
@pytest.mark.parametrize("refusal", SENTENCES, ids=lambda refusal: refusal.__name__)
def test_a_refusal_fits_a_screen_with_the_way_back(refusal, tongue):
    text = say(tongue, SENTENCES[refusal], **longest(tongue))
    assert fits(f"{text}\n{BACK}. {say(tongue, 'Back')}"), text


@pytest.mark.parametrize("tongue", TONGUES)
def test_every_sentence_of_a_conversation_fits_a_screen(tongue):
    facts = longest(tongue)
    for original, folders in extracted().items():
        if isinstance(original, str) and on_phones(original) and folders & {"flows", "ussd"}:
            text = say(tongue, original, **{name: facts[name] for name in placeholders(original)})
            assert fits(text), text


@pytest.mark.parametrize("tongue", TONGUES)
@pytest.mark.parametrize("name", [name for name, form in TEXTS.items() if form.original != "{screen}"])
def test_a_text_costs_no_more_segments_than_it_may(name, tongue):
    form = TEXTS[name]
    text = substitute(say(tongue, form.original, **longest(tongue)))
    cost = measure(text)
    assert cost.encoding == ("ucs2" if tongue == "ar" else "gsm7")
    assert cost.segments <= (form.arabic_segments if tongue == "ar" else form.latin_segments), (cost, text)


@pytest.mark.parametrize("tongue", TONGUES)
def test_the_keywords_that_help_names_are_understood(tongue):
    original = next(text for text in extracted() if isinstance(text, str) and "{short}" in text)
    text = say(tongue, original, **longest(tongue))
    if tongue == "ar":
        offered, to_stop = text.split("\n")[-2:]
        named = [*offered.split(), to_stop.split()[0]]
    else:
        named = re.findall(r"\b[A-Z]{3,}\b", text)
    assert [understand(word).keyword for word in named] == ["balance", "buy", "topup", "fault", "stop"]
