"""One inbound SMS: read, acted on and answered in one transaction, once however often the gateway repeats it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert as upsert

from core.callers.carry_out import Asked, carry_out
from core.callers.commands import (
    BuyData,
    CheckReceipt,
    ClaimPayment,
    Command,
    HearAgain,
    RedeemCard,
    Register,
    Rename,
    Silence,
    TextReceipts,
    TextStatement,
)
from core.callers.facts import CustomerFact, Facts
from core.callers.queries import CallerFacts
from core.codes import code_typed
from core.customers.names import clean_name
from core.customers.queries import tongue_for
from core.db.engine import Transaction
from core.errors import NotACustomer, Refusal
from core.languages import Language, Script, Tongue, say, tongue_of
from core.languages import marked as _
from core.logs import log
from core.messaging.models import InboundText
from core.messaging.queue_text import queue_text
from core.money import Money
from core.parts import Parts
from core.payments.alarms import alarm_of_clash
from core.phones import western_digits
from core.redaction import redact_text
from core.tokens.redeem_by_phone import count_wrong_code
from flows.engine import begin, step
from flows.keywords import CONSENT, MEANINGS, STATEMENT_KEY, Understood, answers_for, is_arabic, understand
from flows.machine import BILL, HOME, PAYMENTS, WELCOME, IllegalMoveError
from flows.owner_by_word import owner_by_word
from flows.payments import RECEIPTS_KEY
from flows.refusals import sentence
from flows.sell_by_word import sell_by_word
from flows.session import Screen, Session, Turn
from flows.token_by_word import token_by_word
from sms_bot import places

LOG = log("sms_bot.converse")
TEXTS_PER_HOUR_MAX: Final = 60  # of one phone; more are taken and not answered
FREE_TEXT: Final = frozenset({"account.name", "owner.ssid"})
SALES: Final = frozenset({"sell", "give"})
OWNERS: Final = frozenset({"sales", "helper", "payout"})
HOLDERS: Final = frozenset({"move", "pause", "continue"})
CARD: Final = "card.code"
NUMBER_ASKED: Final = frozenset({"payments.number", "payments.claim"})  # of theirs, which may look like anything
TEXTED: Final = (TextStatement, TextReceipts, CheckReceipt, ClaimPayment, RedeemCard)
AMOUNT_ASKED: Final = "top_up.amount"
# What a customer is registered with, by how they wrote JOIN.
_SPEECH: Final[dict[Tongue, tuple[Language, Script | None]]] = {
    "en": ("en", None),
    "ar": ("ar", "arabic"),
    "ar_Latn": ("ar", "latin"),
}
NOT_UNDERSTOOD: Final = _("We did not understand.")
STOPPED: Final = _("No more notices from us. What you pay for still comes. START to hear again.")
STARTED: Final = _("You hear from us again. Text MENU to begin.")
THANKS: Final = _("Thank you.")


@dataclass(frozen=True, slots=True)
class Inbound:
    """A text from a phone, as its gateway gave it."""

    gateway: str
    gateway_id: str
    phone: str
    text: str


@dataclass(frozen=True, slots=True)
class _Reply:
    """What goes back, what is to be done, and where the conversation stands then."""

    screen: Screen
    commands: tuple[Command, ...]
    session: Session | None
    tongue: str
    texted: bool = False  # what was asked for is a text itself: another that announces it would only cost


class Conversations:
    """Answers inbound texts for one process."""

    def __init__(self, parts: Parts, facts: CallerFacts) -> None:
        self._parts = parts
        self._facts = facts

    def hear(self, inbound: Inbound) -> bool:
        """Take one text. False: it had been taken before, and nothing was done now."""
        now = self._parts.clock.now()
        self._facts.freshen(now)
        return self._parts.db.run(lambda tx: self._take(tx, inbound, now))

    def apologise(self, inbound: Inbound) -> bool:
        """Take a text we cannot read, with one sentence. False: it had been taken before."""
        now = self._parts.clock.now()

        def take(tx: Transaction) -> bool:
            if not self._is_new(tx, inbound, now):
                return False
            tongue = tongue_for(tx.connection, inbound.phone, "ar" if is_arabic(inbound.text) else "en")
            _queue_reply(tx, inbound, _said(say(tongue, NOT_UNDERSTOOD), (), tongue), now)
            return True

        return self._parts.db.run(take)

    def _take(self, tx: Transaction, inbound: Inbound, now: datetime) -> bool:
        # Two texts of one phone at once are answered one after the other, each on what the other left.
        tx.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"sms:{inbound.phone}", 0))))
        session = places.find(tx, inbound.phone, now)
        if not self._is_new(tx, inbound, now, session):
            return False
        quiet = self._too_many(tx, inbound, now)
        if quiet and understand(inbound.text).keyword not in CONSENT:
            return True
        facts = self._facts.read(inbound.phone, now)
        # What a phone says of its consent is done however often it texts; only the reply to it is left out.
        reply = self._facts.told(
            facts, lambda known: self._reply(inbound.text, known, None if quiet else session), tx.connection
        )
        reply = self._act(tx, reply, facts, f"sms:{inbound.gateway}:{inbound.gateway_id}", now)
        places.keep(tx, inbound.phone, None if reply.screen.ends else reply.session, now)
        if not quiet and not reply.texted:
            _queue_reply(tx, inbound, reply, now)
        return True

    @staticmethod
    def _is_new(tx: Transaction, inbound: Inbound, now: datetime, session: Session | None = None) -> bool:
        amount_asked = session is not None and session.state == AMOUNT_ASKED
        taken = tx.execute(
            upsert(InboundText)
            .values(
                gateway=inbound.gateway,
                gateway_id=inbound.gateway_id,
                phone=inbound.phone,
                shown=redact_text(inbound.text, amount_asked=amount_asked),
                came_at=now,
            )
            .on_conflict_do_nothing(constraint="uq_inbound_text_once")
            .returning(InboundText.id)
        ).scalar()
        return taken is not None

    @staticmethod
    def _too_many(tx: Transaction, inbound: Inbound, now: datetime) -> bool:
        """Whether the phone texts like a machine: two that answer each other would do so until the money is gone."""
        count = tx.execute(
            select(func.count())
            .select_from(InboundText)
            .where(InboundText.phone == inbound.phone, InboundText.came_at > now - timedelta(hours=1))
        ).scalar_one()
        return int(count) > TEXTS_PER_HOUR_MAX

    def _act(self, tx: Transaction, reply: _Reply, facts: Facts, key: str, now: datetime) -> _Reply:
        asked = Asked(facts.phone, "sms", key, now)
        for command in reply.commands:
            try:
                # A savepoint: a refusal undoes the command and leaves the text taken and answered.
                with tx.connection.begin_nested():
                    carry_out(tx, command, asked, self._parts)
            except Refusal as refusal:
                alarm_of_clash(tx, refusal, who=facts.phone, now=now)
                count_wrong_code(tx, refusal, phone=facts.phone, now=now)
                said = sentence(refusal, reply.tongue, facts.service_code, self._parts.settings.care_phone)
                return replace(reply, screen=Screen(said, ends=True))
        return replace(reply, texted=any(_is_texted(command) for command in reply.commands))

    def _reply(self, text: str, facts: Facts, session: Session | None) -> _Reply:
        understood = understand(text)
        # Asked for their name, people may well be called what is a keyword elsewhere; only STOP is heard before it.
        free = session is not None and session.state in FREE_TEXT and understood.keyword != "stop"
        if not free and _is_card(text, understood, session):
            return _card(text, facts, _tongue(understood, facts))
        if understood.keyword is not None and not free:
            return self._keyword(understood, text, facts)
        if session is not None:
            try:
                return _of(step(session, text if free else _answer(text), facts), facts)
            except (IllegalMoveError, LookupError, TypeError, ValueError):  # of another version of the code
                LOG.exception("conversation cannot go on", state=session.state)
        if understood.could_be and facts.customer is not None:
            meant = sorted({MEANINGS[word] or "" for word in understood.could_be} - {""})
            if len(meant) > 1:
                return _of(begin(Session("menu.which", data={"meant": meant}), [], facts), facts)
        return self._menu(facts, [], say(facts.tongue, NOT_UNDERSTOOD) if facts.customer else "")

    def _keyword(self, understood: Understood, text: str, facts: Facts) -> _Reply:
        if understood.keyword == "stop":
            return _said(say(_tongue(understood, facts), STOPPED), (Silence(),), _tongue(understood, facts))
        if understood.keyword == "start":
            return _said(say(_tongue(understood, facts), STARTED), (HearAgain(),), _tongue(understood, facts))
        if understood.keyword == "name":
            return _name(text, facts, _tongue(understood, facts))
        if understood.keyword == "join" and facts.customer is None:
            return _join(understood, text, facts)
        if understood.keyword == "statement" and facts.customer is not None:
            return _of(step(Session(BILL), STATEMENT_KEY, facts), facts)
        if understood.keyword == "receipts" and facts.customer is not None:
            return _of(step(Session(PAYMENTS), RECEIPTS_KEY, facts), facts)
        if understood.keyword == "receipt" and understood.rest and facts.customer is not None:
            return _of(step(Session("payments.code"), understood.rest, facts), facts)
        if understood.keyword == "card" and understood.rest:
            return _card(understood.behind or understood.rest, facts, _tongue(understood, facts))
        if understood.keyword in HOLDERS and facts.customer is not None:
            return _of(token_by_word(understood.keyword or "", understood.rest, facts), facts)
        if understood.keyword in OWNERS and facts.customer is not None:
            return _of(owner_by_word(understood.keyword or "", understood.rest, facts), facts)
        if understood.keyword in SALES and facts.customer is not None:
            return _of(sell_by_word(understood.keyword or "", understood.rest, facts), facts)
        return self._menu(facts, answers_for(understood, facts.plans, facts.pay_to), "")

    @staticmethod
    def _menu(facts: Facts, ahead: list[str], notice: str) -> _Reply:
        if facts.customer is None:
            return _of(begin(Session(WELCOME), ahead, facts), facts)
        return _of(begin(Session(HOME), ahead, facts, notice), facts)


def _is_texted(command: Command) -> bool:
    """Whether its outcome is a text of its own; of what mobile money is still to pay for, it comes later."""
    return isinstance(command, TEXTED) or (isinstance(command, BuyData) and command.pay_with == "balance")


def _queue_reply(tx: Transaction, inbound: Inbound, reply: _Reply, now: datetime) -> None:
    queue_text(
        tx,
        phone=inbound.phone,
        tongue=reply.tongue,
        template="reply",
        key=f"reply:{inbound.gateway}:{inbound.gateway_id}",
        now=now,
        facts={"screen": reply.screen.text},
    )


def _is_card(text: str, understood: Understood, session: Session | None) -> bool:
    """Whether a text is a code and nothing else. One with a digit is no word that a keyword was meant by."""
    if code_typed(text) is None or (session is not None and session.state in NUMBER_ASKED):
        return False
    return understood.keyword is None or any(one.isdigit() for one in text)


def _card(typed: str, facts: Facts, tongue: Tongue) -> _Reply:
    """The code of a card, of whoever holds it; a stranger is answered as they wrote."""
    known = replace(facts, tongue=tongue)
    return _of(step(Session(CARD), typed, known), known)


def _answer(text: str) -> str:
    """`1.`, `(2)` and `3)` are how people write the number of a choice."""
    number = re.fullmatch(r"\s*\(?(\d{1,2})[.)]?\s*", western_digits(text))
    return number.group(1) if number else text


def _tongue(understood: Understood, facts: Facts) -> Tongue:
    """A customer's own; a stranger is answered as they wrote."""
    return facts.tongue if facts.customer else understood.tongue


def _of(turn: Turn, facts: Facts) -> _Reply:
    return _Reply(turn.screen, turn.commands, turn.session, facts.tongue)


def _said(text: str, commands: tuple[Command, ...], tongue: str) -> _Reply:
    return _Reply(Screen(text, ends=True), commands, None, tongue)


def _name(text: str, facts: Facts, tongue: Tongue) -> _Reply:
    """`NAME Achol Deng`: the name as it was typed, not as keywords are compared."""
    if facts.customer is None:
        return _said(sentence(NotACustomer(phone=facts.phone), tongue, facts.service_code), (), tongue)
    try:
        name = clean_name(text.strip().partition(" ")[2])
    except Refusal as refusal:
        return _said(sentence(refusal, tongue), (), tongue)
    return _said(say(tongue, THANKS), (Rename(name),), tongue)


def _join(understood: Understood, text: str, facts: Facts) -> _Reply:
    """JOIN registers at once, in the language it was written in; a name may follow it."""
    language, script = _SPEECH[understood.tongue]
    tongue = tongue_of(language, script, facts.network_script)
    known = replace(facts, tongue=tongue, customer=CustomerFact(0, "", "", "active", Money(0, "SSP")))
    turn = begin(Session(HOME), [], known)
    try:
        name = clean_name(text.strip().partition(" ")[2])
    except Refusal:
        name = ""  # nobody is turned away for a name; it can be given later
    return _Reply(turn.screen, (Register(language, script, name),), turn.session, tongue)
