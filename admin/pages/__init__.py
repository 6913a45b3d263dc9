"""The pages, a file for each subject.

A view reads or asks the core to act, then answers; what it changes, it writes
into the trail in the same transaction. After a change comes a redirect: reloading a page repeats nothing.
"""

from __future__ import annotations

from typing import Final

from admin.pages import (
    adjustments,
    billing,
    cash,
    change_customer,
    change_service,
    corrections,
    customer,
    documents,
    drawers,
    gate,
    holidays,
    home,
    later,
    months,
    myself,
    network,
    outbox,
    payments,
    promotions,
    rates,
    reports,
    service,
    services,
    settle,
    shift,
    shifts,
    staff,
    tariffs,
    tax_details,
    taxes,
    tickets,
    voids,
)
from admin.routes import Route

ROUTES: Final[tuple[Route, ...]] = (
    *gate.ROUTES,
    *home.ROUTES,
    *customer.ROUTES,
    *change_customer.ROUTES,
    *tax_details.ROUTES,
    *cash.ROUTES,
    *shift.ROUTES,
    *drawers.ROUTES,
    *shifts.ROUTES,
    *voids.ROUTES,
    *services.ROUTES,
    *service.ROUTES,
    *change_service.ROUTES,
    *later.ROUTES,
    *documents.ROUTES,
    *corrections.ROUTES,
    *adjustments.ROUTES,
    *tariffs.ROUTES,
    *taxes.ROUTES,
    *rates.ROUTES,
    *promotions.ROUTES,
    *holidays.ROUTES,
    *billing.ROUTES,
    *reports.ROUTES,
    *months.ROUTES,
    *outbox.ROUTES,
    *payments.ROUTES,
    *settle.ROUTES,
    *network.ROUTES,
    *tickets.ROUTES,
    *staff.ROUTES,
    *myself.ROUTES,
)
