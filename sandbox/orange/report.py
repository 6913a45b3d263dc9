"""The transaction report of Orange's merchant portal."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, current_app, request

from sandbox.furniture.answers import as_json
from sandbox.furniture.report import InvalidDayError, Line, as_csv, between, fee_of, written
from sandbox.orange.simulator import of

report: Final = Blueprint("report", __name__, url_prefix="/sandbox")


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
        "SELECT * FROM payment WHERE status = 'SUCCESS' AND decided_at >= ? AND decided_at < ? ORDER BY txn_number",
        first,
        last,
    )
    config = simulator.config
    lines = (
        Line(
            transaction_id=row["txn_id"],
            external_id=row["order_id"],
            date=written(row["decided_at"]),
            status="Success",
            kind="Merchant Payment",
            from_digits=row["msisdn"],
            to_digits=config.channel_msisdn,
            amount=row["amount"],
            currency=row["currency"],
            fee=fee_of(row["amount"], config.fee_percent),
        )
        for row in rows
    )
    return as_csv(lines, "orange-transactions.csv")
