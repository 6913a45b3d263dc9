"""The pages of owners, a file for each subject. After a change comes a redirect: reloading a page repeats nothing."""

from __future__ import annotations

from typing import Final

from portal.pages import app, front
from web.routes import Route

ROUTES: Final[tuple[Route, ...]] = (
    *app.ROUTES,
    *front.ROUTES,
)
