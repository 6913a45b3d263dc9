"""Cards of an owner: made and printed by them, and opened when they are sold, by them or who helps them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Final

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from core.catalog.taxes import HOME_CURRENCY
from core.db.engine import Transaction
from core.errors import CardsOutOfRange, NotFound, PlanGone, Refusal
from core.languages import marked as _
from core.money import Money
from core.owners.limits import CAMPAIGN_CHARS_MAX
from core.owners.make_cards import CardsWanted, make_cards
from core.owners.open_cards import open_cards
from core.owners.owner_page import networks_of
from core.owners.price_list import price_list
from core.phones import western_digits
from core.staff import audit
from core.tokens.batch_views import BATCHES_A_PAGE, BatchView, batch_view, batches
from core.tokens.find_card import SCANNED_CHARS_MAX
from core.tokens.make_batch import CARDS_MAX, card_number
from core.tokens.void_cards import void_cards
from portal.acts import act, request_key
from portal.look import parts, sentence_of
from portal.permits import open_to
from portal.visitors import seat, visitor
from web.card_print import card_response, wish
from web.card_range import card_range, scanned_card, voided_words
from web.forms import ROW_ID_MAX, asked, row_id, typed
from web.routes import Route
from web.speech import ltr, own, plan, t
from web.status import status_of

COUNT_CHARS_MAX: Final = 7
PLAN_CHARS_MAX: Final = 40


@open_to("seller")
def show_batches() -> ResponseReturnValue:
    """The newest; a card scanned here is opened."""
    return _page(None)


@open_to("owner")
def make() -> ResponseReturnValue:
    """Make a batch for one of their networks, at the price of their list."""

    def work(tx: Transaction) -> Markup:
        ours = parts()
        make_cards(
            tx, wanted=_wanted(), owner=visitor().account, now=ours.clock.now(), ids=ours.ids, sealer=ours.sealer
        )
        return t(_("The cards are made. They are good for nothing until they are sold."))

    return act(work, back=url_for("portal.batches"), again=_page)


@open_to("seller")
def show_batch(number: int) -> ResponseReturnValue:
    """One batch: what became of its cards."""
    return _batch_page(number, None)


@open_to("owner")
def print_cards(number: int) -> ResponseReturnValue:
    """A file with the codes of a range. It is written down that they had it."""
    try:
        batch = _batch(number)
        wanted = wish(parts(), batch)
        answer = card_response(parts(), batch, wanted)
    except Refusal as refusal:
        return _batch_page(number, sentence_of(refusal)), status_of(refusal)
    detail = wanted.facts | {"owner": visitor().account.number}
    now, subject = parts().clock.now(), f"batch:{batch.batch_id}"
    parts().db.run(
        lambda tx: audit.write(tx, staff_id=None, act="cards_printed", subject=subject, now=now, detail=detail)
    )
    return answer


@open_to("seller")
def open_range(number: int) -> ResponseReturnValue:
    """Open a range of cards that were sold."""

    def work(tx: Transaction) -> Markup:
        batch = batch_view(tx.connection, row_id(number), owner_id=seat().owner_id)
        first, last = card_range(tx.connection, parts().sealer, batch)
        return _opened(tx, batch, first, last)

    back = url_for("portal.batch", number=number)
    return act(work, back=back, again=lambda sentence: _batch_page(number, sentence))


@open_to("seller")
def open_scanned() -> ResponseReturnValue:
    """Open the card that was scanned, if it is one of theirs."""

    def work(tx: Transaction) -> Markup:
        card = scanned_card(tx.connection, parts().sealer)
        batch = batch_view(tx.connection, card.batch_id, owner_id=seat().owner_id)
        return _opened(tx, batch, card.serial, card.serial)

    return act(work, back=url_for("portal.batches"), again=_page)


@open_to("owner")
def void(number: int) -> ResponseReturnValue:
    """Take back those of a range that nobody has typed."""

    def work(tx: Transaction) -> Markup:
        owner = seat().owner_id
        batch = batch_view(tx.connection, row_id(number), owner_id=owner)
        first, last = card_range(tx.connection, parts().sealer, batch)
        voided = void_cards(
            tx,
            request_key=request_key(),
            batch_id=batch.batch_id,
            first=first,
            last=last,
            staff_id=None,
            seller_id=owner,
            why=typed("why"),
            refund=typed("refund") == "yes",
            now=parts().clock.now(),
        )
        return voided_words(voided)

    back = url_for("portal.batch", number=number)
    return act(work, back=back, again=lambda sentence: _batch_page(number, sentence))


def _opened(tx: Transaction, batch: BatchView, first: int, last: int) -> Markup:
    seller, now = visitor().account, parts().clock.now()
    open_cards(tx, request_key=request_key(), batch_id=batch.batch_id, first=first, last=last, seller=seller, now=now)
    if first == last:
        number = ltr(card_number(batch.batch_id, first))
        return t(
            _("Card {number} is open: {plan}, {price}."),
            number=number,
            plan=own(plan(asdict(batch))),
            price=batch.price,
        )
    return t(_("Cards {first} to {last} are open."), first=ltr(first), last=ltr(last))


def _wanted() -> CardsWanted:
    """What the form asks for.

    Raises:
        PlanGone, NotFound, CardsOutOfRange: no plan, network or number that the form offers.
    """
    version, _colon, minor = typed("plan", PLAN_CHARS_MAX).partition(":")
    spot, cards = typed("network", PLAN_CHARS_MAX), western_digits(typed("cards", COUNT_CHARS_MAX))
    if not _is_number(spot):
        raise NotFound(what="network")
    if not (_is_number(version) and _is_number(minor)):
        raise PlanGone(code="")
    if not _is_number(cards):
        raise CardsOutOfRange(cards=CARDS_MAX)
    price = Money(int(minor), HOME_CURRENCY)
    campaign = typed("campaign", CAMPAIGN_CHARS_MAX) or None
    return CardsWanted(request_key(), int(spot), int(version), price, int(cards), campaign)


def _is_number(said: str) -> bool:
    return said.isascii() and said.isdecimal() and 0 < int(said) <= ROW_ID_MAX


def _batch(number: int) -> BatchView:
    with parts().db.reading() as connection:
        return batch_view(connection, row_id(number), owner_id=seat().owner_id)


def _page(refused: Markup | None) -> str:
    mine, before = seat(), asked("before")
    with parts().db.reading() as connection:
        rows = batches(connection, owner_id=mine.owner_id, before=row_id(int(before)) if _is_number(before) else None)
        return render_template(
            "portal/batches.html",
            refused=refused,
            seat=mine,
            said=request.form,
            batches=rows,
            older=rows[-1].batch_id if len(rows) == BATCHES_A_PAGE else None,
            spots=[spot for spot in networks_of(connection, mine.owner_id) if spot.sells],
            offers=price_list(connection, mine.owner_id, parts().clock.now()),
            cards_most=CARDS_MAX,
            campaign_most=CAMPAIGN_CHARS_MAX,
            scanned_most=SCANNED_CHARS_MAX,
        )


def _batch_page(number: int, refused: Markup | None) -> str:
    return render_template(
        "portal/batch.html",
        refused=refused,
        seat=seat(),
        said=request.form,
        batch=_batch(number),
        scanned_most=SCANNED_CHARS_MAX,
    )


ROUTES: Final = (
    Route("GET", "/cards", "batches", show_batches),
    Route("POST", "/cards", "make_cards", make),
    Route("POST", "/cards/scanned", "open_scanned_card", open_scanned),
    Route("GET", "/cards/<int:number>", "batch", show_batch),
    Route("POST", "/cards/<int:number>/print", "print_cards", print_cards),
    Route("POST", "/cards/<int:number>/open", "open_cards", open_range),
    Route("POST", "/cards/<int:number>/void", "void_cards", void),
)
