"""The caller's internet: what is used, how fast it is now, and the way to more data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from core.callers.facts import Facts, ServiceFact, TokenFact, UsageFact
from core.catalog.plan_words import data_words, speed_words
from core.languages import marked as _
from core.languages import say
from flows.menu import choose_again
from flows.my_plan import NAME_CHARS_MAX
from flows.session import Answer, Page, Session
from flows.tokens import left_words

MOVES: Final = [
    ("which", ["internet.menu", "bill.show"], "internet.which"),
    ("usage", ["internet.menu", "internet.which"], "internet.usage"),
    ("speed", ["internet.menu", "internet.which"], "internet.speed"),
    ("data", ["internet.menu", "internet.which", "internet.usage", "internet.speed", "bill.show"], "data.pack"),
    ("back", ["internet.which", "internet.usage", "internet.speed"], "internet.menu"),
]
DATA_KEY: Final = "3"
# What a number of the menu asks about, and what it is called.
_ABOUT: Final = {
    "1": ("usage", _("My usage")),
    "2": ("speed", _("My speed")),
    DATA_KEY: ("data", _("Buy more data")),
}
BUY_DATA: Final = _ABOUT[DATA_KEY][1]


@dataclass(frozen=True, slots=True)
class _Thing:
    """What of the caller's gives internet: a service or a token, as a session remembers it, and its name in a list."""

    data: dict[str, Any]
    name: str


def short_day(day: date) -> str:
    """A day within the next month: its year is no news, and costs a screen in Arabic."""
    return f"{day:%d/%m}"


def selling(facts: Facts) -> tuple[ServiceFact, ...]:
    """The services that can be given more data."""
    return tuple(one for one in facts.services if one.sells_data and one.state == "active")


def first_question(about: str, facts: Facts) -> Answer:
    """Of what, where there are several; else the answer."""
    things = _things(about, facts)
    if len(things) == 1:
        return Answer(about, things[0].data)
    return Answer("which", {"about": about}) if things else Answer()


def _things(about: str, facts: Facts) -> list[_Thing]:
    services = selling(facts) if about == "data" else facts.services
    found = [_Thing({"service": one.subscription_id, "token": None}, _service_name(one, facts)) for one in services]
    if about != "data":
        found += [
            _Thing({"token": one.token_id, "service": None}, f"{one.username} {one.ssid}") for one in facts.tokens
        ]
    return found


def _service_name(service: ServiceFact, facts: Facts) -> str:
    name = service.tariff_ar if facts.tongue == "ar" else service.tariff_en
    return f"{service.number} {name}"[:NAME_CHARS_MAX].rstrip()


def _choices(facts: Facts) -> dict[str, tuple[str, str]]:
    return {key: choice for key, choice in _ABOUT.items() if _things(choice[0], facts)}


def show_menu(_session: Session, facts: Facts) -> Page:
    """What can be asked; nothing where there is no internet to ask about."""
    options = tuple((key, say(facts.tongue, label)) for key, (_about, label) in _choices(facts).items())
    if not options:
        return Page(say(facts.tongue, _("You have no internet from us now.")))
    return Page(say(facts.tongue, _("My internet")), options)


def read_menu(_session: Session, typed: str, facts: Facts) -> Answer:
    """One of the choices that are there."""
    choices = _choices(facts)
    if not choices:
        return Answer()
    return first_question(choices[typed][0], facts) if typed in choices else choose_again(facts)


def show_which(session: Session, facts: Facts) -> Page:
    """The services by number and plan, then the tokens by user name."""
    things = _things(session.data["about"], facts)
    options = tuple((str(key), thing.name) for key, thing in enumerate(things, 1))
    return Page(say(facts.tongue, _("Which one?")), options)


def read_which(session: Session, typed: str, facts: Facts) -> Answer:
    """One of them."""
    things = {str(key): thing for key, thing in enumerate(_things(session.data["about"], facts), 1)}
    return Answer(session.data["about"], things[typed].data) if typed in things else choose_again(facts)


def chosen_service(session: Session, facts: Facts) -> ServiceFact | None:
    """The service a conversation is about, if it is still there."""
    wanted = session.data.get("service")
    return next((one for one in facts.services if one.subscription_id == wanted), None)


def usage_of(session: Session, facts: Facts) -> UsageFact | None:
    """Its usage; None while it is not on."""
    wanted = session.data.get("service")
    return next((one for one in facts.usage if one.subscription_id == wanted), None)


def _token(session: Session, facts: Facts) -> TokenFact | None:
    wanted = session.data.get("token")
    return next((one for one in facts.tokens if one.token_id == wanted), None)


def show_usage(session: Session, facts: Facts) -> Page:
    """Used today and this month, of how much; slowed until when, or renewed when; what was bought; free hours."""
    token = _token(session, facts)
    if token is not None:
        return Page(_token_words(token, facts))
    usage = usage_of(session, facts)
    if usage is None:
        return Page(_off_words(chosen_service(session, facts), facts))
    return Page("\n".join(_used_lines(usage, facts)), _more_data(usage, facts))


def _more_data(usage: UsageFact, facts: Facts) -> tuple[tuple[str, str], ...]:
    return (("1", say(facts.tongue, BUY_DATA)),) if usage.packs else ()


def read_usage(session: Session, typed: str, facts: Facts) -> Answer:
    """On to more data, where it is sold."""
    usage = usage_of(session, facts)
    return Answer("data") if typed == "1" and usage is not None and usage.packs else choose_again(facts)


def _used_lines(usage: UsageFact, facts: Facts) -> list[str]:
    today, used = data_words(facts.tongue, usage.used_today), data_words(facts.tongue, usage.used)
    if usage.allowance is None:
        lines = [say(facts.tongue, _("Today {today}, this month {used}."), today=today, used=used)]
    else:
        of = data_words(facts.tongue, usage.allowance)
        text = _("Today {today}, this month {used} of {all}.")
        lines = [say(facts.tongue, text, today=today, used=used, all=of)]
    if usage.held_until is not None:
        lines.append(_held_words(usage, facts))
    elif usage.overage is not None:
        lines.append(say(facts.tongue, _("Each GB beyond it costs {price}."), price=usage.overage))
    elif usage.allowance is not None:
        lines.append(say(facts.tongue, _("New data on {day}."), day=short_day(usage.renews_on)))
    if usage.bought_left:
        left = data_words(facts.tongue, usage.bought_left)
        lines.append(say(facts.tongue, _("Bought and left: {data}."), data=left))
    if usage.free is not None:
        first, last = usage.free
        lines.append(say(facts.tongue, _("Free from {first}:00 to {last}:00."), first=first, last=last))
    return lines


def _held_words(usage: UsageFact, facts: Facts) -> str:
    until = short_day(usage.held_until) if usage.held_until else ""
    speed = speed_words(facts.tongue, usage.down_kbps)
    return say(facts.tongue, _("Slowed to {speed} until {day}."), speed=speed, day=until)


def _token_words(token: TokenFact, facts: Facts) -> str:
    used = data_words(facts.tongue, token.used_bytes)
    if token.data_bytes is None:
        head = say(facts.tongue, _("{username}: {used} used."), username=token.username, used=used)
    else:
        of = data_words(facts.tongue, token.data_bytes)
        head = say(facts.tongue, _("{username}: {used} of {all} used."), username=token.username, used=used, all=of)
    return f"{head}\n{left_words(token, facts)}"


def _off_words(service: ServiceFact | None, facts: Facts) -> str:
    if service is not None and service.tariff_id is None:
        return say(facts.tongue, _("Your internet is not installed yet."))
    if facts.bill.overdue:
        return say(facts.tongue, _("Your internet is off: a bill is not paid."))
    return say(facts.tongue, _("Your internet is off now."))


def show_speed(session: Session, facts: Facts) -> Page:
    """The speed there should be now; why it is slow, and until when."""
    token = _token(session, facts)
    if token is not None:
        return Page(_speed_words(token, facts))
    usage = usage_of(session, facts)
    if usage is None:
        return Page(_off_words(chosen_service(session, facts), facts))
    lines = [_speed_words(usage, facts)]
    if usage.slowed:
        lines.append(say(facts.tongue, _("Slow until your bill is paid.")))
    if usage.held_until is not None:
        until = short_day(usage.held_until)
        lines.append(say(facts.tongue, _("Slow until {day}: your data is used."), day=until))
    return Page("\n".join(lines), _more_data(usage, facts))


def _speed_words(of: TokenFact | UsageFact, facts: Facts) -> str:
    return say(
        facts.tongue,
        _("Your speed now: {down} down, {up} up."),
        down=speed_words(facts.tongue, of.down_kbps),
        up=speed_words(facts.tongue, of.up_kbps),
    )


STATES: Final = {
    "internet.menu": (show_menu, read_menu),
    "internet.which": (show_which, read_which),
    "internet.usage": (show_usage, read_usage),
    "internet.speed": (show_speed, read_usage),
}
