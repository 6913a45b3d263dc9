"""The transaction report of MTN's partner portal."""

from __future__ import annotations

import sqlite3
from typing import Final

from flask import Blueprint, Response, current_app, request

from sandbox.furniture.answers import as_json
from sandbox.furniture.report import InvalidDayError, Line, as_csv, between, fee_of, written
from sandbox.momo.config import Config
from sandbox.momo.simulator import of

report: Final = Blueprint("report", __name__, url_prefix="/sandbox")

COMES_IN: Final = ("requesttopay", "requesttowithdraw")
REPORTED_AS: Final = {
    "requesttopay": "Payment",
    "requesttowithdraw": "Withdrawal",
    "transfer": "Transfer",
    "deposit": "Deposit",
    "refund": "Refund",
}


@report.get("/statement.csv")
def statement_csv() -> Response:
    """Give every completed movement: `?from=&to=` are days, both included."""
    simulator = of(current_app)
    simulator.payers.settle_due()
    try:
        first, last = between(request.args)
    except InvalidDayError as fault:
        return as_json(400, {"error": str(fault)})
    rows = simulator.store.rows(
        "SELECT * FROM movement WHERE status = 'SUCCESSFUL' AND kind != 'preapproval' AND decided_at >= ? "
        "AND decided_at < ? ORDER BY financial_id",
        first,
        last,
    )
    return as_csv((_line(row, simulator.config) for row in rows), "momo-transactions.csv")


def _line(row: sqlite3.Row, config: Config) -> Line:
    comes_in = row["kind"] in COMES_IN
    payer, payee = (row["msisdn"], config.merchant_msisdn) if comes_in else (config.merchant_msisdn, row["msisdn"])
    return Line(
        transaction_id=str(row["financial_id"]),
        external_id=row["external_id"],
        date=written(row["decided_at"]),
        status="Successful",
        kind=REPORTED_AS[row["kind"]],
        from_digits=payer,
        to_digits=payee,
        amount=row["amount"],
        currency=row["currency"],
        fee=fee_of(row["amount"], config.fee_percent) if comes_in else "0",
    )
