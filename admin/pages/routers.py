"""Routers taken in and looked after: what is said of them, the script to paste, and what the checks found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from flask import make_response, render_template, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from admin.acts import act, alarm_if_clash, note
from admin.desk import parts
from admin.figures import whole_of
from admin.permits import needs
from admin.router_words import COMMANDS, ROUTER_WORDS
from admin.routes import Route
from admin.words import choices, refusal_sentence, word
from core.db.engine import Transaction
from core.errors import Refusal
from core.languages import marked as _
from core.network.add_router import API_PORT, Handout, RouterWords, add_router, change_router, renew_credentials
from core.network.check_router import want_checks
from core.network.drift import SORTS
from core.network.house import RadiusTerms, house_of
from core.network.outages import last_outages
from core.network.router_facts import RouterFacts, router_facts, router_list
from core.network.script import ScriptTerms, script_for
from web.forms import row_id, typed
from web.speech import ltr, t
from web.status import status_of

PASSWORD_CHARS_MAX: Final = 100


@needs("routers.manage")
def show_routers() -> ResponseReturnValue:
    """All routers, and a form for a new one."""
    return _list(None, "")


@needs("routers.manage")
def add() -> ResponseReturnValue:
    """Take a router in, and show the script once."""

    def work(tx: Transaction) -> Handout:
        handout = add_router(
            tx,
            _words(),
            radius_there=parts().settings.radius_address is not None,
            sealer=parts().sealer,
            seal_secret=parts().sealer.radius.seal,
            ids=parts().ids,
            now=parts().clock.now(),
        )
        note(tx, "router_added", f"router:{typed('name')}")
        return handout

    return _handing_out(work, lambda sentence: _list(sentence, "add"))


@needs("routers.manage")
def show_router(number: int) -> ResponseReturnValue:
    """One router: what is known of it, what the checks found, what had drifted."""
    return _one(number, None, "")


@needs("routers.manage")
def change(number: int) -> ResponseReturnValue:
    """Say it anew."""

    def work(tx: Transaction) -> Markup:
        change_router(
            tx,
            row_id(number),
            _words(),
            radius_there=parts().settings.radius_address is not None,
            sealer=parts().sealer,
            seal_secret=parts().sealer.radius.seal,
            ids=parts().ids,
            now=parts().clock.now(),
        )
        note(tx, "router_changed", f"router:{typed('name')}")
        return t(_("It is changed."))

    return act(work, back=_page_of(number), again=lambda sentence: _one(number, sentence, "change"))


@needs("routers.manage")
def check(number: int) -> ResponseReturnValue:
    """Have it looked at."""

    def work(tx: Transaction) -> Markup:
        want_checks(tx, router_id=row_id(number), now=parts().clock.now())
        note(tx, "router_checked", f"router:{router_facts(tx.connection, number).name}")
        return t(_("It is being checked. Open this page again in half a minute."))

    return act(work, back=_page_of(number), again=lambda sentence: _one(number, sentence, ""))


@needs("routers.manage")
def renew(number: int) -> ResponseReturnValue:
    """Make new credentials, and show the script once."""

    def work(tx: Transaction) -> Handout:
        handout = renew_credentials(
            tx,
            row_id(number),
            sealer=parts().sealer,
            seal_secret=parts().sealer.radius.seal,
            ids=parts().ids,
            now=parts().clock.now(),
        )
        note(tx, "router_renewed", f"router:{router_facts(tx.connection, number).name}")
        return handout

    return _handing_out(work, lambda sentence: _one(number, sentence, "renew"))


def sentence_of_check(found: dict[str, Any]) -> Markup:
    """What a check found and what to do about it, in one sentence."""
    facts = {name: ltr(value) for name, value in found["facts"].items()}
    command = COMMANDS.get(found["name"], "")
    for name, value in {"from_address": parts().settings.management_address or "<address>", **found["facts"]}.items():
        command = command.replace(f"{{{name}}}", str(value))
    key = f"{found['name']}.{found['state']}"
    return (
        t(ROUTER_WORDS[key], command=Markup('<code dir="ltr">{}</code>').format(command), **facts)
        if key in ROUTER_WORDS
        else ltr(key)
    )


def _handing_out(work: Callable[[Transaction], Handout], again: Callable[[Markup], str]) -> ResponseReturnValue:
    """Do the work and show the script. It is kept by no browser: it holds the router's password."""
    try:
        handout = parts().db.run(work)
    except Refusal as refusal:
        alarm_if_clash(refusal)
        return again(refusal_sentence(refusal, "")), status_of(refusal)
    with parts().db.reading() as connection:
        router = router_facts(connection, handout.router_id)
    page = make_response(
        render_template("admin/router_script.html", router=router, script=script_for(_script_terms(router, handout)))
    )
    page.headers["Cache-Control"] = "no-store"
    return page


def _script_terms(router: RouterFacts, handout: Handout) -> ScriptTerms:
    house = house_of(parts().settings, parts().sealer.radius.open)
    asks = router.access_by == "radius" and house.radius is not None
    return ScriptTerms(
        router=router.name,
        port=router.port,
        username=router.username,
        password=handout.password,
        from_address=parts().settings.management_address,
        garden_hosts=house.garden_hosts,
        radius=RadiusTerms(house.radius, handout.radius_secret, router.coa_port) if asks and house.radius else None,
    )


def _words() -> RouterWords:
    return RouterWords(
        name=typed("name"),
        host=typed("host"),
        port=whole_of(typed("port"), "number") or API_PORT,
        username=typed("username"),
        area=typed("area"),
        access_by=typed("access_by"),
        nas_address=typed("nas_address") or None,
        password=typed("password", PASSWORD_CHARS_MAX),
        watched=typed("watched") != "no",
    )


def _page_of(number: int) -> Callable[[], str]:
    return lambda: url_for("admin.router", number=number)


def _list(refused: Markup | None, opened: str) -> str:
    with parts().db.reading() as connection:
        return render_template(
            "admin/routers.html",
            routers=router_list(connection),
            ways=choices("access_by", ("api", "radius")),
            port=API_PORT,
            closed=parts().settings.management_address is not None,
            refused=refused,
            opened=opened,
        )


def _one(number: int, refused: Markup | None, opened: str) -> str:
    with parts().db.reading() as connection:
        router = router_facts(connection, row_id(number))
        outages = last_outages(connection, router.id)
    drift = router.drift or {}
    return render_template(
        "admin/router.html",
        router=router,
        outages=outages,
        checks=[(found["state"], sentence_of_check(found)) for found in router.checks or ()],
        drift=[
            (sort, one["menu"], one["name"], one.get("fields", [])) for sort in SORTS for one in drift.get(sort, ())
        ],
        ways=choices("access_by", ("api", "radius")),
        waits=word("access_by", router.access_by),
        refused=refused,
        opened=opened,
    )


ROUTES: Final = (
    Route("GET", "/routers", "routers", show_routers),
    Route("POST", "/routers", "add_router", add),
    Route("GET", "/routers/<int:number>", "router", show_router),
    Route("POST", "/routers/<int:number>", "change_router", change),
    Route("POST", "/routers/<int:number>/check", "check_router", check),
    Route("POST", "/routers/<int:number>/credentials", "renew_router", renew),
)
