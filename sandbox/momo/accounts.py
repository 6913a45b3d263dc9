"""The merchant's balances, and what MTN tells about the holder of a wallet."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, current_app, request

from sandbox.furniture.answers import Stop, as_json
from sandbox.momo.answers import error
from sandbox.momo.doorkeeper import check_bearer, check_platform, check_target_environment
from sandbox.momo.payers import account_balance
from sandbox.momo.simulator import Simulator, of
from sandbox.momo.words import ACCOUNT_HOLDERS

accounts: Final = Blueprint("accounts", __name__, url_prefix="/<any(collection, disbursement):product>/v1_0")


def _enter(product: str) -> Simulator:
    simulator = of(current_app)
    check_platform(simulator, product)
    check_bearer(simulator, product)
    check_target_environment(simulator)
    return simulator


@accounts.get("/account/balance")
@accounts.get("/account/balance/<currency>")
def balance(product: str, currency: str | None = None) -> Response:
    """Say what the merchant has with this product."""
    simulator = _enter(product)
    if currency not in (None, simulator.config.currency):
        return error(500, "INVALID_CURRENCY")
    simulator.payers.settle_due()
    with simulator.store.transaction() as tx:
        total = account_balance(tx, simulator.config, product)
    return as_json(200, {"availableBalance": f"{total:f}", "currency": simulator.config.currency})


def _holder(simulator: Simulator, msisdn: str) -> bool:
    """Whether the wallet is active; one nobody has described is."""
    if msisdn in ACCOUNT_HOLDERS:
        known = ACCOUNT_HOLDERS[msisdn]
        if known is not None:
            raise Stop(error(*known))
        return False
    if not msisdn.isdigit():
        raise Stop(error(400, "BAD_REQUEST"))
    row = simulator.store.row("SELECT active FROM wallet WHERE msisdn = ?", msisdn)
    return row is None or bool(row["active"])


@accounts.get("/accountholder/<any(msisdn, MSISDN):kind>/<msisdn>/active")
def active(product: str, kind: str, msisdn: str) -> Response:  # noqa: ARG001
    """Say whether a wallet can pay or be paid."""
    return as_json(200, {"result": _holder(_enter(product), msisdn)})


@accounts.get("/accountholder/<any(msisdn, MSISDN):kind>/<msisdn>/basicuserinfo")
def basic_user_info(product: str, kind: str, msisdn: str) -> Response:  # noqa: ARG001
    """Say whose wallet it is."""
    simulator = _enter(product)
    if not _holder(simulator, msisdn):
        return error(404, "RESOURCE_NOT_FOUND")
    row = simulator.store.row("SELECT * FROM wallet WHERE msisdn = ?", msisdn)
    return as_json(
        200,
        {
            "given_name": (row and row["given_name"]) or "Sand",
            "family_name": (row and row["family_name"]) or "Box",
            "birthdate": "1976-08-13",
            "locale": request.headers.get("Accept-Language", "sv_SE"),
            "gender": "MALE",
            "status": "ACTIVE",
        },
    )
