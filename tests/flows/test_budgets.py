"""The gate of the budgets: no catalogue text, in any tongue, may overflow a screen or its segments with real facts."""

import pytest

from core.languages import TONGUES, say
from core.messaging.segments import measure, substitute
from core.messaging.texts import TEXTS, Template
from flows.engine import step
from flows.machine import STATES
from flows.refusals import SENTENCES, sentence
from flows.screen import BACK, MORE, OPTIONS_MAX, SCREEN_GSM_CHARS_MAX, SCREEN_UCS2_CHARS_MAX, screens
from flows.session import Page, Session
from tests.flows.cast import bill_of, facts_of
from tests.flows.longest import ARABIC_SSID, LATIN_SSID, STANDING, longest_facts, refusal_of, text_facts

SSIDS = pytest.mark.parametrize("ssid", [LATIN_SSID, ARABIC_SSID], ids=["latin", "arabic"])
IN_EVERY_TONGUE = pytest.mark.parametrize("tongue", TONGUES)
IN_EVERY_STATE = pytest.mark.parametrize("state", STATES)


def keys_of(text):
    """The numbers that a screen offers, without those of paging."""
    keys = [line.partition(". ")[0] for line in text.splitlines() if ". " in line]
    return [key for key in keys if key.isdecimal() and key not in {BACK, MORE}]


def faults(page, tongue, notice=""):
    """What is wrong with a page, a line each. Written anew here, so that a mistake in flows/screen.py shows."""
    found = []
    texts = screens(page, tongue, notice)
    for text in texts:
        units = measure(text).units
        most = SCREEN_GSM_CHARS_MAX if measure(text).encoding == "gsm7" else SCREEN_UCS2_CHARS_MAX
        if units > most:
            found.append(f"{units} of {most}: {text!r}")
        if len(keys_of(text)) > OPTIONS_MAX:
            found.append(f"{len(keys_of(text))} choices: {text!r}")
    if page.ends and len(texts) != 1:
        found.append(f"the conversation ends, but it takes {len(texts)} screens: {texts!r}")
    lines = [line for text in texts for line in text.splitlines()]
    for key, label in page.options:
        option = f"{key}. {label}"
        if lines.count(option) + lines.count(substitute(option)) * (option != substitute(option)) != 1:
            found.append(f"a choice is lost, cut or there twice: {option!r} in {texts!r}")
    return found


def test_every_state_has_its_longest_facts():
    assert set(STANDING) == set(STATES)


@SSIDS
@IN_EVERY_TONGUE
@IN_EVERY_STATE
def test_a_state_fits_its_screens_with_the_longest_facts(state, tongue, ssid):
    page = STATES[state][0](Session(state, data=STANDING[state]), longest_facts(tongue, ssid))
    assert faults(page, tongue) == []


@SSIDS
@IN_EVERY_TONGUE
@IN_EVERY_STATE
def test_a_state_fits_its_screens_under_any_refusal(state, tongue, ssid):
    page = STATES[state][0](Session(state, data=STANDING[state]), longest_facts(tongue, ssid))
    if not page.ends:
        found = [faults(page, tongue, sentence(refusal_of(kind), tongue, "*384*77#")) for kind in SENTENCES]
        assert [fault for each in found for fault in each] == []


@IN_EVERY_TONGUE
@IN_EVERY_STATE
def test_a_refusal_is_read_whole_at_once(state, tongue):
    facts = longest_facts(tongue, ARABIC_SSID)
    page = STATES[state][0](Session(state, data=STANDING[state]), facts)
    for kind in () if page.ends else SENTENCES:
        notice = substitute(sentence(refusal_of(kind), tongue, "*384*77#"))
        assert screens(page, tongue, notice)[0].startswith(notice)


@IN_EVERY_TONGUE
@IN_EVERY_STATE
def test_more_leads_past_no_choice_after_a_wrong_number(state, tongue):
    facts = longest_facts(tongue, LATIN_SSID)
    page = STATES[state][0](Session(state, data=STANDING[state]), facts)
    turn = step(Session(state, data=STANDING[state]), "?", facts)
    seen = set(keys_of(turn.screen.text))
    for _press in range(40):
        turn = step(turn.session, MORE, facts)
        seen |= set(keys_of(turn.screen.text))
    assert seen >= {key for key, _label in page.options}


@IN_EVERY_TONGUE
@pytest.mark.parametrize("late", [0, 36_000, 99_999_999])
@pytest.mark.parametrize("owes", [0, 99_999_999])
@pytest.mark.parametrize("services", [(), ("prepaid",), ("home", "office", "suspended")])
def test_a_bill_is_told_whole_on_its_first_screen(tongue, owes, late, services):
    facts = facts_of(tongue=tongue, bill=bill_of(owes, min(owes, late), 12), services=services)
    page = STATES["bill.show"][0](Session("bill.show"), facts)
    assert faults(page, tongue) == []
    assert page.head in screens(page, tongue)[0]


@IN_EVERY_TONGUE
def test_the_longest_refusal_of_a_command_ends_on_one_screen(tongue):
    for kind in SENTENCES:
        said = sentence(refusal_of(kind), tongue, "*384*77#")
        assert faults(Page(said, ends=True), tongue) == []


def too_dear(template, tongue, facts):
    """How a text exceeds what it may cost; empty when it does not."""
    text = substitute(say(tongue, template.original, **facts))
    cost = measure(text)
    most = template.arabic_segments if cost.encoding == "ucs2" else template.latin_segments
    return f"{cost.segments} of {most} segments ({cost.encoding}): {text!r}" if cost.segments > most else ""


@SSIDS
@IN_EVERY_TONGUE
@pytest.mark.parametrize("name", TEXTS)
def test_a_text_costs_what_it_may_with_the_longest_facts(name, tongue, ssid):
    longest_screen = {"ar": "ش" * SCREEN_UCS2_CHARS_MAX}.get(tongue, "s" * SCREEN_GSM_CHARS_MAX)
    assert too_dear(TEXTS[name], tongue, text_facts(tongue, ssid) | {"screen": longest_screen}) == ""


def test_a_page_that_somebody_makes_too_long_fails_the_build():
    long_word = "x" * 200
    assert faults(Page("word " * 40, ends=True), "en")
    assert faults(Page("كلمة " * 20, ends=True), "ar")
    assert faults(Page("word " * 20, ends=True), "en") == []
    assert faults(Page("", options=(("1", long_word),)), "en")
    assert faults(Page("", options=(("1", "twice"), ("1", "twice"))), "en")
    assert faults(Page("", options=(("1", "once"), ("2", "and again"))), "en") == []
    assert too_dear(Template("word " * 40), "en", {"any": 0})
    assert too_dear(Template("كلمة " * 40), "ar", {"any": 0})
