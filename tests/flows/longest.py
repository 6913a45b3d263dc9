"""The longest facts that are still real, and where every state stands with them."""

from dataclasses import replace
from datetime import date, datetime, timedelta

from core import errors
from core.billing.statement_text import BILLS_MAX, bill_lines
from core.callers.facts import (
    BillFact,
    DataPackFact,
    HelperFact,
    HotspotFact,
    OwnFiguresFact,
    PayToFact,
    PlanFact,
    SaleFact,
    SellerFact,
    SellingFact,
    ServiceFact,
    TariffFact,
    TokenFact,
    UsageFact,
)
from core.catalog.data_packs import PACKS_MAX
from core.catalog.plan_words import data_words
from core.languages import say
from core.messaging.texts import REASONS
from core.money import Money
from core.network.tell_outages import LINE_CHARS_MAX, LINES_MAX
from core.payments.text_receipts import RECEIPTS_MAX, ReceiptLine, receipt_lines
from flows.menu import CHOICES
from tests.flows.cast import DAY, NOON_IN_JUBA, PHONES, facts_of

AMOUNT = Money.of(5_000_000, "SSP")
BALANCE = 99_999_999
LATIN_SSID = "Konyokonyo Market Wi-Fi Shabaka1"
ARABIC_SSID = "شبكةسوقكونيوكوني"
ALMOST_A_YEAR = 359 * DAY  # 11 months 29 days
DATA = 12_500_000_000
OWN_PLANS = tuple(PlanFact(100 + n, n, ALMOST_A_YEAR, DATA, AMOUNT) for n in range(1, 11))
NAMES = {"en": "Achol Nyandeng", "ar": "أشول نيانديق", "ar_Latn": "Achol Nyandeng"}
NAME_CHARS = 60
PLAN_NAMES = ("Family and Neighbours Unlimited Plus", "باقة العائلة والجيران بلا حدود وبلا انقطاع")
DAY_DUE = date(2026, 12, 15)
INVOICE = "INV-2026-100123"
LINK = "https://webpayment.orange-money.com/payment/pay_token/" + "f" * 64
LAST_HOTSPOT = 10
ROUTERS = "\n".join(["k" * LINE_CHARS_MAX + " 30/11 10:32-30/11 11:50"] * LINES_MAX + ["+999"])
LONG_AGO = NOON_IN_JUBA - timedelta(days=30)
DATA_LONG = 1_999_900_000_000


def longest_facts(tongue, ssid):
    """Ten plans, ten networks, nine tokens, a rich customer with a long name."""
    assert len(ssid.encode()) == 32
    facts = facts_of("Achol", tongue, balance=BALANCE, name=(f"{NAMES[tongue]} " * 9)[:NAME_CHARS])
    return replace(
        facts,
        plans=tuple(PlanFact(100 + n, n, ALMOST_A_YEAR, DATA, AMOUNT) for n in range(1, 11)),
        hotspots=tuple(
            HotspotFact(n, 9_000 + n, ssid, down_since=LONG_AGO, plans=OWN_PLANS if n > 1 else None)
            for n in range(1, LAST_HOTSPOT + 1)
        ),
        tokens=tuple(
            TokenFact(
                n,
                ssid,
                "acdef3",
                "running",
                ALMOST_A_YEAR,
                DATA,
                100_000_000,
                NOON_IN_JUBA + timedelta(days=359),
                LONG_AGO,
                may_pause=True,
                paused_at=NOON_IN_JUBA if n % 4 == 1 and n > 1 else None,
            )
            if n % 2
            else TokenFact(n, ssid, "acdef3", "waiting", ALMOST_A_YEAR, None, 0, None, LONG_AGO)
            for n in range(1, 10)
        ),
        bill=BillFact(Money.of(BALANCE, "SSP"), Money.of(BALANCE - 1, "SSP"), DAY_DUE, 12),
        services=tuple(
            ServiceFact(n, "100002", "active", pay, DAY_DUE, n, *PLAN_NAMES, "anniversary", 80 + n, 9, LONG_AGO, True)
            for n, pay in ((1, "prepaid"), (2, "postpaid"), (3, "prepaid"))
        ),
        tariffs=tuple(
            TariffFact(n, 80 + n, *PLAN_NAMES, "prepaid" if n % 2 else "postpaid", "anniversary", AMOUNT)
            for n in range(1, 10)
        ),
        usage_read=tuple(longest_usage(n) for n in (1, 2, 3)),
        orange_country="CM",
        seller=SellerFact(
            True,
            tuple(HotspotFact(n, 9_000 + n, ssid) for n in range(1, LAST_HOTSPOT + 1)),
            tuple(PlanFact(100 + n, n, ALMOST_A_YEAR, DATA, AMOUNT) for n in range(1, 11)),
        ),
        selling_read=longest_selling(),
        pay_to=(
            *(PayToFact(n, n, "bank", "Cooperative Bank", "0123 4567 8901 2345") for n in (1, 2, 3)),
            *(PayToFact(n, n, "wallet", "Trinity m-GURUSH", "0912 555 000 111") for n in range(4, 12)),
        ),
    )


def longest_selling():
    """An owner of twenty helpers who sold and gave nine tokens today, each of which can be taken back."""
    line = (100_000, Money.of(BALANCE, "SSP"))
    helpers = tuple(HelperFact((f"{NAMES['ar']} " * 5)[:NAME_CHARS], f"+2119120000{n:02}") for n in range(20))
    own = OwnFiguresFact(line, line, line, 200, line[1], line[1], PHONES["Deng"], 10_000, 10_000, helpers)
    sales = tuple(
        SaleFact(n, PHONES["Achol"], ALMOST_A_YEAR, DATA, AMOUNT, is_gift=n > 1, can_come_back=True)
        for n in range(1, 10)
    )
    return SellingFact(sales, own)


def longest_usage(service):
    """A service slowed for all there is, which had bought data, with free hours and as many packs as there may be."""
    return UsageFact(
        subscription_id=service,
        used_today=DATA_LONG,
        used=DATA_LONG,
        allowance=DATA_LONG,
        bought_left=DATA_LONG,
        renews_on=DAY_DUE,
        held_until=DAY_DUE,
        slowed=True,
        down_kbps=9_999_900,
        up_kbps=9_999_900,
        free=(22, 23),
        overage=AMOUNT,
        packs=tuple(DataPackFact(DATA_LONG + n * 10**8, AMOUNT) for n in range(PACKS_MAX)),
    )


BUYING_DATA = {"service": 1, "bytes": DATA_LONG, "price": AMOUNT.minor, "payer": PHONES["Deng"]}
BUYING = {
    "version": 101,
    "price": AMOUNT.minor,
    "hotspot": 1,
    "recipient": PHONES["Kiden"],
    "payer": PHONES["Deng"],
}
HELPING = {"phone": PHONES["Kiden"]}
PRICING = {"version": 101, "price": AMOUNT.minor}
MOVING = {"token": 1, "to": PHONES["Kiden"]}
TOPPING_UP = {"amount": AMOUNT.minor, "payer": PHONES["Deng"]}
CLAIMING = {"account": 4, "number": "MP261125.1341.A00073.B1234567"}
AUTO = {"amount": AMOUNT.minor}
CHANGING = {"service": 1, "tariff": 5, "later": True}
# Every state, with what was answered on the way to it.
STANDING = {
    "welcome.language": {},
    "menu.main": {},
    "menu.resume": {"saved": {"state": "buy.confirm", "page": 0, "data": BUYING}},
    "menu.which": {"meant": list(CHOICES)},
    "balance.show": {},
    "help.show": {},
    "top_up.amount": {},
    "top_up.payer": TOPPING_UP,
    "top_up.confirm": TOPPING_UP,
    "top_up.sent": TOPPING_UP,
    "buy.network": {},
    "buy.plan": {},
    "buy.hotspot": BUYING,
    "buy.who": BUYING,
    "buy.phone": BUYING,
    "buy.pay": BUYING,
    "buy.payer": BUYING,
    "buy.confirm": BUYING,
    "buy.sent": BUYING,
    "buy.done": BUYING,
    "tokens.list": {},
    "tokens.one": {"token": 1},
    "tokens.sent": {"token": 1},
    "my_token.phone": {"token": 1},
    "my_token.move": MOVING,
    "my_token.moved": MOVING,
    "my_token.pause": MOVING,
    "my_token.paused": MOVING,
    "my_token.goes_on": MOVING,
    "card.code": {},
    "card.done": {},
    "fault.kind": {},
    "fault.heard": {},
    "outage.show": {},
    "account.menu": {},
    "account.name": {},
    "account.thanks": {},
    "bill.show": {},
    "bill.amount": {},
    "bill.payer": TOPPING_UP,
    "bill.confirm": TOPPING_UP,
    "bill.sent": TOPPING_UP,
    "bill.parts": {},
    "bill.agree": {"parts": 4},
    "bill.agreed": {"parts": 4},
    "bill.statement": {},
    "my_plan.service": {},
    "my_plan.tariff": {"service": 1},
    "my_plan.when": CHANGING,
    "my_plan.changed": CHANGING,
    "my_plan.kept": CHANGING,
    "internet.menu": {},
    "internet.which": {"about": "usage"},
    "internet.usage": {"service": 1},
    "internet.speed": {"service": 1},
    "data.pack": {"service": 1},
    "data.pay": BUYING_DATA,
    "data.payer": BUYING_DATA,
    "data.confirm": BUYING_DATA,
    "data.sent": BUYING_DATA,
    "data.done": BUYING_DATA,
    "sell.menu": {},
    "sell.network": {},
    "sell.plan": BUYING,
    "sell.phone": BUYING,
    "sell.pay": BUYING,
    "sell.payer": BUYING,
    "sell.confirm": BUYING,
    "sell.give": BUYING,
    "sell.sold": BUYING,
    "sell.asked": BUYING,
    "sell.given": BUYING,
    "figures.show": {},
    "figures.money": {},
    "figures.asked": {},
    "who_helps.list": {},
    "who_helps.phone": {},
    "who_helps.add": HELPING,
    "who_helps.added": HELPING,
    "who_helps.remove": HELPING,
    "who_helps.removed": HELPING,
    "prices.list": {},
    "prices.amount": PRICING,
    "prices.sure": PRICING,
    "prices.done": PRICING,
    "last_sales.list": {},
    "last_sales.one": {"token": 1},
    "last_sales.done": {"token": 1},
    "owner.begin": {},
    "owner.momo": {},
    "owner.code": {"momo": PHONES["Deng"]},
    "owner.heard": {"momo": PHONES["Deng"]},
    "owner.ssid": {},
    "owner.reach": {"ssid": LATIN_SSID},
    "owner.added": {"ssid": LATIN_SSID, "reach": "radius"},
    "owner.cannot": {"ssid": LATIN_SSID},
    "payments.menu": {},
    "payments.wallet": {},
    "payments.number": CLAIMING,
    "payments.claim": CLAIMING,
    "payments.claimed": CLAIMING,
    "payments.bank": {},
    "payments.receipts": {},
    "payments.code": {},
    "payments.checked": {},
    "payments.auto": {},
    "payments.agree": AUTO,
    "payments.agreed": AUTO,
    "payments.stopped": {},
}


def refusal_of(kind):
    """A refusal of this class, with the longest facts."""
    known = {
        "typed": "9" * 20,
        "day": DAY_DUE,
        "phone": PHONES["Achol"],
        "number": "1000017",
        "code": "1M",
        "key": "a" * 40,
        "permission": "money.take_cash",
        "wait_s": 3_600,
        "devices": 20,
        "pauses": 20,
        "cards": 100_000,
        "first_card": 100_000,
        "last_card": 100_000,
        "what": "payment",
        "state": "waiting",
        "since": datetime.fromisoformat("2026-11-23T10:00:00+00:00"),
        "least": Money.of(100, "SSP"),
        "reference": "W" * 30,
    }
    names = getattr(kind, "__dataclass_fields__", {})
    return kind(**{name: known.get(name, AMOUNT) for name in names})


def every_refusal(kind=errors.Refusal):
    """All classes of refusals that have been imported, however deep."""
    for below in kind.__subclasses__():
        yield below
        yield from every_refusal(below)


def text_facts(tongue, ssid):
    """What a text may be filled with."""
    plan = {"en": "12.5 GB 11 months 29 days", "ar": "12.5 GB 11 شهرا 29 يوما", "ar_Latn": "12.5 GB 11 shahar 29 yom"}
    return {
        "all": data_words(tongue, DATA_LONG),
        "amount": AMOUNT,
        "data": data_words(tongue, DATA_LONG),
        "balance": Money.of(BALANCE, "SSP"),
        "used": data_words(tongue, DATA_LONG),
        "time": {"en": "11 months 29 days", "ar": "11 شهرا 29 يوما", "ar_Latn": "11 shahar 29 yom"}[tongue],
        "price": AMOUNT,
        "bills": bill_lines([(INVOICE, AMOUNT, AMOUNT)] * BILLS_MAX, tongue),
        "due": Money.of(BALANCE, "SSP"),
        "code": "*384*77#",
        "number": "1000017",
        "password": "acdefh34",
        "digits": "123456",
        "phone": "0921234567" if tongue == "ar" else "0921 234 567",
        "recipient": "0991234567" if tongue == "ar" else "0991 234 567",
        "plan": plan[tongue],
        "reason": max((say(tongue, reason) for reason in REASONS.values()), key=len),
        "receipt": "1000017",
        "check": "100000007",
        "receipts": receipt_lines([ReceiptLine("30/12", AMOUNT, "1000017")] * RECEIPTS_MAX, tongue),
        "link": LINK,
        "routers": ROUTERS,
        "ssid": ssid,
        "tokens": "99,999",
        "given": "10,000",
        "cash": AMOUNT,
        "momo": AMOUNT,
        "owes": AMOUNT,
        "username": "acdef3",
        "invoice": "INV-2026-1000000",
        "day": "30/12/2026",
        "service": "1200008",
        "parts": "\n".join(["30/12 16,666,666"] * 6),
        "settled": AMOUNT,
        "below": AMOUNT,
        "reference": "W" * 30,
        "account": "W" * 30,
        "tariff": {"en": "Home 10 Mbit unlimited", "ar": "منزل 10 ميغابت بلا حد", "ar_Latn": "Home 10 Mbit unlimited"}[
            tongue
        ],
    }
