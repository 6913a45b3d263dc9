"""What is stuck on its way out, and pushing it."""

from __future__ import annotations

from typing import Final

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from admin.desk import member, parts
from admin.permits import needs
from admin.routes import Route
from core.crm.stuck import SHOWN_MAX, stuck_rows
from core.db.engine import Transaction
from core.languages import marked as _
from core.messaging.outbox import push
from core.staff import audit
from core.staff.roles import permissions_of
from web.forms import row_id, tell
from web.speech import ltr, t


@needs("outbox.see")
def show_stuck() -> ResponseReturnValue:
    """The dead and the late."""
    now = parts().clock.now()
    with parts().db.reading() as connection:
        rows = stuck_rows(connection, now, permissions=permissions_of(member().role))
    return render_template("admin/stuck.html", rows=rows, now=now, most=SHOWN_MAX)


@needs("outbox.push")
def push_one(number: int) -> ResponseReturnValue:
    """Try one again now."""
    pushed = parts().db.run(lambda tx: _push(tx, row_id(number)))
    if pushed:
        tell(t(_("It is tried again now.")))
    else:
        tell(t(_("It is not stuck any more, or is being tried right now.")))
    return redirect(url_for("admin.stuck"), 303)


@needs("outbox.push")
def push_all() -> ResponseReturnValue:
    """Try again all that the page shows: after a day without uplink nobody wants to press a hundred buttons."""

    def work(tx: Transaction) -> int:
        shown = stuck_rows(tx.connection, parts().clock.now(), permissions=permissions_of(member().role))
        return sum(_push(tx, row.id) for row in shown)

    pushed = parts().db.run(work)
    tell(t(_("Tried again now: {n}."), n=ltr(pushed)))
    return redirect(url_for("admin.stuck"), 303)


def _push(tx: Transaction, number: int) -> bool:
    now = parts().clock.now()
    pushed = push(tx, number, now)
    if pushed:
        audit.write(tx, staff_id=member().staff_id, act="outbox_pushed", subject=f"outbox:{number}", now=now)
    return pushed


ROUTES: Final = (
    Route("GET", "/stuck", "stuck", show_stuck),
    Route("POST", "/stuck/<int:number>/push", "push", push_one),
    Route("POST", "/stuck/push-all", "push_all", push_all),
)
