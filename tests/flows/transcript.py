"""A story as text, and the same story played again by the flows.

# Whoever reads needs no program for this.        a remark
caller: Achol                                     who calls, and what is true of them, before the first line
tongue: ar
> dials *384*77*2#                                what the caller does: dials, or types an answer
-- the call drops                                 what happens besides
! texts the password of acdef3 again              what is done for the caller
    1. English                                    what the phone shows
== END                                            the call is over
"""

import json
from dataclasses import dataclass, field

from flows.engine import begin, open_session, step
from flows.machine import HOME, RESUME, WELCOME
from flows.refusals import sentence
from flows.screen import OPTIONS_MAX, fits
from flows.session import Session, Turn
from tests.flows.cast import PAY_TO, USAGE, World, bill_of, down, facts_of, in_plain_words, refuses

DIALS = "dials"
END = "== END"
INDENT = "    "
NOT_RESUMED = {HOME, RESUME, WELCOME}


def played(text: str) -> str:
    """The transcript as the flows of today would write it."""
    story = _Story()
    for line in text.splitlines():
        if line.startswith((INDENT, "! ", END)):
            continue
        story.lines.append(line)
        if line.startswith("> "):
            story.acts(line[2:])
        elif line.startswith("-- "):
            story.happens(line[3:])
        elif line and not line.startswith("#"):
            name, _colon, value = line.partition(": ")
            story.header[name] = value
    return "\n".join(story.lines) + "\n"


def through_json(session: Session) -> Session:
    """What a store would give back."""
    stored = json.dumps(session.to_json(), ensure_ascii=False)
    assert len(stored.encode()) < 2_000, stored
    back = Session.from_json(json.loads(stored))
    assert back == session
    return back


def assert_fits(screen) -> None:
    """Within the budget of its alphabet, and at most five choices."""
    assert screen.text
    assert fits(screen.text), screen.text
    keys = [line.partition(". ")[0] for line in screen.text.splitlines() if ". " in line]
    choices = [key for key in keys if key.isdecimal() and key not in {"0", "00", "98"}]
    assert len(choices) <= OPTIONS_MAX, screen.text


@dataclass
class _Story:
    header: dict = field(default_factory=dict)
    lines: list = field(default_factory=list)
    world: World | None = None
    session: Session | None = None
    saved: Session | None = None

    def acts(self, typed: str) -> None:
        if self.world is None:
            self.world = World(_facts(self.header))
        if typed.partition(" ")[0] == DIALS:
            self._dials(typed)
            return
        assert self.session is not None, f"nobody is on the line: {typed}"
        self._shown(step(through_json(self.session), typed, self.world.facts))

    def _dials(self, typed: str) -> None:
        facts = self.world.facts
        code = facts.service_code.removesuffix("#")
        dialled = typed.partition(" ")[2].removeprefix(code).removesuffix("#").removeprefix("*")
        saved = None if dialled else self.saved
        start = open_session(facts, through_json(saved) if saved else None)
        self._shown(begin(start, dialled.split("*") if dialled else [], facts))

    def _shown(self, turn: Turn) -> None:
        assert len(turn.commands) <= 1
        before = self.world.facts
        screen, ends = turn.screen.text, turn.screen.ends
        for command in turn.commands:
            self.lines.append("! " + in_plain_words(command, before))
            refusal = refuses(self.world, command)
            if refusal is not None:
                self.lines.append("! refused, nothing done")
                screen, ends = sentence(refusal, before.tongue, before.service_code), True
        assert_fits(turn.screen)
        self.lines.extend(INDENT + line for line in screen.splitlines())
        if ends:
            self.lines.append(END)
        self.session = None if ends else turn.session
        self.saved = None if ends or turn.session.state in NOT_RESUMED else turn.session
        if turn.session.state == RESUME:  # offered, not answered: it is offered again
            self.saved = Session.from_json(turn.session.data["saved"])

    def happens(self, what: str) -> None:
        if what == "the call drops":
            self.session = None
        elif what.startswith("plan ") and what.endswith(" is no longer sold"):
            self.world.withdraw(int(what.split()[1]))
        elif what == "an hour gets dearer at Munuki Net":
            self.world.raise_price()
        elif what == "the bill is paid at the counter":
            self.world.pay_the_bill()
        elif what == "no more data is sold":
            self.world.sell_no_data()
        else:
            raise AssertionError(f"the town does not know how to do this: {what}")


def _facts(header: dict):
    facts = facts_of(
        header["caller"],
        header["tongue"] if header["caller"] != "Kiden" else "en",
        balance=_pounds(header.get("balance", "2,000")),
        networks=int(header.get("networks", "2")),
        tokens=tuple(header.get("tokens", "").split()),
        bill=bill_of(_pounds(header.get("owes", "0")), _pounds(header.get("late", "0")), int(header.get("bills", "1"))),
        services=tuple(header.get("services", "").split()),
        sells=header.get("sells"),
        owners_prices=header.get("prices") == "of the owner at Munuki Net",
        orange_country=header.get("orange money in"),
        pay_to=PAY_TO if header.get("pays elsewhere") else (),
        usage=tuple(USAGE[one] for one in header.get("usage", "").split(", ") if one),
    )
    return down(facts, header.get("down", "").split(", "))


def _pounds(written: str) -> int:
    return int(written.replace(",", ""))
