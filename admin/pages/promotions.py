"""Promotions: so much off a tariff, approved by the regulator first."""

from __future__ import annotations

from typing import Final

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from admin.acts import act, note
from admin.desk import member, parts
from admin.figures import day_of, decimal_of, needed_whole
from admin.permits import needs
from admin.routes import Route
from core.catalog.set_promotion import PERIODS_MAX, PROMOTION_NOTICE_DAYS, set_promotion
from core.catalog.written import promotions_written, tariffs_named
from core.days import DAY, juba_day
from core.db.engine import Transaction
from core.languages import marked as _
from web.forms import typed
from web.speech import t


@needs("catalogue.manage")
def show_promotions() -> ResponseReturnValue:
    """All of them, and a form for one more."""
    return _page(None, "")


@needs("catalogue.manage")
def set_one() -> ResponseReturnValue:
    """Set one. The same one again changes nothing."""

    def work(tx: Transaction) -> Markup:
        last = day_of(typed("last"))
        set_promotion(
            tx,
            code=typed("code"),
            name_en=typed("name_en"),
            name_ar=typed("name_ar"),
            tariff_code=typed("tariff"),
            valid_from=day_of(typed("valid_from")),
            valid_until=last + DAY if last else None,
            percent_off=decimal_of(typed("percent")),
            periods=needed_whole(typed("periods"), "periods"),
            approval_reference=typed("approval"),
            approved_on=day_of(typed("approved_on")),
            staff_id=member().staff_id,
            now=parts().clock.now(),
        )
        detail = {"tariff": typed("tariff"), "percent": typed("percent"), "approval": typed("approval")}
        note(tx, "promotion_set", f"promotion:{typed('code')}", detail)
        return t(_("The promotion is set. Who joins the tariff on its days has it."))

    return act(work, back=lambda: url_for("admin.promotions"), again=lambda sentence: _page(sentence, "promotion"))


def _page(refused: Markup | None, opened: str) -> str:
    with parts().db.reading() as connection:
        return render_template(
            "admin/promotions.html",
            promotions=promotions_written(connection),
            tariffs=tariffs_named(connection),
            notice_days=PROMOTION_NOTICE_DAYS,
            periods_max=PERIODS_MAX,
            today=juba_day(parts().clock.now()),
            refused=refused,
            opened=opened,
        )


ROUTES: Final = (
    Route("GET", "/promotions", "promotions", show_promotions),
    Route("POST", "/promotions", "set_promotion", set_one),
)
