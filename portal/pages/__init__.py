"""The pages of owners, a file for each subject. After a change comes a redirect: reloading a page repeats nothing."""

from __future__ import annotations

from typing import Final

from portal.pages import (
    app,
    batches,
    front,
    gate,
    gifts,
    momo,
    money,
    more,
    networks,
    prices,
    sales,
    sales_file,
    sell,
    sign_up,
    token,
    who_helps,
)
from web.routes import Route

ROUTES: Final[tuple[Route, ...]] = (
    *app.ROUTES,
    *front.ROUTES,
    *gate.ROUTES,
    *sign_up.ROUTES,
    *sell.ROUTES,
    *batches.ROUTES,
    *sales.ROUTES,
    *sales_file.ROUTES,
    *token.ROUTES,
    *money.ROUTES,
    *more.ROUTES,
    *prices.ROUTES,
    *networks.ROUTES,
    *who_helps.ROUTES,
    *gifts.ROUTES,
    *momo.ROUTES,
)
