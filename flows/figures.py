"""What an owner sold and what is theirs with us, and having it paid out."""

from __future__ import annotations

from typing import Final

from core.callers.commands import PayMeOut
from core.callers.facts import Facts
from core.errors import NotAnOwner
from core.languages import marked as _
from core.languages import say
from core.phones import national
from flows.menu import choose_again, read_nothing
from flows.refusals import sentence
from flows.session import Answer, Page, Session

MOVES: Final = [
    ("money", "figures.show", "figures.money"),
    ("pay_out", "figures.money", "figures.asked"),
    ("back", "figures.money", "figures.show"),
]


def _not_theirs(facts: Facts) -> Page:
    """Where a call is gone on with by somebody who is an owner no more."""
    return Page(sentence(NotAnOwner(), facts.tongue))


def show_sales(_session: Session, facts: Facts) -> Page:
    """Tokens and pounds of today, this week and this month; who is online, and how many gifts are left."""
    own = facts.selling.own
    if own is None:
        return _not_theirs(facts)
    lines = [
        say(facts.tongue, text, tokens=tokens, amount=amount)
        for text, (tokens, amount) in (
            (_("Today {tokens}: {amount}"), own.today),
            (_("Week {tokens}: {amount}"), own.week),
            (_("Month {tokens}: {amount}"), own.month),
        )
    ]
    lines.append(say(facts.tongue, _("Online now: {count}"), count=own.online))
    lines.append(say(facts.tongue, _("Free today: {given} of {most}"), given=own.gifts_today, most=own.gifts_most))
    return Page("\n".join(lines), (("1", say(facts.tongue, _("My money"))),))


def read_sales(_session: Session, typed: str, facts: Facts) -> Answer:
    """On to the money."""
    return Answer("money") if typed == "1" else choose_again(facts)


def show_money(_session: Session, facts: Facts) -> Page:
    """What a payout would send now, where to, and what is on its way already."""
    own = facts.selling.own
    if own is None:
        return _not_theirs(facts)
    lines = [say(facts.tongue, _("Yours with us: {amount}"), amount=own.balance)]
    if own.on_the_way:
        lines.append(say(facts.tongue, _("On its way: {amount}"), amount=own.on_the_way))
    if own.phone is not None:
        phone = national(own.phone, spaced=facts.tongue != "ar")
        lines.append(say(facts.tongue, _("Goes to {phone}"), phone=phone))
    return Page("\n".join(lines), (("1", say(facts.tongue, _("Pay me out now"))),))


def read_money(_session: Session, typed: str, facts: Facts) -> Answer:
    """Ask for all of it. Why it cannot be is said when it is asked."""
    return Answer("pay_out", command=PayMeOut()) if typed == "1" else choose_again(facts)


def show_asked(_session: Session, facts: Facts) -> Page:
    """How it ends comes by text."""
    return Page(say(facts.tongue, _("Your money is being sent. We text you when it has arrived.")), ends=True)


STATES: Final = {
    "figures.show": (show_sales, read_sales),
    "figures.money": (show_money, read_money),
    "figures.asked": (show_asked, read_nothing),
}
