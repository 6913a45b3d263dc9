"""What the holder of a token may do with it: move it to another phone, let it stand still, and let it go on."""

from __future__ import annotations

from typing import Final

from core.callers.commands import MoveToken, PauseToken
from core.callers.facts import Facts
from core.errors import OwnNumber, Refusal
from core.languages import marked as _
from core.languages import say
from core.phones import national, parse_phone
from flows.menu import choose_again, read_nothing
from flows.refusals import sentence
from flows.session import Answer, Page, Session
from flows.tokens import over_page, token_of

MOVES: Final = [
    ("move", "tokens.one", "my_token.phone"),
    ("pause", "tokens.one", "my_token.pause"),
    ("go_on", "tokens.one", "my_token.goes_on"),
    ("token_to_move", "tokens.list", "my_token.move"),
    ("token_to_pause", "tokens.list", "my_token.pause"),
    ("phone", "my_token.phone", "my_token.move"),
    ("moved", "my_token.move", "my_token.moved"),
    ("paused", "my_token.pause", "my_token.paused"),
    ("back", ["my_token.phone", "my_token.pause"], "tokens.one"),
    ("back", "my_token.move", "my_token.phone"),
]


def other_phone(typed: str, facts: Facts) -> str:
    """The phone a token is to move to.

    Raises:
        InvalidPhone, ForeignPhone, NotMobile: no phone of ours can be texted there.
        OwnNumber: it is there already.
    """
    phone = parse_phone(typed)
    if phone == facts.phone:
        raise OwnNumber
    return phone


def show_phone(_session: Session, facts: Facts) -> Page:
    """Ask where it goes."""
    return Page(say(facts.tongue, _("To which phone? A new password goes there by SMS.")))


def read_phone(_session: Session, typed: str, facts: Facts) -> Answer:
    """Another mobile number here."""
    try:
        return Answer("phone", {"to": other_phone(typed, facts)})
    except Refusal as refusal:
        return Answer(notice=sentence(refusal, facts.tongue))


def show_move(session: Session, facts: Facts) -> Page:
    """A mistyped number would give the token to a stranger: show it first."""
    token = token_of(session, facts)
    if token is None:
        return over_page(facts)
    head = say(
        facts.tongue,
        _("Move {username} to {phone}? Your password ends."),
        username=token.username,
        phone=_to(session, facts),
    )
    return Page(head, (("1", say(facts.tongue, _("Yes"))),))


def read_move(session: Session, typed: str, facts: Facts) -> Answer:
    """Yes moves it."""
    if typed != "1" or token_of(session, facts) is None:
        return choose_again(facts)
    return Answer("moved", command=MoveToken(session.data["token"], session.data["to"]))


def show_moved(session: Session, facts: Facts) -> Page:
    """It is another's now."""
    return Page(
        say(facts.tongue, _("Moved. The new password goes by SMS to {phone}."), phone=_to(session, facts)), ends=True
    )


def _to(session: Session, facts: Facts) -> str:
    return national(session.data["to"], spaced=facts.tongue != "ar")


def show_pause(session: Session, facts: Facts) -> Page:
    """Ask first: whoever is online goes off."""
    token = token_of(session, facts)
    if token is None:
        return over_page(facts)
    head = say(facts.tongue, _("Pause {username}? Whoever is online with it goes off."), username=token.username)
    return Page(head, (("1", say(facts.tongue, _("Yes"))),))


def read_pause(session: Session, typed: str, facts: Facts) -> Answer:
    """Yes pauses it."""
    if typed != "1" or token_of(session, facts) is None:
        return choose_again(facts)
    return Answer("paused", command=PauseToken(session.data["token"]))


def show_paused(_session: Session, facts: Facts) -> Page:
    """How it goes on: not by itself."""
    text = _("Paused. To go on dial {code} and choose 4, or text CONTINUE to {short}.")
    return Page(say(facts.tongue, text, code=facts.service_code, short=facts.short_code), ends=True)


def show_goes_on(_session: Session, facts: Facts) -> Page:
    """Its time runs again."""
    return Page(say(facts.tongue, _("Its time runs again. Log in as before.")), ends=True)


STATES: Final = {
    "my_token.phone": (show_phone, read_phone),
    "my_token.move": (show_move, read_move),
    "my_token.moved": (show_moved, read_nothing),
    "my_token.pause": (show_pause, read_pause),
    "my_token.paused": (show_paused, read_nothing),
    "my_token.goes_on": (show_goes_on, read_nothing),
}
