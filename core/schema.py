"""Every room's tables in one place, for migrations and for the checks that need all of them."""

from __future__ import annotations

from core.access import models as access
from core.billing import models as billing
from core.billing import outage_tables as outage_credits
from core.cash import models as cash
from core.catalog import models as catalog
from core.crm import models as crm
from core.customers import models as customers
from core.db.types import Table
from core.ledger import models as ledger
from core.messaging import models as messaging
from core.network import models as network
from core.owners import models as owners
from core.partners import models as partners
from core.payments import models as payments
from core.payouts import models as payouts
from core.staff import models as staff
from core.statements import models as statements
from core.subscriptions import models as subscriptions
from core.tokens import card_models as token_cards
from core.tokens import models as tokens
from core.usage import models as usage
from core.visits import models as visits

ROOMS = (
    access,
    billing,
    cash,
    catalog,
    crm,
    customers,
    ledger,
    messaging,
    network,
    outage_credits,
    owners,
    partners,
    payments,
    payouts,
    staff,
    statements,
    subscriptions,
    token_cards,
    tokens,
    usage,
    visits,
)
METADATA = Table.metadata
