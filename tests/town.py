"""The cast, and what they need to live: used by stories that begin in the middle."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy import insert, select, text
from sqlalchemy.dialects.postgresql import insert as upsert
from werkzeug.serving import make_server

from api import callbacks, health
from core import schema
from core.callers.queries import CALLER, CallerFacts
from core.cash.take_cash import take_cash
from core.catalog.set_price import open_plan, set_version
from core.customers.models import PhoneNetwork
from core.customers.queries import Account, account
from core.customers.register import register
from core.db.quick import QuickStatements
from core.integrity import all_faults
from core.messaging.models import TextMessage
from core.money import Money
from core.network.models import RouterRow
from core.owners.models import WifiOwner
from core.parts import Parts
from core.staff.models import StaffMember
from core.tokens.models import Hotspot
from sms_bot import africastalking as sms_africastalking
from sms_bot.converse import Conversations
from ussd import africastalking as ussd_africastalking
from ussd.hop import Hops
from ussd.memory import Memory as UssdMemory
from ussd.sessions import STATEMENTS as SESSION_STATEMENTS

ACHOL = "+211921234567"
DENG = "+211991234567"
ZAIN_CALLER = "+211911234567"
DIGITEL_CALLER = "+211981234567"
KIDEN = "+211929999999"
HOUR = 3600
CONNECTIONS = 4  # as the web process has


@dataclass
class Town:
    """Ids by name."""

    parts: Parts
    achol: Account
    deng: Account
    staff: dict[str, int] = field(default_factory=dict)
    routers: dict[str, int] = field(default_factory=dict)
    hotspots: dict[str, int] = field(default_factory=dict)
    plans: dict[str, int] = field(default_factory=dict)

    def again(self, parts: Parts) -> Town:
        """The same for another story: what it adds to the lists is its own."""
        return replace(
            self,
            parts=parts,
            staff=dict(self.staff),
            routers=dict(self.routers),
            hotspots=dict(self.hotspots),
            plans=dict(self.plans),
        )

    def balance(self, who: Account) -> Money:
        with self.parts.db.reading() as connection:
            return account(connection, who.customer_id).balance

    def account_of(self, name: str) -> Account:
        """Somebody's account as it stands now."""
        with self.parts.db.reading() as connection:
            return account(connection, {"achol": self.achol, "deng": self.deng}[name].customer_id)

    def give(self, who: Account, pounds: int, key: str = "gift") -> None:
        """Put cash on somebody's balance."""
        with self.parts.db.transaction() as tx:
            take_cash(
                tx,
                request_key=key,
                customer_id=who.customer_id,
                amount=Money.of(pounds, "SSP"),
                staff_id=self.staff["mary"],
                now=self.parts.clock.now(),
            )


def plant(parts: Parts) -> Town:
    now = parts.clock.now()
    with parts.db.transaction() as tx:
        for code, name, script in (
            ("mtn", "MTN", "arabic"),
            ("zain", "Zain", "arabic"),
            ("digitel", "Digitel", "latin"),
        ):
            tx.execute(
                upsert(PhoneNetwork)
                .values(code=code, name=name, script=script)
                .on_conflict_do_update(index_elements=["code"], set_={"name": name, "script": script})
            )
        ids = {}
        for name, phone in (("Achol", ACHOL), ("Deng", DENG)):
            ids[name] = register(
                tx, phone=phone, language="en", script=None, through="staff", now=now, name=name
            ).customer_id
        town = Town(parts, account(tx.connection, ids["Achol"]), account(tx.connection, ids["Deng"]))
        for username, role in (("mary", "manager"), ("gatluak", "technician")):
            town.staff[username] = tx.execute(
                insert(StaffMember)
                .values(
                    username=username,
                    name=username.title(),
                    role=role,
                    language="en",
                    password_hash="-",
                    session_mark="-",
                    active=True,
                    added_at=now,
                )
                .returning(StaffMember.id)
            ).scalar_one()
        for name, port in (("juba-town", 1), ("munuki", 2)):
            town.routers[name] = tx.execute(
                insert(RouterRow)
                .values(
                    name=name,
                    host="127.0.0.1",
                    port=port,
                    username="api",
                    password_sealed=parts.sealer.seal("router-password"),
                    full_sync_due_at=now,
                    failures=0,
                )
                .returning(RouterRow.id)
            ).scalar_one()
        tx.execute(insert(WifiOwner).values(customer_id=ids["Deng"], signed_up_at=now))
        for code, (ssid, router) in enumerate((("Juba Town Wi-Fi", "juba-town"), ("Munuki Net", "munuki")), 11):
            town.hotspots[ssid] = tx.execute(
                insert(Hotspot)
                .values(
                    code=code,
                    ssid=ssid,
                    place=ssid,
                    owner_id=ids["Deng"],
                    router_id=select(RouterRow.id).where(RouterRow.name == router).scalar_subquery(),
                )
                .returning(Hotspot.id)
            ).scalar_one()
        for plan_code, alias, seconds, data, pounds in (
            ("1H", 1, HOUR, None, 300),
            ("3H", 2, 3 * HOUR, None, 700),
            ("1D", 3, 24 * HOUR, None, 1500),
            ("1W", 4, 168 * HOUR, None, 8000),
            ("1M", 5, 720 * HOUR, None, 28000),
            ("2GB", 7, 168 * HOUR, 2_000_000_000, 3500),
        ):
            open_plan(tx, code=plan_code, alias=alias)
            town.plans[plan_code] = set_version(
                tx,
                code=plan_code,
                valid_from=now - timedelta(days=1),
                duration_s=seconds,
                data_bytes=data,
                down_kbps=2000,
                up_kbps=512,
                devices_max=1,
                price=Money.of(pounds, "SSP"),
            )
    return town


@contextmanager
def doors(parts: Parts, redis_url: str) -> Iterator[Flask]:
    """The doors for phones and machines, as wsgi.py wires them; the staff's own is tested with it."""
    redis = Redis.from_url(
        redis_url, decode_responses=True, socket_timeout=2, socket_connect_timeout=2, retry=Retry(NoBackoff(), 1)
    )
    app = Flask("doors", static_folder=None)
    app.config.update(MAX_CONTENT_LENGTH=64 * 1024)
    quick = QuickStatements(
        parts.settings.database_url, {"caller": CALLER, **SESSION_STATEMENTS}, connections=CONNECTIONS
    )
    facts = CallerFacts(parts, quick)
    app.register_blueprint(ussd_africastalking.create_blueprint(parts, Hops(parts, UssdMemory(redis), facts, quick)))
    conversations = Conversations(parts, facts)
    app.register_blueprint(sms_africastalking.create_blueprint(parts, conversations))
    app.register_blueprint(callbacks.create_blueprint(parts))
    app.register_blueprint(health.create_blueprint(parts, redis))
    yield app
    quick.close()
    redis.close()


@contextmanager
def served(app: Any) -> Iterator[str]:
    """An application on a port of its own."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@dataclass
class Call:
    """A USSD session as a gateway plays it: `text` grows by what is typed."""

    client: FlaskClient
    key: str
    phone: str = ACHOL
    session: str = "ATUid_1"
    text: str = ""

    def hop(self, typed_so_far: str, **fields: str) -> str:
        """One callback; the body of the answer."""
        form = {
            "sessionId": self.session,
            "phoneNumber": self.phone,
            "serviceCode": "*384*77#",
            "networkCode": "65902",
            "text": typed_so_far,
        }
        answer = self.client.post(f"/ussd/africastalking/{self.key}", data=form | fields)
        assert answer.status_code == 200, answer.text
        assert answer.text.startswith(("CON ", "END ")), answer.text
        self.text = typed_so_far
        return answer.text

    def dial(self, *behind_the_code: str) -> str:
        """The first hop."""
        return self.hop("*".join(behind_the_code))

    def press(self, *typed: str) -> str:
        """Answer screens one by one; the last screen."""
        screen = ""
        for one in typed:
            screen = self.hop(f"{self.text}*{one}" if self.text else one)
        return screen


def snapshot(parts: Parts, *, besides: Sequence[str] = ()) -> dict[str, Any]:
    """Every table's rows as one figure each, to see that nothing changed."""
    with parts.db.reading() as connection:
        return {
            name: connection.execute(
                text(f"SELECT count(*), md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM {name} t")
            ).one()
            for name in schema.METADATA.tables
            if name not in besides
        }


def count(parts: Parts, table: str, where: str = "true", **values: Any) -> int:
    """How many rows a table has."""
    with parts.db.reading() as connection:
        return int(connection.execute(text(f"SELECT count(*) FROM {table} WHERE {where}"), values).scalar_one())


def texts_to(parts: Parts, phone: str) -> list[tuple[str, str]]:
    """The texts queued for a phone, oldest first: template and what staff may read of it."""
    with parts.db.reading() as connection:
        rows = connection.execute(
            select(TextMessage.template, TextMessage.shown).where(TextMessage.phone == phone).order_by(TextMessage.id)
        )
        return [(row.template, row.shown) for row in rows]


def everything_agrees(parts: Parts) -> None:
    """What `shabaka check` holds against each other is in order."""
    with parts.db.reading() as connection:
        assert all_faults(connection, parts.clock.now()) == []
