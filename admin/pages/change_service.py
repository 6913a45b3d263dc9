"""Another plan, another place, another owner for a service."""

from __future__ import annotations

from typing import Final

from flask.typing import ResponseReturnValue
from markupsafe import Markup

from admin.acts import by, issuer, note
from admin.desk import parts
from admin.figures import needed_whole
from admin.pages.service import done, numbered
from admin.permits import needs
from admin.routes import Route
from core.billing.change_service import change_service
from core.billing.end_service import hand_over
from core.billing.tell_service import text_credentials
from core.crm.find import profile
from core.customers.queries import account_of_phone
from core.db.engine import Transaction
from core.errors import CustomerNotActive, InvalidPhone, NotFound
from core.languages import marked as _
from core.phones import TYPED_CHARS_MAX, parse_phone
from core.subscriptions.add import PLACE_CHARS_MAX
from core.subscriptions.relocate import relocate
from web.forms import form_key, typed
from web.speech import amount, day, ltr, t


@needs("services.manage")
def change_plan(number: str) -> ResponseReturnValue:
    """Another tariff, now or at the end of the month that runs."""

    def work(tx: Transaction) -> Markup:
        view, why = numbered(tx, number), by(typed("why"))
        changed = change_service(
            tx,
            subscription_id=view.service.subscription_id,
            tariff_id=needed_whole(typed("tariff"), "tariff"),
            at_period_end=typed("when") == "end",
            by=why,
            issuer=issuer(),
            key=form_key(),
        )
        after = changed.changed.after
        note(tx, "plan_changed", f"service:{number}", {"to": after.code, "when": typed("when"), "why": why.why})
        if not changed.notes and changed.invoice is None:
            return t(_("The plan changes on {day}."), day=day(changed.changed.from_day))
        if changed.cost.minor < 0:
            return t(_("The plan is changed. {amount} is credited."), amount=amount(-changed.cost))
        return t(_("The plan is changed. {amount} was taken from the balance."), amount=amount(changed.cost))

    return done(number, "plan", work)


@needs("services.manage")
def move_place(number: str) -> ResponseReturnValue:
    """To another place; on another router it has fresh credentials, which go to the customer by SMS."""

    def work(tx: Transaction) -> Markup:
        view, why = numbered(tx, number), by(typed("why"))
        granted = relocate(
            tx,
            subscription_id=view.service.subscription_id,
            router_id=needed_whole(typed("router"), "router"),
            place=typed("place", PLACE_CHARS_MAX),
            by=why,
            ids=parts().ids,
            sealer=parts().sealer,
        )
        note(tx, "service_moved", f"service:{number}", {"verb": "relocate", "why": why.why})
        if granted is None or view.tariff is None:
            return t(_("The service is at its new place."))
        text_credentials(
            tx,
            customer_id=view.service.customer_id,
            granted=granted,
            terms=view.tariff,
            now=why.now,
            sealer=parts().sealer,
        )
        return t(_("The service is at its new place. A fresh user name and password go to the customer by SMS."))

    return done(number, "place", work)


@needs("services.manage")
def change_owner(number: str) -> ResponseReturnValue:
    """From tomorrow on it is another customer's."""

    def work(tx: Transaction) -> Markup:
        view, why = numbered(tx, number), by(typed("why"))
        ended, added = hand_over(
            tx,
            subscription_id=view.service.subscription_id,
            customer_id=_customer(tx, typed("owner", TYPED_CHARS_MAX)),
            by=why,
            issuer=issuer(),
        )
        detail = {"to": typed("owner", TYPED_CHARS_MAX), "new": added.number, "why": why.why}
        note(tx, "service_handed_over", f"service:{number}", detail)
        said = t(_("It is handed over. For the new customer it is service {number}."), number=ltr(added.number))
        if not ended.notes:
            return said
        more = t(_("{amount} for days not used is credited."), amount=amount(ended.credited))
        return Markup("{} {}").format(said, more)

    return done(number, "owner", work)


def _customer(tx: Transaction, named: str) -> int:
    """A customer by account number or phone.

    Raises:
        NotFound: nobody.
        CustomerNotActive: suspended or closed.
    """
    try:
        phone = parse_phone(named)
    except InvalidPhone:
        who = profile(tx.connection, named)
        customer_id, account_number, status = who.customer_id, who.number, who.status
    else:
        found = account_of_phone(tx.connection, phone)
        if found is None:
            raise NotFound(what="customer")
        customer_id, account_number, status = found.customer_id, found.number, found.status
    if status != "active":
        raise CustomerNotActive(number=account_number)
    return customer_id


ROUTES: Final = (
    Route("POST", "/services/<number>/plan", "change_plan", change_plan),
    Route("POST", "/services/<number>/place", "relocate_service", move_place),
    Route("POST", "/services/<number>/owner", "hand_over_service", change_owner),
)
