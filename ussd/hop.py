"""One hop: what the gateway says a caller has typed so far, to the screen they see next. Effects happen once."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

import psycopg2
from sqlalchemy.exc import SQLAlchemyError

from core.callers.carry_out import Asked, carry_out
from core.callers.facts import Facts
from core.callers.queries import CallerFacts
from core.db.engine import Transaction
from core.db.quick import QuickStatements
from core.errors import Refusal
from core.languages import Tongue, say
from core.languages import marked as _
from core.logs import log
from core.parts import Parts
from core.payments.alarms import alarm_of_clash
from core.tokens.redeem_by_phone import count_wrong_code
from flows.engine import begin, open_session, step
from flows.machine import BILL, HOME, RESUME, WELCOME, IllegalMoveError
from flows.refusals import sentence
from flows.screen import fits
from flows.session import Screen, Session, Turn
from ussd import sessions
from ussd.memory import HISTORY_MAX, Held, Memory, Remembered
from ussd.sessions import Began, Notes, Place
from ussd.typed import continues, dialled_answers, digest, inputs_since

LOG = log("ussd.hop")
WAIT_S: Final = 4.0  # for another process that is at the same session; gateways give up at 10
POLL_S: Final = 0.02
# Nothing was chosen there yet, or all there was to see has been seen.
NOT_WORTH_RESUMING: Final = frozenset(
    {HOME, RESUME, WELCOME, "menu.which", "balance.show", "tokens.list", "tokens.one", "account.menu", BILL}
    | {"card.code", "figures.show", "figures.money", "who_helps.list", "prices.list", "last_sales.list", "buy.network"}
    | {"internet.menu", "internet.which", "internet.usage", "internet.speed"}
)
BUSY: Final = _("Please dial again in a minute.")
STRANGER: Final = _("This call could not be read. Please dial again.")
_DATABASE_FAILED: Final = (psycopg2.Error, SQLAlchemyError)


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
        """Answer one hop. The same hop again, at once or late, gets the same screen and does nothing.

        Whatever fails, our own code or a server, the caller gets a sentence and never silence.
        """
        held: Held | None = None
        try:
            held = self._take(hop)
            if not held.locked:
                return self._busy(hop, held, "busy")
            return self._answer(hop, held)
        except Exception as error:
            LOG.exception("hop failed")
            self._release(hop, held)
            return self._busy(hop, held, "failed", ask=not isinstance(error, _DATABASE_FAILED))
        except BaseException:
            self._release(hop, held)
            raise

    def tongue(self, phone: str) -> Tongue:
        """How to speak to a phone; in English where that cannot be found out now: an apology never fails."""
        try:
            return self._facts.read(phone, self._parts.clock.now()).tongue
        except Exception:
            LOG.exception("tongue unknown")
            return "en"

    def _busy(self, hop: Hop, held: Held | None, state: str, *, ask: bool = True) -> Answered:
        known = held.remembered if held else None
        if known is not None and known.phone == hop.phone:
            tongue = known.tongue
        else:
            tongue = self.tongue(hop.phone) if ask else "en"  # a database that just failed is not waited for again
        return Answered(say(tongue, BUSY), ends=True, state=state)

    def _take(self, hop: Hop) -> Held:
        """Wait our turn at the session: a duplicate in another process is answered from what that one stored."""
        deadline = time.monotonic() + WAIT_S
        while True:
            held = self._memory.take(hop.gateway, hop.session_id, hop.phone)
            if held.locked or time.monotonic() > deadline:
                return held
            time.sleep(POLL_S)

    def _release(self, hop: Hop, held: Held | None) -> None:
        if held is not None:
            self._memory.release(hop.gateway, hop.session_id, hop.phone, held)

    def _answer(self, hop: Hop, held: Held) -> Answered:
        now = self._parts.clock.now()
        known = held.remembered
        if known is not None and known.phone != hop.phone:
            return self._stranger(hop, held)
        if known is not None and continues(hop.text, known.text):
            # The last hop again, or a late copy of an earlier one.
            self._release(hop, held)
            screen = known.history.get(hop.text, known.screen)
            return Answered(screen[4:], ends=screen.startswith("END"), state=known.session.get("state", ""))
        if known is not None and continues(known.text, hop.text) and known.screen.startswith("CON"):
            return self._go_on(hop, held, known, now)
        return self._from_text(hop, held, now)

    def _go_on(self, hop: Hop, held: Held, known: Remembered, now: datetime) -> Answered:
        """The way of nearly every hop: what is new in the text, read where the session stands."""
        typed = hop.text[len(known.text) :].removeprefix("*")
        if "*" in typed:  # typed by the caller: the text alone would later read as several inputs
            begins = len(hop.text) - len(typed)
            sessions.note_star(self._quick, hop.gateway, hop.session_id, begins, len(hop.text))
        facts = self._facts.read(hop.phone, now)
        session = _read_session(known.session)
        if session is not None and session.state == RESUME and self._is_over(session.data["saved"]):
            turn = begin(open_session(facts), [], facts)
            self._parts.db.run(lambda tx: self._note(tx, hop, hop.text, turn))  # where a later replay passes too
        else:
            turn = self._done(hop, self._move(session, typed, facts), facts, known.began, hop.text)
        return self._keep(hop, held, turn, known, facts.tongue)

    def _from_text(self, hop: Hop, held: Held, now: datetime) -> Answered:
        """A session Redis does not know, or whose text is not a continuation: begin, or rebuild from the text."""
        facts = self._facts.read(hop.phone, now)
        began = sessions.begin(
            self._quick,
            gateway=hop.gateway,
            session_id=hop.session_id,
            network_code=hop.network_code,
            began=Began(hop.phone, hop.text, self._open(hop, held, facts).to_json(), now.timestamp()),
        )
        if began.phone != hop.phone:
            return self._stranger(hop, held)
        turn, history = self._replay(hop, began, facts)
        return self._keep(hop, held, turn, Remembered(hop.phone, began.began, "", "", {}, history), facts.tongue)

    def _open(self, hop: Hop, held: Held, facts: Facts) -> Session:
        """Where the call begins: with an offer where the last one was cut off, unless that one was served after all."""
        kept = held.resume
        if kept is None or dialled_answers(hop.text, facts.service_code) or self._is_over(kept):
            return open_session(facts)
        start = open_session(facts, _read_session(kept))
        return replace(start, data={"saved": kept}) if start.state == RESUME else start

    def _is_over(self, kept: Mapping[str, Any]) -> bool:
        """Whether the call that was cut off did what it was about, after it was last heard of (we died in between)."""
        return sessions.has_acted_since(self._quick, kept)

    def _replay(self, hop: Hop, began: Began, facts: Facts) -> tuple[Turn, dict[str, str]]:
        """Walk the text from where the session began. What was answered where it counted is answered again.

        Returns the last screen's turn, and the screens on the way by the text that led to each.
        """
        start = Session.from_json(began.start)
        dialled = began.dialled_in(hop.text)
        notes = Notes()
        if hop.text != dialled:
            facts = self._as_of(hop, facts, began)
            # Read after the facts: whatever they show the effects of, the notes know.
            notes = sessions.notes(self._quick, hop.gateway, hop.session_id)
        at_start = facts
        if start.state == WELCOME and facts.customer is not None:
            # The caller registered in the part that is replayed: they see the welcome as the stranger they were.
            at_start = replace(facts, customer=None, tongue="en")
        ahead = dialled_answers(dialled, facts.service_code)
        turn = self._facts.told(at_start, lambda known: begin(start, ahead, known))
        history = {dialled: _screen(turn)}
        inputs = inputs_since(hop.text, len(dialled), notes.starred)
        for number, (typed, text) in enumerate(inputs, 1):
            is_last = number == len(inputs)
            noted = notes.turn_at(text)
            turn = noted or self._move(turn.session, typed, at_start if turn.session.state == WELCOME else facts)
            if turn.screen.ends and not is_last:
                # It did not end the call when it was new, for the gateway went on: something has changed since.
                # Only what was typed last may cost money; this is not done, and the caller looks again.
                LOG.warning("replay leads elsewhere", state=turn.session.state)
                return begin(open_session(facts), [], facts), {}
            acts = bool(turn.commands)
            turn = self._done(hop, turn, facts, began.began, text)
            history[text] = _screen(turn)
            if acts and not is_last:
                facts = self._as_of(hop, facts, began)
        return turn, history

    def _as_of(self, hop: Hop, facts: Facts, began: Began) -> Facts:
        return self._facts.read_as_of(hop.phone, facts.now, datetime.fromtimestamp(began.began, UTC))

    def _move(self, session: Session | None, typed: str, facts: Facts) -> Turn:
        """One step; from a session that this version of the code cannot read, the menu."""
        try:
            if session is not None:
                return self._facts.told(facts, lambda known: step(session, typed, known))
        except (IllegalMoveError, LookupError, TypeError, ValueError):
            LOG.exception("session cannot go on", state=session.state if session else None)
        return begin(open_session(facts), [], facts)

    def _done(self, hop: Hop, turn: Turn, facts: Facts, began: float, text: str) -> Turn:
        """The turn with its commands carried out, once; or with the refusal on its screen.

        The key is the session and all that was typed up to here. The answer is noted with what it tells of: the same
        text again, with Redis lost and the balance spent, reads the same.
        """
        if not turn.commands:
            return turn
        key = f"ussd:{hop.gateway}:{hop.session_id}:{began:.6f}:{digest(text)}"
        asked = Asked(hop.phone, "ussd", key, facts.now)

        def act(tx: Transaction) -> None:
            for command in turn.commands:
                carry_out(tx, command, asked, self._parts)
            self._note(tx, hop, text, turn, acted=True)

        try:
            self._parts.db.run(act)
        except Refusal as refusal:
            LOG.info("refused", refusal=type(refusal).__name__)
            said = sentence(refusal, facts.tongue, facts.service_code, self._parts.settings.care_phone)
            refused = replace(turn, screen=Screen(said if fits(said) else said[:70], ends=True), commands=())
            self._parts.db.run(partial(self._note_refused, hop=hop, text=text, turn=refused, refusal=refusal))
            return refused
        return turn

    def _note_refused(self, tx: Transaction, *, hop: Hop, text: str, turn: Turn, refusal: Refusal) -> None:
        self._note(tx, hop, text, turn)
        now = self._parts.clock.now()
        alarm_of_clash(tx, refusal, who=hop.phone, now=now)
        count_wrong_code(tx, refusal, phone=hop.phone, now=now)

    @staticmethod
    def _note(tx: Transaction, hop: Hop, text: str, turn: Turn, *, acted: bool = False) -> None:
        sessions.note_answer(tx, gateway=hop.gateway, session_id=hop.session_id, text=text, turn=turn, acted=acted)

    def _stranger(self, hop: Hop, held: Held) -> Answered:
        """A session id that belongs to another phone: nothing of that session is shown or changed."""
        LOG.warning("session of another phone")
        self._release(hop, held)
        return Answered(say(self.tongue(hop.phone), STRANGER), ends=True, state="stranger")

    def _keep(self, hop: Hop, held: Held, turn: Turn, before: Remembered, tongue: Tongue) -> Answered:
        screen = _screen(turn)
        history = {**before.history, hop.text: screen}
        while len(history) > HISTORY_MAX:
            history.pop(next(iter(history)))
        stored = turn.session.to_json()
        remembered = Remembered(hop.phone, before.began, hop.text, screen, stored, history, tongue)
        resume = None
        if not turn.screen.ends and turn.session.state not in NOT_WORTH_RESUMING:
            resume = Place(hop.gateway, hop.session_id, before.began, len(hop.text)).on(stored)
        if turn.session.state == RESUME:  # offered, not yet answered: dropped here, it is offered again
            resume = turn.session.data["saved"]
        self._memory.keep(hop.gateway, hop.session_id, held, remembered, resume)
        return Answered(turn.screen.text, turn.screen.ends, turn.session.state)


def _screen(turn: Turn) -> str:
    """As the gateway reads it."""
    return f"{'END' if turn.screen.ends else 'CON'} {turn.screen.text}"


def _read_session(stored: dict[str, Any]) -> Session | None:
    """A session that was stored; None when another version of the code wrote it."""
    try:
        return Session.from_json(stored)
    except (LookupError, TypeError, ValueError):
        return None
