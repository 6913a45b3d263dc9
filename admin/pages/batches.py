"""Cards: making a batch for a network, printing it, and opening those that were sold."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Final

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from admin.acts import act, note
from admin.desk import member, parts
from admin.figures import needed_whole, price_of
from admin.permits import needs
from admin.routes import Route
from admin.words import refusal_sentence
from core.catalog.queries import Offer, offers
from core.catalog.taxes import HOME_CURRENCY
from core.crm.find import profile
from core.customers.queries import Account, account, account_of_phone
from core.db.engine import Transaction
from core.errors import AmountOutOfRange, NoHotspot, NotFound, NotPossibleNow, PlanGone, Refusal
from core.languages import marked as _
from core.money import Money
from core.owners.give_cards import give_cards
from core.owners.limits import CAMPAIGN_CHARS_MAX, PRICE_MOST
from core.owners.network_at import NetworkView, code_on_poster, network_at, offers_at
from core.phones import parse_phone, western_digits
from core.tokens.batch_views import BATCHES_A_PAGE, BatchView, batch_view, batches
from core.tokens.find_card import SCANNED_CHARS_MAX
from core.tokens.make_batch import CARDS_MAX, Maker, card_number, make_batch
from core.tokens.sell_cards import sell_cards
from core.tokens.sell_house_cards import sell_house_cards
from flows.amounts import TYPED_CHARS_MAX
from web.card_print import CARD_FORMS, card_response, wish
from web.card_range import card_range, scanned_card
from web.forms import asked, form_key, row_id, typed
from web.speech import ltr, own, plan, t
from web.status import status_of

FORMS: Final = {"a4": _("sheets of A4"), "roll": _("roll of 58 mm"), "csv": _("sheet of figures (CSV)")}


@needs("cards.sell")
def show_batches() -> ResponseReturnValue:
    """The newest batches; a card scanned here is opened."""
    return _page(None, "")


@needs("cards.make")
def make() -> ResponseReturnValue:
    """Make a batch. Its cards are good for nothing yet."""
    made: list[int] = []

    def work(tx: Transaction) -> Markup:
        here = _network(tx)
        offer = _offer(tx, here)
        price = price_of(typed("price", TYPED_CHARS_MAX + 1), HOME_CURRENCY) or offer.price
        if price > PRICE_MOST:
            raise AmountOutOfRange(least=Money(0, price.currency), most=PRICE_MOST)
        cards = needed_whole(typed("cards"), "cards")
        batch = make_batch(
            tx,
            request_key=f"desk:{form_key()}",
            hotspot_id=here.hotspot_id,
            plan_version_id=offer.version_id,
            price=price,
            cards=cards,
            campaign=typed("campaign", CAMPAIGN_CHARS_MAX) or None,
            maker=Maker(staff_id=member().staff_id),
            now=parts().clock.now(),
            ids=parts().ids,
            sealer=parts().sealer,
        )
        made[:] = [batch.batch_id]
        if not batch.again:
            note(tx, "cards_made", _subject(batch.batch_id), {"cards": cards, "price": str(price)})
        return t(_("The cards are made. They are good for nothing until they are sold."))

    return act(work, back=lambda: url_for("admin.batch", number=made[0]), again=lambda said: _page(said, "make"))


@needs("cards.sell")
def show_batch(number: int) -> ResponseReturnValue:
    """One batch: what became of its cards."""
    return batch_page(number, None, "")


@needs("cards.make")
def print_cards(number: int) -> ResponseReturnValue:
    """A file with the codes of a range. It is written down who had it."""
    try:
        batch = _batch(number)
        wanted = wish(parts(), batch)
        answer = card_response(parts(), batch, wanted)
    except Refusal as refusal:
        return batch_page(number, refusal_sentence(refusal, ""), "print"), status_of(refusal)
    parts().db.run(lambda tx: note(tx, "cards_printed", _subject(number), wanted.facts))
    return answer


@needs("cards.sell")
def sell(number: int) -> ResponseReturnValue:
    """Open a range of cards."""

    def work(tx: Transaction) -> Markup:
        batch = batch_view(tx.connection, row_id(number))
        first, last = card_range(tx.connection, parts().sealer, batch)
        return _sold(tx, batch, first, last)

    back = url_for("admin.batch", number=number)
    return act(work, back=lambda: back, again=lambda said: batch_page(number, said, "sell"))


@needs("cards.sell")
def sell_scanned() -> ResponseReturnValue:
    """Open the card that was scanned, whichever batch it is of."""

    def work(tx: Transaction) -> Markup:
        card = scanned_card(tx.connection, parts().sealer)
        return _sold(tx, batch_view(tx.connection, card.batch_id), card.serial, card.serial)

    return act(work, back=lambda: url_for("admin.batches"), again=lambda said: _page(said, "scan"))


def _sold(tx: Transaction, batch: BatchView, first: int, last: int) -> Markup:
    """Activate them: an owner's in the owner's name, who holds the notes; ours against a balance."""
    key, now, staff_id = f"desk:{form_key()}", parts().clock.now(), member().staff_id
    detail: dict[str, int | str] = {"first": first, "last": last}
    which: dict[str, Any] = {"request_key": key, "batch_id": batch.batch_id, "first": first, "last": last, "now": now}
    if batch.owner_id is None and not typed("for_nothing"):
        buyer = _buyer(tx)
        detail["customer"] = buyer.number
        sold = sell_house_cards(tx, buyer=buyer, staff_id=staff_id, **which)
    else:
        given = bool(typed("for_nothing"))
        detail["means"] = "given" if given else "cash"
        if given:
            sold = give_cards(tx, staff_id=staff_id, **which)
        else:
            sold = sell_cards(tx, seller_id=batch.owner_id, staff_id=staff_id, for_nothing=False, **which)
    if not sold.again:
        note(tx, "cards_sold", _subject(batch.batch_id), detail)
    if first == last:
        number = ltr(card_number(batch.batch_id, first))
        return t(
            _("Card {number} is open: {plan}, {price}."),
            number=number,
            plan=own(plan(asdict(batch))),
            price=batch.price,
        )
    return t(_("Cards {first} to {last} are open."), first=ltr(first), last=ltr(last))


def _buyer(tx: Transaction) -> Account:
    """Whose balance pays: said by account number or phone.

    Raises:
        NotPossibleNow, NotFound, InvalidPhone: nobody is named, or nobody has it.
    """
    said = western_digits(typed("buyer"))
    if not said:
        raise NotPossibleNow(what="cards", state="paid by nobody")
    try:
        return account(tx.connection, profile(tx.connection, said).customer_id)
    except NotFound:
        found = account_of_phone(tx.connection, parse_phone(said))
    if found is None:
        raise NotFound(what="customer")
    return found


def _network(tx: Transaction) -> NetworkView:
    meant = code_on_poster(typed("network"))
    found = None if meant is None else network_at(tx.connection, meant)
    if found is None:
        raise NoHotspot
    return found


def _offer(tx: Transaction, here: NetworkView) -> Offer:
    """What was chosen, at the price of the network's list."""
    chosen, sold = typed("plan"), offers_at(tx.connection, here, parts().clock.now())
    found = next((one for one in sold if str(one.version_id) == chosen), None)
    if found is None:
        raise PlanGone(code=chosen) if here.sells else NoHotspot
    return found


def _batch(number: int) -> BatchView:
    with parts().db.reading() as connection:
        return batch_view(connection, row_id(number))


def _subject(batch_id: int) -> str:
    return f"batch:{batch_id}"


def _page(refused: Markup | None, opened: str) -> str:
    before = asked("before")
    with parts().db.reading() as connection:
        rows = batches(connection, before=row_id(int(before)) if before.isdecimal() else None)
        sold = offers(connection, parts().clock.now())
    return render_template(
        "admin/batches.html",
        batches=rows,
        older=rows[-1].batch_id if len(rows) == BATCHES_A_PAGE else None,
        offers=sold,
        cards_most=CARDS_MAX,
        campaign_most=CAMPAIGN_CHARS_MAX,
        scanned_most=SCANNED_CHARS_MAX,
        refused=refused,
        opened=opened,
    )


def batch_page(number: int, refused: Markup | None, opened: str) -> str:
    """The page of a batch, with what was refused on it."""
    return render_template(
        "admin/batch.html",
        batch=_batch(number),
        forms=[(form, t(FORMS[form])) for form in CARD_FORMS],
        scanned_most=SCANNED_CHARS_MAX,
        refused=refused,
        opened=opened,
    )


ROUTES: Final = (
    Route("GET", "/cards", "batches", show_batches),
    Route("POST", "/cards", "make_batch", make),
    Route("POST", "/cards/scanned", "sell_scanned_card", sell_scanned),
    Route("GET", "/cards/<int:number>", "batch", show_batch),
    Route("POST", "/cards/<int:number>/print", "print_cards", print_cards),
    Route("POST", "/cards/<int:number>/sell", "sell_cards", sell),
)
