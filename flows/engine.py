"""One step of a conversation: pure, the same for USSD and SMS."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from core.callers.facts import Facts
from core.phones import western_digits
from flows.machine import HOME, RESUME, STATES, WELCOME, IllegalMoveError, move
from flows.screen import BACK, MORE, screens, show
from flows.screen import HOME as HOME_KEY
from flows.session import Answer, Session, Turn

TYPED_CHARS_MAX: Final = 160
AHEAD_MAX: Final = 10  # answers dialled behind the code at once
AHEAD_CHARS_MAX: Final = 24  # of each: a phone number with its signs; they wait in the session


@dataclass(frozen=True, slots=True)
class _Read:
    """A step read, not yet shown."""

    session: Session
    facts: Facts
    answer: Answer


def open_session(facts: Facts, saved: Session | None = None) -> Session:
    """Where a call begins: the welcome for a stranger, the offer to go on after a drop, else the menu."""
    if facts.customer is None:
        return Session(WELCOME)
    if saved is not None and saved.state in STATES:
        return Session(RESUME, data={"saved": saved.to_json()})
    return Session(HOME)


def begin(start: Session, ahead: Sequence[str], facts: Facts, notice: str = "") -> Turn:
    """The first screen. `ahead` was dialled behind the code: answered at once, as far as it leads to no command.

    A stranger answers the welcome first; what they dialled waits for it.
    """
    if start.state == WELCOME:
        waiting = [typed[:AHEAD_CHARS_MAX] for typed in ahead[:AHEAD_MAX]]
        return _shown(replace(start, data={**start.data, "ahead": waiting}) if waiting else start, facts, Answer())
    session, stopped = _go_ahead(start, ahead, facts)
    return _shown(session, facts, Answer(notice=notice or stopped))


def _go_ahead(session: Session, ahead: Sequence[str], facts: Facts) -> tuple[Session, str]:
    """Answer several questions at once. Stops before a command: what costs money is agreed to on its own screen."""
    for typed in ahead[:AHEAD_MAX]:
        read = _read(session, typed, facts)
        if read.answer.command is not None:
            return session, ""
        session = read.session
        if read.answer.notice:
            return session, read.answer.notice
    return session, ""


def step(session: Session, typed: str, facts: Facts) -> Turn:
    """Read what was typed in the state the session is in; move; show.

    Returns the new session, the screen, and at most one command to carry out.

    Raises:
        IllegalMoveError: the session stands in a state that does not exist; start again at the menu.
    """
    if session.state not in STATES:
        raise IllegalMoveError(session.state)
    read = _read(session, typed, facts)
    ahead = session.data.get("ahead") if session.state == WELCOME else None
    if ahead and read.answer.command is not None:
        ahead_session, notice = _go_ahead(replace(read.session, data={}), ahead, read.facts)
        read = _Read(ahead_session, read.facts, replace(read.answer, notice=notice))
    return _shown(read.session, read.facts, read.answer)


def _read(session: Session, typed: str, facts: Facts) -> _Read:
    typed = _visible(western_digits(typed[:TYPED_CHARS_MAX])).strip()
    if typed == MORE and _has_more(session, facts):
        return _Read(replace(session, page=session.page + 1), facts, Answer())
    if facts.customer is not None and typed == HOME_KEY:
        return _Read(Session(HOME), facts, Answer())
    if facts.customer is not None and typed == BACK:
        if session.page > 0:
            return _Read(replace(session, page=session.page - 1), facts, Answer())
        try:
            return _Read(replace(session, state=move(session.state, "back"), page=0), facts, Answer())
        except IllegalMoveError:
            pass  # no way back from here: let the state itself say what it expects
    answer = STATES[session.state][1](session, typed, facts)
    spoken = answer.facts or facts
    if answer.session is not None:
        return _Read(answer.session, spoken, answer)
    if answer.trigger is None:
        return _Read(session, spoken, answer)
    data = {name: value for name, value in {**session.data, **answer.data}.items() if value is not None}
    return _Read(Session(move(session.state, answer.trigger), 0, data), spoken, answer)


def _visible(typed: str) -> str:
    """Without the marks of direction that Arabic keyboards and pasted numbers carry."""
    if typed.isascii():
        return typed
    return "".join(character for character in typed if unicodedata.category(character) != "Cf")


def _has_more(session: Session, facts: Facts) -> bool:
    """Whether "98" means more here; where all stands on one screen it is an answer like others (the amount 98)."""
    return session.page != 0 or len(screens(STATES[session.state][0](session, facts), facts.tongue)) > 1


def _shown(session: Session, facts: Facts, answer: Answer) -> Turn:
    if session.state not in STATES:  # gone on from a place that an update took away
        raise IllegalMoveError(session.state)
    page = STATES[session.state][0](session, facts)
    screen, number = show(page, facts.tongue, session.page, answer.notice)
    commands = (answer.command,) if answer.command is not None else ()
    return Turn(replace(session, page=number), screen, commands)
