"""The caller's tokens and the time left on each."""

from __future__ import annotations

from typing import Final

from core.callers.commands import ResendToken
from core.callers.facts import Facts, TokenFact
from core.catalog.plan_words import duration_words
from core.catalog.plan_words import left_words as in_words
from core.languages import marked as _
from core.languages import say
from flows.menu import choose_again, read_nothing
from flows.session import Answer, Page, Session

MOVES: Final = [
    ("token", "tokens.list", "tokens.one"),
    ("buy", "tokens.list", "buy.plan"),
    ("resend", "tokens.one", "tokens.sent"),
    ("back", "tokens.one", "tokens.list"),
]


def left_words(token: TokenFact, facts: Facts) -> str:
    """What is left of a token, in a few words."""
    if token.status == "waiting":
        return say(facts.tongue, _("{time}, not used yet"), time=duration_words(facts.tongue, token.duration_s))
    seconds = int((token.ends_at - facts.now).total_seconds()) if token.ends_at else 0
    if seconds <= 0:
        return say(facts.tongue, _("over"))
    data = max(0, token.data_bytes - token.used_bytes) if token.data_bytes else None
    return say(facts.tongue, _("{time} left"), time=in_words(facts.tongue, seconds, data))


def show_list(_session: Session, facts: Facts) -> Page:
    """Each token by its user name and what is left."""
    if not facts.tokens:
        head = say(facts.tongue, _("You have no token now."))
        return Page(head, (("1", say(facts.tongue, _("Buy Wi-Fi"))),))
    options = tuple(
        (str(index), f"{token.username}: {left_words(token, facts)}") for index, token in enumerate(facts.tokens, 1)
    )
    return Page(say(facts.tongue, _("Your tokens:")), options)


def read_list(_session: Session, typed: str, facts: Facts) -> Answer:
    """One of them; or buy, when there is none."""
    if not facts.tokens and typed == "1":
        return Answer("buy")
    if typed.isdecimal() and typed.isascii() and 1 <= int(typed) <= len(facts.tokens):
        return Answer("token", {"token": facts.tokens[int(typed) - 1].token_id})
    return choose_again(facts)


def show_one(session: Session, facts: Facts) -> Page:
    """One token, and the offer to text its password again."""
    token = next((token for token in facts.tokens if token.token_id == session.data["token"]), None)
    if token is None:
        return Page(say(facts.tongue, _("This token is over.")))
    head = say(
        facts.tongue,
        _("{ssid}, {username}: {left}"),
        ssid=token.ssid,
        username=token.username,
        left=left_words(token, facts),
    )
    return Page(head, (("1", say(facts.tongue, _("Text me the password again"))),))


def read_one(session: Session, typed: str, facts: Facts) -> Answer:
    """Once more by SMS; never on the screen."""
    if typed != "1" or all(token.token_id != session.data["token"] for token in facts.tokens):
        return choose_again(facts)
    return Answer("resend", command=ResendToken(session.data["token"]))


def show_sent(_session: Session, facts: Facts) -> Page:
    """On its way."""
    return Page(say(facts.tongue, _("The user name and password come by SMS.")), ends=True)


STATES: Final = {
    "tokens.list": (show_list, read_list),
    "tokens.one": (show_one, read_one),
    "tokens.sent": (show_sent, read_nothing),
}
