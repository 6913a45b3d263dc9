"""One service: what it is, what was done to it, and what can be done to it now."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from sqlalchemy import Connection

from admin.acts import act, by, issuer, note
from admin.desk import parts
from admin.pages.next_bill import in_words
from admin.permits import needs
from admin.routes import Route
from core.billing.begin_service import begin_service
from core.billing.data_offers import DataOffer, data_offers
from core.billing.end_service import end_service
from core.billing.next_bill import waiting_charges
from core.billing.tell_service import text_credentials
from core.catalog.tariffs import TariffTerms, tariff_book
from core.customers.queries import account
from core.days import juba_day
from core.db.engine import Transaction
from core.errors import NoExchangeRate, NotFound
from core.languages import marked as _
from core.network.names import router_names
from core.subscriptions.fair_use_rule import Standing
from core.subscriptions.history import days_served, history
from core.subscriptions.keep_plan import keep_plan
from core.subscriptions.overview import View, view_numbered
from core.subscriptions.pause import pause, unpause
from core.subscriptions.read_standings import stands_now
from core.subscriptions.slow import slow, unslow
from core.subscriptions.states import By
from core.subscriptions.suspend import resume, suspend
from web.forms import typed
from web.speech import amount, day, own, t, tongue


@needs("billing.see")
def show_service(number: str) -> ResponseReturnValue:
    """The service, its moves and terms; for those who manage services, the forms that fit its state."""
    return page(number, None, "")


@needs("services.manage")
def move(number: str, verb: str) -> ResponseReturnValue:
    """Do one of the verbs that need a reason and nothing more."""
    if verb not in VERBS:
        raise NotFound(what="page")

    def work(tx: Transaction) -> Markup:
        view = numbered(tx, number)
        why = by(typed("why"))
        said = VERBS[verb](tx, view, why)
        note(tx, ACTS.get(verb, "service_moved"), f"service:{number}", {"verb": verb, "why": why.why})
        return said

    return done(number, verb, work)


def numbered(tx: Transaction, number: str) -> View:
    """The service of an address, read in the transaction of the act."""
    return view_numbered(tx.connection, number, juba_day(parts().clock.now()))


def done(number: str, form: str, work: Callable[[Transaction], Markup]) -> ResponseReturnValue:
    """Do the work and show the service; refused, with this form open."""
    return act(
        work,
        back=lambda: url_for("admin.service", number=number),
        again=lambda sentence: page(number, sentence, form),
    )


def page(number: str, refused: Markup | None, opened: str) -> str:
    """The page of a service; `opened` is the form that was refused."""
    now = parts().clock.now()
    today = juba_day(now)
    with parts().db.reading() as connection:
        view = view_numbered(connection, number, today)
        service_id = view.service.subscription_id
        return render_template(
            "admin/service.html",
            view=view,
            service=view.service,
            balance=account(connection, view.service.customer_id).balance,
            moves=history(connection, service_id),
            served=days_served(connection, service_id),
            waiting=[
                one
                for one in waiting_charges(connection, view.service.customer_id)
                if one.service in (None, view.service.number)
            ],
            in_words=in_words,
            plans=_other_plans(tariff_book(connection).on_sale(today), view.tariff),
            routers=router_names(connection),
            stands=_standing(connection, view),
            data=_data_offers(connection, view),
            today=today,
            refused=refused,
            opened=opened,
        )


def _standing(connection: Connection, view: View) -> Standing | None:
    """Where it stands with its data; None while it is not on."""
    stands = stands_now(connection, view.service.subscription_id, parts().clock.now())
    return stands.standing if stands else None


def _data_offers(connection: Connection, view: View) -> list[DataOffer]:
    """The packs it can buy now. None while nobody knows what they cost."""
    if view.tariff is None or view.service.state != "active":
        return []
    today = juba_day(parts().clock.now())
    try:
        return data_offers(
            connection, customer_id=view.service.customer_id, terms=view.tariff, issuer=issuer(), day=today
        )
    except NoExchangeRate:
        return []


def _other_plans(on_sale: list[TariffTerms], mine: TariffTerms | None) -> list[TariffTerms]:
    """What it could change to: paid and billed in the same way."""
    if mine is None:
        return []
    same = (mine.pay, mine.billed_on)
    return [one for one in on_sale if (one.pay, one.billed_on) == same and one.tariff_id != mine.tariff_id]


def _begin(tx: Transaction, view: View, why: By) -> Markup:
    service_id = view.service.subscription_id
    begun = begin_service(
        tx, subscription_id=service_id, by=why, issuer=issuer(), ids=parts().ids, sealer=parts().sealer
    )
    if view.tariff is None:
        raise AssertionError("a service that began has a tariff")
    text_credentials(
        tx,
        customer_id=view.service.customer_id,
        granted=begun.granted,
        terms=view.tariff,
        now=why.now,
        sealer=parts().sealer,
    )
    if begun.issued is None:
        return t(_("The service is on. User name and password go to the customer by SMS."))
    return t(
        _("The service is on, and billed with {amount}. User name and password go to the customer by SMS."),
        amount=amount(begun.issued.total),
    )


def _pause(tx: Transaction, view: View, why: By) -> Markup:
    pause(tx, subscription_id=view.service.subscription_id, by=why)
    return t(_("The service is paused. From tomorrow on nothing is billed."))


def _unpause(tx: Transaction, view: View, why: By) -> Markup:
    unpause(tx, subscription_id=view.service.subscription_id, by=why)
    return t(_("The service goes on."))


def _suspend(tx: Transaction, view: View, why: By) -> Markup:
    suspend(tx, subscription_id=view.service.subscription_id, reason="staff", by=why)
    return t(_("The service is cut off. From tomorrow on nothing is billed."))


def _resume(tx: Transaction, view: View, why: By) -> Markup:
    resume(tx, subscription_id=view.service.subscription_id, by=why)
    return t(_("The service is on again."))


def _slow(tx: Transaction, view: View, why: By) -> Markup:
    slow(tx, subscription_id=view.service.subscription_id, by=why)
    return t(_("The service is slow now."))


def _unslow(tx: Transaction, view: View, why: By) -> Markup:
    unslow(tx, subscription_id=view.service.subscription_id, by=why)
    return t(_("The service has its speed again."))


def _keep(tx: Transaction, view: View, why: By) -> Markup:
    kept = keep_plan(tx, subscription_id=view.service.subscription_id, by=why)
    name = own(kept.terms.name(tongue()))
    return t(_("It stays on {plan}. Nothing changes on {day}."), plan=name, day=day(kept.from_day))


def _end(tx: Transaction, view: View, why: By) -> Markup:
    ended = end_service(tx, subscription_id=view.service.subscription_id, by=why, issuer=issuer())
    if not ended.notes:
        return t(_("The service has ended."))
    return t(_("The service has ended. {amount} for days not used is credited."), amount=amount(ended.credited))


VERBS: Final[Mapping[str, Callable[[Transaction, View, By], Markup]]] = {
    "begin": _begin,
    "pause": _pause,
    "unpause": _unpause,
    "suspend": _suspend,
    "resume": _resume,
    "keep": _keep,
    "slow": _slow,
    "unslow": _unslow,
    "end": _end,
}
ACTS: Final = {"begin": "service_begun", "keep": "plan_kept", "end": "service_ended"}

ROUTES: Final = (
    Route("GET", "/services/<number>", "service", show_service),
    Route("POST", "/services/<number>/<verb>", "move_service", move),
)
