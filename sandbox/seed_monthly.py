"""Monthly plans and two offices that have them: what the demo town shows of bills. Seeded again, nothing changes."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from sqlalchemy import func, select

from core.billing.begin_service import begin_service
from core.billing.draft import issuer_of
from core.catalog.data_packs import DataPack
from core.catalog.fair_use import FairUse, Step
from core.catalog.models import ExchangeRate, TariffVersion
from core.catalog.open_tariff import open_tariff
from core.catalog.set_exchange_rate import set_exchange_rate
from core.catalog.set_tariff import NewTerms, set_tariff_version
from core.customers.models import Contact
from core.days import juba_day
from core.db.engine import Transaction
from core.money import Money
from core.network.models import RouterRow
from core.parts import Parts
from core.subscriptions.add import add_subscription
from core.subscriptions.models import Subscription
from core.subscriptions.states import By

ON_SALE_SINCE: Final = date(2026, 1, 1)
BEGUN_BEFORE: Final = timedelta(days=40)  # so that a first bill is there to be paid


_GB: Final = 10**9


def _ssp(pounds: int) -> Money:
    return Money.of(pounds, "SSP")


# code, number people press, names, how it is paid and billed, terms
TARIFFS: Final = (
    ("HOME5", 1, "Home 5 Mbit", "منزل 5 ميغا", "prepaid", "anniversary",
     NewTerms(down_kbps=5_000, up_kbps=1_000, price=_ssp(45_000))),
    ("HOME10", 2, "Home 10 Mbit", "منزل 10 ميغا", "prepaid", "anniversary",
     NewTerms(down_kbps=10_000, up_kbps=2_000, price=_ssp(80_000))),
    ("OFFICE", 3, "Office 20 Mbit", "مكتب 20 ميغا", "postpaid", "first_of_month",
     NewTerms(down_kbps=20_000, up_kbps=5_000, price=_ssp(250_000), rental=_ssp(15_000), due_days=14,
              fair_use=FairUse((Step("billing", 300 * _GB, 5_000, 2_000),), 22, 6),
              packs=(DataPack(20 * _GB, _ssp(15_000)), DataPack(100 * _GB, _ssp(60_000))))),
    ("OFFICE40", 4, "Office 40 Mbit", "مكتب 40 ميغا", "postpaid", "first_of_month",
     NewTerms(down_kbps=40_000, up_kbps=10_000, price=_ssp(420_000), rental=_ssp(15_000), due_days=14)),
    ("NGO", 5, "NGO 20 Mbit", "منظمات 20 ميغا", "postpaid", "first_of_month",
     NewTerms(down_kbps=20_000, up_kbps=20_000, price=Money.of(150, "USD"), due_days=30, dunning="patient")),
)  # fmt: skip
# phone of a customer of the town -> tariff, place
SERVICES: Final = (
    ("+211921000007", "OFFICE", "Hai Malakal, shop 12"),
    ("+211921000008", "NGO", "Hai Cinema, blue gate"),
)
# An example, as everything of the town: what a dollar costs is written down by staff, day by day.
DOLLAR: Final = Decimal(4500)


def monthly(tx: Transaction, parts: Parts, staff_id: int) -> None:
    """Plans, a rate for dollars, and services that began some weeks ago."""
    now = parts.clock.now()
    for code, alias, name_en, name_ar, pay, billed_on, terms in TARIFFS:
        tariff_id = open_tariff(
            tx, code=code, alias=alias, name_en=name_en, name_ar=name_ar, pay=pay, billed_on=billed_on
        )
        if not tx.execute(select(func.count()).where(TariffVersion.tariff_id == tariff_id)).scalar():
            set_tariff_version(tx, code=code, terms=terms, valid_from=ON_SALE_SINCE, staff_id=staff_id, now=now)
    if not tx.execute(select(func.count()).select_from(ExchangeRate)).scalar():
        for days in (40, 30, 20, 10, 0):
            set_exchange_rate(
                tx,
                day=juba_day(now) - timedelta(days=days),
                currency="USD",
                rate=DOLLAR,
                source="an example of the demo town",
                staff_id=staff_id,
                now=now,
            )
    for phone, tariff, place in SERVICES:
        customer_id = tx.execute(select(Contact.customer_id).where(Contact.phone == phone)).scalar_one()
        if tx.execute(select(Subscription.id).where(Subscription.customer_id == customer_id)).first() is None:
            _begin(tx, parts, customer_id, tariff, place, staff_id)


def _begin(tx: Transaction, parts: Parts, customer_id: int, tariff: str, place: str, staff_id: int) -> None:
    by = By(parts.clock.now() - BEGUN_BEFORE, "with the demo data", staff_id)
    added = add_subscription(
        tx,
        customer_id=customer_id,
        tariff_code=tariff,
        router_id=tx.execute(select(func.min(RouterRow.id))).scalar_one(),
        place=place,
        by=by,
    )
    begin_service(
        tx,
        subscription_id=added.subscription_id,
        by=by,
        issuer=issuer_of(parts.settings),
        ids=parts.ids,
        sealer=parts.sealer,
    )
