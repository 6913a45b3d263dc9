"""The demo town's people, plans, routers and staff. Run again it changes nothing but addresses that moved.

The one part of the sandbox that uses the product: by the same use cases as everyone.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert as upsert

from core.billing.draft import issuer_of
from core.billing.run import bill_due
from core.cash.take_cash import take_cash
from core.catalog.models import PlanVersion
from core.catalog.set_price import open_plan, set_version
from core.customers.models import Contact, Customer, PhoneNetwork
from core.customers.register import register
from core.days import juba_day
from core.db.engine import Database, Transaction
from core.money import Money
from core.network.models import RouterRow
from core.owners.models import WifiOwner
from core.parts import Parts, assemble
from core.settings import load
from core.staff.add import add_member
from core.staff.models import StaffMember
from core.staff.roles import Role
from core.staff.set_phone import set_phone
from core.tokens.models import Hotspot
from sandbox.seed_keys import api_key
from sandbox.seed_monthly import monthly
from sandbox.seed_payments import month_of_payments
from supervisor.errors import CannotRunError

HOUR: Final = 3600
DAY: Final = 24 * HOUR
# code, alias, seconds, bytes, down, up (kbit/s), devices, price in pounds
PLANS: Final = (
    ("1H", 1, HOUR, None, 2000, 512, 1, 300),
    ("3H", 2, 3 * HOUR, None, 2000, 512, 1, 700),
    ("1D", 3, DAY, None, 3000, 1000, 1, 1500),
    ("1W", 4, 7 * DAY, None, 3000, 1000, 2, 8000),
    ("1M", 5, 30 * DAY, None, 4000, 1000, 2, 28000),
    ("500MB", 6, 3 * DAY, 500_000_000, 5000, 1000, 1, 1000),
    ("2GB", 7, 7 * DAY, 2_000_000_000, 5000, 1000, 2, 3500),
)
NETWORKS: Final = (
    ("mtn", "MTN South Sudan", "arabic"),
    ("zain", "Zain", "arabic"),
    ("digitel", "Digitel", "latin"),
    ("gemtel", "Gemtel", "latin"),
    ("sudani", "Sudani", "arabic"),
)
# phone, name, language, script, opening cash in pounds
CUSTOMERS: Final = (
    ("+211921000001", "Achol Deng", "en", None, 5000),
    ("+211921000002", "أشول دينق", "ar", "arabic", 2500),
    ("+211981000003", "Nyandeng Kuol", "ar", "latin", 0),
    ("+211911000004", "Majok Garang", "en", None, 0),
    ("+211991000005", "Deng Wi-Fi", "en", None, 0),
    ("+211921000006", "واي فاي مريم", "ar", "arabic", 0),
    ("+211921000007", "Rejaf Traders", "en", None, 0),
    ("+211921000008", "منظمة النيل", "ar", "arabic", 0),
)
# router, code on the poster, SSID, place, owner's phone
HOTSPOTS: Final = (
    ("juba-town", 11, "Juba Town Wi-Fi", "Juba Town, market", "+211991000005"),
    ("munuki", 12, "Munuki Net", "Munuki, block C", "+211921000006"),
)
AREAS: Final = {"juba-town": "Juba Town", "munuki": "Munuki"}
TECHNICIAN_PHONE: Final = "+211921000090"  # texted when a router is unplugged for long
# role, username, name, language
STAFF: Final[tuple[tuple[Role, str, str, str], ...]] = (
    ("admin", "admin", "Akol Admin", "en"),
    ("manager", "mary", "Mary Keji", "en"),
    ("cashier", "rose", "روز لادو", "ar"),
    ("technician", "gatluak", "Gatluak Riek", "en"),
)


def seed(environ: Mapping[str, str]) -> None:
    """Plant the town and write `demo.json`, so that a program can find its way.

    Raises:
        CannotRunError: the database is a real installation's; nothing was changed.
    """
    home = Path(environ["SHABAKA_HOME"])
    town: dict[str, Any] = json.loads((home / "sandbox.json").read_text(encoding="utf-8"))
    parts = assemble(load(environ), ring=lambda _bell: None, pool_size=1)
    refuse_a_real_one(parts.db)
    passwords = _passwords(home, parts)
    with parts.db.transaction() as tx:
        networks_and_plans(tx, parts)
        staff_id = staff(tx, parts, passwords)
        _customers(tx, parts, staff_id)
        routers(tx, parts, town["routers"])
        monthly(tx, parts, staff_id)
        demo = _demo(tx, town, passwords) | {"api_key": api_key(tx, parts, home)}
    month_of_payments(parts)
    now = parts.clock.now()  # what the offices owe by now: their service began some weeks ago
    bill_due(parts.db, day=juba_day(now), issuer=issuer_of(parts.settings), now=now)
    residents = [
        {"phone": phone, "name": name, "language": language} for phone, name, language, _script, _cash in CUSTOMERS
    ]
    if town.get("customers") != residents:
        _write(home / "sandbox.json", town | {"customers": residents})
    _write(home / "demo.json", demo)


def refuse_a_real_one(db: Database) -> None:
    """Keep a demo out of a database that others made: a shell may hold the DATABASE_URL of a real installation.

    The opening cash of the first resident stands in every town that was ever planted, and cannot be taken out again.

    Raises:
        CannotRunError: somebody lives there whom no demo brought.
    """
    with db.reading() as connection:
        if connection.execute(text("SELECT to_regclass('receipt')")).scalar() is None:
            return
        people = (
            "SELECT EXISTS (SELECT FROM customer) OR EXISTS (SELECT FROM staff_member) OR EXISTS (SELECT FROM router)"
        )
        ours = text("SELECT EXISTS (SELECT FROM receipt WHERE provider = 'cash' AND provider_reference = :opening)")
        opening = {"opening": _opening_key(CUSTOMERS[0][0])}
        if connection.execute(text(people)).scalar() and not connection.execute(ours, opening).scalar():
            raise CannotRunError(
                "This database belongs to a real installation and was left as it is: "
                "unset DATABASE_URL for the demo, or run without it."
            )


def _opening_key(phone: str) -> str:
    return f"opening:{phone}"


def networks_and_plans(tx: Transaction, parts: Parts) -> None:
    """Operators, and what is on sale."""
    for code, name, script in NETWORKS:
        tx.execute(upsert(PhoneNetwork).values(code=code, name=name, script=script).on_conflict_do_nothing())
    now = parts.clock.now()
    for code, alias, seconds, data, down, up, devices, pounds in PLANS:
        plan_id = open_plan(tx, code=code, alias=alias)
        if tx.execute(select(func.count()).where(PlanVersion.plan_id == plan_id)).scalar():
            continue
        set_version(
            tx,
            code=code,
            valid_from=now - timedelta(days=1),
            duration_s=seconds,
            data_bytes=data,
            down_kbps=down,
            up_kbps=up,
            devices_max=devices,
            price=Money.of(pounds, "SSP"),
        )


def staff(tx: Transaction, parts: Parts, passwords: Mapping[str, str]) -> int:
    """Add who is missing; the id of the manager, who took the opening cash."""
    for role, username, name, language in STAFF:
        known = tx.execute(select(StaffMember.id).where(StaffMember.username == username)).scalar()
        if known is None:
            add_member(
                tx,
                username=username,
                name=name,
                role=role,
                language=language,
                password=passwords[username],
                now=parts.clock.now(),
                ids=parts.ids,
            )
            if role == "technician":
                set_phone(tx, username=username, typed=TECHNICIAN_PHONE, now=parts.clock.now(), by=None)
    return int(tx.execute(select(StaffMember.id).where(StaffMember.username == "mary")).scalar_one())


def _customers(tx: Transaction, parts: Parts, staff_id: int) -> None:
    now = parts.clock.now()
    for phone, name, language, script, cash in CUSTOMERS:
        registered = register(tx, phone=phone, language=language, script=script, through="staff", now=now, name=name)
        if cash and not registered.again:
            take_cash(
                tx,
                request_key=_opening_key(phone),
                customer_id=registered.customer_id,
                amount=Money.of(cash, "SSP"),
                staff_id=staff_id,
                now=now,
            )


def routers(tx: Transaction, parts: Parts, described: list[dict[str, Any]]) -> None:
    """The routers where they are reached now, and their networks."""
    for router in described:
        reached = {
            "host": "127.0.0.1",
            "port": router["port"],
            "username": router["user"],
            "password_sealed": parts.sealer.seal(router["password"]),
        }
        fresh = upsert(RouterRow).values(
            name=router["name"],
            area=AREAS.get(router["name"], ""),
            **reached,
            full_sync_due_at=parts.clock.now(),
            failures=0,
        )
        tx.execute(fresh.on_conflict_do_update(index_elements=[RouterRow.name], set_=reached))
    for router_name, code, ssid, place, owner_phone in HOTSPOTS:
        owner_id = tx.execute(select(Contact.customer_id).where(Contact.phone == owner_phone)).scalar_one()
        tx.execute(
            upsert(WifiOwner).values(customer_id=owner_id, signed_up_at=parts.clock.now()).on_conflict_do_nothing()
        )
        tx.execute(
            upsert(Hotspot)
            .values(
                code=code,
                ssid=ssid,
                place=place,
                owner_id=owner_id,
                router_id=select(RouterRow.id).where(RouterRow.name == router_name).scalar_subquery(),
            )
            .on_conflict_do_nothing(index_elements=[Hotspot.code])
        )


def addresses(town: Mapping[str, Any]) -> dict[str, Any]:
    """Where everything of the town is reached, as `demo.json` tells it."""
    control = f"http://127.0.0.1:{town['town_port']}"
    return {
        "web": town["web"],
        "key": town["key"],
        "aggregator": f"http://127.0.0.1:{town['aggregator_port']}",
        "momo": f"http://127.0.0.1:{town['momo_port']}",
        "orange": f"http://127.0.0.1:{town['orange_port']}",
        "town": control,
        "routers": [
            {
                "name": router["name"],
                "host": "127.0.0.1",
                "port": router["port"],
                "user": router["user"],
                "password": router["password"],
                "control": control,  # their state and their acts
            }
            for router in town["routers"]
        ],
    }


def _demo(tx: Transaction, town: Mapping[str, Any], passwords: Mapping[str, str]) -> dict[str, Any]:
    numbers = dict(
        tx.execute(select(Contact.phone, Customer.number).join(Customer, Customer.id == Contact.customer_id)).all()
    )
    owners = {owner for *_rest, owner in HOTSPOTS}
    return {
        **addresses(town),
        "staff": [
            {"role": role, "username": username, "password": passwords[username]}
            for role, username, _name, _language in STAFF
        ],
        "customers": [
            {"phone": phone, "name": name, "language": language, "account": numbers[phone]}
            for phone, name, language, _script, _cash in CUSTOMERS
            if phone not in owners
        ],
        "owners": [
            {
                "phone": phone,
                "name": name,
                "hotspots": [
                    {"code": code, "ssid": ssid, "router": router}
                    for router, code, ssid, _place, owner in HOTSPOTS
                    if owner == phone
                ],
            }
            for phone, name, *_rest in CUSTOMERS
            if phone in owners
        ],
        "service_code": town["service_code"],
        "short_code": town["short_code"],
    }


def _passwords(home: Path, parts: Parts) -> dict[str, str]:
    """Fresh passwords at the first seeding; afterwards those of `demo.json`, which is their only copy in clear."""
    try:
        demo = json.loads((home / "demo.json").read_text(encoding="utf-8"))
        known = {member["username"]: member["password"] for member in demo["staff"]}
    except (OSError, ValueError, KeyError):
        known = {}
    passwords = {username: known.get(username) or parts.ids.typeable(12) for _role, username, *_rest in STAFF}
    if not known:  # written before the database has them: a cut in between must not lock everyone out
        _write(
            home / "demo.json", {"staff": [{"username": name, "password": word} for name, word in passwords.items()]}
        )
    return passwords


def _write(path: Path, content: Mapping[str, Any]) -> None:
    fresh = path.with_suffix(".new")
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:  # noqa: PTH123 - the mode must stand before the first byte
        json.dump(content, file, ensure_ascii=False, indent=1)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
