"""Charging those who agreed to it and whose balance is low: announced by a text first, and never twice at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection, select, text, update

from core.clock import JUBA
from core.customers.queries import Account, account
from core.days import first_of_month, juba_day, start_of_day
from core.db.engine import Database, Transaction
from core.errors import Refusal
from core.ids import Ids
from core.logs import log
from core.messaging.models import SilencedPhone
from core.money import Money
from core.payments.open_intent import open_intent
from core.payouts.auto_top_up import end_consent, tell_consent
from core.payouts.limits import CHARGE_AGAIN_AFTER, CHARGE_NOT_AFTER, CHARGE_NOT_BEFORE, DAYTIME_HOURS
from core.payouts.models import PreApproval

LOG = log("payouts.run_auto_top_ups")

# Whether a customer's next renewal is not covered: (connection, account, now). Wired at the edge: bills are
# another room.
RenewalLacks = Callable[[Connection, Account, datetime], bool]

# Agreed ones whose balance is below the mark, or that were told of a charge, or that are over.
_CANDIDATES: Final = text("""
    SELECT p.id FROM pre_approval p JOIN customer c ON c.id = p.customer_id
    JOIN ledger_account a ON a.id = c.wallet_id
    WHERE p.state = 'agreed'
      AND (p.announced_at IS NOT NULL OR p.valid_until <= :now OR a.balance_minor < p.below_minor OR :renewals)
    ORDER BY p.id
""")
# The charges of a consent: how many this month, the last, and whether one is on its way or unknown. By all of them,
# paid or not: each was a prompt, or a try at the wallet.
_CHARGES: Final = text("""
    SELECT count(*) FILTER (WHERE created_at >= :month) AS this_month, max(created_at) AS last_at,
           count(*) FILTER (WHERE state IN ('created', 'submitted', 'unknown')) AS open
    FROM payment_intent
    WHERE customer_id = :customer AND purpose = 'topup' AND purpose_body = jsonb_build_object('pre_approval', :consent)
""")


def no_renewals(_connection: Connection, _customer: Account, _now: datetime) -> bool:
    """Only the balance counts."""
    return False


def run_auto_top_ups(
    db: Database, *, now: datetime, platform: str, ids: Ids, renewal_lacks: RenewalLacks = no_renewals
) -> tuple[int, int]:
    """Announce what is to be charged, and charge what was announced long enough ago. How many of each.

    By day only. Each consent is a transaction under a lock of its row; one that fails holds up no other. `platform`:
    the one our collector speaks to.
    """
    values = {"now": now, "renewals": renewal_lacks is not no_renewals}
    with db.reading() as connection:
        consents = connection.execute(_CANDIDATES, values).scalars().all()
    announced = charged = 0
    for consent_id in consents:
        try:
            did = db.run(
                partial(_one, consent_id=consent_id, now=now, platform=platform, ids=ids, renewal_lacks=renewal_lacks)
            )
        except (
            Refusal
        ) as refusal:  # a prompt waits, the phone is full, the account was stopped: the next run looks again
            LOG.info("not topped up now", pre_approval=consent_id, why=type(refusal).__name__)
        except Exception:
            LOG.exception("not topped up", pre_approval=consent_id)
        else:
            announced += did == "announced"
            charged += did == "charged"
    return announced, charged


def _one(
    tx: Transaction, *, consent_id: int, now: datetime, platform: str, ids: Ids, renewal_lacks: RenewalLacks
) -> str:
    query = select(PreApproval).where(PreApproval.id == consent_id, PreApproval.state == "agreed")
    row = tx.execute(query.with_for_update(skip_locked=True)).mappings().first()
    if row is None:
        return "ended, or another run is at it"
    if row["valid_until"] <= now or row["platform"] != platform or _said_stop(tx, row):
        end_consent(tx, row, "ended", now)
        return "ended"
    customer = account(tx.connection, row["customer_id"])
    low = customer.balance < Money(row["below_minor"], row["currency"]) or renewal_lacks(tx.connection, customer, now)
    charges = _charges(tx, row, now)
    may_charge = (
        low
        and customer.status == "active"
        and not charges.open
        and charges.this_month < row["times_a_month_max"]
        and (charges.last_at is None or now - charges.last_at >= CHARGE_AGAIN_AFTER)
    )
    if not may_charge:
        _set_announced(tx, row, None)
        return "nothing to charge"
    if now.astimezone(JUBA).hour not in DAYTIME_HOURS:
        return "not at night"
    told = row["announced_at"]
    if told is None or now - told > CHARGE_NOT_AFTER:
        tell_consent(tx, row, "auto_top_up_soon", now, key=f":{now.isoformat()}")
        _set_announced(tx, row, now)
        return "announced"
    if now - told < CHARGE_NOT_BEFORE:
        return "announced before"
    return _charge(tx, row, customer, charges.this_month, now, platform, ids)


def _charge(
    tx: Transaction, row: Any, customer: Account, charged_before: int, now: datetime, platform: str, ids: Ids
) -> str:
    open_intent(
        tx,
        request_key=f"auto:{row['id']}:{first_of_month(juba_day(now)):%Y-%m}:{charged_before + 1}",
        customer=customer,
        payer_phone=row["phone"],
        amount=Money(row["amount_minor"], row["currency"]),
        purpose="topup",
        purpose_body={"pre_approval": row["id"]},
        platform=platform,
        now=now,
        ids=ids,
    )
    _set_announced(tx, row, None)
    return "charged"


def _said_stop(tx: Transaction, row: Any) -> bool:
    """Whether the phone said STOP after it was told of a charge: it meant the charge."""
    if row["announced_at"] is None:
        return False
    phones = {row["phone"], account(tx.connection, row["customer_id"]).main_phone}
    query = select(SilencedPhone.phone).where(
        SilencedPhone.phone.in_(phones), SilencedPhone.since >= row["announced_at"]
    )
    return tx.execute(query).first() is not None


def _charges(tx: Transaction, row: Any, now: datetime) -> Any:
    month = start_of_day(first_of_month(juba_day(now)))
    return tx.execute(_CHARGES, {"customer": row["customer_id"], "consent": row["id"], "month": month}).one()


def _set_announced(tx: Transaction, row: Any, at: datetime | None) -> None:
    if row["announced_at"] != at:
        tx.execute(update(PreApproval).where(PreApproval.id == row["id"]).values(announced_at=at))
