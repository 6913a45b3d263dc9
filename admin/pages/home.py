"""The first page: one search box, and what needs doing today."""

from __future__ import annotations

from typing import Final

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from admin.desk import member, parts
from admin.permits import needs
from admin.routes import Route
from core.billing.adjustments import count_waiting
from core.cash.void_views import count_waiting_voids
from core.crm.find import find
from core.crm.stuck import open_tickets, today
from core.payments.alarms import count_unseen
from core.staff.roles import may
from core.subscriptions.overview import count_installations
from core.tokens.guess_views import MANY
from core.tokens.guesses import misses_now
from web.forms import asked

WORDS_CHARS_MAX: Final = 80


@needs("self.use")
def home() -> ResponseReturnValue:
    """What there is to do."""
    with parts().db.reading() as connection:
        counts = today(connection, parts().clock.now())
        return render_template(
            "admin/home.html",
            today=counts,
            tickets=open_tickets(connection),
            adjustments=count_waiting(connection),
            alarms=count_unseen(connection),
            voids=count_waiting_voids(connection),
            installations=count_installations(connection),
            wrong_codes=misses if (misses := misses_now(connection, parts().clock.now())) >= MANY else 0,
            words="",
        )


@needs("customers.see")
def search() -> ResponseReturnValue:
    """Customers by name, phone or account number; a receipt by its number. One hit is opened at once."""
    words = asked("q", WORDS_CHARS_MAX)
    if not words:
        return redirect(url_for("admin.home"))
    with parts().db.reading() as connection:
        found = find(connection, words)
    receipt = found.receipt if may(member().role, "receipts.see") else None
    if len(found.customers) == 1 and receipt is None:
        return redirect(url_for("admin.customer", number=found.customers[0].number))
    if receipt and not found.customers:
        return redirect(url_for("admin.receipt", number=receipt.number))
    return render_template("admin/search.html", words=words, customers=found.customers, receipt=receipt)


ROUTES: Final = (
    Route("GET", "/", "home", home),
    Route("GET", "/search", "search", search),
)
