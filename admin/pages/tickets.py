"""Faults people reported; the open ones are listed on the first page."""

from __future__ import annotations

from typing import Final

from flask import redirect, url_for
from flask.typing import ResponseReturnValue

from admin.desk import member, parts
from admin.permits import needs
from admin.routes import Route
from core.crm.close_ticket import close_ticket
from core.languages import marked as _
from web.forms import row_id, tell
from web.speech import t


@needs("tickets.close")
def close(number: int) -> ResponseReturnValue:
    """Close a fault that is mended."""
    ticket_id, who, now = row_id(number), member(), parts().clock.now()
    closed = parts().db.run(lambda tx: close_ticket(tx, ticket_id, staff_id=who.staff_id, now=now))
    tell(t(_("The fault is closed.")) if closed else t(_("This fault was closed before.")))
    return redirect(url_for("admin.home"), 303)


ROUTES: Final = (Route("POST", "/tickets/<int:number>/close", "close_ticket", close),)
