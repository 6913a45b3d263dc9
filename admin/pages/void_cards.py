"""Taking back cards of a batch that nobody has typed."""

from __future__ import annotations

from typing import Final

from flask import url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from admin.acts import act, note
from admin.desk import member, parts
from admin.pages.batches import batch_page
from admin.permits import needs
from admin.routes import Route
from core.db.engine import Transaction
from core.languages import marked as _
from core.tokens.batch_views import batch_view
from core.tokens.void_cards import void_cards
from web.card_range import card_range
from web.forms import form_key, row_id, typed
from web.speech import ltr, t

WHY_CHARS_MAX: Final = 200


@needs("cards.make")
def void(number: int) -> ResponseReturnValue:
    """Take back a range. Those of it that were typed stay."""

    def work(tx: Transaction) -> Markup:
        batch = batch_view(tx.connection, row_id(number))
        first, last = card_range(tx.connection, parts().sealer, batch)
        voided = void_cards(
            tx,
            request_key=f"desk:{form_key()}",
            batch_id=batch.batch_id,
            first=first,
            last=last,
            staff_id=member().staff_id,
            seller_id=None,
            why=typed("why", WHY_CHARS_MAX),
            refund=bool(typed("refund")),
            now=parts().clock.now(),
        )
        if not voided.again:
            detail = {"first": first, "last": last, "cards": voided.cards, "refund": str(voided.refund)}
            note(tx, "cards_voided", f"batch:{batch.batch_id}", detail)
        return t(
            _("Taken back: {cards} cards. To be given back: {amount}."), cards=ltr(voided.cards), amount=voided.refund
        )

    back = url_for("admin.batch", number=number)
    return act(work, back=lambda: back, again=lambda said: batch_page(number, said, "void"))


ROUTES: Final = (Route("POST", "/cards/<int:number>/void", "void_cards", void),)
