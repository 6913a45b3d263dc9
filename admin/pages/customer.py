"""One customer: who they are, what they owe and have, their services, and everything that happened."""

from __future__ import annotations

from typing import Final

from flask import render_template
from flask.typing import ResponseReturnValue

from admin.desk import member, parts
from admin.pages.next_bill import in_words
from admin.permits import needs
from admin.routes import Route
from core.billing.next_bill import waiting_charges
from core.billing.open_bills import open_bills
from core.billing.queries import owed
from core.crm.find import profile
from core.crm.timeline import CURSOR_CHARS_MAX, timeline
from core.customers.queries import account
from core.days import juba_day
from core.staff.roles import permissions_of
from core.subscriptions.overview import views_of
from web.forms import asked


@needs("customers.see")
def customer(number: str) -> ResponseReturnValue:
    """The customer and a page of their timeline, money only for those who may see payments."""
    permissions = permissions_of(member().role)
    older_than = asked("older", CURSOR_CHARS_MAX) or None
    now = parts().clock.now()
    today = juba_day(now)
    sees_bills = "billing.see" in permissions
    with parts().db.reading() as connection:
        who = profile(connection, number)
        return render_template(
            "admin/customer.html",
            who=who,
            balance=account(connection, who.customer_id).balance if "payments.see" in permissions else None,
            owed=owed(connection, who.customer_id, today) if sees_bills else None,
            bills=open_bills(connection, who.customer_id) if sees_bills else [],
            services=views_of(connection, who.customer_id, today),
            waiting=waiting_charges(connection, who.customer_id) if sees_bills else [],
            in_words=in_words,
            page=timeline(connection, who.customer_id, permissions=permissions, older_than=older_than),
            older_than=older_than,
            now=now,
            today=today,
        )


ROUTES: Final = (Route("GET", "/customers/<number>", "customer", customer),)
