"""`SELL 0921234567 3H CASH` and `GIVE 0921234567 1H opening day`: a whole sale in one text."""

from __future__ import annotations

from typing import Any, Final

from core.callers.facts import Facts
from core.errors import InvalidPhone, NotAnOwner, NotOnList, Refusal
from core.phones import parse_phone
from flows.engine import begin, step
from flows.keywords import normalise, plan_in
from flows.refusals import sentence
from flows.session import Screen, Session, Turn

_WORDS_OF_A_PHONE_MAX: Final = 4  # 0921 234 567, and +211 before it
_CASH: Final = frozenset(normalise(one) for one in ("cash", "kash", "nagd", "gurus", "نقد", "نقدا", "كاش"))
_MOMO: Final = frozenset(normalise(one) for one in ("momo", "mobile", "مومو"))
_PLACE: Final = "sell.network"


def sell_by_word(keyword: str, rest: str, facts: Facts) -> Turn:
    """Do what one text asks for; what it leaves open is asked, and what cannot be is said in one sentence."""
    seller = facts.seller
    if seller is None or (keyword == "give" and not seller.is_owner):
        return _refused(NotAnOwner(), facts)
    if not rest:
        return begin(Session("sell.menu"), ["2" if keyword == "give" else "1"], facts)
    try:
        phone, words = _phone(rest.split())
    except Refusal as refusal:
        return _refused(refusal, facts)
    alias, words = _plan(words, facts)
    plan = next((plan for plan in seller.plans if str(plan.alias) == alias), None)
    if plan is None:
        return _refused(NotOnList(), facts)
    if not seller.hotspots:
        return begin(Session("sell.menu"), ["1"], facts)
    data: dict[str, Any] = {"recipient": phone, "version": plan.version_id, "price": plan.price.minor}
    if keyword == "give":
        data |= {"give": True, "means": "given", "campaign": " ".join(words) or None}
    elif words and words[0] in _CASH:
        data["means"] = "cash"
    elif words and words[0] in _MOMO:
        data |= {"means": "momo", "payer": phone}
    place = Session(_PLACE, 0, {name: value for name, value in data.items() if value is not None})
    if len(seller.hotspots) > 1:
        return begin(place, [], facts)
    return step(place, str(seller.hotspots[0].code), facts)


def _refused(refusal: Refusal, facts: Facts) -> Turn:
    return Turn(Session("sell.menu"), Screen(sentence(refusal, facts.tongue), ends=True))


def _phone(words: list[str]) -> tuple[str, list[str]]:
    """The number in front, also in groups; and the words behind it."""
    for count in range(1, _WORDS_OF_A_PHONE_MAX + 1):
        try:
            return parse_phone("".join(words[:count])), words[count:]
        except InvalidPhone:
            if count >= len(words):
                break
    return parse_phone(words[0]), words[1:]


def _plan(words: list[str], facts: Facts) -> tuple[str | None, list[str]]:
    """The plan that comes next, as `3h`, `3 hours` or by its number; and the words behind it."""
    plans = facts.seller.plans if facts.seller else ()
    if len(words) > 1 and words[0].isdecimal():
        alias = plan_in(words[0] + words[1], plans)
        if alias is not None:
            return alias, words[2:]
    return (plan_in(words[0], plans), words[1:]) if words else (None, words)
