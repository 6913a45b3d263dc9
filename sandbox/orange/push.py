"""Merchant push: a token first, then the prompt under it, then its status. Refusals come as HTTP 417."""

from __future__ import annotations

import re
import secrets
import sqlite3
from decimal import Decimal
from typing import Any, Final

from flask import Blueprint, Response

from sandbox.furniture.answers import Stop, as_json, hang_up, page
from sandbox.orange.doorkeeper import bad, enter, json_body, text_of
from sandbox.orange.payers import found
from sandbox.orange.rendering import at_home, push_body
from sandbox.orange.simulator import Simulator
from sandbox.orange.words import FAILED, NEW, NO_SUBSCRIBER, NOT_THERE, PENDING, USED, WRONG_PIN

push: Final = Blueprint("push", __name__, url_prefix="/omcoreapis/1.0.2/mp")

TEXT_CHARS_MAX: Final = 255
REFUSED: Final = 417
_AMOUNT: Final = re.compile(r"\d{1,15}(\.\d{1,2})?", re.ASCII)


@push.post("/init")
def init() -> Response:
    """Hand out a token; nobody is asked by that."""
    simulator = enter("omcore", "init")
    token = "MP" + secrets.token_hex(15).upper()
    with simulator.store.transaction() as tx:
        tx.execute(
            "INSERT INTO payment (token, mode, currency, status, created_at) VALUES (?, 'omcore', ?, ?, ?)",
            (token, simulator.config.currency, NEW, simulator.clock()),
        )
    if simulator.faults.bite("lose_token"):
        return hang_up()
    return as_json(200, {"message": "Payment request successfully initiated", "data": {"payToken": token}})


@push.post("/pay")
def pay() -> Response:
    """Prompt the subscriber under a token that was never used."""
    simulator = enter("omcore", "request")
    body = json_body()
    sentence = simulator.faults.bite("refuse_as")
    if sentence:
        return as_json(REFUSED, {"message": sentence, "data": None})
    if simulator.faults.bite("lose_request"):
        return hang_up()
    with simulator.store.transaction() as tx:
        http, answer = _take(simulator, tx, body)
    simulator.payers.on_callback()
    lost = simulator.faults.bite("lose_answer_take_money")
    if lost == "500":
        return as_json(500, {"message": "Internal server error", "data": None})
    if lost == "html":
        return page(200)
    return hang_up() if lost else as_json(http, answer)


def _take(simulator: Simulator, tx: sqlite3.Connection, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    config, token = simulator.config, text_of(body, "payToken", TEXT_CHARS_MAX)
    payment = tx.execute("SELECT * FROM payment WHERE token = ? AND mode = 'omcore'", (token,)).fetchone()
    if payment is None:
        return REFUSED, {"message": "PayToken introuvable", "data": None}
    if payment["status"] != NEW:
        bare = simulator.faults.bite("used_as") == "bare"
        return REFUSED, {"message": USED, "data": None} if bare else push_body(payment, simulator.faults, config, USED)
    amount = body.get("amount")
    if not isinstance(amount, str) or not _AMOUNT.fullmatch(amount) or Decimal(amount) <= 0:
        raise bad("amount: a positive number, as a string")
    if body.get("channelUserMsisdn") != at_home(config.channel_msisdn, config):
        return REFUSED, {"message": "Canal introuvable", "data": None}
    if body.get("pin") != config.pin:
        return REFUSED, {"message": WRONG_PIN, "data": None}
    digits = text_of(body, "subscriberMsisdn", TEXT_CHARS_MAX)
    tx.execute(
        "UPDATE payment SET order_id = ?, msisdn = ?, amount = ?, description = ?, callback_url = ?, status = ?, "
        "created_at = ?, expires_at = ? WHERE number = ?",
        (
            text_of(body, "orderId", TEXT_CHARS_MAX),
            config.country_code + digits,
            amount,
            text_of(body, "description", TEXT_CHARS_MAX, needed=False),
            text_of(body, "notifUrl", TEXT_CHARS_MAX, needed=False) or None,
            PENDING,
            simulator.clock(),
            simulator.clock() + config.prompt_lifetime_s,
            payment["number"],
        ),
    )
    taken = found(tx, token)
    known = digits.isdecimal() and len(digits) == config.national_digits
    sentence = simulator.payers.refusal(tx, taken["msisdn"], amount) if known else NO_SUBSCRIBER
    if sentence:
        simulator.payers.finish(tx, taken, FAILED, sentence)
        return REFUSED, push_body(found(tx, token), simulator.faults, config, sentence)
    simulator.payers.arrive(tx, taken)
    return 200, push_body(taken, simulator.faults, config, "Merchant payment successfully initiated")


@push.get("/paymentstatus/<token>")
def payment_status(token: str) -> Response:
    """Say what became of a prompt."""
    simulator = enter("omcore", "status")
    simulator.payers.settle_due()
    if simulator.faults.bite("status_500"):
        raise Stop(as_json(500, {"message": "Internal server error", "data": None}))
    with simulator.store.transaction() as tx:
        tx.execute("UPDATE payment SET status_reads = status_reads + 1 WHERE token = ?", (token,))
        payment = tx.execute("SELECT * FROM payment WHERE token = ? AND mode = 'omcore'", (token,)).fetchone()
    if payment is None or payment["status_reads"] <= (simulator.faults.peek("status_404_first") or 0):
        return as_json(REFUSED, {"message": NOT_THERE, "data": None})
    if payment["status"] == NEW:
        return as_json(REFUSED, {"message": NOT_THERE, "data": None})
    return as_json(200, push_body(payment, simulator.faults, simulator.config, "Transaction retrieved successfully"))
