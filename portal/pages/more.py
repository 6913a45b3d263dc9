"""The pages that an owner needs less often than those in the bar."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from flask import render_template
from flask.typing import ResponseReturnValue

from core.languages import marked as _
from portal.permits import open_to
from web.routes import Route


@dataclass(frozen=True, slots=True)
class MoreLink:
    """A page and what it is for."""

    page: str
    text: str


MORE: Final[tuple[MoreLink, ...]] = (
    MoreLink("prices", _("My prices")),
    MoreLink("networks", _("My networks")),
    MoreLink("helpers", _("My helpers")),
    MoreLink("gifts", _("Free tokens")),
    MoreLink("momo", _("My MoMo number")),
)


@open_to("owner")
def show_more() -> ResponseReturnValue:
    """A list of them."""
    return render_template("portal/more.html", more=MORE)


ROUTES: Final = (Route("GET", "/more", "more", show_more),)
