"""Buying more data for a service, from the balance or by mobile money: fast again at once."""

from __future__ import annotations

from typing import Final

from core.callers.commands import BuyData
from core.callers.facts import DataPackFact, Facts
from core.catalog.plan_words import data_words
from core.errors import Refusal
from core.languages import marked as _
from core.languages import say
from core.money import Money
from core.payments.limits import MOMO_LEAST
from core.phones import can_pay_by_momo
from flows.buy import short_price
from flows.internet import short_day, usage_of
from flows.keywords import data_in
from flows.menu import choose_again, read_nothing
from flows.refusals import sentence
from flows.session import Answer, Page, Session
from flows.top_up import approve_page, confirm_words, payer_page, payer_phone

MOVES: Final = [
    ("pack", "data.pack", "data.pay"),
    ("pay_by_balance", "data.pay", "data.done"),
    ("pay_by_momo", ["data.pay", "data.confirm"], "data.sent"),
    ("pay_by_other", "data.pay", "data.payer"),
    ("payer", "data.payer", "data.confirm"),
    ("back", "data.pack", "internet.menu"),
    ("back", "data.pay", "data.pack"),
    ("back", ["data.payer", "data.confirm"], "data.pay"),
]

NOT_SOLD: Final = _("No more data is sold for it now.")


def _packs(session: Session, facts: Facts) -> tuple[DataPackFact, ...]:
    usage = usage_of(session, facts)
    return usage.packs if usage else ()


def _pack(session: Session, facts: Facts) -> DataPackFact | None:
    """What was chosen, if it is still sold at the price that was shown."""
    wanted = DataPackFact(session.data["bytes"], _price(session))
    return wanted if wanted in _packs(session, facts) else None


def _price(session: Session) -> Money:
    return Money(session.data["price"], "SSP")


def _asked(session: Session) -> Money:
    """What mobile money is asked for: the price, or the least it takes; the rest stays on the balance."""
    return max(_price(session), MOMO_LEAST)


def _until(session: Session, facts: Facts) -> str:
    usage = usage_of(session, facts)
    return short_day(usage.renews_on) if usage else ""


def show_pack(session: Session, facts: Facts) -> Page:
    """What is sold, the smallest first, and until when it is good."""
    packs = _packs(session, facts)
    if not packs:
        return _gone_page(facts)
    options = tuple(
        (str(key), f"{data_words(facts.tongue, pack.data_bytes)} {short_price(pack.price)}")
        for key, pack in enumerate(packs, 1)
    )
    return Page(say(facts.tongue, _("More data until {day}, SSP:"), day=_until(session, facts)), options)


def read_pack(session: Session, typed: str, facts: Facts) -> Answer:
    """A pack by its place in the list, or by how much it is (`5 GB`)."""
    packs = _packs(session, facts)
    if not packs:
        return _gone(facts)
    by_key = {str(key): pack for key, pack in enumerate(packs, 1)}
    size = data_in(typed)
    pack = by_key.get(typed) or next((one for one in packs if one.data_bytes == size), None)
    if pack is None:
        return choose_again(facts)
    return Answer("pack", {"bytes": pack.data_bytes, "price": pack.price.minor})


def show_pay(session: Session, facts: Facts) -> Page:
    """How to pay: from the balance where it covers the price, or by MoMo. Choosing is agreeing."""
    pack = _pack(session, facts)
    if pack is None:
        return _gone_page(facts)
    options = []
    if facts.customer and facts.customer.balance >= pack.price:
        options.append(("1", say(facts.tongue, _("From balance"))))
    options.append(("2", say(facts.tongue, _("By MoMo"))))
    if can_pay_by_momo(facts.phone):
        options.append(("3", say(facts.tongue, _("MoMo of another"))))
    data = data_words(facts.tongue, pack.data_bytes)
    head = say(
        facts.tongue, _("{data} until {day}: pay {price}?"), data=data, day=_until(session, facts), price=pack.price
    )
    return Page(head, tuple(options))


def read_pay(session: Session, typed: str, facts: Facts) -> Answer:
    """The way of paying sends the purchase, at the price that was shown."""
    pack = _pack(session, facts)
    if pack is None:
        return _gone(facts)
    covered = facts.customer is not None and facts.customer.balance >= pack.price
    if typed == "1" and covered:
        return Answer("pay_by_balance", command=_purchase(session, "balance", facts.phone))
    if typed == "2" and can_pay_by_momo(facts.phone):
        return Answer("pay_by_momo", {"payer": facts.phone}, _purchase(session, "momo", facts.phone))
    if typed in ("2", "3"):
        return Answer("pay_by_other")
    return choose_again(facts)


def _purchase(session: Session, pay_with: str, payer: str) -> BuyData:
    return BuyData(
        subscription_id=session.data["service"],
        data_bytes=session.data["bytes"],
        price=_price(session),
        pay_with="momo" if pay_with == "momo" else "balance",
        payer=payer,
    )


def _gone(facts: Facts) -> Answer:
    """Sold no more, or at another price, or the service went off since it was shown: back to what there is now."""
    return Answer(notice=say(facts.tongue, NOT_SOLD), session=Session("internet.menu"))


def _gone_page(facts: Facts) -> Page:
    """The same, where a dropped call is gone on with. Whatever is answered leads to what there is."""
    return Page(say(facts.tongue, NOT_SOLD))


def show_payer(_session: Session, facts: Facts) -> Page:
    """Ask whose wallet pays."""
    return payer_page(facts)


def read_payer(_session: Session, typed: str, facts: Facts) -> Answer:
    """A number that can pay by MoMo."""
    try:
        return Answer("payer", {"payer": payer_phone(typed, facts)})
    except Refusal as refusal:
        return Answer(notice=sentence(refusal, facts.tongue))


def show_confirm(session: Session, facts: Facts) -> Page:
    """A mistyped number would prompt a stranger: show it first."""
    head = confirm_words(_asked(session), session.data["payer"], facts)
    return Page(head, (("1", say(facts.tongue, _("Yes"))),))


def read_confirm(session: Session, typed: str, facts: Facts) -> Answer:
    """Yes sends the prompt."""
    if typed != "1":
        return choose_again(facts)
    if _pack(session, facts) is None:
        return _gone(facts)
    return Answer("pay_by_momo", command=_purchase(session, "momo", session.data["payer"]))


def show_sent(session: Session, facts: Facts) -> Page:
    """Nothing is paid yet."""
    return approve_page(_asked(session), session.data["payer"], facts)


def show_done(session: Session, facts: Facts) -> Page:
    """Paid from the balance, and there already."""
    text = _("Paid {price} from your balance. You have {data} more.")
    data = data_words(facts.tongue, session.data["bytes"])
    return Page(say(facts.tongue, text, price=_price(session), data=data), ends=True)


STATES: Final = {
    "data.pack": (show_pack, read_pack),
    "data.pay": (show_pay, read_pay),
    "data.payer": (show_payer, read_payer),
    "data.confirm": (show_confirm, read_confirm),
    "data.sent": (show_sent, read_nothing),
    "data.done": (show_done, read_nothing),
}
