"""`SALES`, `HELPER 0921234567` and `PAYOUT`: an owner's figures, helpers and money, in one text."""

from __future__ import annotations

from core.callers.facts import Facts
from core.errors import NotAnOwner, Refusal
from flows.engine import begin, step
from flows.my_token import other_phone
from flows.refusals import sentence
from flows.session import Screen, Session, Turn

_PAY_OUT_KEY = "1"  # of the money


def owner_by_word(keyword: str, rest: str, facts: Facts) -> Turn:
    """Do what one text asks for. Who may sell is shown before it is done; money only goes to the number confirmed."""
    if facts.seller is None or not facts.seller.is_owner:
        return _refused(NotAnOwner(), facts)
    if keyword == "sales":
        return begin(Session("figures.show"), [], facts)
    if keyword == "payout":
        return step(Session("figures.money"), _PAY_OUT_KEY, facts)
    if not rest:
        return begin(Session("who_helps.list"), [], facts)
    try:
        return begin(Session("who_helps.add", 0, {"phone": other_phone("".join(rest.split()), facts)}), [], facts)
    except Refusal as refusal:
        return _refused(refusal, facts)


def _refused(refusal: Refusal, facts: Facts) -> Turn:
    return Turn(Session("sell.menu"), Screen(sentence(refusal, facts.tongue), ends=True))
