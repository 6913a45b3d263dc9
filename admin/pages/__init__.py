"""The pages, a file for each subject.

A view reads or asks the core to act, then answers; what it changes, it writes
into the trail in the same transaction. After a change comes a redirect: reloading a page repeats nothing.
"""

from __future__ import annotations

from typing import Final

from admin.pages import cash, change_customer, customer, gate, home, myself, network, outbox, payments, staff, tickets
from admin.routes import Route

ROUTES: Final[tuple[Route, ...]] = (
    *gate.ROUTES,
    *home.ROUTES,
    *customer.ROUTES,
    *change_customer.ROUTES,
    *cash.ROUTES,
    *outbox.ROUTES,
    *payments.ROUTES,
    *network.ROUTES,
    *tickets.ROUTES,
    *staff.ROUTES,
    *myself.ROUTES,
)
