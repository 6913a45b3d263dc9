"""Becoming a Wi-Fi owner: the MoMo number and its code, the Wi-Fi's name, and how its router is reached."""

from __future__ import annotations

from typing import Any, Final

from core.callers.commands import AddNetwork, ConfirmMomo, NameMomo, SignUpOwner
from core.callers.facts import Facts
from core.errors import NotMomoPhone, Refusal
from core.languages import marked as _
from core.languages import say
from core.owners.ssid import clean_ssid
from core.phones import can_pay_by_momo, national, parse_phone
from flows.menu import choose_again, read_nothing
from flows.refusals import sentence
from flows.session import Answer, Page, Session

CODE_DIGITS: Final = 6
# These numbers are given once, for ever.
_REACH: Final[dict[str, tuple[str, Any]]] = {
    "1": (_("MikroTik with its own address"), "mikrotik"),
    "2": (_("MikroTik behind another router"), "mikrotik_calls_home"),
    "3": (_("Another with RADIUS"), "radius"),
    "4": (_("None of these"), "none"),
}
MOVES: Final = [
    ("sign_up", "owner.begin", "owner.momo"),
    ("momo", "owner.momo", "owner.code"),
    ("code", "owner.code", "owner.ssid"),
    ("code_alone", "owner.code", "owner.heard"),
    ("ssid", "owner.ssid", "owner.reach"),
    ("reach", "owner.reach", "owner.added"),
    ("reach_none", "owner.reach", "owner.cannot"),
    ("back", ["owner.begin", "owner.momo", "owner.ssid"], "menu.main"),
    ("back", "owner.code", "owner.momo"),
    ("back", "owner.reach", "owner.ssid"),
]


def show_begin(_session: Session, facts: Facts) -> Page:
    """What it is, and whether they want it."""
    return Page(say(facts.tongue, _("Sell Wi-Fi of your own?")), (("1", say(facts.tongue, _("Yes"))),))


def read_begin(_session: Session, typed: str, facts: Facts) -> Answer:
    """Yes signs up."""
    return Answer("sign_up", command=SignUpOwner()) if typed == "1" else choose_again(facts)


def show_momo(_session: Session, facts: Facts) -> Page:
    """Ask where the money goes."""
    return Page(say(facts.tongue, _("Which MTN number gets your share? A code goes there by SMS.")))


def read_momo(_session: Session, typed: str, facts: Facts) -> Answer:
    """A number of MTN's gets a code."""
    try:
        phone = parse_phone(typed)
        if not can_pay_by_momo(phone):
            raise NotMomoPhone(phone=phone)
    except Refusal as refusal:
        return Answer(notice=sentence(refusal, facts.tongue))
    return Answer("momo", {"momo": phone}, NameMomo(phone))


def show_code(session: Session, facts: Facts) -> Page:
    """Ask for the code."""
    phone = national(session.data["momo"], spaced=facts.tongue != "ar")
    return Page(say(facts.tongue, _("Type the 6 digits that came to {phone}."), phone=phone))


def read_code(session: Session, typed: str, facts: Facts) -> Answer:
    """What came of it is texted: a wrong one leaves its trace, and the conversation goes on."""
    code = "".join(typed.split())
    if len(code) != CODE_DIGITS or not code.isdecimal():
        return Answer(notice=say(facts.tongue, _("That is no code of 6 digits.")))
    return Answer("code_alone" if session.data.get("only") else "code", command=ConfirmMomo(code))


def show_heard(_session: Session, facts: Facts) -> Page:
    """The answer comes by text."""
    return Page(say(facts.tongue, _("Thank you. We text you whether the number is confirmed.")), ends=True)


def show_ssid(_session: Session, facts: Facts) -> Page:
    """Ask for the name in the air."""
    return Page(say(facts.tongue, _("Name of your Wi-Fi (SSID)?")))


def read_ssid(_session: Session, typed: str, facts: Facts) -> Answer:
    """A name that can be in the air."""
    try:
        return Answer("ssid", {"ssid": clean_ssid(typed)})
    except Refusal as refusal:
        return Answer(notice=sentence(refusal, facts.tongue))


def show_reach(_session: Session, facts: Facts) -> Page:
    """Ask which router it hangs on."""
    options = tuple((key, say(facts.tongue, label)) for key, (label, _reach) in _REACH.items())
    return Page(say(facts.tongue, _("Which router?")), options)


def read_reach(session: Session, typed: str, facts: Facts) -> Answer:
    """The network is written down."""
    if typed not in _REACH:
        return choose_again(facts)
    reach = _REACH[typed][1]
    added = AddNetwork(session.data["ssid"], reach)
    return Answer("reach_none" if reach == "none" else "reach", {"reach": reach}, added)


def show_added(session: Session, facts: Facts) -> Page:
    """What happens next, and what can be had only in part."""
    text = _(
        "Thank you. We connect your router. Its admin password is set on our web page or at our office only, "
        "never by phone. Then dial {code}, 12."
    )
    if session.data.get("reach") == "radius":
        text = _(
            "Thank you. We connect it. Time is kept as sold; speed and data only if your router can. "
            "Its password: on our web page only. Then dial {code}, 12."
        )
    return Page(say(facts.tongue, text, code=facts.service_code), ends=True)


def show_cannot(_session: Session, facts: Facts) -> Page:
    """Said plainly: what cannot be had there, and with what it could."""
    text = _(
        "Written down. But nothing can let guests in and out there: no token can be sold or given. With a MikroTik, or "
        "RADIUS, it can. Add it then."
    )
    return Page(say(facts.tongue, text), ends=True)


STATES: Final = {
    "owner.begin": (show_begin, read_begin),
    "owner.momo": (show_momo, read_momo),
    "owner.code": (show_code, read_code),
    "owner.heard": (show_heard, read_nothing),
    "owner.ssid": (show_ssid, read_ssid),
    "owner.reach": (show_reach, read_reach),
    "owner.added": (show_added, read_nothing),
    "owner.cannot": (show_cannot, read_nothing),
}
