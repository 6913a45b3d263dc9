"""A month of payments by every rail, as the demo town shows it: taken, banked, read from statements, and reconciled.

Four shops that no phone of the town belongs to pay for themselves, so that the residents' balances stay theirs. Each
day is written as it would have been on that day. Seeded again, nothing changes.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Final

from sqlalchemy import select, text

from core.billing.draft import issuer_of
from core.billing.fulfil import bill_fulfilments
from core.billing.of_statements import bills_of
from core.cash.bank_cash import bank_cash
from core.cash.close_shift import close_shift
from core.cash.models import CashDrawer
from core.cash.open_shift import open_shift
from core.cash.take_cash import take_cash
from core.clock import JUBA, FixedClock
from core.customers.queries import Account, account, account_of_phone
from core.customers.register import register
from core.days import DAY, juba_day
from core.money import Money
from core.parts import Parts
from core.payments.open_intent import open_intent
from core.payments.rails import Rail
from core.payments.settle import settle
from core.staff.models import StaffMember
from core.statements.accounts import AccountWords, NewAccount, open_money_account, set_mapping
from core.statements.claim_payment import claim_payment
from core.statements.mapping import CsvMapping
from core.statements.match_line import match_other
from core.statements.read_import import read_import
from core.statements.receive_file import receive_file

SHOPS: Final = (
    ("+211921000101", "Yei Road Stores"),
    ("+211921000102", "Jebel Clinic"),
    ("+211991000103", "Hai Thoura School"),
    ("+211921000104", "Custom Bakery"),
)
COUSIN: Final = "+237690000101"
DAYS: Final = 28
# rail -> every so many days, beginning with this one
EVERY: Final = {"momo": (2, 0), "orange": (7, 3), "bank": (5, 1), "wallet": (6, 2), "cash": (7, 5)}
# What a provider's portal gives, as the simulators of the town do.
PORTAL: Final = {
    "day": "Date",
    "amount": "Amount",
    "direction": "Type",
    "currency": "Currency",
    "reference": "Id",
    "external_id": "External id",
    "phone": "From",
    "fee": "Fee",
    "status": "Status",
}
BANK: Final = {"day": "Date", "amount": "Amount", "reference": "Reference", "payer": "Payer", "details": "Details"}
# code, kind, name, where to pay to, number in lists, columns
ACCOUNTS: Final = (
    ("kcb", "bank", "KCB Juba", "5501 2345 67", 1, BANK),
    ("m-gurush", "wallet", "m-GURUSH", "0912 555 000", 2, BANK | {"phone": "Phone"}),
    ("orange-money", "orange", "Orange Money", "", None, PORTAL),
    ("mtn-momo", "momo", "MTN MoMo", "", None, PORTAL),
)


# What went out in that month went out then: nobody is prompted or texted today for it.
_LONG_AGO: Final = (
    """
    UPDATE outbox o SET state = 'sent', ended_at = :at FROM payment_intent i
      WHERE o.kind IN ('momo.request', 'momo.note') AND (o.body->>'intent')::bigint = i.id
        AND i.customer_id = ANY(:shops) AND o.state = 'waiting'
    """,
    """
    UPDATE outbox o SET state = 'sent', ended_at = :at FROM text_message m JOIN contact p ON p.phone = m.phone
      WHERE o.kind = 'sms' AND (o.body->>'message')::bigint = m.id AND p.customer_id = ANY(:shops)
        AND o.state = 'waiting'
    """,
    """
    UPDATE text_message m SET state = 'sent', state_at = :at FROM contact p
      WHERE p.phone = m.phone AND p.customer_id = ANY(:shops) AND m.state = 'queued'
    """,
)


@dataclass
class _Month:
    """The month as it is written: what each other side will tell of, a row a movement."""

    parts: Parts
    shops: list[Account]
    accounts: dict[str, int]
    rose: int
    mary: int
    told: dict[str, list[list[str]]] = field(default_factory=dict)
    number: int = 0

    def next(self) -> int:
        """Numbers of theirs, none twice."""
        self.number += 1
        return 700_000 + self.number


def month_of_payments(parts: Parts) -> None:
    """Plant the month, once."""
    with parts.db.reading() as connection:
        if account_of_phone(connection, SHOPS[0][0]) is not None:
            return
    today = juba_day(parts.clock.now())
    first = datetime.combine(today - DAYS * DAY, time(9), JUBA)
    month = _begin(parts, first)
    for day in range(DAYS - 1):
        _one_day(month, first + timedelta(days=day), day)
    read_at = FixedClock(first + timedelta(days=DAYS - 1))
    for code in month.told:
        _read(month, code, read_at)
    _fees(month, read_at.now())
    with parts.db.transaction() as tx:
        for statement in _LONG_AGO:
            tx.execute(text(statement), {"shops": [shop.customer_id for shop in month.shops], "at": read_at.now()})


def _begin(parts: Parts, first: datetime) -> _Month:
    with parts.db.transaction() as tx:
        shops = []
        for phone, name in SHOPS:
            known = register(tx, phone=phone, language="en", script=None, through="staff", now=first, name=name)
            shops.append(account(tx.connection, known.customer_id))
        accounts = {}
        for code, kind, name, pay_to, alias, columns in ACCOUNTS:
            known_id = tx.execute(text("SELECT id FROM money_account WHERE code = :code"), {"code": code}).scalar()
            new = NewAccount(code, kind, "SSP", AccountWords(name, pay_to, alias=alias))
            accounts[code] = known_id or open_money_account(tx, new, now=first)
            signs = "direction" if columns is PORTAL else "signed"
            words = ("payment", "merchant payment")
            set_mapping(tx, accounts[code], CsvMapping(columns=columns, order="ymd", signs=signs, in_words=words))
        staff = dict(tx.execute(select(StaffMember.username, StaffMember.id)).all())
    return _Month(parts, shops, accounts, staff["rose"], staff["mary"])


def _one_day(month: _Month, at: datetime, day: int) -> None:
    """Each rail on days of its own; on a Saturday of theirs notes go to the bank, and the drawer is counted."""
    shop = month.shops[day % len(month.shops)]
    settings = month.parts.settings
    by_orange = settings.orange_mode != "off" and settings.orange_currency == "SSP"
    for rail, (every, on) in EVERY.items():
        if day % every != on:
            continue
        if rail == "momo":
            _by_phone(month, shop, 4_000 + 500 * day, at, None)
        elif rail == "orange" and by_orange:
            _by_phone(month, shop, 9_000, at, Rail("orange-money", settings.orange_base_url or "", "SSP"))
        elif rail == "bank":
            _transfer(month, shop, 20_000 + 1_000 * day, at)
        elif rail == "wallet":
            _by_wallet(month, shop, 7_500, at)
        elif rail == "cash":
            _a_day_at_the_counter(month, at, day)


def _by_phone(month: _Month, shop: Account, pounds: int, at: datetime, rail: Rail | None) -> None:
    amount, parts, number = Money.of(pounds, "SSP"), month.parts, str(month.next())
    payer = shop.main_phone if rail is None else COUSIN
    with parts.db.transaction() as tx:
        opened = open_intent(
            tx,
            request_key=f"demo:{number}",
            customer=account(tx.connection, shop.customer_id),
            payer_phone=payer,
            amount=amount,
            purpose="topup",
            purpose_body={},
            platform=parts.settings.momo_base_url,
            now=at,
            ids=parts.ids,
            rail=rail,
        )
        settle(
            tx,
            intent_id=opened.intent_id,
            provider_reference=number,
            now=at + timedelta(minutes=1),
            why={"with": "the demo data"},
            fulfil=bill_fulfilments(issuer=issuer_of(parts.settings)),
        )
        query = text("SELECT reference FROM payment_intent WHERE id = :id")
        reference = str(tx.execute(query, {"id": opened.intent_id}).scalar_one())
    code, kind = ("mtn-momo", "Payment") if rail is None else ("orange-money", "Merchant Payment")
    fee = str(pounds // 100)
    phone = payer.removeprefix("+")
    _tell(month, code, number, reference, at.isoformat(), "SUCCESSFUL", kind, phone, "", str(pounds), "SSP", fee)


def _transfer(month: _Month, shop: Account, pounds: int, at: datetime) -> None:
    """By the bank, with our reference on it."""
    details = f"internet SB{shop.number}"
    _tell(month, "kcb", f"{at:%Y-%m-%d}", str(pounds), f"FT{month.next()}", shop.name, details)


def _by_wallet(month: _Month, shop: Account, pounds: int, at: datetime) -> None:
    number, parts = f"MG{month.next()}", month.parts
    with parts.db.transaction() as tx:
        claim_payment(
            tx,
            request_key=f"demo:{number}",
            customer=account(tx.connection, shop.customer_id),
            account_id=month.accounts["m-gurush"],
            typed=number,
            said=None,
            phone=shop.main_phone,
            now=at,
            bills=bills_of(issuer_of(parts.settings)),
        )
    _tell(month, "m-gurush", f"{at:%Y-%m-%d}", str(pounds), number, shop.name, "", shop.main_phone)


def _a_day_at_the_counter(month: _Month, at: datetime, day: int) -> None:
    """Rose opens with nothing, takes cash from three shops, banks most of it and counts the rest."""
    parts, banked = month.parts, Money.of(30_000, "SSP")
    with parts.db.transaction() as tx:
        drawer = tx.execute(select(CashDrawer.id).where(CashDrawer.code == "counter")).scalar_one()
        query = text("SELECT coalesce(-sum(balance_minor), 0) FROM ledger_account WHERE code = 'cash:counter:SSP'")
        held = Money(int(tx.execute(query).scalar_one()), "SSP")
        shift = open_shift(
            tx, request_key=f"demo:shift:{day}", drawer_id=drawer, staff_id=month.rose, counted=held, now=at
        )
        for number, shop in enumerate(month.shops[:3]):
            take_cash(
                tx,
                request_key=f"demo:cash:{day}:{number}",
                customer_id=shop.customer_id,
                amount=Money.of(12_000, "SSP"),
                staff_id=month.rose,
                now=at + timedelta(hours=number),
            )
        slip = f"SL{month.next()}"
        bank_cash(
            tx,
            request_key=f"demo:bank:{day}",
            drawer_id=drawer,
            bank_code="kcb",
            amount=banked,
            slip=slip,
            staff_id=month.rose,
            role="cashier",
            now=at + timedelta(hours=5),
        )
        counted = held + Money.of(3 * 12_000, "SSP") - banked
        close_shift(
            tx,
            shift_id=shift.shift_id,
            counted=counted,
            staff_id=month.rose,
            role="cashier",
            now=at + timedelta(hours=8),
        )
    following = at + timedelta(days=1)
    _tell(month, "kcb", f"{following:%Y-%m-%d}", "30000", slip, "CASH DEPOSIT", f"slip {slip}")


def _tell(month: _Month, code: str, *row: str) -> None:
    month.told.setdefault(code, []).append(list(row))


def _read(month: _Month, code: str, at: FixedClock) -> None:
    """The file of an account, read in as staff would upload it."""
    columns = {
        "kcb": ("Date", "Amount", "Reference", "Payer", "Details"),
        "m-gurush": ("Date", "Amount", "Reference", "Payer", "Details", "Phone"),
    }.get(code, ("Id", "External id", "Date", "Status", "Type", "From", "To", "Amount", "Currency", "Fee"))
    parts = month.parts
    rows = [
        *month.told[code],
        *([[f"{at.now():%Y-%m-%d}", "-2500", "CHG", "KCB", "monthly charge"]] if code == "kcb" else []),
    ]
    content = io.BytesIO(_csv([columns, *rows]))
    with parts.db.transaction() as tx:
        import_id = receive_file(
            tx,
            account_id=month.accounts[code],
            file_name=f"{code}.csv",
            content=content,
            staff_id=month.mary,
            now=at.now(),
        )
    read_import(parts.db, import_id, clock=at, bills=bills_of(issuer_of(parts.settings)))


def _csv(rows: Sequence[Sequence[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


def _fees(month: _Month, now: datetime) -> None:
    """What Mary finds at the end: charges of the bank, and of the providers where their files tell of them apart."""
    with month.parts.db.transaction() as tx:
        open_lines = text(
            "SELECT id FROM statement_line WHERE amount_minor < 0 AND matched_minor < abs(amount_minor) "
            "AND explained IS NULL ORDER BY id"
        )
        for line_id in tx.execute(open_lines).scalars().all():
            match_other(
                tx,
                request_key=f"demo:fee:{line_id}",
                line_id=line_id,
                what="fee",
                amount=None,
                why="charges of the month",
                staff_id=month.mary,
                now=now,
            )
