"""The people with the phones: what happens to a request once it is taken."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from sandbox.furniture.faults import Faults
from sandbox.furniture.store import Store
from sandbox.momo.config import Config
from sandbox.momo.rendering import callback_body
from sandbox.momo.words import FAILED, PENDING, SUCCESSFUL, TEST_NUMBERS, Outcome

DECISIONS: Final = ("approve", "reject", "ignore")
ASKED_OF_PAYERS: Final = ("requesttopay", "requesttowithdraw", "preapproval")


class DuplicateReferenceError(Exception):
    """The reference exists already."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request to move money, checked and not yet taken."""

    reference: str
    kind: str
    party_type: str
    msisdn: str
    amount: str
    currency: str
    external_id: str
    payer_message: str
    payee_note: str
    callback_url: str | None
    refund_of: str | None = None
    extra: dict[str, Any] = field(default_factory=dict)


class Payers:
    """Takes requests, lets phones decide, moves money between wallets, and writes the callbacks to be sent."""

    def __init__(self, store: Store, faults: Faults, config: Config, clock: Callable[[], float]) -> None:
        self._store = store
        self._faults = faults
        self._config = config
        self._clock = clock
        self.on_callback: Callable[[], None] = lambda: None

    def take(self, asked: Asked) -> None:
        """Write the request down and, where nobody has to be asked, settle it.

        Raises:
            DuplicateReferenceError: nothing has changed.
        """
        now = self._clock()
        with self._store.transaction() as tx:
            try:
                tx.execute(
                    "INSERT INTO movement (reference, kind, party_type, msisdn, amount, currency, external_id, "
                    "payer_message, payee_note, callback_url, refund_of, extra, status, created_at, expires_at) "
                    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        asked.reference, asked.kind, asked.party_type, asked.msisdn, asked.amount, asked.currency,
                        asked.external_id, asked.payer_message, asked.payee_note, asked.callback_url,
                        asked.refund_of, json.dumps(asked.extra), PENDING, now,
                        now + self._config.pending_lifetime_s,
                    ),
                )  # fmt: skip
            except sqlite3.IntegrityError:
                raise DuplicateReferenceError from None
            self._arrive(tx, _movement(tx, asked.reference))
        self.on_callback()

    def _arrive(self, tx: sqlite3.Connection, movement: sqlite3.Row) -> None:
        known = TEST_NUMBERS.get(movement["kind"], {}).get(movement["msisdn"])
        if known is not None:
            self._arrive_at_test_number(tx, movement, known)
        elif movement["kind"] not in ASKED_OF_PAYERS or self._agreed_before(tx, movement):
            self._settle(tx, movement, "approve")
        else:
            decision = self._standing(tx, movement["msisdn"])
            if decision in DECISIONS:
                self._settle(tx, movement, decision)

    def _arrive_at_test_number(self, tx: sqlite3.Connection, movement: sqlite3.Row, known: Outcome) -> None:
        if known.delayed:
            tx.execute(
                "UPDATE movement SET due_at = ?, due_status = ?, due_reason = ? WHERE number = ?",
                (self._clock() + self._config.delayed_s, known.status, known.reason, movement["number"]),
            )
        elif known.status == PENDING:
            tx.execute("UPDATE movement SET expires_at = NULL WHERE number = ?", (movement["number"],))
        else:
            self._finish(tx, movement, known.status, known.reason)

    def _agreed_before(self, tx: sqlite3.Connection, movement: sqlite3.Row) -> bool:
        """Whether the phone agreed to such charges, and so is not asked."""
        if movement["kind"] != "requesttopay":
            return False
        self._end_consents(tx)
        return (
            tx.execute(
                "SELECT 1 FROM movement WHERE kind = 'preapproval' AND status = 'SUCCESSFUL' AND msisdn = ? LIMIT 1",
                (movement["msisdn"],),
            ).fetchone()
            is not None
        )

    def _end_consents(self, tx: sqlite3.Connection) -> None:
        """End the preapprovals whose time is over."""
        now = self._clock()
        tx.execute(
            "UPDATE movement SET status = ?, reason = 'EXPIRED', decided_at = ? WHERE kind = 'preapproval' "
            "AND status = ? AND json_extract(extra, '$.expirationDateTime') <= ?",
            (FAILED, now, SUCCESSFUL, datetime.fromtimestamp(now, UTC).isoformat(timespec="seconds")),
        )

    def _standing(self, tx: sqlite3.Connection, msisdn: str) -> str:
        row = tx.execute(
            "SELECT decision FROM standing WHERE msisdn IN (?, '*') ORDER BY msisdn = '*' LIMIT 1", (msisdn,)
        ).fetchone()
        return str(row["decision"]) if row else self._config.default_decision

    def stand(self, msisdn: str, decision: str) -> None:
        """From now on this phone (`*`: every phone) decides so by itself; `ask` waits for `decide`."""
        with self._store.transaction() as tx:
            tx.execute("INSERT OR REPLACE INTO standing VALUES (?, ?)", (msisdn, decision))

    def decide(self, msisdn: str, decision: str) -> sqlite3.Row | None:
        """The phone answers its oldest prompt, an ignored one last; None when no prompt is on it."""
        self.settle_due()
        with self._store.transaction() as tx:
            movement = tx.execute(
                "SELECT * FROM movement WHERE msisdn = ? AND status = 'PENDING' AND due_at IS NULL "
                "ORDER BY decision IS NOT NULL, number LIMIT 1",
                (msisdn,),
            ).fetchone()
            if movement is None:
                return None
            self._settle(tx, movement, decision)
            decided = _movement(tx, movement["reference"])
        self.on_callback()
        return decided

    def cancel(self, reference: str) -> None:
        """The merchant takes a preapproval back."""
        with self._store.transaction() as tx:
            tx.execute(
                "UPDATE movement SET status = ?, reason = 'TRANSACTION_CANCELED', decided_at = ? WHERE reference = ?",
                (FAILED, self._clock(), reference),
            )

    def settle_due(self) -> None:
        """Settle what was due by now: payers who took long, and prompts nobody answered in time."""
        now = self._clock()
        if self._store.row("SELECT 1 FROM movement WHERE kind = 'preapproval' AND status = 'SUCCESSFUL'") is not None:
            with self._store.transaction() as tx:
                self._end_consents(tx)
        due = "status = 'PENDING' AND (due_at <= ? OR expires_at <= ?)"
        if self._store.row(f"SELECT 1 FROM movement WHERE {due}", now, now) is None:
            return
        with self._store.transaction() as tx:
            for movement in tx.execute(f"SELECT * FROM movement WHERE {due} ORDER BY number", (now, now)).fetchall():
                if movement["due_at"] is not None and movement["due_at"] <= now:
                    self._finish(tx, movement, movement["due_status"], movement["due_reason"])
                else:
                    self._finish(tx, movement, FAILED, self._faults.bite("expired_as") or "EXPIRED")
        self.on_callback()

    def _settle(self, tx: sqlite3.Connection, movement: sqlite3.Row, decision: str) -> None:
        tx.execute("UPDATE movement SET decision = ? WHERE number = ?", (decision, movement["number"]))
        if decision == "ignore":
            return
        word = self._faults.bite("fail_as")
        if word is None and decision == "reject":
            word = "APPROVAL_REJECTED"
        if word is None:
            word = self._pay(tx, movement)
        self._finish(tx, movement, FAILED if word else SUCCESSFUL, word)

    def _pay(self, tx: sqlite3.Connection, movement: sqlite3.Row) -> str | None:
        """Move the money between the wallets we know; the word for why not, if not."""
        kind, amount = movement["kind"], Decimal(movement["amount"])
        wallet = tx.execute("SELECT * FROM wallet WHERE msisdn = ?", (movement["msisdn"],)).fetchone()
        pays = kind in ASKED_OF_PAYERS
        if wallet is not None and not wallet["active"]:
            return "PAYER_NOT_FOUND" if pays else "PAYEE_NOT_FOUND"
        if not pays and amount > account_balance(tx, self._config, "disbursement"):
            return str(self._faults.bite("insufficient_as") or "NOT_ENOUGH_FUNDS")
        if wallet is None or wallet["amount"] is None:
            return None
        left = Decimal(wallet["amount"]) + (-amount if pays else amount)
        if left < 0:
            return str(self._faults.bite("insufficient_as") or "NOT_ENOUGH_FUNDS")
        tx.execute("UPDATE wallet SET amount = ? WHERE msisdn = ?", (f"{left:f}", movement["msisdn"]))
        return None

    def _finish(self, tx: sqlite3.Connection, movement: sqlite3.Row, status: str, reason: str | None) -> None:
        financial_id = None
        if status == SUCCESSFUL:
            last = tx.execute("SELECT MAX(financial_id) FROM movement").fetchone()[0]
            financial_id = self._config.financial_id_first if last is None else last + 1
        tx.execute(
            "UPDATE movement SET status = ?, reason = ?, financial_id = ?, decided_at = ? WHERE number = ?",
            (status, reason, financial_id, self._clock(), movement["number"]),
        )
        if movement["callback_url"]:
            self._write_callbacks(tx, _movement(tx, movement["reference"]))

    def _write_callbacks(self, tx: sqlite3.Connection, movement: sqlite3.Row) -> None:
        wishes = set(str(self._faults.bite("callback") or "once").split(","))
        if "never" in wishes:
            return
        copies, late_s = 2 if "twice" in wishes else 1, 0.0
        for wish in wishes:
            word, _, figure = wish.replace("_", ":").partition(":")
            if word == "storm":
                copies = int(figure)
            elif word == "late":
                late_s = float(figure)
        method = str(self._faults.bite("callback_method") or self._config.callback_method)
        body = callback_body(movement, self._faults, wishes)
        for copy in range(copies):
            this = ("PUT", "POST")[copy % 2] if method == "both" else method
            tx.execute(
                "INSERT INTO callback (reference, method, url, body, due_at) VALUES (?, ?, ?, ?, ?)",
                (movement["reference"], this, movement["callback_url"], body, self._clock() + late_s),
            )


def _movement(tx: sqlite3.Connection, reference: str) -> sqlite3.Row:
    row: sqlite3.Row = tx.execute("SELECT * FROM movement WHERE reference = ?", (reference,)).fetchone()
    return row


def account_balance(tx: sqlite3.Connection, config: Config, product: str) -> Decimal:
    """What the merchant has with the operator, by product."""
    came_in = product == "collection"
    kinds = ("requesttopay", "requesttowithdraw", "") if came_in else ("transfer", "deposit", "refund")
    rows = tx.execute("SELECT amount FROM movement WHERE status = 'SUCCESSFUL' AND kind IN (?, ?, ?)", kinds).fetchall()
    total = sum((Decimal(row["amount"]) for row in rows), Decimal(0))
    return total if came_in else Decimal(config.disbursement_opening) - total
