"""The caller's tokens and the time left on each, and what may be done with one."""

from __future__ import annotations

from typing import Final

from core.callers.commands import ResendToken, ResumeToken
from core.callers.facts import Facts, TokenFact
from core.catalog.plan_words import duration_words
from core.catalog.plan_words import left_words as in_words
from core.languages import marked as _
from core.languages import say
from flows.menu import buying, choose_again, read_nothing
from flows.session import Answer, Page, Session

# Of one token; given once, for ever.
RESEND_KEY: Final = "1"
MOVE_KEY: Final = "2"
PAUSE_KEY: Final = "3"
CONTINUE_KEY: Final = "4"
MOVES: Final = [
    ("token", "tokens.list", "tokens.one"),
    ("buy", "tokens.list", "buy.plan"),
    ("buy_somewhere", "tokens.list", "buy.network"),
    ("resend", "tokens.one", "tokens.sent"),
    ("back", "tokens.one", "tokens.list"),
]


def left_words(token: TokenFact, facts: Facts) -> str:
    """What is left of a token, in a few words."""
    if token.status == "waiting":
        return say(facts.tongue, _("{time}, not used yet"), time=duration_words(facts.tongue, token.duration_s))
    seconds = _seconds_left(token, facts)
    if seconds <= 0:
        return say(facts.tongue, _("over"))
    data = max(0, token.data_bytes - token.used_bytes) if token.data_bytes else None
    text = _("{time} left") if token.paused_at is None else _("{time} left, paused")
    return say(facts.tongue, text, time=in_words(facts.tongue, seconds, data))


def _seconds_left(token: TokenFact, facts: Facts) -> int:
    return int((token.ends_at - (token.paused_at or facts.now)).total_seconds()) if token.ends_at else 0


def can_move(token: TokenFact, facts: Facts) -> bool:
    """Whether something is left of it to move; while it stands still it stays where it is."""
    return token.status == "waiting" or (token.status == "running" and _seconds_left(token, facts) > 0)


def can_pause(token: TokenFact, facts: Facts) -> bool:
    """Whether it runs and its plan lets it stand still. How often it did already is known when it is asked to."""
    return token.may_pause and token.status == "running" and _seconds_left(token, facts) > 0


def token_of(session: Session, facts: Facts) -> TokenFact | None:
    """The token a session is about; None: it is over."""
    return next((one for one in facts.tokens if one.token_id == session.data["token"]), None)


def over_page(facts: Facts) -> Page:
    """What there is to say of a token that is over."""
    return Page(say(facts.tongue, _("This token is over.")))


def show_list(_session: Session, facts: Facts) -> Page:
    """Each token by its user name and what is left."""
    if not facts.tokens:
        head = say(facts.tongue, _("You have no token now."))
        return Page(head, (("1", say(facts.tongue, _("Buy Wi-Fi"))),))
    options = tuple(
        (str(index), f"{token.username}: {left_words(token, facts)}") for index, token in enumerate(facts.tokens, 1)
    )
    return Page(say(facts.tongue, _("Your tokens:")), options)


def read_list(session: Session, typed: str, facts: Facts) -> Answer:
    """One of them; or buy, when there is none. What a text asked to do with one of several goes on from here."""
    if not facts.tokens and typed == "1":
        return Answer(buying(facts))
    if not (typed.isdecimal() and typed.isascii() and 1 <= int(typed) <= len(facts.tokens)):
        return choose_again(facts)
    token = facts.tokens[int(typed) - 1]
    chosen = {"token": token.token_id}
    if "to" in session.data and can_move(token, facts):
        return Answer("token_to_move", chosen)
    if "pause" in session.data and can_pause(token, facts):
        return Answer("token_to_pause", chosen | {"pause": None})
    return Answer("token", chosen)


def show_one(session: Session, facts: Facts) -> Page:
    """One token, and what may be done with it now."""
    token = token_of(session, facts)
    if token is None:
        return over_page(facts)
    head = say(
        facts.tongue,
        _("{ssid}, {username}: {left}"),
        ssid=token.ssid,
        username=token.username,
        left=left_words(token, facts),
    )
    labels = {
        RESEND_KEY: _("Text me the password again"),
        MOVE_KEY: _("Move to another phone"),
        PAUSE_KEY: _("Pause"),
        CONTINUE_KEY: _("Go on"),
    }
    return Page(head, tuple((key, say(facts.tongue, labels[key])) for key in _may(token, facts)))


def _may(token: TokenFact, facts: Facts) -> list[str]:
    """The keys of what may be done with a token now."""
    if token.paused_at is not None:
        return [CONTINUE_KEY]
    may = {MOVE_KEY: can_move(token, facts), PAUSE_KEY: can_pause(token, facts)}
    return [RESEND_KEY, *(key for key, able in may.items() if able)]


def read_one(session: Session, typed: str, facts: Facts) -> Answer:
    """Its password once more by SMS, never on the screen; or on to what else may be done with it."""
    token = token_of(session, facts)
    if token is None or typed not in _may(token, facts):
        return choose_again(facts)
    if typed == RESEND_KEY:
        return Answer("resend", command=ResendToken(token.token_id))
    if typed == CONTINUE_KEY:
        return Answer("go_on", command=ResumeToken(token.token_id))
    return Answer("move" if typed == MOVE_KEY else "pause")


def show_sent(_session: Session, facts: Facts) -> Page:
    """On its way."""
    return Page(say(facts.tongue, _("The user name and password come by SMS.")), ends=True)


STATES: Final = {
    "tokens.list": (show_list, read_list),
    "tokens.one": (show_one, read_one),
    "tokens.sent": (show_sent, read_nothing),
}
