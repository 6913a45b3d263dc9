"""Reading the facts of a caller: one statement a hop, and what all callers share kept for a few seconds."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, or_, select

from core.billing.draft import issuer_of
from core.callers.facts import (
    OWES_NOTHING,
    BillFact,
    CustomerFact,
    Facts,
    HotspotFact,
    PayToFact,
    PlanFact,
    SellerFact,
    SellingFact,
    SellingNotReadError,
    ServiceFact,
    TariffFact,
    TokenFact,
    UsageFact,
    UsageNotReadError,
)
from core.callers.selling_facts import selling_of
from core.callers.usage_facts import usage_of
from core.catalog.models import PlanVersion
from core.catalog.queries import Offer, offers
from core.catalog.tariffs import TariffTerms, tariff_book
from core.catalog.taxes import HOME_CURRENCY
from core.customers.models import PhoneNetwork
from core.customers.queries import DEFAULT_SCRIPT
from core.days import juba_day
from core.db.quick import QuickStatements
from core.languages import Script, tongue_of
from core.money import Money
from core.network.models import RouterRow
from core.network.outages import open_outages
from core.owners.seller_views import SellerView, sellers
from core.parts import Parts
from core.phones import operator_of
from core.statements.models import MoneyAccount
from core.tokens.models import Hotspot

T = TypeVar("T")
KEPT: Final = timedelta(seconds=5)  # a new price is on every screen this much later; a sale checks it anyway
TOKENS_MAX: Final = 9
SERVICES_MAX: Final = 3

# name -> (types, SQL) for `core.db.quick`: everything about one caller, on a day, in one statement. Who has no bills
# and no services pays for two looks into an index. Each further node of the plan costs every caller some
# microseconds, rows or not: so tariffs come from what is shared, and sums and order are made here. The last two terms
# of a service are the one it is on, and the one it was on before or the one agreed on for later.
CALLER: Final = (
    "text, date",
    f"""
SELECT c.id, c.number, c.name, c.status, c.language, c.script, a.balance_minor, a.currency,
  (SELECT json_agg(t) FROM (
     SELECT k.id, h.ssid, g.username, g.status, g.duration_s, g.data_bytes, g.used_bytes,
            extract(epoch FROM g.ends_at) AS ends, h.router_id, g.down_kbps, g.up_kbps, k.plan_version_id,
            extract(epoch FROM g.paused_at) AS paused
     FROM token k JOIN access_grant g ON g.id = k.grant_id JOIN hotspot h ON h.id = k.hotspot_id
     WHERE k.recipient_phone = $1 AND g.status IN ('waiting', 'running', 'paused')
     ORDER BY k.id DESC LIMIT {TOKENS_MAX}) t),
  (SELECT hotspot_id FROM token WHERE recipient_phone = $1 ORDER BY id DESC LIMIT 1),
  (SELECT json_agg(json_build_array(d.due_on, d.due_minor))
     FROM invoice_due d WHERE d.customer_id = c.id AND d.due_minor > 0),
  (SELECT json_agg(json_build_array(u.id, u.number, u.state, u.pay, u.next_bill_on,
            ARRAY(SELECT json_build_array(m.tariff_id, m.from_day > $2) FROM subscription_term m
                  WHERE m.subscription_id = u.id ORDER BY m.from_day DESC LIMIT 2), u.router_id))
     FROM subscription u WHERE u.customer_id = c.id AND u.state <> 'terminated')
FROM contact p JOIN customer c ON c.id = p.customer_id JOIN ledger_account a ON a.id = c.wallet_id
WHERE p.phone = $1
""",
)


# Where people pay by themselves, by the number each has in the list.
_PAY_TO: Final = (
    select(MoneyAccount.id, MoneyAccount.alias, MoneyAccount.kind, MoneyAccount.name, MoneyAccount.pay_to)
    .where(
        MoneyAccount.alias.is_not(None),
        MoneyAccount.pay_to.is_not(None),
        MoneyAccount.kind.in_(("bank", "wallet")),
        MoneyAccount.closed_at.is_(None),
    )
    .order_by(MoneyAccount.alias)
)


_PAUSABLE: Final = select(PlanVersion.id).where(PlanVersion.pauses_max > 0)


@dataclass(frozen=True, slots=True)
class _Shared:
    """What every caller is told alike."""

    until: datetime
    plans: tuple[PlanFact, ...]
    hotspots: tuple[HotspotFact, ...]
    tariffs: tuple[TariffFact, ...]
    book: dict[int, TariffTerms]  # also those no longer sold: by the newest version, for what never changes
    scripts: dict[str, Script]
    pay_to: tuple[PayToFact, ...]
    down: dict[int, datetime]  # routers that are down, and since when
    pausable: frozenset[int]  # versions of plans whose tokens may stand still
    sellers: dict[int, SellerFact]  # Wi-Fi owners and helpers, by customer: so nobody else pays for looking


class CallerFacts:
    """Reads facts for the doors of one process."""

    def __init__(self, parts: Parts, quick: QuickStatements, *, kept: timedelta = KEPT) -> None:
        self._parts = parts
        self._quick = quick
        self._kept = kept
        self._shared: _Shared | None = None
        self._lock = threading.Lock()

    def freshen(self, now: datetime) -> None:
        """Read what all callers share, for a `read` at the same `now` inside a transaction.

        There it would ask the pool for a second connection: transactions that hold all of them would wait for ever.
        """
        self._shared_facts(now)

    def read(self, phone: str, now: datetime) -> Facts:
        """The facts of the caller behind an E.164 phone, as they are committed."""
        return self._read(phone, now, self._shared_facts(now))

    def read_as_of(self, phone: str, now: datetime, since: datetime) -> Facts:
        """The facts for walking a session again: the caller as they are now, the shop as it was when it began.

        So a price that changed since is refused when it is paid, instead of being agreed to unseen.
        """
        with self._parts.db.reading() as connection:
            # Older by what may have been kept: a screen never showed anything older than this.
            shared = self._read_shared(connection, since - self._kept)
        return self._read(phone, now, shared)

    def told(self, facts: Facts, turn_of: Callable[[Facts], T], connection: Connection | None = None) -> T:
        """What a step makes of the facts; with usage or sales, where it needs them. A step does nothing by itself.

        Within a transaction these are read by its `connection`: see `freshen`.
        """
        while True:
            try:
                return turn_of(facts)
            except UsageNotReadError:
                facts = replace(facts, usage_read=self._further(self._usage, facts, connection))
            except SellingNotReadError:
                facts = replace(facts, selling_read=self._further(self._selling, facts, connection))

    def _further(self, read: Callable[[Facts, Connection], T], facts: Facts, connection: Connection | None) -> T:
        if connection is not None:
            return read(facts, connection)
        with self._parts.db.reading() as reading:
            return read(facts, reading)

    def _usage(self, facts: Facts, connection: Connection) -> tuple[UsageFact, ...]:
        if facts.customer is None or not facts.services:
            return ()
        issuer = issuer_of(self._parts.settings)
        return usage_of(connection, customer_id=facts.customer.customer_id, issuer=issuer, now=facts.now)

    @staticmethod
    def _selling(facts: Facts, connection: Connection) -> SellingFact:
        if facts.customer is None or facts.seller is None:
            return SellingFact(())
        customer_id, is_owner = facts.customer.customer_id, facts.seller.is_owner
        return selling_of(connection, customer_id=customer_id, is_owner=is_owner, now=facts.now)

    def _read(self, phone: str, now: datetime, shared: _Shared) -> Facts:
        script = shared.scripts.get(operator_of(phone) or "", DEFAULT_SCRIPT)
        rows = self._quick.rows("caller", (phone, juba_day(now)))
        customer, tongue = None, tongue_of("en", None)
        tokens: tuple[TokenFact, ...] = ()
        hotspots = shared.hotspots
        bill = OWES_NOTHING
        services: tuple[ServiceFact, ...] = ()
        if rows:
            id_, number, name, status, language, own_script, balance, currency, token_rows, last_hotspot = rows[0][:10]
            bill, services = _bill(rows[0][10], juba_day(now)), _services(rows[0][11], shared)
            customer = CustomerFact(id_, number, name, status, Money(balance, currency))
            tongue = tongue_of(language, own_script, script)
            tokens = tuple(_token(token, shared) for token in token_rows or ())
            if last_hotspot is not None and len(hotspots) > 1:
                hotspots = tuple(sorted(hotspots, key=lambda spot: spot.hotspot_id != last_hotspot))
        return Facts(
            phone=phone,
            tongue=tongue,
            network_script=script,
            customer=customer,
            plans=shared.plans,
            hotspots=hotspots,
            tokens=tokens,
            service_code=self._parts.settings.service_code,
            short_code=self._parts.settings.short_code,
            now=now,
            bill=bill,
            services=services,
            tariffs=shared.tariffs,
            pay_to=shared.pay_to,
            orange_country=self._parts.settings.orange_country,
            seller=shared.sellers.get(customer.customer_id) if customer else None,
        )

    def _shared_facts(self, now: datetime) -> _Shared:
        shared = self._shared
        if shared is not None and shared.until > now:
            return shared
        with self._lock:  # one thread reads, the others of this process then find it fresh
            if self._shared is not None and self._shared.until > now:
                return self._shared
            with self._parts.db.reading() as connection:
                self._shared = self._read_shared(connection, now)
            return self._shared

    def _read_shared(self, connection: Connection, now: datetime) -> _Shared:
        down = open_outages(connection)
        spots = connection.execute(
            select(Hotspot.id, Hotspot.code, Hotspot.ssid, Hotspot.router_id, Hotspot.owner_id, RouterRow.failures)
            .join(RouterRow, RouterRow.id == Hotspot.router_id)
            .where(or_(Hotspot.closed_at.is_(None), Hotspot.closed_at > now))
            .order_by(Hotspot.code)
        ).all()
        sold = offers(connection, now)
        views = sellers(connection, sold, now)
        lists = _own_lists(views, sold)
        hotspots = tuple(
            HotspotFact(
                row.id,
                row.code,
                row.ssid,
                off=row.failures > 0,
                down_since=down.get(row.router_id),
                plans=lists.get(row.owner_id),
            )
            for row in spots
        )
        book = tariff_book(connection)
        scripts = connection.execute(select(PhoneNetwork.code, PhoneNetwork.script)).all()
        return _Shared(
            until=now + self._kept,
            plans=_plans(sold),
            hotspots=hotspots,
            sellers={
                seller: SellerFact(
                    view.is_owner,
                    tuple(spot for spot in hotspots if spot.hotspot_id in view.hotspot_ids),
                    _plans(view.offers),
                )
                for seller, view in views.items()
            },
            tariffs=tuple(
                TariffFact(
                    terms.tariff_id,
                    terms.alias,
                    terms.name_en,
                    terms.name_ar,
                    terms.pay,
                    terms.billed_on,
                    terms.price,
                )
                for terms in book.on_sale(juba_day(now))
            ),
            book={terms.tariff_id: terms for terms in book.all_versions()},
            pay_to=tuple(
                PayToFact(row.id, row.alias or 0, row.kind, row.name, row.pay_to or "")
                for row in connection.execute(_PAY_TO)
            ),
            scripts={row.code: "latin" if row.script == "latin" else "arabic" for row in scripts},
            down=down,
            pausable=frozenset(connection.execute(_PAUSABLE).scalars()),
        )


def _plans(sold: Iterable[Offer]) -> tuple[PlanFact, ...]:
    return tuple(
        PlanFact(offer.version_id, offer.alias, offer.duration_s, offer.data_bytes, offer.price) for offer in sold
    )


def _own_lists(views: Mapping[int, SellerView], sold: Sequence[Offer]) -> dict[int | None, tuple[PlanFact, ...]]:
    """By owner, where the list is another than that of all."""
    own = {view.owner_id: view.offers for view in views.values() if view.is_owner}
    return {owner: _plans(listed) for owner, listed in own.items() if list(listed) != list(sold)}


def _token(row: dict[str, Any], shared: _Shared) -> TokenFact:
    return TokenFact(
        token_id=row["id"],
        ssid=row["ssid"],
        username=row["username"],
        status=row["status"],
        duration_s=row["duration_s"],
        data_bytes=row["data_bytes"],
        used_bytes=row["used_bytes"],
        ends_at=_instant(row["ends"]),
        down_since=shared.down.get(row["router_id"]),
        down_kbps=row["down_kbps"],
        up_kbps=row["up_kbps"],
        may_pause=row["plan_version_id"] in shared.pausable,
        paused_at=_instant(row["paused"]),
    )


def _instant(epoch: float | None) -> datetime | None:
    return None if epoch is None else datetime.fromtimestamp(float(epoch), UTC)


def _bill(rows: list[tuple[str, int]] | None, today: date) -> BillFact:
    if not rows:
        return OWES_NOTHING
    dues = [(date.fromisoformat(due_on), minor) for due_on, minor in rows]
    return BillFact(
        due=Money(sum(minor for _due_on, minor in dues), HOME_CURRENCY),
        overdue=Money(sum(minor for due_on, minor in dues if due_on < today), HOME_CURRENCY),
        first_due_on=min(dues)[0],
        count=len(dues),
    )


def _services(rows: list[Any] | None, shared: _Shared) -> tuple[ServiceFact, ...]:
    """Those that are on first, then the oldest."""
    ordered = sorted(rows or (), key=lambda row: (row[2] != "active", row[0]))
    return tuple(_service(*row, shared=shared) for row in ordered[:SERVICES_MAX])


def _service(
    subscription_id: int,
    number: str,
    state: str,
    pay: str,
    next_bill_on: str | None,
    last_terms: list[tuple[int, bool]],
    router_id: int,
    *,
    shared: _Shared,
) -> ServiceFact:
    now = next((tariff_id for tariff_id, is_later in last_terms if not is_later), None)
    later = next((tariff_id for tariff_id, is_later in last_terms if is_later), None)
    tariff = None if now is None else shared.book.get(now)
    return ServiceFact(
        subscription_id=subscription_id,
        number=number,
        state=state,
        pay=pay,
        next_bill_on=date.fromisoformat(next_bill_on) if next_bill_on else None,
        tariff_id=now if tariff else None,
        tariff_en=tariff.name_en if tariff else "",
        tariff_ar=tariff.name_ar if tariff else "",
        billed_on=tariff.billed_on if tariff else "",
        alias=tariff.alias if tariff else 0,
        agreed_id=later if tariff else None,
        down_since=shared.down.get(router_id),
        sells_data=bool(tariff and tariff.packs),
    )
