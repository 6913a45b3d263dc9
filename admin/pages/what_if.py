"""What a rule of fair use would have done last month: tried on real usage before it is set. Nothing is changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from flask import render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from admin.desk import parts
from admin.fair_use_form import FIELDS, PERIOD, fields_of, rule_of
from admin.permits import needs
from admin.routes import Route
from admin.words import choices, refusal_sentence
from core.catalog.fair_use import PERIODS, is_nonsense
from core.catalog.tariffs import TariffTerms, tariff_book
from core.catalog.written import tariff_of_alias
from core.days import juba_day
from core.errors import NotFound, NotPossibleNow, Refusal
from core.subscriptions.replay import HOURS, Slow
from core.subscriptions.simulate_fair_use import Simulation, simulate_fair_use
from web.forms import asked
from web.status import status_of

SHOWN_MAX: Final = 30
SPANS_SHOWN_MAX: Final = 4


@dataclass(frozen=True, slots=True)
class Strip:
    """The hours of a month as a drawing: a column a day, midnight on top. `path` are the slow ones."""

    days: int
    path: str


@needs("catalogue.manage")
def show_what_if(number: int) -> ResponseReturnValue:
    """A rule, and what it would have done. The rule is in the address, so that it can be sent to a colleague."""
    today, status = juba_day(parts().clock.now()), 200
    refused: Markup | None = None
    found: Simulation | None = None
    with parts().db.reading() as connection:
        named = tariff_of_alias(connection, number)
        versions = [one for one in tariff_book(connection).all_versions() if one.tariff_id == named.tariff_id]
        if not versions:
            raise NotFound(what="tariff")
        fields = _asked() if request.args else fields_of(versions[-1].fair_use)
        try:
            found = simulate_fair_use(connection, _terms(versions[-1], fields), today)
        except Refusal as refusal:
            refused, status = refusal_sentence(refusal, ""), status_of(refusal)
    page = render_template(
        "admin/what_if.html",
        tariff=named,
        terms=versions[-1],
        values=fields,
        periods=choices("period", PERIODS),
        found=found,
        shown=SHOWN_MAX,
        spans=SPANS_SHOWN_MAX,
        strip=lambda slow: _strip(found, slow) if found else None,
        refused=refused,
        opened="",
    )
    return page, status


def _asked() -> dict[str, str]:
    fields = {name: asked(name) for name in FIELDS}
    return fields | {name: said or PERIOD for name, said in fields.items() if name.startswith("period")}


def _terms(of: TariffTerms, fields: dict[str, str]) -> TariffTerms:
    """The tariff as it is, under this rule.

    Raises:
        NotPossibleNow: a rule that cannot be meant.
    """
    rule = rule_of(fields.__getitem__, of.up_kbps)
    if rule is not None and is_nonsense(rule, of.down_kbps, of.up_kbps):
        raise NotPossibleNow(what="tariff", state="fair use")
    return replace(of, fair_use=rule)


def _strip(found: Simulation, slow: Sequence[Slow]) -> Strip:
    """Each hour is a unit square; hours on end of one day are one rectangle."""
    path = []
    for one in slow:
        column, hour, left = (one.day - found.first).days, one.hour, one.hours
        while left:
            tall = min(left, HOURS - hour)
            path.append(f"M{column} {hour}h1v{tall}h-1z")
            column, hour, left = column + 1, 0, left - tall
    return Strip((found.until - found.first).days, "".join(path))


ROUTES: Final = (Route("GET", "/tariffs/<int:number>/what-if", "what_if", show_what_if),)
