"""One customer: who they are, what they have, and everything that happened."""

from __future__ import annotations

from typing import Final

from flask import render_template
from flask.typing import ResponseReturnValue

from admin.desk import asked, member, parts
from admin.permits import needs
from admin.routes import Route
from core.crm.find import profile
from core.crm.timeline import CURSOR_CHARS_MAX, timeline
from core.customers.queries import account
from core.staff.roles import permissions_of


@needs("customers.see")
def customer(number: str) -> ResponseReturnValue:
    """The customer and a page of their timeline, money only for those who may see payments."""
    permissions = permissions_of(member().role)
    older_than = asked("older", CURSOR_CHARS_MAX) or None
    with parts().db.reading() as connection:
        who = profile(connection, number)
        balance = account(connection, who.customer_id).balance if "payments.see" in permissions else None
        page = timeline(connection, who.customer_id, permissions=permissions, older_than=older_than)
    return render_template(
        "admin/customer.html",
        who=who,
        balance=balance,
        page=page,
        older_than=older_than,
        now=parts().clock.now(),
    )


ROUTES: Final = (Route("GET", "/customers/<number>", "customer", customer),)
