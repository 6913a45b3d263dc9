"""What packs of data cost a customer on a day: in pounds, with the taxes of the day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from core.billing.billable import exemptions_of
from core.billing.draft import Issuer
from core.billing.exchange import in_pounds
from core.billing.tax_rule import assess
from core.catalog.data_packs import DataPack
from core.catalog.tariffs import TariffTerms
from core.catalog.taxes import HOME_CURRENCY, Exchange, exchange_on, tax_terms_on
from core.money import Money


@dataclass(frozen=True, slots=True)
class DataOffer:
    """A pack, all that is paid for it, as its invoice will say, and the rate that made pounds of its price."""

    pack: DataPack
    price: Money
    exchange: Exchange | None


def data_offers(
    connection: Connection, *, customer_id: int, terms: TariffTerms, issuer: Issuer, day: date
) -> list[DataOffer]:
    """The packs of a tariff as they are sold to a customer, the smallest first.

    Raises:
        NoExchangeRate: prices are in another currency, and no fresh rate is known.
    """
    if not terms.packs:
        return []
    rates = tax_terms_on(connection, day)
    exemptions = exemptions_of(connection, [customer_id], day).get(customer_id, {})
    exchange = None if terms.price.currency == HOME_CURRENCY else exchange_on(connection, terms.price.currency, day)
    offers = []
    for pack in terms.packs:
        amounts = {terms.product_class: in_pounds(pack.price, exchange)}
        offers.append(DataOffer(pack, assess(amounts, rates, exemptions, issuer.step_minor).total, exchange))
    return offers
