"""Web payment: a page is made, the payer uses it or not, and its status is asked for by order, token and amount."""

from __future__ import annotations

import secrets
import sqlite3
from decimal import Decimal
from typing import Any, Final

from flask import Blueprint, Response, request

from sandbox.furniture.answers import as_json, hang_up, page
from sandbox.orange.doorkeeper import bad, enter, json_body, text_of
from sandbox.orange.rendering import page_body
from sandbox.orange.simulator import Simulator
from sandbox.orange.words import INITIATED

webpay: Final = Blueprint("webpay", __name__, url_prefix="/orange-money-webpay/<country>/v1")

ORDER_CHARS_MAX: Final = 30
URL_CHARS_MAX: Final = 120
AMOUNT_MOST: Final = 10**15
DEV: Final = "dev"
DEV_CURRENCY: Final = "OUV"


@webpay.post("/webpayment")
def webpayment(country: str) -> Response:
    """Make a page."""
    simulator = enter("webpay", "request")
    body = json_body()
    if country not in (DEV, simulator.config.country):
        return as_json(404, {"code": 60, "message": "Resource not found", "description": "no such country"})
    if body.get("merchant_key") != simulator.config.merchant_key:
        raise bad("merchant_key")
    currency = DEV_CURRENCY if country == DEV else simulator.config.currency
    if body.get("currency") != currency:
        raise bad(f"currency must be {currency}")
    if simulator.faults.bite("lose_request"):
        return hang_up()
    token, notify_token = secrets.token_hex(32), secrets.token_hex(16)
    try:
        _make(simulator, body, token, notify_token, currency)
    except sqlite3.IntegrityError:
        raise bad("order_id: used before") from None
    lost = simulator.faults.bite("lose_answer_take_money")
    if lost == "500":
        return as_json(500, {"code": 1, "message": "Internal error"})
    if lost == "html":
        return page(200)
    if lost or simulator.faults.bite("lose_token"):
        return hang_up()
    made = {
        "status": 201,
        "message": "OK",
        "pay_token": token,
        "payment_url": f"{request.host_url}payment/pay_token/{token}",
        "notif_token": notify_token,
    }
    return as_json(201, made)


def _make(simulator: Simulator, body: dict[str, Any], token: str, notify_token: str, currency: str) -> None:
    with simulator.store.transaction() as tx:
        tx.execute(
            "INSERT INTO payment (mode, token, notify_token, order_id, amount, currency, description, callback_url, "
            "return_url, cancel_url, status, created_at, expires_at) "
            "VALUES ('webpay', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                token,
                notify_token,
                text_of(body, "order_id", ORDER_CHARS_MAX),
                _amount(body),
                currency,
                text_of(body, "reference", ORDER_CHARS_MAX),
                text_of(body, "notif_url", URL_CHARS_MAX),
                text_of(body, "return_url", URL_CHARS_MAX),
                text_of(body, "cancel_url", URL_CHARS_MAX),
                INITIATED,
                simulator.clock(),
                simulator.clock() + simulator.config.page_lifetime_s,
            ),
        )


def _amount(body: dict[str, Any]) -> str:
    amount = body.get("amount")
    if isinstance(amount, bool) or not isinstance(amount, int | Decimal) or not 0 < amount <= AMOUNT_MOST:
        raise bad("amount: a positive number")
    return f"{Decimal(amount):f}"


@webpay.post("/transactionstatus")
def transaction_status(country: str) -> Response:  # noqa: ARG001
    """Say what became of a page, to whoever knows order, token and amount of it."""
    simulator = enter("webpay", "status")
    body = json_body()
    simulator.payers.settle_due()
    if simulator.faults.bite("status_500"):
        return as_json(500, {"code": 1, "message": "Internal error"})
    amount = Decimal(_amount(body))
    with simulator.store.transaction() as tx:
        key = (str(body.get("pay_token")), str(body.get("order_id")))
        tx.execute("UPDATE payment SET status_reads = status_reads + 1 WHERE token = ? AND order_id = ?", key)
        payment = tx.execute("SELECT * FROM payment WHERE token = ? AND order_id = ?", key).fetchone()
    unseen = payment is not None and payment["status_reads"] <= (simulator.faults.peek("status_404_first") or 0)
    if payment is None or unseen or Decimal(payment["amount"]) != amount:
        return as_json(404, {"code": 60, "message": "Transaction not found", "description": "no such payment"})
    return as_json(201, page_body(payment, simulator.faults))
