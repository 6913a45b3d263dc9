"""The monthly plans: opening one, its terms from a day on, and taking it out of sale."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from admin.acts import act, note
from admin.desk import member, parts
from admin.fair_use_form import fields_of, rule_of
from admin.figures import bytes_of, needed_day, needed_whole, price_of, whole_of
from admin.permits import needs
from admin.routes import Route
from admin.words import choices
from core.billing.schedules import schedule_names
from core.catalog.data_packs import PACKS_MAX, DataPack
from core.catalog.fair_use import PERIODS
from core.catalog.open_tariff import ALIAS_MAX, open_tariff
from core.catalog.set_tariff import NOTHING, PRICE_CURRENCIES, NewTerms, set_tariff_version
from core.catalog.tariffs import tariff_book
from core.catalog.taxes import HOME_CURRENCY, PRODUCT_CLASSES
from core.catalog.withdraw_tariff import withdraw_tariff
from core.catalog.written import tariff_of_alias, tariffs_named, version_writers
from core.days import juba_day
from core.db.engine import Transaction
from core.errors import NotPossibleNow, PriceNotPositive
from core.languages import marked as _
from core.money import Money
from web.forms import typed
from web.speech import day, t, tongue

PAYS: Final = ("postpaid", "prepaid")
BILLED_ON: Final = ("anniversary", "first_of_month")
RECONNECTS: Final = ("new_day", "keep_day")
PACKS: Final = tuple(range(1, PACKS_MAX + 1))


@needs("catalogue.manage")
def show_tariffs() -> ResponseReturnValue:
    """Every tariff with what it is today."""
    today = juba_day(parts().clock.now())
    with parts().db.reading() as connection:
        book = tariff_book(connection)
        named = tariffs_named(connection)
    on_day = {one.tariff_id: book.version(one.tariff_id, today) for one in named}
    return render_template("admin/tariffs.html", tariffs=named, terms=on_day, today=today)


@needs("catalogue.manage")
def show_opening() -> ResponseReturnValue:
    """A form for a new one."""
    return _opening(None)


@needs("catalogue.manage")
def open_new() -> ResponseReturnValue:
    """Give a tariff its name, number and manner of payment, for ever. Its terms come next."""

    def work(tx: Transaction) -> Markup:
        open_tariff(
            tx,
            code=typed("code"),
            alias=needed_whole(typed("alias"), "alias"),
            name_en=typed("name_en"),
            name_ar=typed("name_ar"),
            pay=typed("pay"),
            billed_on=typed("billed_on"),
            reconnect=typed("reconnect"),
            product_class=typed("product_class"),
        )
        note(tx, "tariff_opened", f"tariff:{typed('code')}")
        return t(_("The tariff is open. It is sold once it has terms: write them now."))

    return act(work, back=lambda: url_for("admin.tariff", number=needed_whole(typed("alias"), "alias")), again=_opening)


@needs("catalogue.manage")
def show_tariff(number: int) -> ResponseReturnValue:
    """One tariff in all its versions; `number` is the one people press."""
    return _page(number, None, "")


@needs("catalogue.manage")
def set_terms(number: int) -> ResponseReturnValue:
    """What it is from a day on."""

    def work(tx: Transaction) -> Markup:
        named = tariff_of_alias(tx.connection, number)
        terms, valid_from = _terms(), needed_day(typed("valid_from"))
        set_tariff_version(
            tx,
            code=named.code,
            terms=terms,
            valid_from=valid_from,
            staff_id=member().staff_id,
            now=parts().clock.now(),
        )
        detail = {"from": valid_from.isoformat(), "amount": str(terms.price)}
        note(tx, "tariff_set", f"tariff:{named.code}", detail)
        return t(_("These terms hold from {day} on."), day=day(valid_from))

    return _done(number, "terms", work)


@needs("catalogue.manage")
def withdraw(number: int) -> ResponseReturnValue:
    """Nobody joins it any more; who has it keeps it."""

    def work(tx: Transaction) -> Markup:
        named, on_day = tariff_of_alias(tx.connection, number), needed_day(typed("on_day"))
        withdraw_tariff(tx, code=named.code, on_day=on_day, now=parts().clock.now())
        note(tx, "tariff_withdrawn", f"tariff:{named.code}", {"on": on_day.isoformat()})
        return t(_("From {day} on nobody joins this tariff."), day=day(on_day))

    return _done(number, "withdraw", work)


def _terms() -> NewTerms:
    currency = typed("currency") or HOME_CURRENCY
    if currency not in PRICE_CURRENCIES:
        raise NotPossibleNow(what="tariff", state="currency")
    price = price_of(typed("price"), currency)
    if price is None:
        raise PriceNotPositive

    def fee(name: str) -> Money:
        return price_of(typed(name), currency) or NOTHING

    def kbps(name: str) -> int | None:
        return whole_of(typed(name), name)

    up_kbps = needed_whole(typed("up"), "up")
    return NewTerms(
        data_bytes=bytes_of(typed("data")),
        fair_use=rule_of(typed, up_kbps),
        down_kbps=needed_whole(typed("down"), "down"),
        up_kbps=up_kbps,
        burst_down_kbps=kbps("burst_down"),
        burst_up_kbps=kbps("burst_up"),
        price=price,
        set_up=fee("set_up"),
        deposit=fee("deposit"),
        rental=fee("rental"),
        overage=price_of(typed("overage"), currency),
        due_days=needed_whole(typed("due_days"), "due_days"),
        dunning=typed("dunning"),
        packs=_packs(currency),
    )


def _packs(currency: str) -> tuple[DataPack, ...]:
    """The packs that are filled in, the smallest first."""
    packs = []
    for number in PACKS:
        data, price = bytes_of(typed(f"pack{number}")), price_of(typed(f"pack_price{number}"), currency)
        if data is None and price is None:
            continue
        if data is None or price is None:
            raise NotPossibleNow(what="tariff", state="packs")
        packs.append(DataPack(data, price))
    return tuple(sorted(packs, key=lambda pack: pack.data_bytes))


def _done(number: int, form: str, work: Callable[[Transaction], Markup]) -> ResponseReturnValue:
    return act(
        work,
        back=lambda: url_for("admin.tariff", number=number),
        again=lambda sentence: _page(number, sentence, form),
    )


def _opening(refused: Markup | None) -> str:
    with parts().db.reading() as connection:
        taken = {one.alias for one in tariffs_named(connection)}
    free = next((alias for alias in range(1, ALIAS_MAX + 1) if alias not in taken), None)
    return render_template(
        "admin/new_tariff.html",
        pays=choices("pay", PAYS),
        billed_on=choices("billed_on", BILLED_ON),
        reconnects=choices("reconnect", RECONNECTS),
        classes=choices("class", PRODUCT_CLASSES),
        free=free,
        most=ALIAS_MAX,
        refused=refused,
        opened="open",
    )


def _page(number: int, refused: Markup | None, opened: str) -> str:
    today = juba_day(parts().clock.now())
    with parts().db.reading() as connection:
        named = tariff_of_alias(connection, number)
        versions = [one for one in tariff_book(connection).all_versions() if one.tariff_id == named.tariff_id]
        return render_template(
            "admin/tariff.html",
            tariff=named,
            versions=versions[::-1],
            last=versions[-1] if versions else None,
            writers=version_writers(connection, named.tariff_id),
            schedules=schedule_names(connection, tongue()).items(),
            currencies=[(currency, currency) for currency in PRICE_CURRENCIES],
            periods=choices("period", PERIODS),
            rule=fields_of(versions[-1].fair_use if versions else None),
            packs=PACKS,
            today=today,
            refused=refused,
            opened=opened if versions or opened else "terms",
        )


ROUTES: Final = (
    Route("GET", "/tariffs", "tariffs", show_tariffs),
    Route("GET", "/tariffs/new", "new_tariff", show_opening),
    Route("POST", "/tariffs/new", "open_tariff", open_new),
    Route("GET", "/tariffs/<int:number>", "tariff", show_tariff),
    Route("POST", "/tariffs/<int:number>/terms", "set_tariff", set_terms),
    Route("POST", "/tariffs/<int:number>/withdraw", "withdraw_tariff", withdraw),
)
