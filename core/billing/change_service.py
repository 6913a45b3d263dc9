"""Another plan, and what the change costs: prepaid days are given back at the old price and charged at the new one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from core.billing.bill_now import invoice_lines
from core.billing.credit import credit_unused
from core.billing.draft import Issuer, Line
from core.billing.exchange import in_pounds, rate_facts
from core.billing.issue import Issued
from core.billing.money_came import money_came
from core.billing.queries import buyer
from core.billing.service_lines import promotion_facts
from core.billing.unused import give_for_nothing
from core.catalog.promotions import PromotionTerms, promotions_of
from core.catalog.taxes import HOME_CURRENCY, MILLION, exchange_on
from core.days import Period, period_of
from core.db.engine import Transaction
from core.money import Money
from core.subscriptions.change_plan import Changed, change_plan
from core.subscriptions.states import By

NOTHING: Final = Money(0, HOME_CURRENCY)


@dataclass(frozen=True, slots=True)
class PlanChanged:
    """The change; the credit notes for the days given back, and the invoice for the same days at the new price."""

    changed: Changed
    notes: tuple[Issued, ...] = ()
    invoice: Issued | None = None

    @property
    def cost(self) -> Money:
        """What it took from the balance; below zero, what it gave to it."""
        charged = self.invoice.total if self.invoice else Money(0, HOME_CURRENCY)
        return charged - sum((note.total for note in self.notes), Money(0, HOME_CURRENCY))


def change_service(
    tx: Transaction, *, subscription_id: int, tariff_id: int, at_period_end: bool, by: By, issuer: Issuer, key: str
) -> PlanChanged:
    """Change the plan of an active service, now or when its month is over.

    Postpaid days are billed by the plan they were on when the month is over. Prepaid changed now: the days left are
    given back by credit notes, as they were paid for, and charged anew on an invoice that the balance must cover.

    Raises:
        NotPossibleNow, NotFound, PlanGone, SamePlan, OtherBilling: as `core.subscriptions.change_plan` says.
        InsufficientBalance: the dearer plan is not covered; nothing was done.
        NoExchangeRate: its price cannot be turned into pounds today.
    """
    changed = change_plan(tx, subscription_id=subscription_id, tariff_id=tariff_id, at_period_end=at_period_end, by=by)
    service = changed.service
    if (
        at_period_end
        or service.pay != "prepaid"
        or service.billed_until is None
        or service.billed_until <= changed.from_day
    ):
        return PlanChanged(changed)
    left = Period(changed.from_day, service.billed_until)
    notes = credit_unused(
        tx,
        key=f"change:{key}",
        subscription_id=subscription_id,
        days=left.days,
        reason=by.why,
        issuer=issuer,
        now=by.now,
        made_by=by.staff_id,
    )
    invoice = invoice_lines(
        tx,
        key=f"change:{key}",
        buyer=buyer(tx.connection, service.customer_id),
        lines=_less_carried(_charged_anew(tx, changed, left), notes),
        due_days=0,
        issuer=issuer,
        now=by.now,
        subscription_id=subscription_id,
        from_balance=True,
        made_by=by.staff_id,
    )
    if invoice is None:
        give_for_nothing(tx, [(subscription_id, left)], by.now)
    if notes:  # what a cheaper plan left over settles what else is due
        money_came(tx, customer_id=service.customer_id, key=f"change:{key}", issuer=issuer, now=by.now)
    return PlanChanged(changed, tuple(notes), invoice)


def _promotion(tx: Transaction, changed: Changed) -> PromotionTerms | None:
    """The promotion of a service, where it is of the new tariff and the month that is paid for is one of its months.

    So it was counted when the month was billed, whichever plan it was billed on, and whether or not it came to a bill.
    """
    service = changed.service
    if service.promotion_id is None or not service.promotion_runs:
        return None
    promotion = promotions_of(tx.connection, {service.promotion_id})[service.promotion_id]
    return promotion if promotion.tariff_id == changed.after.tariff_id else None


def _charged_anew(tx: Transaction, changed: Changed, left: Period) -> list[Line]:
    """The days left at the new price, of the month they are in; a longer rest month by month."""
    terms, service = changed.after, changed.service
    exchange = None
    if terms.price.currency != HOME_CURRENCY:
        exchange = exchange_on(tx.connection, terms.price.currency, left.first)
    month = period_of(left.first, service.anchor_day)
    facts = {
        "tariff_en": terms.name_en,
        "tariff_ar": terms.name_ar,
        "days": left.days,
        "of": month.days,
        "price": terms.price.minor,
        "currency": terms.price.currency,
    }
    if exchange is not None:
        facts |= rate_facts(exchange)

    def line(product_class: str, price: Money, more: dict[str, object]) -> Line:
        amount = in_pounds(price.share_half_even(left.days, month.days), exchange)
        return Line("change", product_class, amount, facts | more, service.subscription_id, left)

    lines = [
        line(terms.product_class, terms.price, {}),
        line("equipment", terms.rental, {"credited_kind": "rental", "price": terms.rental.minor}),
    ]
    promotion = _promotion(tx, changed)
    if promotion is not None:
        off = lines[0].amount.share_half_even(promotion.off_millionths, MILLION)
        lines.append(
            Line(
                "discount", terms.product_class, -off, facts | promotion_facts(promotion), service.subscription_id, left
            )
        )
    return [one for one in lines if one.amount]


def _less_carried(lines: list[Line], notes: Sequence[Issued]) -> list[Line]:
    """Lines, less what staff took off the bill of the same days, as far as it fits: it was for no one plan."""
    carried: dict[str, tuple[Money, str]] = {}
    for given_back in (line for note in notes for line in note.draft.lines if "off_minor" in line.facts):
        off, _why = carried.get(given_back.product_class, (NOTHING, ""))
        off += Money(given_back.facts["off_minor"], HOME_CURRENCY)
        carried[given_back.product_class] = (off, given_back.facts["off_why"])
    reductions = []
    for product_class, (off, why) in carried.items():
        room = sum((line.amount for line in lines if line.product_class == product_class), NOTHING)
        part = min(off, room)
        if part > NOTHING:
            subscription_id = lines[0].subscription_id
            reductions.append(Line("reduction", product_class, -part, {"text": why}, subscription_id))
    return [*lines, *reductions]
