"""The main menu, and coming back to where a dropped call stopped."""

from __future__ import annotations

from typing import Final

from core.callers.facts import Facts
from core.languages import marked as _
from core.languages import say
from flows.session import Answer, Page, Session

# What people dial behind the code (*384*77*2#) is what the menu shows: these numbers are given once, for ever.
CHOICES: Final = {
    "1": (_("Balance"), "balance"),
    "2": (_("Buy Wi-Fi"), "buy"),
    "3": (_("Top up by MoMo"), "top_up"),
    "4": (_("My tokens"), "tokens"),
    "5": (_("Report a fault"), "fault"),
    "6": (_("Help"), "help"),
    "7": (_("Language, name"), "account"),
    "8": (_("My bill"), "bill"),
    "9": (_("Payments"), "payments"),
    "10": (_("Outages"), "outage"),
    "11": (_("My internet"), "internet"),
    "12": (_("My Wi-Fi"), "sell"),
    "13": (_("Type a card"), "card"),
}
# Only those who sell see it; whoever else dials it is asked whether they want to.
SELLERS_KEY: Final = "12"
DESTINATIONS: Final = {
    "balance": "balance.show",
    "buy": "buy.plan",
    "top_up": "top_up.amount",
    "tokens": "tokens.list",
    "fault": "fault.kind",
    "help": "help.show",
    "account": "account.menu",
    "bill": "bill.show",
    "payments": "payments.menu",
    "outage": "outage.show",
    "internet": "internet.menu",
    "sell": "sell.menu",
    "card": "card.code",
}
MOVES: Final = [
    *((trigger, ["menu.main", "menu.which"], state) for trigger, state in DESTINATIONS.items()),
    ("become_owner", ["menu.main", "menu.which"], "owner.begin"),
    ("buy_somewhere", ["menu.main", "menu.which", "balance.show"], "buy.network"),
    ("start_again", "menu.resume", "menu.main"),
    ("back", ["menu.which", "balance.show", "buy.plan", "top_up.amount"], "menu.main"),
    ("back", ["tokens.list", "fault.kind", "account.menu", "bill.show", "payments.menu"], "menu.main"),
    ("back", ["outage.show", "internet.menu", "buy.network"], "menu.main"),
    ("buy", "balance.show", "buy.plan"),
    ("top_up", "balance.show", "top_up.amount"),
]
CHOOSE: Final = _("Choose a number from the list.")


def choose_again(facts: Facts) -> Answer:
    """The sentence for a number that is not on the list."""
    return Answer(notice=say(facts.tongue, CHOOSE))


def show_main(_session: Session, facts: Facts) -> Page:
    """The menu."""
    shown = [key for key in CHOICES if key != SELLERS_KEY or facts.seller is not None]
    options = tuple((key, say(facts.tongue, CHOICES[key][0])) for key in shown)
    return Page(say(facts.tongue, _("Shabaka")), options, back=False)


def read_main(_session: Session, typed: str, facts: Facts) -> Answer:
    """A number of the menu."""
    if typed not in CHOICES:
        return choose_again(facts)
    return Answer(_trigger(typed, facts))


def _trigger(typed: str, facts: Facts) -> str:
    if CHOICES[typed][1] == "buy":
        return buying(facts)
    return "become_owner" if typed == SELLERS_KEY and facts.seller is None else CHOICES[typed][1]


def buying(facts: Facts) -> str:
    """How buying begins: with the network, where it depends on it what there is to buy."""
    return "buy_somewhere" if facts.prices_differ else "buy"


def show_resume(_session: Session, facts: Facts) -> Page:
    """Offer to go on where the last call stopped."""
    options = (("1", say(facts.tongue, _("Go on"))), ("2", say(facts.tongue, _("Start again"))))
    return Page(say(facts.tongue, _("Your last call was cut off.")), options, back=False)


def read_resume(session: Session, typed: str, facts: Facts) -> Answer:
    """Go on as it was, or from the menu."""
    if typed == "1":
        return Answer(session=Session.from_json(session.data["saved"]))
    if typed in ("2", "0"):
        return Answer("start_again", data={"saved": None})
    return choose_again(facts)


def show_which(session: Session, facts: Facts) -> Page:
    """Several keywords were meant, perhaps: which one?"""
    options = tuple((str(key), say(facts.tongue, CHOICES[key][0])) for key in session.data["meant"])
    return Page(say(facts.tongue, _("Which one do you mean?")), options, back=False)


def read_which(session: Session, typed: str, facts: Facts) -> Answer:
    """One of the keywords that were meant, by the number it has in the menu."""
    if typed not in session.data["meant"]:
        return choose_again(facts)
    return Answer(_trigger(typed, facts))


def show_balance(_session: Session, facts: Facts) -> Page:
    """What the caller has."""
    customer = facts.customer
    if customer is None:
        raise AssertionError("the menu is for customers")
    if customer.number:
        head = say(
            facts.tongue, _("Balance {balance}. Account {number}."), balance=customer.balance, number=customer.number
        )
    else:  # registered by this very answer: the screen does not know the number yet
        head = say(facts.tongue, _("Balance {balance}."), balance=customer.balance)
    return Page(head, (("1", say(facts.tongue, CHOICES["2"][0])), ("2", say(facts.tongue, CHOICES["3"][0]))))


def read_balance(_session: Session, typed: str, facts: Facts) -> Answer:
    """On to buying or topping up."""
    triggers = {"1": buying(facts), "2": "top_up"}
    return Answer(triggers[typed]) if typed in triggers else choose_again(facts)


def show_help(_session: Session, facts: Facts) -> Page:
    """How it works, in one screen."""
    text = say(
        facts.tongue,
        _("Dial {code} to buy Wi-Fi and pay by MoMo. Or text BAL, BUY, TOPUP or FAULT to {short}. STOP ends notices."),
        code=facts.service_code,
        short=facts.short_code,
    )
    return Page(text, ends=True)


def read_nothing(_session: Session, _typed: str, _facts: Facts) -> Answer:
    """An ended conversation reads nothing more: the next call begins anew."""
    return Answer()


STATES: Final = {
    "menu.main": (show_main, read_main),
    "menu.resume": (show_resume, read_resume),
    "menu.which": (show_which, read_which),
    "balance.show": (show_balance, read_balance),
    "help.show": (show_help, read_nothing),
}
