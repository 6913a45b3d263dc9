"""`MOVE 0921234567`, `PAUSE` and `CONTINUE`: what the holder of a token wants, in one text."""

from __future__ import annotations

from core.callers.facts import Facts
from core.errors import NoPausesLeft, NotPossibleNow, Refusal
from flows.engine import begin, step
from flows.my_token import other_phone
from flows.refusals import sentence
from flows.session import Screen, Session, Turn
from flows.tokens import CONTINUE_KEY, can_move, can_pause


def token_by_word(keyword: str, rest: str, facts: Facts) -> Turn:
    """Do what one text asks for; where there are several tokens it is asked which, and moving is agreed to first."""
    if keyword == "move":
        return _move(rest, facts)
    return _pause(facts) if keyword == "pause" else _go_on(facts)


def _move(rest: str, facts: Facts) -> Turn:
    able = [one for one in facts.tokens if can_move(one, facts)]
    if not able or not rest:
        return begin(Session("tokens.list"), [], facts)
    try:
        to = other_phone(rest, facts)
    except Refusal as refusal:
        return _refused(refusal, facts)
    if len(able) > 1:
        return begin(Session("tokens.list", 0, {"to": to}), [], facts)
    return begin(Session("my_token.move", 0, {"token": able[0].token_id, "to": to}), [], facts)


def _pause(facts: Facts) -> Turn:
    able = [one for one in facts.tokens if can_pause(one, facts)]
    if len(able) > 1:
        return begin(Session("tokens.list", 0, {"pause": True}), [], facts)
    if able:
        return step(Session("my_token.pause", 0, {"token": able[0].token_id}), "1", facts)
    if facts.tokens:
        return _refused(NoPausesLeft(pauses=0), facts)
    return begin(Session("tokens.list"), [], facts)


def _go_on(facts: Facts) -> Turn:
    paused = [one for one in facts.tokens if one.paused_at is not None]
    if not paused:
        return _refused(NotPossibleNow(what="token", state=""), facts)
    if len(paused) > 1:
        return begin(Session("tokens.list"), [], facts)
    return step(Session("tokens.one", 0, {"token": paused[0].token_id}), CONTINUE_KEY, facts)


def _refused(refusal: Refusal, facts: Facts) -> Turn:
    return Turn(Session("tokens.list"), Screen(sentence(refusal, facts.tongue), ends=True))
