"""What was sold: to a helper their own sales of today; to an owner the figures, who is online, and the last tokens."""

from __future__ import annotations

from typing import Final

from flask import render_template
from flask.typing import ResponseReturnValue

from core.owners.online_figures import owner_online
from core.owners.sales_figures import owner_sales
from core.owners.sold_tokens import tokens_of_owner, tokens_of_seller_today
from portal.look import parts
from portal.permits import open_to
from portal.visitors import seat, visitor
from web.routes import Route


@open_to("seller")
def show_sales() -> ResponseReturnValue:
    """The page of an owner, or of a helper."""
    now, mine = parts().clock.now(), seat()
    with parts().db.reading() as connection:
        if not mine.is_owner:
            tokens = tokens_of_seller_today(connection, visitor().account.customer_id, now)
            return render_template("portal/sales_of_helper.html", tokens=tokens)
        return render_template(
            "portal/sales.html",
            sales=owner_sales(connection, mine.owner_id, now),
            online=owner_online(connection, mine.owner_id, now),
            tokens=tokens_of_owner(connection, mine.owner_id),
            now=now,
        )


ROUTES: Final = (Route("GET", "/sales", "sales", show_sales),)
