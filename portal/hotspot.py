"""The page a hotspot shows before it lets anybody in: type a token or a card, or buy one. No log-in, no cookie."""

from __future__ import annotations

from typing import Any, Final

from flask import Blueprint, Response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from core.errors import NoHotspot, NotPossibleNow, OtherNetwork, Refusal
from core.languages import marked as _
from core.money import Money
from core.owners.buy_by_momo import buy_by_momo
from core.owners.network_at import NetworkView, code_on_poster, offers_at
from core.owners.page_prompts import Asker
from core.parts import Parts
from core.staff.log_in import counted_address
from core.tokens.guesses import Typist
from core.tokens.let_in import entry_of_code, entry_of_token
from core.tokens.redeem import redeem
from core.tokens.typed_code import TYPED_CHARS_MAX
from portal.hotspot_going_in import go, let_in, network_of, pass_of_failed, to_go
from portal.hotspot_look import choose_language, language, page, refusal_page
from portal.hotspot_online import online, pause, paused_page, resume
from portal.hotspot_pass import Pass, open_pass
from portal.hotspot_router_page import router_page
from portal.hotspot_visit import Visit, read_visit
from portal.look import FAULTS, dress, parts, sentence_of
from web import speech
from web.forms import address, asked, form_key, typed
from web.status import status_of

ROW_ID_CHARS_MAX: Final = 18
# An address of nobody (RFC 5737): whoever is behind a hotspot and not in yet is led from there to its log-in page.
CAUGHT: Final = "http://192.0.2.1/"
NOT_HERE: Final = _("Join the Wi-Fi {ssid} with this phone first. Its page then opens by itself.")
TOO_LATE: Final = _("This page was open too long. If you paid, your token came by SMS: type it here.")
NOT_YET: Final = _("The Wi-Fi did not let you in.")


def create_blueprint(parts: Parts) -> Blueprint:
    """The door of those who stand before a network."""
    door = Blueprint("hotspot", __name__, template_folder="templates")
    dress(door, parts)
    door.before_request(choose_language)
    door.register_error_handler(Refusal, _refused)
    door.register_error_handler(HTTPException, _fault)
    door.add_url_rule("/", view_func=which)
    door.add_url_rule("/<code>", view_func=network, methods=["GET", "POST"])
    door.add_url_rule("/<code>/in", view_func=type_code, methods=["POST"])
    door.add_url_rule("/<code>/buy", view_func=buy, methods=["POST"])
    door.add_url_rule("/<code>/go", view_func=go_in)
    door.add_url_rule("/<code>/online", view_func=online)
    door.add_url_rule("/<code>/pause", view_func=pause, methods=["POST"])
    door.add_url_rule("/<code>/resume", view_func=resume, methods=["POST"])
    door.add_url_rule("/<code>/login.html", view_func=login_html)
    return door


def which() -> ResponseReturnValue:
    """Ask for the code on the poster."""
    code = asked("code")
    if not code:
        return page("which", visit=Visit())
    meant = code_on_poster(code)
    return redirect(url_for(".network", code=code if meant is None else meant, language=language()), 303)


def network(code: str) -> Response:
    """The page of a network. Its router sends the fields of a visit, in the address or as a form."""
    here, visit = network_of(code), read_visit(request.values)
    failed = pass_of_failed(visit) if visit.error else ""
    return _show(here, visit, note=speech.t(NOT_YET) if visit.error else "", failed=failed)


def type_code(code: str) -> ResponseReturnValue:
    """Let in whoever types a token or a card."""
    here, visit = network_of(code), read_visit(request.form)
    if not here.is_open:
        return _show_refused(here, visit, NoHotspot())
    if not visit.is_at_router:
        return _show(here, visit, status=422, refused=speech.t(NOT_HERE, ssid=speech.own(here.ssid)))
    ours, typist = parts(), Typist(device=visit.device, address=counted_address(address()))
    try:
        redeemed = redeem(
            ours.db,
            typed=typed("code", TYPED_CHARS_MAX + 1),
            typist=typist,
            now=ours.clock.now(),
            ids=ours.ids,
            sealer=ours.sealer,
        )
        with ours.db.reading() as connection:
            entry = entry_of_token(connection, redeemed.token_id, ours.sealer)
        if entry is None:
            raise NotPossibleNow(what="token", state="not placed")  # noqa: TRY301 - one place says why not
        if entry.router_id != here.router_id:
            raise OtherNetwork(ssid=entry.ssid)
    except NotPossibleNow as refusal:
        return _paused(here, visit, refusal)
    except Refusal as refusal:
        return _show_refused(here, visit, refusal)
    held = Pass(here.hotspot_id, token_id=entry.token_id)
    return let_in(here, visit, held, entry) if entry.is_known else to_go(here, visit, held)


def _paused(here: NetworkView, visit: Visit, refusal: NotPossibleNow) -> Response:
    """Offer to go on with what stands still by its holder's wish; anything else is over."""
    ours = parts()
    with ours.db.reading() as connection:
        entry = entry_of_code(connection, typed("code", TYPED_CHARS_MAX + 1), ours.sealer)
    if entry is None or entry.status != "paused" or entry.router_id != here.router_id:
        return _show_refused(here, visit, refusal)
    return paused_page(here, visit, entry)


def buy(code: str) -> ResponseReturnValue:
    """Prompt the phone of whoever chose a plan."""
    here, visit, ours = network_of(code), read_visit(request.form), parts()
    try:
        version_id, shown = _chosen()
        key = f"hotspot:{form_key()}"
        opened = ours.db.run(
            lambda tx: buy_by_momo(
                tx,
                request_key=key,
                hotspot_id=here.hotspot_id,
                version_id=version_id,
                shown=shown,
                typed_phone=typed("phone"),
                asker=Asker(visit.device, counted_address(address())),
                language=language(),
                platform=ours.settings.momo_base_url,
                now=ours.clock.now(),
                ids=ours.ids,
            )
        )
    except Refusal as refusal:
        return _show_refused(here, visit, refusal)
    return to_go(here, visit, Pass(here.hotspot_id, intent_id=opened.intent_id))


def go_in(code: str) -> ResponseReturnValue:
    """Go in with what was bought or typed: now, or once it is paid and the router knows it."""
    here, visit, ours = network_of(code), read_visit(request.args), parts()
    held = open_pass(ours.sealer, request.args.get("pass", ""), ours.clock.now())
    if held is None or held.hotspot_id != here.hotspot_id:
        return _show(here, visit, status=404, refused=speech.t(TOO_LATE))
    try:
        return go(here, visit, held)
    except Refusal as refusal:
        return _show_refused(here, visit, refusal)


def login_html(code: str) -> Response:
    """The file a MikroTik router shows as its log-in page: it leads here."""
    here = network_of(code)
    return Response(
        router_page(f"{parts().settings.public_url}/hotspot/{here.code}"), content_type="text/html; charset=utf-8"
    )


def _show(here: NetworkView, visit: Visit, *, status: int = 200, **facts: Any) -> Response:
    return page("network", visit=visit, status=status, script="card", **_shown(here), **facts)


def _show_refused(here: NetworkView, visit: Visit, refusal: Refusal) -> Response:
    return refusal_page(refusal, "network", visit=visit, script="card", **_shown(here))


def _shown(here: NetworkView) -> dict[str, Any]:
    """What the page of a network shows, and what was typed that is no secret."""
    with parts().db.reading() as connection:
        sold = offers_at(connection, here, parts().clock.now())
    return {
        "network": here,
        "caught": CAUGHT,
        "offers": sold,
        "key": parts().ids.new_uuid(),
        "phone": typed("phone"),
        "chosen": typed("plan"),
    }


def _chosen() -> tuple[int, Money]:
    """The version of a plan, and the price that stood beside it.

    Raises:
        NotPossibleNow: nothing was chosen, or no page of ours said so.
    """
    version, _colon, minor = typed("plan").partition(":")
    if not all(part.isascii() and part.isdigit() and len(part) <= ROW_ID_CHARS_MAX for part in (version, minor)):
        raise NotPossibleNow(what="plan", state="not chosen")
    return int(version), Money(int(minor), "SSP")


def _refused(refusal: Refusal) -> Response:
    if isinstance(refusal, NoHotspot):
        return page("which", visit=Visit(), status=404, refused=speech.t(_("There is no Wi-Fi with this code.")))
    return page("which", visit=Visit(), status=status_of(refusal), refused=sentence_of(refusal))


def _fault(fault: HTTPException) -> ResponseReturnValue:
    if fault.response is not None:
        return fault.response
    status = fault.code or 500
    return page("which", visit=Visit(), status=status, refused=speech.t(FAULTS.get(status, FAULTS[405])))
