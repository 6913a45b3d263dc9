"""Who may do what: permissions are words, a role is a set of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, get_args

Role = Literal["admin", "manager", "cashier", "technician"]
Permission = Literal[
    "self.use",  # what everyone who is logged in may do: the first page, own language and password, log out
    "customers.see",
    "customers.register",
    "customers.change",  # a phone added to a customer can spend their balance: not for everyone at a counter
    "cash.take",
    "receipts.see",
    "payments.see",
    "outbox.see",
    "outbox.push",
    "network.see",
    "routers.manage",  # a router taken in, changed, checked; its credentials made
    "tickets.see",
    "tickets.close",  # whoever hears that it works again
    "staff.manage",
    "billing.see",  # what a customer owes and why: services, documents, statements
    "services.manage",  # begin, change, pause and end a customer's service; agreements on paying later
    "adjustments.ask",  # credits, charges, write-offs, refunds: up to the role's limit at once, above it for a second
    "adjustments.decide",
    "catalogue.manage",  # tariffs, taxes, exchange rates, promotions, holidays, and the billing run
    "reports.see",
    "months.close",
    "cash.manage",  # drawers and their limits, other people's shifts, receipts taken back
    "payments.settle",  # how a payment ended that no provider can tell of; alarms
    "statements.manage",  # files of banks and providers: read in, matched, explained
    "payouts.ask",  # refunds and transfers: up to the role's limit at once, above it for a second person
    "payouts.approve",
    "owners.see",  # Wi-Fi owners: what they sell, and what looks wrong
    "owners.manage",  # stopped and let sell again, what they may give away
    "cards.sell",  # cards of Wi-Fi tokens: which there are, and opening those that were sold
    "cards.make",  # made, printed with their codes, voided
    "partners.manage",  # keys of the API: what other programs may read and tell
]

ROLES: Final[tuple[Role, ...]] = get_args(Role)
PERMISSIONS: Final[frozenset[Permission]] = frozenset(get_args(Permission))

_EVERYONE: Final[frozenset[Permission]] = frozenset({"self.use", "customers.see", "tickets.see", "tickets.close"})
_COUNTER: Final[frozenset[Permission]] = frozenset(
    {
        "customers.register",
        "cash.take",
        "receipts.see",
        "payments.see",
        "billing.see",
        "adjustments.ask",
        "payouts.ask",
        "cards.sell",
    }
)
_MACHINES: Final[frozenset[Permission]] = frozenset(
    {"outbox.see", "outbox.push", "network.see", "routers.manage", "owners.see"}
)
_BILLING: Final[frozenset[Permission]] = frozenset(
    {"services.manage", "adjustments.decide", "catalogue.manage", "reports.see"}
)
_MONEY: Final[frozenset[Permission]] = frozenset(
    {"cash.manage", "payments.settle", "statements.manage", "payouts.approve"}
)
_TRUST: Final[frozenset[Permission]] = frozenset({"customers.change", "cards.make", "owners.manage"})

PERMISSIONS_OF: Final[Mapping[Role, frozenset[Permission]]] = {
    "admin": PERMISSIONS,
    "manager": _EVERYONE | _COUNTER | _MACHINES | _BILLING | _MONEY | _TRUST,
    "cashier": _EVERYONE | _COUNTER,
    "technician": _EVERYONE | _MACHINES,
}


def role_named(word: str) -> Role | None:
    """The role of this name; None when there is none."""
    return next((role for role in ROLES if role == word), None)


def permissions_of(role: str) -> frozenset[Permission]:
    """What a role may. An unknown role may nothing."""
    known = role_named(role)
    return PERMISSIONS_OF[known] if known else frozenset()


def may(role: str, permission: Permission) -> bool:
    """Whether a role has a permission."""
    return permission in permissions_of(role)
