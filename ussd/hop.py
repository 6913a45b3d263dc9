"""One hop: what the gateway says a caller has typed so far, to the screen they see next. Effects happen once."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from core.callers.carry_out import Asked, carry_out
from core.callers.commands import Command
from core.callers.facts import Facts
from core.callers.queries import CallerFacts
from core.db.quick import QuickStatements
from core.errors import Refusal
from core.languages import marked as _
from core.languages import say
from core.logs import log
from core.parts import Parts
from flows.engine import begin, open_session, step
from flows.machine import HOME, RESUME, WELCOME, IllegalMoveError
from flows.refusals import sentence
from flows.screen import fits
from flows.session import Screen, Session, Turn
from ussd import sessions
from ussd.memory import HISTORY_MAX, Held, Memory, Remembered
from ussd.sessions import Began

LOG = log("ussd.hop")
WAIT_S: Final = 4.0  # for another process that is at the same session; gateways give up at 10
POLL_S: Final = 0.02
# Nothing was chosen there yet, or all there was to see has been seen.
NOT_WORTH_RESUMING: Final = frozenset(
    {HOME, RESUME, WELCOME, "menu.which", "balance.show", "tokens.list", "tokens.one", "account.menu"}
)
BUSY: Final = _("Please dial again in a minute.")
STRANGER: Final = _("This call could not be read. Please dial again.")


@dataclass(frozen=True, slots=True)
class Hop:
    """What a gateway sent. `text` is everything typed in the session, joined by `*`."""

    gateway: str
    session_id: str
    phone: str
    text: str
    network_code: str | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """What goes back, and the state it was made in, for the gateway's own statistics."""

    text: str
    ends: bool
    state: str


class Hops:
    """Answers hops for one process."""

    def __init__(self, parts: Parts, memory: Memory, facts: CallerFacts, quick: QuickStatements) -> None:
        self._parts = parts
        self._quick = quick
        self._memory = memory
        self._facts = facts

    def answer(self, hop: Hop) -> Answered:
        """Answer one hop. The same hop again, at once or late, gets the same screen and does nothing."""
        held = self._take(hop)
        if not held.locked:
            return Answered(say("en", BUSY), ends=True, state="busy")
        try:
            return self._answer(hop, held)
        except BaseException:
            self._memory.release(hop.gateway, hop.session_id, hop.phone, held)
            raise

    def _take(self, hop: Hop) -> Held:
        """Wait our turn at the session: a duplicate in another process is answered from what that one stored."""
        deadline = time.monotonic() + WAIT_S
        while True:
            held = self._memory.take(hop.gateway, hop.session_id, hop.phone)
            if held.locked or time.monotonic() > deadline:
                return held
            time.sleep(POLL_S)

    def _answer(self, hop: Hop, held: Held) -> Answered:
        now = self._parts.clock.now()
        known = held.remembered
        if known is not None and known.phone != hop.phone:
            return self._stranger(hop, held)
        if known is not None and _continues(hop.text, known.text):
            # The last hop again, or a late copy of an earlier one.
            self._memory.release(hop.gateway, hop.session_id, hop.phone, held)
            screen = known.history.get(hop.text, known.screen)
            return Answered(screen[4:], ends=screen.startswith("END"), state=known.session.get("state", ""))
        if known is not None and _continues(known.text, hop.text) and known.screen.startswith("CON"):
            typed = hop.text[len(known.text) :].removeprefix("*")
            facts = self._facts.read(hop.phone, now)
            turn = self._move(_read_session(known.session), typed, facts)
            turn = self._done(hop, turn, facts, known.began, hop.text)
            return self._keep(hop, held, turn, known)
        return self._from_text(hop, held, now)

    def _from_text(self, hop: Hop, held: Held, now: datetime) -> Answered:
        """A session Redis does not know, or whose text is not a continuation: begin, or rebuild from the text."""
        facts = self._facts.read(hop.phone, now)
        saved = _read_session(held.resume) if held.resume and not hop.text else None
        began = sessions.begin(
            self._quick,
            gateway=hop.gateway,
            session_id=hop.session_id,
            network_code=hop.network_code,
            began=Began(hop.phone, hop.text, open_session(facts, saved).to_json(), now.timestamp()),
        )
        if began.phone != hop.phone:
            return self._stranger(hop, held)
        turn, history = self._replay(hop, began, facts)
        return self._keep(hop, held, turn, Remembered(hop.phone, began.began, "", "", {}, history))

    def _replay(self, hop: Hop, began: Began, facts: Facts) -> tuple[Turn, dict[str, str]]:
        """Walk the text from where the session began. Commands carry the keys they had: what was done stays once.

        Returns the last screen's turn, and the screens on the way by the text that led to each.
        """
        start = Session.from_json(began.start)
        dialled = began.dialled_in(hop.text)
        rest = hop.text[len(dialled) :].removeprefix("*")
        if rest:
            facts = self._facts.read_as_of(hop.phone, facts.now, datetime.fromtimestamp(began.began, UTC))
        at_start = facts
        if start.state == WELCOME and facts.customer is not None:
            # The caller registered in the part that is replayed: they see the welcome as the stranger they were.
            at_start = replace(facts, customer=None, tongue="en")
        turn = begin(start, dialled.split("*") if dialled else [], at_start)
        text, history = dialled, {dialled: _screen(turn)}
        typed_since = rest.split("*") if rest else []
        for index, typed in enumerate(typed_since, 1):
            text = f"{text}*{typed}" if text else typed
            turn = self._move(turn.session, typed, at_start if turn.session.state == WELCOME else facts)
            if turn.screen.ends and index < len(typed_since):
                # It did not end the call when it was new, for the gateway went on: something has changed since.
                # Only what was typed last may cost money; this is not done, and the caller looks again.
                LOG.warning("replay leads elsewhere", state=turn.session.state)
                return begin(open_session(facts), [], facts), {}
            turn = self._done(hop, turn, facts, began.began, text)
            history[text] = _screen(turn)
            if turn.commands and index < len(typed_since):
                facts = self._facts.read_as_of(hop.phone, facts.now, datetime.fromtimestamp(began.began, UTC))
        return turn, history

    @staticmethod
    def _move(session: Session | None, typed: str, facts: Facts) -> Turn:
        """One step; from a session that this version of the code cannot read, the menu."""
        try:
            if session is not None:
                return step(session, typed, facts)
        except (IllegalMoveError, LookupError, TypeError, ValueError):
            LOG.exception("session cannot go on", state=session.state if session else None)
        return begin(open_session(facts), [], facts)

    def _done(self, hop: Hop, turn: Turn, facts: Facts, began: float, text: str) -> Turn:
        """The turn with its commands carried out; or with the refusal on its screen."""
        for command in turn.commands:
            refused = self._carry_out(hop, command, facts, began, text)
            if refused is not None:
                return replace(turn, screen=refused)
        return turn

    def _carry_out(self, hop: Hop, command: Command, facts: Facts, began: float, text: str) -> Screen | None:
        """Do it once: the key is the session and all that was typed up to here. A refusal becomes the last screen."""
        digest = hashlib.sha256(text.encode()).hexdigest()[:20]
        key = f"ussd:{hop.gateway}:{hop.session_id}:{began:.6f}:{digest}"
        asked = Asked(hop.phone, "ussd", key, facts.now)
        try:
            self._parts.db.run(lambda tx: carry_out(tx, command, asked, self._parts))
        except Refusal as refusal:
            LOG.info("refused", refusal=type(refusal).__name__)
            said = sentence(refusal, facts.tongue, facts.service_code)
            return Screen(said if fits(said) else said[:70], ends=True)
        return None

    def _stranger(self, hop: Hop, held: Held) -> Answered:
        """A session id that belongs to another phone: nothing of that session is shown or changed."""
        LOG.warning("session of another phone")
        self._memory.release(hop.gateway, hop.session_id, hop.phone, held)
        tongue = self._facts.read(hop.phone, self._parts.clock.now()).tongue
        return Answered(say(tongue, STRANGER), ends=True, state="stranger")

    def _keep(self, hop: Hop, held: Held, turn: Turn, before: Remembered) -> Answered:
        screen = _screen(turn)
        history = {**before.history, hop.text: screen}
        while len(history) > HISTORY_MAX:
            history.pop(next(iter(history)))
        stored = turn.session.to_json()
        remembered = Remembered(hop.phone, before.began, hop.text, screen, stored, history)
        worth = not turn.screen.ends and turn.session.state not in NOT_WORTH_RESUMING
        resume = stored if worth else None
        if turn.session.state == RESUME:  # offered, not yet answered: dropped here, it is offered again
            resume = turn.session.data["saved"]
        self._memory.keep(hop.gateway, hop.session_id, held, remembered, resume)
        return Answered(turn.screen.text, turn.screen.ends, turn.session.state)


def _continues(earlier: str, later: str) -> bool:
    """Whether a text is another one and what was typed since. `2` and then `22` is not: the gateway joins by `*`."""
    return later.startswith(earlier) and (len(later) == len(earlier) or not earlier or later[len(earlier)] == "*")


def _screen(turn: Turn) -> str:
    """As the gateway reads it."""
    return f"{'END' if turn.screen.ends else 'CON'} {turn.screen.text}"


def _read_session(stored: dict[str, Any]) -> Session | None:
    """A session that was stored; None when another version of the code wrote it."""
    try:
        return Session.from_json(stored)
    except (LookupError, TypeError, ValueError):
        return None
