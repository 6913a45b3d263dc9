"""Registering a customer and changing what we know of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from admin.desk import member, parts
from admin.permits import needs
from admin.routes import Route
from admin.words import refusal_sentence
from core.billing.queries import buyer
from core.crm.find import Profile, profile
from core.customers.change import add_phone, rename, set_language, set_status
from core.customers.names import clean_name
from core.customers.register import Registered
from core.customers.register import register as register_customer
from core.db.engine import Transaction
from core.errors import NotPossibleNow, Refusal
from core.languages import marked as _
from core.phones import TYPED_CHARS_MAX, parse_phone
from core.staff import audit
from web.forms import tell, typed
from web.speech import ltr, phone, t

# What a form offers -> language and script; `ar-latin` is for phones without Arabic letters.
TONGUES: Final[dict[str, tuple[str, str | None]]] = {
    "en": ("en", None),
    "ar": ("ar", None),
    "ar-arabic": ("ar", "arabic"),
    "ar-latin": ("ar", "latin"),
}
KINDS: Final = ("person", "organisation")
STATUSES: Final = {
    "active": _("The account is active again."),
    "suspended": _("The account is suspended."),
}


@needs("customers.register")
def show_registering() -> ResponseReturnValue:
    """An empty form."""
    return render_template("admin/register.html", form={}, refused=None)


@needs("customers.register")
def register() -> ResponseReturnValue:
    """Register the owner of a phone. Known already, their page is shown."""
    form = {name: typed(name) for name in ("phone", "name", "tongue", "kind")}
    now = parts().clock.now()

    def work(tx: Transaction) -> Registered:
        language, script = _tongue(form["tongue"])
        done = register_customer(
            tx,
            phone=parse_phone(form["phone"][: TYPED_CHARS_MAX + 1]),
            language=language,
            script=script,
            through="staff",
            now=now,
            name=clean_name(form["name"]) if form["name"] else "",
            kind=form["kind"] if form["kind"] in KINDS else "person",
        )
        if not done.again:
            _note(tx, "customer_registered", done.number, {})
        return done

    try:
        done = parts().db.run(work)
    except Refusal as refusal:
        return render_template("admin/register.html", form=form, refused=refusal_sentence(refusal, "")), 422
    if done.again:
        tell(t(_("This phone is registered already, under account {number}."), number=ltr(done.number)))
    else:
        tell(t(_("Registered under account {number}."), number=ltr(done.number)))
    return redirect(url_for("admin.customer", number=done.number), 303)


@needs("customers.change")
def show_changing(number: str) -> ResponseReturnValue:
    """What can be changed, as it is now."""
    return show_again(number, None)


@needs("customers.change")
def change(number: str) -> ResponseReturnValue:
    """Another name or language."""
    name = typed("name")
    language, script = _tongue(typed("tongue"))

    def work(tx: Transaction, who: Profile) -> Markup:
        if name != who.name:
            rename(tx, customer_id=who.customer_id, name=name)
        set_language(tx, customer_id=who.customer_id, language=language, script=script)
        _note(tx, "customer_changed", number, {"name": name, "was": who.name, "language": language})
        return t(_("Saved."))

    return _changed(number, work)


@needs("customers.change")
def add_a_phone(number: str) -> ResponseReturnValue:
    """One more phone."""
    added = typed("phone", TYPED_CHARS_MAX + 1)

    def work(tx: Transaction, who: Profile) -> Markup:
        parsed = parse_phone(added)
        if parsed not in who.phones:
            add_phone(tx, customer_id=who.customer_id, phone=parsed, now=parts().clock.now())
            _note(tx, "customer_changed", number, {"phone": parsed})
        return t(_("{phone} belongs to this account now."), phone=phone(parsed))

    return _changed(number, work, added=added)


@needs("customers.change")
def change_status(number: str) -> ResponseReturnValue:
    """Suspend, or let go on."""
    status = typed("status")
    if status not in STATUSES:
        raise NotPossibleNow(what="customer", state=status)

    def work(tx: Transaction, who: Profile) -> Markup:
        if status != who.status:
            set_status(tx, customer_id=who.customer_id, status=status)
            _note(tx, "customer_status", number, {"status": status})
        return t(STATUSES[status])

    return _changed(number, work)


def _changed(number: str, work: Callable[[Transaction, Profile], Markup], *, added: str = "") -> ResponseReturnValue:
    """Do the work on the customer, then show them; refused, the form again with its sentence."""
    with parts().db.reading() as connection:
        who = profile(connection, number)
    try:
        said = parts().db.run(lambda tx: work(tx, who))
    except Refusal as refusal:
        return show_again(number, refusal_sentence(refusal, ""), added), 422
    tell(said)
    return redirect(url_for("admin.customer", number=number), 303)


def show_again(number: str, refused: Markup | None, added: str = "") -> str:
    """The forms, with what was refused."""
    with parts().db.reading() as connection:
        who = profile(connection, number)
        bought_as = buyer(connection, who.customer_id)
    return render_template("admin/change.html", who=who, buyer=bought_as, refused=refused, added=added)


def _tongue(chosen: str) -> tuple[str, str | None]:
    return TONGUES.get(chosen, TONGUES["en"])


def _note(tx: Transaction, act: str, number: str, detail: dict[str, Any]) -> None:
    audit.write(
        tx,
        staff_id=member().staff_id,
        act=act,
        subject=f"customer:{number}",
        now=parts().clock.now(),
        detail=detail,
    )


ROUTES: Final = (
    Route("GET", "/register", "register", show_registering),
    Route("POST", "/register", "register_now", register),
    Route("GET", "/customers/<number>/change", "change", show_changing),
    Route("POST", "/customers/<number>/change", "change_now", change),
    Route("POST", "/customers/<number>/phones", "add_phone", add_a_phone),
    Route("POST", "/customers/<number>/status", "change_status", change_status),
)
