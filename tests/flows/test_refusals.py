"""Every refusal has its sentence, in every tongue."""

import importlib
import pkgutil

import pytest

import admin
import core
from core import errors
from core.errors import Refusal
from core.languages import TONGUES, say
from flows.refusals import CALL_US, SENTENCES, STAFF_SENTENCES, sentence
from flows.screen import BACK, fits
from tests.flows.longest import every_refusal, refusal_of


def imported(package):
    """Everything below a package, so that no class hides in a module nobody has asked for."""
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if ".migrations" not in found.name:
            importlib.import_module(found.name)


def unsaid(kinds, *tables):
    """The refusals that none of the tables turns into a sentence."""
    return {kind.__qualname__ for kind in kinds if not any(kind in table for table in tables)}


def ours():
    imported(core)
    imported(admin)
    return [
        kind
        for kind in every_refusal()
        if kind.__module__.split(".")[0] in {"core", "admin", "portal", "web", "flows", "ussd", "sms_bot"}
    ]


def test_every_refusal_has_a_sentence():
    assert len(ours()) > 20
    assert unsaid(ours(), SENTENCES, STAFF_SENTENCES) == set()


def test_what_a_caller_can_meet_has_a_sentence_for_phones():
    callers = [kind for kind in ours() if kind not in STAFF_SENTENCES]
    assert unsaid(callers, SENTENCES) == set()
    assert not set(SENTENCES) & set(STAFF_SENTENCES)


def test_a_refusal_without_a_sentence_is_found():
    class Unheard(Refusal):
        """Nobody wrote a sentence for this."""

    assert unsaid(every_refusal(), SENTENCES, STAFF_SENTENCES) == {Unheard.__qualname__}


@pytest.mark.parametrize("tongue", TONGUES)
@pytest.mark.parametrize("kind", SENTENCES, ids=lambda kind: kind.__name__)
def test_a_refusal_is_one_clear_sentence(kind, tongue):
    said = sentence(refusal_of(kind), tongue, "*384*77#")
    assert said.strip() == said
    assert "{" not in said
    assert "Money(" not in said
    if tongue != "en":
        assert said != sentence(refusal_of(kind), "en", "*384*77#")
    if tongue == "ar":
        assert any("\u0600" <= letter <= "\u06ff" for letter in said)


def test_every_sentence_that_asks_to_call_can_name_the_number():
    assert {kind for kind, original in SENTENCES.items() if "call us" in original} == CALL_US
    assert all(SENTENCES[kind].endswith("call us.") for kind in CALL_US)


@pytest.mark.parametrize("tongue", TONGUES)
@pytest.mark.parametrize("kind", sorted(CALL_US, key=lambda kind: kind.__name__), ids=lambda kind: kind.__name__)
def test_the_number_to_call_follows_where_there_is_one_and_room_for_it(kind, tongue):
    without = sentence(refusal_of(kind), tongue, "*384*77#")
    said = sentence(refusal_of(kind), tongue, "*384*77#", "+211912000000")
    assert fits(said) or said == without
    assert said == without or (said.startswith(without.removesuffix(".")) and said.endswith("+211912000000"))


@pytest.mark.parametrize("tongue", TONGUES)
def test_who_is_stopped_always_has_room_for_the_number(tongue):
    said = sentence(refusal_of(errors.CustomerNotActive), tongue, "", "+211912000000")
    assert said.endswith("+211912000000")
    assert fits(f"{said}\n{BACK}. {say(tongue, 'Back')}"), said
    assert "912" not in sentence(refusal_of(errors.CustomerNotActive), tongue)
