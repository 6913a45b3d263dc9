"""A month of an owner's, at random: whatever is sold, given, taken back and paid out, the books say what is theirs."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count as numbers
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import errors
from core.billing.draft import issuer_of
from core.billing.money_came import used_by
from core.clock import FixedClock
from core.money import Money
from core.owners.ask_payout import ask_owner_payout
from core.owners.buy_at_network import Purchase, buy_at_network
from core.owners.fulfil import owner_fulfilments
from core.owners.money_figures import owner_money
from core.owners.price_list import set_owner_price
from core.owners.sales_figures import sales_between
from core.payments.settle import settle
from core.payouts.hold import MOMO_ACCOUNT, end_paid, end_refused, leave_on_balance
from core.payouts.run_settlements import run_settlements
from core.payouts.states import lock_payout
from core.tokens.move_token import move_token
from core.tokens.revoke_token import revoke_token
from core.tokens.void_cards import void_cards
from tests.core.owners.stall import BUYER, Stall
from tests.core.tokens.cards import Cards
from tests.town import ACHOL, everything_agrees

TENTH = 10  # of a price is our commission, and of shares the tax
HOURS = 11  # between two things that happen: sixty make a month
_keys = numbers(1)

VERBS = (
    "cash", "cash", "momo", "wallet", "wallet", "cards", "cards", "voided", "gift", "move", "taken back", "taken back", "settled",
    "asked for", "arrived", "came back",
)  # fmt: skip
DAYS = st.lists(
    st.tuples(st.sampled_from(VERBS), st.integers(100_00, 90_000_00), st.integers(0, 10**6)), min_size=20, max_size=60
)


def tenth(minor: int) -> int:
    """A tenth of an amount, to the nearest piaster, ties to even."""
    whole, rest = divmod(minor, TENTH)
    return whole + (1 if rest > TENTH // 2 or (rest == TENTH // 2 and whole % 2) else 0)


@dataclass
class Model:
    """What is the owner's, reckoned by hand in piasters: nothing of it is read from the books."""

    shares: int = 0
    owes: int = 0
    due: int = 0
    waiting: int = 0  # of what is due: spoken for by payouts that a person has to approve
    on_the_way: int = 0
    paid_out: int = 0
    sold: int = 0
    refunded: int = 0
    tokens: dict[int, tuple[str, int]] = field(default_factory=dict)
    batches: list[tuple[int, int, int]] = field(default_factory=list)  # whose cards nobody typed: how many, the price

    def sells(self, means: str, price: int) -> None:
        self.sold += price
        if means == "company":
            self.shares += price - tenth(price)
        else:
            self.owes += tenth(price)

    def takes_back(self, means: str, price: int) -> None:
        self.refunded += price
        if means == "company":
            share = price - tenth(price)
            if self.shares >= share:
                self.shares -= share
            else:
                self.owes += share
        else:
            commission = tenth(price)
            still = min(self.owes, commission)
            self.owes -= still
            self.due += commission - still

    @property
    def rest(self) -> int:
        """What is theirs before what they owe is netted."""
        return self.shares - tenth(self.shares) + self.due - self.waiting

    def settles(self) -> int:
        """Nets all there is; what is paid out."""
        netted = min(self.owes, self.rest)
        left = self.rest - netted
        if left < 500_00 and not self.shares and not netted:
            return 0
        self.shares, self.due, self.owes = 0, self.waiting + left, self.owes - netted
        if left < 500_00:
            return 0
        if left > 200_000_00:
            self.waiting += left
        else:
            self.on_the_way += left
            self.due -= left
        return left


class Month:
    """Deng's stall, and the model beside it."""

    def __init__(self, stall: Stall, clock: FixedClock) -> None:
        self.stall, self.clock, self.model = stall, clock, Model()
        self.cards = Cards(stall.town)
        issuer = issuer_of(stall.parts.settings)
        self.fulfil = owner_fulfilments(ids=stall.parts.ids, sealer=stall.parts.sealer, stays=used_by(issuer))
        self.deng = stall.town.deng.customer_id

    def runs(self, work: Any) -> Any:
        return self.stall.parts.db.run(work)

    def goes(self, verb: str, minor: int, choice: int) -> None:
        self.clock.at += timedelta(hours=HOURS)
        key = f"month {next(_keys)}"
        match verb:
            case "cash" | "momo" | "wallet":
                self.sells(verb, key, Money(minor, "SSP"))
            case "cards":
                many, price = choice % 5 + 1, Money(minor, "SSP")
                batch = self.cards.make(many, key=key, price=price).batch_id
                self.cards.sell(batch, 1, many, key=key)
                self.model.sells("cards", minor * many)
                self.model.batches.append((batch, many, minor))
            case "voided":
                self.voids(key, choice)
            case "gift":
                self.stall.gives(key, BUYER)
            case "move" | "taken back":
                self.of_a_token(verb, key, choice)
            case "settled":
                now, tools = self.clock.now(), {"platform": self.stall.platform, "ids": self.stall.parts.ids}
                run_settlements(self.stall.parts.db, now=now, **tools)
                self.settled(now)
            case "asked for":
                self.asks(key)
            case _:
                self.ends(verb, key)

    def sells(self, verb: str, key: str, price: Money) -> None:
        stall, now = self.stall, self.clock.now()
        self.runs(lambda tx: set_owner_price(tx, owner_id=self.deng, plan_code="1D", price=price, now=now))
        if verb == "cash":
            token = stall.sells(key, plan="1D").token_id
        elif verb == "momo":
            intent = stall.prompts(key, plan="1D")
            paid = {"provider_reference": key, "now": now, "why": {}, "fulfil": self.fulfil}
            assert self.runs(lambda tx: settle(tx, intent_id=intent, **paid))
            token = stall.rows("SELECT max(id) FROM token")[0][0]
        else:
            stall.town.give(stall.town.achol, price.minor // 100 + 1, key)
            wanted = Purchase(key, stall.town.hotspots["Munuki Net"], stall.town.plans["1D"], ACHOL, price)
            buyer = stall.who(ACHOL)
            token = self.runs(lambda tx: buy_at_network(tx, purchase=wanted, buyer=buyer, **stall.tools)).token_id
        means = "pocket" if verb == "cash" else "company"
        self.model.sells(means, price.minor)
        self.model.tokens[token] = (means, price.minor)

    def of_a_token(self, verb: str, key: str, choice: int) -> None:
        if not self.model.tokens:
            return
        token = sorted(self.model.tokens)[choice % len(self.model.tokens)]
        means, price = self.model.tokens.pop(token)
        now = self.clock.now()
        if verb == "move":
            (phone,) = self.stall.rows("SELECT recipient_phone FROM token WHERE id = :id", id=token)[0]
            to = BUYER if phone == ACHOL else ACHOL
            moved = {"request_key": key, "token_id": token, "phone": phone, "to_phone": to, **self.stall.tools}
            self.model.tokens[self.runs(lambda tx: move_token(tx, **moved)).token_id] = (means, price)
            return
        why = {"staff_id": None, "seller_id": self.deng, "why": "a story", "refund": True, "now": now}
        self.runs(lambda tx: revoke_token(tx, token_id=token, **why))
        self.model.takes_back(means, price)

    def voids(self, key: str, choice: int) -> None:
        """Cards nobody typed are taken back, and their price in notes."""
        if not self.model.batches:
            return
        batch, many, price = self.model.batches.pop(choice % len(self.model.batches))
        asked = {"request_key": key, "batch_id": batch, "first": 1, "last": many, "staff_id": None}
        more = {"seller_id": self.deng, "why": "a story", "refund": True, "now": self.clock.now()}
        self.runs(lambda tx: void_cards(tx, **asked, **more))
        self.model.takes_back("pocket", price * many)

    def settled(self, now: Any) -> None:
        """The daily round passes who has nothing to get, and who was settled with on that day."""
        made = self.stall.rows(
            "SELECT count(*) FROM settlement WHERE made_at = :now AND request_key NOT LIKE 'asked:%'", now=now
        )[0][0]
        if made:
            self.model.settles()

    def asks(self, key: str) -> None:
        more = {"platform": self.stall.platform, "now": self.clock.now(), "ids": self.stall.parts.ids}
        open_ = self.stall.rows("SELECT count(*) FROM payout WHERE state NOT IN ('paid', 'refused')")[0][0]
        try:
            asked = self.runs(lambda tx: ask_owner_payout(tx, owner_id=self.deng, request_key=key, **more))
        except errors.PayoutOnItsWay:
            assert open_
        except errors.BalanceTooSmall as refused:
            have = refused.have.minor
            assert (have, have < 500_00) == (max(0, self.model.rest - self.model.owes), True)
        else:
            assert not open_
            assert asked.amount.minor == self.model.settles()

    def ends(self, verb: str, key: str) -> None:
        """What MTN says of the oldest payout; one that waits for a person is approved as it is sent."""
        found = self.stall.rows("SELECT id, amount_minor FROM payout WHERE state = 'approved' ORDER BY id LIMIT 1")
        if not found:
            return
        payout_id, minor = found[0]
        now = self.clock.now()

        def work(tx: Any) -> None:
            payout, says = lock_payout(tx, payout_id), {"says": verb}
            if verb == "arrived":
                end_paid(tx, payout, paid_from=MOMO_ACCOUNT, provider_reference=key, now=now, why=says)
            else:
                end_refused(
                    tx, payout, failure="provider_error", raw_failure=None, now=now, why=says,
                    came_back=leave_on_balance,
                )  # fmt: skip

        self.runs(work)
        self.model.on_the_way -= minor
        if verb == "arrived":
            self.model.paid_out += minor
        else:
            self.model.due += minor

    def agrees(self, since: Any) -> None:
        """The books and the figures say what was reckoned by hand."""
        stall, model, now = self.stall, self.model, self.clock.now()
        number = stall.town.deng.number
        books = [stall.books(f"{kind}:{number}") for kind in ("owner_share", "owner_due", "owner_owes")]
        assert books == [model.shares, model.due, -model.owes]
        with stall.parts.db.reading() as connection:
            money = owner_money(connection, self.deng, now)
            sales = sales_between(connection, self.deng, since, now + timedelta(hours=1))
        assert (money.shares.minor, money.owes.minor) == (model.shares, model.owes)
        assert (money.on_the_way.minor, money.paid_out.minor) == (model.on_the_way + model.waiting, model.paid_out)
        left = model.rest - model.owes
        assert (money.balance.minor, money.still_owes.minor) == (max(0, left), max(0, -left))
        assert (sales.sold.amount.minor, sales.taken_back.amount.minor) == (model.sold, model.refunded)
        everything_agrees(stall.parts)


@pytest.fixture
def counter(stall: Stall) -> Stall:
    """Deng with a confirmed number and so with terms."""
    stall.confirms()
    return stall


@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(days=DAYS)
def test_the_books_say_what_is_an_owners_after_any_month(
    counter: Stall, clock: FixedClock, days: list[tuple[str, int, int]]
) -> None:
    month = Month(counter, clock)
    # One database, month after month: each begins with what the one before left.
    number = counter.town.deng.number
    month.model.shares, month.model.due = (counter.books(f"{kind}:{number}") for kind in ("owner_share", "owner_due"))
    month.model.owes = -counter.books(f"owner_owes:{number}")
    month.model.waiting, month.model.on_the_way, month.model.paid_out = (
        counter.rows(f"SELECT coalesce(sum(amount_minor), 0) FROM payout WHERE state = '{state}'")[0][0]
        for state in ("waiting", "approved", "paid")
    )
    since = clock.now() + timedelta(minutes=1)
    for verb, minor, choice in days:
        month.goes(verb, minor, choice)
    month.agrees(since)


def test_commission_that_was_netted_is_due_again_when_its_sale_is_taken_back(counter: Stall, clock: FixedClock) -> None:
    month = Month(counter, clock)
    since = clock.now() + timedelta(minutes=1)
    for verb, minor, choice in (
        ("cash", 10_000_00, 0),  # owes 1,000
        ("wallet", 20_000_00, 0),  # 18,000 are theirs
        ("settled", 0, 0),  # 18,000 less 1,800 less 1,000
        ("arrived", 0, 0),
        ("taken back", 0, 0),
    ):
        month.goes(verb, minor, choice)
    assert (month.model.owes, month.model.due, month.model.paid_out) == (0, 1_000_00, 15_200_00)
    month.agrees(since)
    month.goes("asked for", 0, 0)
    month.agrees(since)
