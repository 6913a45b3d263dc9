"""The billing run: what it would do today, and doing it now. The timetable does it every night all the same."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from psycopg2 import errors as pg
from sqlalchemy.exc import DBAPIError

from admin.acts import issuer, note
from admin.desk import parts
from admin.permits import needs
from admin.routes import Route
from core.billing.bill_chunk import Outcome
from core.billing.issue import Issued
from core.billing.run import bill_due, preview
from core.catalog.taxes import HOME_CURRENCY
from core.days import juba_day
from core.languages import marked as _
from core.money import Money
from web.forms import tell
from web.speech import amount, ltr, t

DOCUMENTS_SHOWN_MAX: Final = 50
FAULTS_SHOWN_MAX: Final = 20
# A page waits seconds, not minutes. A run stops between two chunks and loses nothing: what is left stays due.
SERVICES_LOOKED_AT_MAX: Final = 2_000
SERVICES_BILLED_MAX: Final = 5_000
BUSY: Final = _("A billing run is going on right now. Look again in a minute.")


class _EnoughForNow(Exception):
    """The page has waited long enough; raised between two chunks."""


@dataclass(slots=True)
class Heard:
    """What a run has done so far. `cut`: there is more than the page waited for."""

    services_max: int
    count: int = 0
    total: Money = field(default_factory=lambda: Money(0, HOME_CURRENCY))
    first: list[Issued] = field(default_factory=list)
    lapsed: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    cut: bool = False

    def __call__(self, outcome: Outcome) -> None:
        """Count a chunk."""
        self.count += len(outcome.issued)
        self.total = sum((one.total for one in outcome.issued), self.total)
        self.first += outcome.issued[: DOCUMENTS_SHOWN_MAX - len(self.first)]
        self.lapsed += outcome.lapsed
        self.faults += outcome.faults
        if self.count + len(self.lapsed) + len(self.faults) >= self.services_max:
            raise _EnoughForNow

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Take what is heard within, up to the limit."""
        try:
            yield
        except _EnoughForNow:
            self.cut = True


@needs("catalogue.manage")
def show_billing() -> ResponseReturnValue:
    """A dry run for today: documents, sums, faults. Nothing of it stays."""
    now = parts().clock.now()
    heard, busy = Heard(SERVICES_LOOKED_AT_MAX), False
    try:
        with heard.listening():
            preview(parts().db, day=juba_day(now), issuer=issuer(), now=now, heard=heard)
    except DBAPIError as error:
        busy = _is_busy(error)
    return render_template(
        "admin/billing.html",
        today=juba_day(now),
        heard=heard,
        busy=t(BUSY) if busy else None,
        documents_max=DOCUMENTS_SHOWN_MAX,
        faults_max=FAULTS_SHOWN_MAX,
    )


@needs("catalogue.manage")
def run_now() -> ResponseReturnValue:
    """Bill what is due today. It is written into the trail first: a run is many transactions, and can be cut short."""
    now = parts().clock.now()
    today = juba_day(now)
    parts().db.run(lambda tx: note(tx, "billing_run", f"day:{today}"))
    heard = Heard(SERVICES_BILLED_MAX)
    try:
        with heard.listening():
            bill_due(parts().db, day=today, issuer=issuer(), now=now, heard=heard)
    except DBAPIError as error:
        if _is_busy(error):
            tell(t(BUSY))
            return redirect(url_for("admin.billing"), 303)
    if heard.count:
        tell(t(_("Issued: {n} documents for {amount}."), n=ltr(f"{heard.count:,}"), amount=amount(heard.total)))
    elif not heard.lapsed and not heard.faults:
        tell(t(_("Nothing was due.")))
    if heard.lapsed:
        tell(t(_("Cut off, as the balance did not cover the next month: {n}."), n=ltr(len(heard.lapsed))))
    if heard.faults:
        tell(t(_("Could not be billed and stay due: {n}."), n=ltr(len(heard.faults))))
    if heard.cut:
        tell(t(_("There is more to bill: press again, or leave it to the night.")))
    return redirect(url_for("admin.billing"), 303)


def _is_busy(error: DBAPIError) -> bool:
    """Whether another run kept us waiting too long; anything else is raised on."""
    if not isinstance(error.orig, pg.LockNotAvailable | pg.DeadlockDetected):
        raise error
    return True


ROUTES: Final = (
    Route("GET", "/billing", "billing", show_billing),
    Route("POST", "/billing", "run_billing", run_now),
)
