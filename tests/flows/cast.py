"""The people of the stories as facts, and a little world in which their commands have effects between two hops."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from core.callers.commands import (
    AddHelper,
    AddNetwork,
    AgreeAutoTopUp,
    BuyData,
    BuyToken,
    ChangePlan,
    CheckReceipt,
    ClaimPayment,
    Command,
    ConfirmMomo,
    HearAgain,
    KeepPlan,
    MoveToken,
    NameMomo,
    PauseToken,
    PayBill,
    PayInParts,
    PayMeOut,
    RedeemCard,
    Register,
    RemoveHelper,
    Rename,
    ReportFault,
    ResendToken,
    ResumeToken,
    SellToken,
    SetLanguage,
    SetPrice,
    SignUpOwner,
    Silence,
    StopAutoTopUp,
    TakeBackSale,
    TextReceipts,
    TextStatement,
    TopUp,
)
from core.callers.facts import (
    OWES_NOTHING,
    BillFact,
    CustomerFact,
    DataPackFact,
    Facts,
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
from core.catalog.plan_words import data_words, plan_words
from core.codes import code_typed
from core.errors import (
    CardNotSold,
    CodeUsed,
    InsufficientBalance,
    OwnNumber,
    PayoutOnItsWay,
    PlanGone,
    PlanRunning,
    PriceChanged,
    Refusal,
    WrongCode,
)
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
# Deng's list: an hour is dearer, and there is no month on it.
OWNERS_PLANS = (replace(PLANS[0], price=Money.of(350, "SSP")), *PLANS[1:4])
HOTSPOTS = (HotspotFact(1, 11, "Juba Town Wi-Fi"), HotspotFact(2, 12, "Munuki Net"))
# Munuki Net is Deng's, with his own list.
DENGS_SPOTS = (HOTSPOTS[0], replace(HOTSPOTS[1], plans=OWNERS_PLANS))
TOKENS = {
    "waiting": TokenFact(901, "Juba Town Wi-Fi", "acdef3", "waiting", 3 * HOUR, None, 0, None),
    "running": TokenFact(
        902, "Munuki Net", "hkmn47", "running", DAY, None, 0, NOON_IN_JUBA + timedelta(hours=2, minutes=40)
    ),
    "stoppable": TokenFact(
        905, "Munuki Net", "kmr4xd", "running", DAY, None, 0, NOON_IN_JUBA + timedelta(hours=20), may_pause=True
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
TOKENS = {name: replace(token, down_kbps=2_000, up_kbps=512) for name, token in TOKENS.items()}
CARDS = {"good": "acdfhjk379wxyr", "in use": "acdfhjk379wxyt", "not sold": "acdfhjk379wxye"}
POSTPAID, PREPAID = ("postpaid", "anniversary"), ("prepaid", "anniversary")
TARIFFS = (
    TariffFact(1, 1, "Home", "باقة المنزل", *POSTPAID, Money.of(30_000, "SSP")),
    TariffFact(2, 2, "Office", "باقة المكتب", *POSTPAID, Money.of(90_000, "SSP")),
    TariffFact(3, 3, "Family", "باقة العائلة", *POSTPAID, Money.of(60_000, "SSP")),
    TariffFact(4, 4, "Home Prepaid", "المنزل مقدما", *PREPAID, Money.of(30_000, "SSP")),
    TariffFact(5, 5, "Family Prepaid", "العائلة مقدما", *PREPAID, Money.of(60_000, "SSP")),
)
FIRST_OF_MONTH = date(2026, 12, 1)
SERVICES = {
    "home": ServiceFact(21, "20003", "active", "postpaid", FIRST_OF_MONTH, 1, "Home", "باقة المنزل", "anniversary"),
    "office": ServiceFact(22, "20011", "active", "postpaid", FIRST_OF_MONTH, 2, "Office", "باقة المكتب", "anniversary"),
    "prepaid": ServiceFact(
        23, "20029", "active", "prepaid", FIRST_OF_MONTH, 4, "Home Prepaid", "المنزل مقدما", "anniversary"
    ),
    "suspended": ServiceFact(24, "20037", "suspended", "postpaid", None, 1, "Home", "باقة المنزل", "anniversary"),
}
GB = 10**9
PACKS = (DataPackFact(GB, Money.of(600, "SSP")), DataPackFact(5 * GB, Money.of(2_400, "SSP")))
# What the services that are on have used: of a month's data, or under fair use by the day; or without any limit.
USAGE = {
    "plenty": UsageFact(21, 1_200_000_000, 4 * GB, 10 * GB, 0, FIRST_OF_MONTH, None, False, 4_000, 1_000, packs=PACKS),
    "capped": UsageFact(
        21, 300_000_000, 10_300_000_000, 10 * GB, 0, FIRST_OF_MONTH, FIRST_OF_MONTH, False, 64, 64, packs=PACKS
    ),
    "slow today": UsageFact(
        22, 2_500_000_000, 40 * GB, None, 0, FIRST_OF_MONTH, date(2026, 11, 24), True, 256, 256, (22, 6), packs=PACKS
    ),
    "bought": UsageFact(
        21, 800_000_000, 12 * GB, 10 * GB, 3 * GB, FIRST_OF_MONTH, None, False, 4_000, 1_000, packs=PACKS
    ),
    "overage": UsageFact(
        22,
        800_000_000,
        52 * GB,
        50 * GB,
        0,
        FIRST_OF_MONTH,
        None,
        False,
        10_000,
        1_500,
        overage=Money.of(500, "SSP"),
    ),
    "unlimited": UsageFact(23, 800_000_000, 52 * GB, None, 0, FIRST_OF_MONTH, None, False, 4_000, 1_000),
}
PAY_TO = (
    PayToFact(31, 1, "bank", "KCB Juba", "5501 2345 67"),
    PayToFact(32, 2, "wallet", "m-GURUSH", "0912 555 000"),
    PayToFact(33, 3, "wallet", "NilePay", "7070"),
)
PHONES = {
    "Achol": "+211921234567",
    "Deng": "+211991234567",
    "Kiden": "+211929999999",
    "Achol's Zain phone": "+211911234567",
    "Achol's Digitel phone": "+211981234567",
}


def facts_of(
    caller="Achol",
    tongue="en",
    *,
    balance=2_000,
    networks=2,
    tokens=(),
    plans=PLANS,
    name=None,
    bill=OWES_NOTHING,
    services=(),
    pay_to=(),
    orange_country=None,
    usage=(),
    sells=None,
    owners_prices=False,
):
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
        hotspots=tuple(
            sorted(DENGS_SPOTS if owners_prices else HOTSPOTS[:networks], key=lambda spot: spot.ssid != last)
        ),
        tokens=tokens,
        service_code="*384*77#",
        short_code="7722",
        now=NOON_IN_JUBA,
        bill=bill,
        services=tuple(_selling(SERVICES[one] if isinstance(one, str) else one, usage) for one in services),
        usage_read=usage,
        tariffs=TARIFFS,
        pay_to=pay_to,
        orange_country=orange_country,
        selling_read=selling_of(sells == "as owner"),
        seller=SellerFact(sells == "as owner", HOTSPOTS[:networks], OWNERS_PLANS) if sells else None,
    )


def selling_of(is_owner):
    """What Deng, or who sells for him, did today."""
    own = OwnFiguresFact(
        today=(4, Money.of(2_450, "SSP")),
        week=(31, Money.of(21_700, "SSP")),
        month=(112, Money.of(84_300, "SSP")),
        online=7,
        balance=Money.of(12_600, "SSP"),
        on_the_way=Money(0, "SSP"),
        phone=PHONES["Deng"],
        gifts_today=2,
        gifts_most=10,
        helpers=(HelperFact("Kuol", "+211912000001"),),
    )
    sales = (
        SaleFact(921, PHONES["Achol"], 3 * HOUR, None, Money.of(700, "SSP"), is_gift=False, can_come_back=True),
        SaleFact(922, PHONES["Achol"], HOUR, None, Money.of(350, "SSP"), is_gift=False, can_come_back=False),
        SaleFact(923, "+211922000002", HOUR, None, Money(0, "SSP"), is_gift=True, can_come_back=True),
    )
    return SellingFact(sales, own if is_owner else None)


def _selling(service, usage):
    """A service of which packs of data are in its usage sells them."""
    sells = any(one.packs and one.subscription_id == service.subscription_id for one in usage)
    return replace(service, sells_data=sells)


def down(facts, names):
    """The same, where the routers of these networks and services are down since 10:32."""
    since = NOON_IN_JUBA - timedelta(minutes=88)

    def one(fact, name):
        return replace(fact, down_since=since) if name in names else fact

    return replace(
        facts,
        hotspots=tuple(one(spot, spot.ssid) for spot in facts.hotspots),
        tokens=tuple(one(token, token.ssid) for token in facts.tokens),
        services=tuple(one(service, service.number) for service in facts.services),
    )


def bill_of(pounds, late=0, count=1):
    """A bill due in three weeks; what is late was due three weeks ago."""
    if not pounds:
        return OWES_NOTHING
    first = date(2026, 11, 2) if late else date(2026, 12, 15)
    return BillFact(Money.of(pounds, "SSP"), Money.of(late, "SSP"), first, count)


@dataclass
class World:
    """Facts that change as commands are carried out, as the books would change them."""

    facts: Facts
    in_parts: bool = False
    dearer: Money | None = None

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
            case PayInParts():
                if self.in_parts:
                    raise PlanRunning
                self.in_parts = True
            case ChangePlan():
                self._change(command)
            case BuyData():
                self._more_data(command)
            case KeepPlan():
                self._agree(command.subscription_id, None)
            case SignUpOwner():
                self.facts = replace(self.facts, seller=SellerFact(True, (), self.facts.plans))
            case RedeemCard():
                self._type_card(code_typed(command.typed))
            case MoveToken():
                kept = tuple(one for one in self.facts.tokens if one.token_id != command.token_id)
                self.facts = replace(self.facts, tokens=kept)
            case PauseToken():
                self._token(command.token_id, status="paused", paused_at=self.facts.now)
            case ResumeToken():
                self._token(command.token_id, status="running", paused_at=None)
            case PayMeOut():
                self._pay_out()
            case AddHelper():
                self._figures(helpers=(*self.facts.selling.own.helpers, HelperFact("", command.phone)))
            case RemoveHelper():
                kept = tuple(one for one in self.facts.selling.own.helpers if one.phone != command.phone)
                self._figures(helpers=kept)
            case SetPrice():
                self._price(command)
            case TakeBackSale():
                kept = tuple(one for one in self.facts.selling.sales if one.token_id != command.token_id)
                self.facts = replace(self.facts, selling_read=replace(self.facts.selling, sales=kept))
            case SellToken():
                if command.recipient == self.facts.phone:
                    raise OwnNumber
            case _:
                pass

    def _type_card(self, code: str | None) -> None:
        """One card is good; of the others one was typed by another, one lies in the shop still."""
        if code == CARDS["in use"]:
            raise CodeUsed
        if code == CARDS["not sold"]:
            raise CardNotSold
        if code != CARDS["good"]:
            raise WrongCode
        self.facts = replace(self.facts, tokens=(TOKENS["waiting"], *self.facts.tokens))

    def _pay_out(self) -> None:
        own = self.facts.selling.own
        if own.on_the_way:
            raise PayoutOnItsWay(amount=own.on_the_way)
        self._figures(balance=Money(0, "SSP"), on_the_way=own.balance)

    def _figures(self, **changes) -> None:
        selling = self.facts.selling
        self.facts = replace(self.facts, selling_read=replace(selling, own=replace(selling.own, **changes)))

    def _price(self, command: SetPrice) -> None:
        plan = next(one for one in self.facts.plans if one.version_id == command.version_id)
        others = [one for one in self.facts.seller.plans if one.version_id != command.version_id]
        listed = others if command.price is None else [*others, replace(plan, price=command.price)]
        seller = replace(self.facts.seller, plans=tuple(sorted(listed, key=lambda one: one.alias)))
        self.facts = replace(self.facts, seller=seller)

    def _token(self, token_id: int, **changes) -> None:
        tokens = tuple(replace(one, **changes) if one.token_id == token_id else one for one in self.facts.tokens)
        self.facts = replace(self.facts, tokens=tokens)

    def withdraw(self, alias: int) -> None:
        self.facts = replace(self.facts, plans=tuple(plan for plan in self.facts.plans if plan.alias != alias))

    def raise_price(self) -> None:
        """An hour costs SSP 50 more at Munuki Net from now on; the screens do not say so yet."""
        self.dearer = Money.of(50, "SSP")

    def pay_the_bill(self) -> None:
        self.facts = replace(self.facts, bill=OWES_NOTHING)

    def _change(self, command: ChangePlan) -> None:
        service = next(one for one in self.facts.services if one.subscription_id == command.subscription_id)
        tariff = next(one for one in TARIFFS if one.tariff_id == command.tariff_id)
        balance = self.facts.customer.balance
        if service.pay == "prepaid" and not command.at_period_end and balance < tariff.price:
            raise InsufficientBalance(needed=tariff.price, have=balance)
        if command.at_period_end:
            self._agree(service.subscription_id, tariff.tariff_id)
        else:
            changed = replace(service, tariff_id=tariff.tariff_id, tariff_en=tariff.name_en, tariff_ar=tariff.name_ar)
            services = tuple(changed if one is service else one for one in self.facts.services)
            self.facts = replace(self.facts, services=services)

    def _agree(self, subscription_id: int, tariff_id: int | None) -> None:
        """Another tariff for later; None: none any more."""
        self.facts = replace(
            self.facts,
            services=tuple(
                replace(one, agreed_id=tariff_id, alias=one.tariff_id)
                if one.subscription_id == subscription_id
                else one
                for one in self.facts.services
            ),
        )

    def _more_data(self, command: BuyData) -> None:
        if command.pay_with == "momo":
            return
        customer = self.facts.customer
        if customer.balance < command.price:
            raise InsufficientBalance(needed=command.price, have=customer.balance)
        usage = tuple(
            replace(
                one,
                bought_left=one.bought_left + command.data_bytes,
                held_until=None,
                down_kbps=4_000,
                up_kbps=1_000,
            )
            if one.subscription_id == command.subscription_id
            else one
            for one in self.facts.usage
        )
        balance = customer.balance - command.price
        self.facts = replace(self.facts, customer=replace(customer, balance=balance), usage_read=usage)

    def sell_no_data(self) -> None:
        self.facts = replace(self.facts, usage_read=tuple(replace(one, packs=()) for one in self.facts.usage))

    def _sell(self, command: BuyToken) -> None:
        plans = self.facts.plans_at(command.hotspot_id)
        plan = next((plan for plan in plans if plan.version_id == command.version_id), None)
        if plan is None:
            raise PlanGone(code=str(command.version_id))
        if self.dearer is not None:
            raise PriceChanged(shown=command.price, now=plan.price + self.dearer)
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
            rail = "MoMo" if command.payer.startswith("+211") else "Orange Money"
            return f"asks {national(command.payer)} to pay {command.amount} by {rail}, for the balance"
        case BuyToken():
            plans = facts.plans_at(command.hotspot_id)
            plan = next(plan for plan in plans if plan.version_id == command.version_id)
            what = plan_words("en", plan.duration_s, plan.data_bytes)
            where = next(spot.ssid for spot in facts.hotspots if spot.hotspot_id == command.hotspot_id)
            bought = f"{what} at {where} for {national(command.recipient)}"
            if command.pay_with == "balance":
                return f"sells {bought}, {command.price} from the balance"
            return f"asks {national(command.payer)} to pay {command.price} by MoMo, for {bought}"
        case PayBill():
            return f"asks {national(command.payer)} to pay {command.amount} by MoMo, for the bill"
        case PayInParts():
            return f"agrees that what is owed is paid in {command.parts} parts, and texts them"
        case ChangePlan():
            number = next(one.number for one in facts.services if one.subscription_id == command.subscription_id)
            plan = next(one.name_en for one in facts.tariffs if one.tariff_id == command.tariff_id)
            return f"puts service {number} on {plan}, {'when its month is over' if command.at_period_end else 'from now on'}"
        case BuyData():
            number = next(one.number for one in facts.services if one.subscription_id == command.subscription_id)
            bought = f"{data_words('en', command.data_bytes)} more for service {number}"
            if command.pay_with == "balance":
                return f"sells {bought}, {command.price} from the balance"
            return f"asks {national(command.payer)} to pay {command.price} by MoMo, for {bought}"
        case KeepPlan():
            number = next(one.number for one in facts.services if one.subscription_id == command.subscription_id)
            return f"takes the change of plan that was agreed on for service {number} back"
        case TextStatement():
            return "texts the statement"
        case ClaimPayment():
            wallet = next(one.name for one in facts.pay_to if one.account_id == command.account_id)
            return f"looks for payment {command.number} by {wallet}"
        case TextReceipts():
            return "texts the last receipts"
        case CheckReceipt():
            return f"texts whether receipt {command.code} is good"
        case AgreeAutoTopUp():
            return f"asks {national(facts.phone)} to agree that MoMo tops up {command.amount} by itself"
        case StopAutoTopUp():
            return "ends topping up by itself"
        case SellToken():
            plan = next(plan for plan in facts.seller.plans if plan.version_id == command.version_id)
            where = next(spot.ssid for spot in facts.seller.hotspots if spot.hotspot_id == command.hotspot_id)
            what = f"{plan_words('en', plan.duration_s, plan.data_bytes)} at {where} to {national(command.recipient)}"
            if command.means == "momo":
                return f"asks {national(command.payer)} to pay {command.price} by MoMo, to send {what}"
            if command.means == "cash":
                return f"sells {what}, {command.price} in notes"
            return f"gives {what}" + (f", for {command.campaign}" if command.campaign else "")
        case TakeBackSale():
            sale = next(one for one in facts.selling.sales if one.token_id == command.token_id)
            undone = "" if sale.is_gift else f", and takes {sale.price} out of the books again"
            return f"ends the token of {national(sale.recipient)}{undone}"
        case AddHelper():
            return f"lets {national(command.phone)} sell for {facts.customer.name}, and texts it there"
        case RemoveHelper():
            return f"lets {national(command.phone)} sell no more"
        case SetPrice():
            plan = next(plan for plan in facts.plans if plan.version_id == command.version_id)
            what = plan_words("en", plan.duration_s, plan.data_bytes)
            return f"sells {what} for {command.price} from now on" if command.price else f"sells {what} no more"
        case PayMeOut():
            return f"sends {facts.selling.own.balance} to {national(facts.selling.own.phone)}"
        case SignUpOwner():
            return f"signs {national(facts.phone)} up as a Wi-Fi owner"
        case NameMomo():
            return f"texts a code to {national(command.phone)}, and asks MTN whose wallet it is"
        case ConfirmMomo():
            return "looks whether the code is right, and texts the answer"
        case AddNetwork():
            return f"writes down the network {command.ssid}, reached by {command.reach}"
        case RedeemCard():
            return "texts how to log in with the card"
        case MoveToken():
            token = next(token for token in facts.tokens if token.token_id == command.token_id)
            return f"moves {token.username} to {national(command.to_phone)}, and texts a new password there"
        case PauseToken():
            token = next(token for token in facts.tokens if token.token_id == command.token_id)
            return f"lets {token.username} stand still"
        case ResumeToken():
            token = next(token for token in facts.tokens if token.token_id == command.token_id)
            return f"lets {token.username} go on"
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
