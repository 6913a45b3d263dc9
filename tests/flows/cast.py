"""The people of the stories as facts, and a little world in which their commands have effects between two hops."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from core.callers.commands import (
    BuyToken,
    Command,
    HearAgain,
    Register,
    Rename,
    ReportFault,
    ResendToken,
    SetLanguage,
    Silence,
    TopUp,
)
from core.callers.facts import CustomerFact, Facts, HotspotFact, PlanFact, TokenFact
from core.catalog.plan_words import plan_words
from core.errors import InsufficientBalance, PlanGone, Refusal
from core.languages import tongue_of
from core.money import Money
from core.phones import national

NOON_IN_JUBA = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
HOUR = 3600
DAY = 24 * HOUR
PLANS = (
    PlanFact(101, 1, HOUR, None, Money.of(300, "SSP")),
    PlanFact(102, 2, 3 * HOUR, None, Money.of(700, "SSP")),
    PlanFact(103, 3, DAY, None, Money.of(1_500, "SSP")),
    PlanFact(104, 4, 7 * DAY, None, Money.of(8_000, "SSP")),
    PlanFact(105, 5, 30 * DAY, None, Money.of(28_000, "SSP")),
    PlanFact(107, 7, 7 * DAY, 2_000_000_000, Money.of(3_500, "SSP")),
)
HOTSPOTS = (HotspotFact(1, 11, "Juba Town Wi-Fi"), HotspotFact(2, 12, "Munuki Net"))
TOKENS = {
    "waiting": TokenFact(901, "Juba Town Wi-Fi", "acdef3", "waiting", 3 * HOUR, None, 0, None),
    "running": TokenFact(
        902, "Munuki Net", "hkmn47", "running", DAY, None, 0, NOON_IN_JUBA + timedelta(hours=2, minutes=40)
    ),
    "data": TokenFact(
        903,
        "Juba Town Wi-Fi",
        "prt9wx",
        "running",
        7 * DAY,
        2_000_000_000,
        750_000_000,
        NOON_IN_JUBA + timedelta(days=5),
    ),
    "over": TokenFact(904, "Munuki Net", "yyx3ac", "running", HOUR, None, 0, NOON_IN_JUBA - timedelta(seconds=5)),
}
PHONES = {
    "Achol": "+211921234567",
    "Deng": "+211991234567",
    "Kiden": "+211929999999",
    "Achol's Zain phone": "+211911234567",
    "Achol's Digitel phone": "+211981234567",
}


def facts_of(caller="Achol", tongue="en", *, balance=2_000, networks=2, tokens=(), plans=PLANS, name=None):
    """What a conversation knows of somebody. Kiden is nobody here."""
    known = caller != "Kiden"
    tokens = tuple(TOKENS[token] if isinstance(token, str) else token for token in tokens)
    last = tokens[0].ssid if tokens else ""
    first = caller.split("'")[0]
    return Facts(
        phone=PHONES[caller],
        tongue=tongue,
        network_script="latin" if "Digitel" in caller else "arabic",
        customer=CustomerFact(1, "1000017", first if name is None else name, "active", Money.of(balance, "SSP"))
        if known
        else None,
        plans=plans,
        hotspots=tuple(sorted(HOTSPOTS[:networks], key=lambda spot: spot.ssid != last)),
        tokens=tokens,
        service_code="*384*77#",
        short_code="7722",
        now=NOON_IN_JUBA,
    )


@dataclass
class World:
    """Facts that change as commands are carried out, as the books would change them."""

    facts: Facts

    def carry_out(self, command: Command) -> None:
        """Raises the refusal that the house would raise; then nothing has changed."""
        match command:
            case Register() | SetLanguage():
                tongue = tongue_of(command.language, command.script, self.facts.network_script)
                new = CustomerFact(1, "1000017", "", "active", Money(0, "SSP"))
                self.facts = replace(self.facts, tongue=tongue, customer=self.facts.customer or new)
            case Rename():
                self.facts = replace(self.facts, customer=replace(self.facts.customer, name=command.name))
            case BuyToken():
                self._sell(command)
            case _:
                pass

    def withdraw(self, alias: int) -> None:
        self.facts = replace(self.facts, plans=tuple(plan for plan in self.facts.plans if plan.alias != alias))

    def _sell(self, command: BuyToken) -> None:
        plan = next((plan for plan in self.facts.plans if plan.version_id == command.version_id), None)
        if plan is None:
            raise PlanGone(code=str(command.version_id))
        if command.pay_with == "momo":
            return
        customer = self.facts.customer
        if customer.balance < command.price:
            raise InsufficientBalance(needed=command.price, have=customer.balance)
        ssid = next(spot.ssid for spot in self.facts.hotspots if spot.hotspot_id == command.hotspot_id)
        token = TokenFact(950, ssid, "dfg4km", "waiting", plan.duration_s, plan.data_bytes, 0, None)
        mine = (token,) if command.recipient == self.facts.phone else ()
        self.facts = replace(
            self.facts,
            customer=replace(customer, balance=customer.balance - command.price),
            tokens=(*mine, *self.facts.tokens),
        )


def in_plain_words(command: Command, facts: Facts) -> str:
    """What is done for the caller now, for a reader who has never seen a program."""
    match command:
        case Register():
            return f"registers {national(facts.phone)}, speaking {_speech(command.language, command.script)}"
        case SetLanguage():
            return f"speaks {_speech(command.language, command.script)} from now on"
        case Rename():
            return f"the name becomes {command.name}"
        case TopUp():
            return f"asks {national(command.payer)} to pay {command.amount} by MoMo, for the balance"
        case BuyToken():
            plan = next(plan for plan in facts.plans if plan.version_id == command.version_id)
            what = plan_words("en", plan.duration_s, plan.data_bytes)
            where = next(spot.ssid for spot in facts.hotspots if spot.hotspot_id == command.hotspot_id)
            bought = f"{what} at {where} for {national(command.recipient)}"
            if command.pay_with == "balance":
                return f"sells {bought}, {command.price} from the balance"
            return f"asks {national(command.payer)} to pay {command.price} by MoMo, for {bought}"
        case ResendToken():
            token = next(token for token in facts.tokens if token.token_id == command.token_id)
            return f"texts the password of {token.username} again"
        case ReportFault():
            spot = next(
                (spot.ssid for spot in facts.hotspots if spot.hotspot_id == command.hotspot_id), "no known place"
            )
            return f"opens a ticket: {command.fault.replace('_', ' ')}, at {spot}"
        case Silence():
            return "sends no more notices"
        case HearAgain():
            return "sends notices again"


def _speech(language, script):
    return {("en", None): "English", ("ar", "arabic"): "Arabic", ("ar", "latin"): "Arabic in Latin letters"}[
        language, script
    ]


def refuses(world: World, command: Command) -> Refusal | None:
    """Carry it out; the refusal, when there is one."""
    try:
        world.carry_out(command)
    except Refusal as refusal:
        return refusal
    return None
