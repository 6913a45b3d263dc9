"""The people with the phones: what happens to a payment once it is asked for."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from sandbox.furniture.faults import Faults
from sandbox.furniture.store import Store
from sandbox.orange.config import Config
from sandbox.orange.rendering import callback_body
from sandbox.orange.words import (
    CANCELLED,
    EXPIRED,
    FAILED,
    NO_FUNDS,
    NO_SUBSCRIBER,
    REJECTED,
    SUCCESS,
    TOO_LATE,
)

DECISIONS: Final = ("approve", "reject", "ignore")


class Payers:
    """Lets phones decide, moves money out of the wallets we know, and writes the callbacks to be sent."""

    def __init__(self, store: Store, faults: Faults, config: Config, clock: Callable[[], float]) -> None:
        self._store = store
        self._faults = faults
        self._config = config
        self._clock = clock
        self.on_callback: Callable[[], None] = lambda: None

    def arrive(self, tx: sqlite3.Connection, payment: sqlite3.Row) -> None:
        """A prompt comes to a phone; one that decides by itself has decided."""
        row = tx.execute(
            "SELECT decision FROM standing WHERE msisdn IN (?, '*') ORDER BY msisdn = '*' LIMIT 1", (payment["msisdn"],)
        ).fetchone()
        decision = str(row["decision"]) if row else self._config.default_decision
        if decision in DECISIONS:
            self.settle(tx, payment, decision)

    def refusal(self, tx: sqlite3.Connection, msisdn: str, amount: str) -> str | None:
        """The sentence for why a phone cannot pay this; None when it can."""
        wallet = tx.execute("SELECT * FROM wallet WHERE msisdn = ?", (msisdn,)).fetchone()
        if wallet is None:
            return None
        if not wallet["active"]:
            return NO_SUBSCRIBER
        return NO_FUNDS if wallet["amount"] is not None and Decimal(wallet["amount"]) < Decimal(amount) else None

    def stand(self, msisdn: str, decision: str) -> None:
        """From now on this phone (`*`: every phone) decides so by itself; `ask` waits for `decide`."""
        with self._store.transaction() as tx:
            tx.execute("INSERT OR REPLACE INTO standing VALUES (?, ?)", (msisdn, decision))

    def decide(self, msisdn: str, decision: str) -> sqlite3.Row | None:
        """The phone answers its oldest prompt, an ignored one last; None when no prompt is on it."""
        self.settle_due()
        with self._store.transaction() as tx:
            payment = tx.execute(
                "SELECT * FROM payment WHERE msisdn = ? AND status = 'PENDING' "
                "ORDER BY decision IS NOT NULL, number LIMIT 1",
                (msisdn,),
            ).fetchone()
            if payment is None:
                return None
            self.settle(tx, payment, decision)
            decided = found(tx, payment["token"])
        self.on_callback()
        return decided

    def settle_due(self) -> None:
        """End the prompts nobody answered in time. A page nobody used stays as it is for ever."""
        now, due = self._clock(), "status = 'PENDING' AND expires_at <= ?"
        if self._store.row(f"SELECT 1 FROM payment WHERE {due}", now) is None:
            return
        with self._store.transaction() as tx:
            for payment in tx.execute(f"SELECT * FROM payment WHERE {due} ORDER BY number", (now,)).fetchall():
                self.finish(tx, payment, EXPIRED, TOO_LATE)
        self.on_callback()

    def settle(self, tx: sqlite3.Connection, payment: sqlite3.Row, decision: str) -> None:
        """Do as the payer decided."""
        tx.execute("UPDATE payment SET decision = ? WHERE number = ?", (decision, payment["number"]))
        if decision == "ignore":
            return
        message = self._faults.bite("fail_as")
        if message is None and decision == "reject":
            self.finish(tx, payment, CANCELLED if payment["mode"] == "omcore" else FAILED, REJECTED)
            return
        if message is None:
            message = self.refusal(tx, payment["msisdn"], payment["amount"])
        if message is None:
            self._take(tx, payment)
        self.finish(tx, payment, FAILED if message else SUCCESS, message)

    def _take(self, tx: sqlite3.Connection, payment: sqlite3.Row) -> None:
        wallet = tx.execute("SELECT * FROM wallet WHERE msisdn = ?", (payment["msisdn"],)).fetchone()
        if wallet is not None and wallet["amount"] is not None:
            left = Decimal(wallet["amount"]) - Decimal(payment["amount"])
            tx.execute("UPDATE wallet SET amount = ? WHERE msisdn = ?", (f"{left:f}", payment["msisdn"]))

    def finish(self, tx: sqlite3.Connection, payment: sqlite3.Row, status: str, message: str | None) -> None:
        """End a payment, and write its callbacks."""
        number = txn_id = None
        now = self._clock()
        if status == SUCCESS:
            number = (tx.execute("SELECT MAX(txn_number) FROM payment").fetchone()[0] or 0) + 1
            txn_id = f"MP{datetime.fromtimestamp(now, UTC):%y%m%d.%H%M}.A{number:05d}"
        tx.execute(
            "UPDATE payment SET status = ?, message = ?, txn_number = ?, txn_id = ?, decided_at = ? WHERE number = ?",
            (status, message, number, txn_id, now, payment["number"]),
        )
        # A page tells only of what was paid or refused; of one that ran out it says nothing.
        if payment["callback_url"] and (payment["mode"] == "omcore" or status in (SUCCESS, FAILED)):
            self._write_callbacks(tx, found(tx, payment["token"]))

    def _write_callbacks(self, tx: sqlite3.Connection, payment: sqlite3.Row) -> None:
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
        body = callback_body(payment, self._faults, wishes)
        tx.executemany(
            "INSERT INTO callback (reference, method, url, body, due_at) VALUES (?, 'POST', ?, ?, ?)",
            [(payment["token"], payment["callback_url"], body, self._clock() + late_s)] * copies,
        )


def found(tx: sqlite3.Connection, token: str) -> sqlite3.Row:
    """The payment of a token that exists."""
    row: sqlite3.Row = tx.execute("SELECT * FROM payment WHERE token = ?", (token,)).fetchone()
    return row
