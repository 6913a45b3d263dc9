"""Logging in and out: by a code of an SMS, then by the PIN or password that was chosen."""

from __future__ import annotations

from typing import Final

from flask import redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from core.db.engine import Transaction
from core.errors import CodeNotGood, Refusal
from core.languages import marked as _
from core.phones import TYPED_CHARS_MAX
from core.visits.choose_secret import choose_secret
from core.visits.limits import PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN, PIN_DIGITS
from core.visits.log_in import log_in
from core.visits.log_in_by_code import log_in_by_code
from core.visits.send_code import send_code
from portal.acts import act
from portal.look import parts, sentence_of
from portal.permits import open_to
from portal.visitors import enter, leave, session_now, visitor
from web.forms import address, typed
from web.routes import Route
from web.speech import t, tongue
from web.status import status_of

CODE_CHARS_MAX: Final = 20
# Which code this browser asked for, and to which phone. The cookie is signed: nobody names the code of another browser.
CODE_ID: Final = "code_id"
CODE_PHONE: Final = "code_phone"


def log_in_page(refused: Markup | None = None) -> str:
    """The log-in page, with what was typed but for the secret."""
    return render_template("portal/log_in.html", refused=refused, phone=typed("phone", TYPED_CHARS_MAX))


@open_to("public")
def log_in_now() -> ResponseReturnValue:
    """Prove who you are by PIN or password."""
    try:
        token = log_in(
            parts().db,
            typed_phone=typed("phone", TYPED_CHARS_MAX),
            secret=_secret(),
            address=address(),
            key=parts().settings.secret_key,
            now=parts().clock.now(),
            began_at=session_now(),
            ids=parts().ids,
        )
    except Refusal as refusal:
        return log_in_page(sentence_of(refusal)), status_of(refusal)
    enter(token)
    return redirect(url_for("portal.front"), 303)


@open_to("public")
def ask_code() -> ResponseReturnValue:
    """Get a code by SMS."""
    try:
        sent = parts().db.run(
            lambda tx: send_code(
                tx,
                typed_phone=typed("phone", TYPED_CHARS_MAX),
                address=address(),
                otherwise=tongue(),
                now=parts().clock.now(),
                ids=parts().ids,
                sealer=parts().sealer,
                key=parts().settings.secret_key,
            )
        )
    except Refusal as refusal:
        return _ask_page(sentence_of(refusal)), status_of(refusal)
    session[CODE_ID], session[CODE_PHONE] = sent.code_id, sent.phone
    return redirect(url_for("portal.code"), 303)


@open_to("public")
def show_ask() -> ResponseReturnValue:
    """Where a code is asked for."""
    return _ask_page(None)


@open_to("public")
def show_code() -> ResponseReturnValue:
    """Where the code is typed."""
    return _code_page(None) if CODE_ID in session else redirect(url_for("portal.ask"), 303)


@open_to("public")
def log_in_with_code() -> ResponseReturnValue:
    """Prove who you are by the code."""
    code_id = session.get(CODE_ID)
    if code_id is None:
        return redirect(url_for("portal.ask"), 303)
    phone = session[CODE_PHONE]
    try:
        entered = parts().db.run(
            lambda tx: log_in_by_code(
                tx,
                code_id=code_id,
                phone=phone,
                typed_code=typed("code", CODE_CHARS_MAX),
                language=tongue(),
                now=parts().clock.now(),
                began_at=session_now(),
                ids=parts().ids,
                key=parts().settings.secret_key,
            )
        )
        if entered is None:
            raise CodeNotGood
    except Refusal as refusal:
        return _code_page(sentence_of(refusal)), status_of(refusal)
    enter(entered.token)
    return redirect(url_for("portal.secret"), 303)


@open_to("customer")
def show_secret() -> ResponseReturnValue:
    """Where a PIN or password is chosen."""
    return _secret_page(None)


@open_to("customer")
def choose_now() -> ResponseReturnValue:
    """Choose one; whoever is logged in elsewhere is logged out."""

    def work(tx: Transaction) -> Markup:
        choose_secret(tx, visit=visitor().visit, typed=_secret(), now=parts().clock.now())
        return t(_("Saved. From now on you log in with it. Everywhere else you are logged out."))

    return act(work, back=url_for("portal.front"), again=_secret_page)


@open_to("customer")
def log_out() -> ResponseReturnValue:
    """End this visit."""
    leave()
    return redirect(url_for("portal.front"), 303)


def _secret() -> str:
    # One character more than allowed is kept, so that a longer one is refused and not cut to fit.
    return request.form.get("secret", "").replace("\x00", "")[: PASSWORD_CHARS_MAX + 1]


def _ask_page(refused: Markup | None) -> str:
    return render_template("portal/ask_code.html", refused=refused, phone=typed("phone", TYPED_CHARS_MAX))


def _code_page(refused: Markup | None) -> str:
    return render_template("portal/code.html", refused=refused, phone=session[CODE_PHONE])


def _secret_page(refused: Markup | None) -> str:
    return render_template("portal/secret.html", refused=refused, digits=PIN_DIGITS, least=PASSWORD_CHARS_MIN)


ROUTES: Final = (
    Route("POST", "/log-in", "log_in_now", log_in_now),
    Route("GET", "/ask", "ask", show_ask),
    Route("POST", "/ask", "ask_code", ask_code),
    Route("GET", "/code", "code", show_code),
    Route("POST", "/code", "log_in_with_code", log_in_with_code),
    Route("GET", "/secret", "secret", show_secret),
    Route("POST", "/secret", "choose_secret", choose_now),
    Route("POST", "/log-out", "log_out", log_out),
)
