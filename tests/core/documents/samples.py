"""Papers that no story needs to make: long names, many lines, every kind of line and movement."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from core.days import Period
from core.documents.papers import (
    Document,
    DocumentLine,
    DocumentTax,
    House,
    Movement,
    PaidReceipt,
    Party,
    RateUsed,
    Service,
    Settled,
    Statement,
)
from core.money import Money

NOVEMBER = Period(date(2026, 11, 1), date(2026, 12, 1))
SELLER = Party("Shabaka", "104-233-871", "Airport Road, Juba, South Sudan")
HOUSE = House(SELLER, "*384*77#", "0912345678")
BUYER = Party("Malakal Teaching Hospital", "222-118-904", "Hai Cinema, Juba", "100017")
LONG_BUYER = Party(
    "Upper Nile and Jonglei Union of Cooperative Societies for Agricultural Development, Juba Liaison Office",
    "222-118-904",
    "Plot 114, Block A3, behind the Ministry of Agriculture, Hai Malakal, Juba, Central Equatoria",
    "100017",
)
ARABIC_BUYER = Party("منظمة النيل الأبيض للتنمية (Nile Development)", "222-118-904", "حي السينما، جوبا", "100017")


def ssp(pounds: str | int) -> Money:
    return Money.of(pounds, "SSP")


def facts(**more: Any) -> dict[str, Any]:
    """What a line of a month's price says of itself."""
    return {
        "tariff_en": "Office 5 Mbit",
        "tariff_ar": "مكتبي 5 ميجا",
        "days": 30,
        "of": 30,
        "price": 4_500_000,
        "currency": "SSP",
    } | more


IN_DOLLARS = {"price": 5_000, "currency": "USD", "rate_millionths": 4_500_500_000, "rate_day": "2026-11-20"}
PROMOTION = {"promotion_en": "Welcome 2026", "promotion_ar": "عرض الترحيب 2026", "off_millionths": 125_000}
OVERAGE = {"gigabytes": 12, "allowed_bytes": 50 * 10**9, "used_bytes": 61_200_000_000, "price": 50_000}
MORE_DATA = {"data_bytes": 5 * 10**9, "until": "2026-12-01", "price": 200_000}
EXCISE = DocumentTax("Excise duty", "رسم الإنتاج", 200_000, ssp(25_500), ssp(5_100), False, False, None)

TWO_LINES = Document(
    kind="invoice",
    number="INV-2026-000123",
    issued_on=date(2026, 12, 1),
    due_on=date(2026, 12, 15),
    period=NOVEMBER,
    seller=SELLER,
    buyer=BUYER,
    service=Service("200113", "Main office, second floor"),
    lines=(
        DocumentLine("recurring", facts(days=17), Period(date(2026, 11, 14), NOVEMBER.next), ssp(25_500)),
        DocumentLine(
            "rental", facts(days=17, price=500_000), Period(date(2026, 11, 14), NOVEMBER.next), ssp("2833.33")
        ),
    ),
    taxes=(EXCISE,),
    net=ssp("28333.33"),
    tax=ssp(5_100),
    rounding=ssp("-0.33"),
    total=ssp(33_433),
    due=ssp(33_433),
    settled=(),
    corrects=None,
    reason="",
    rate=None,
    rounding_rule="half_even_100",
)
PAID = replace(TWO_LINES, due=ssp(0), settled=(Settled(date(2026, 12, 1), "payment", ssp(33_433), None),))
TWELVE_LINES = replace(
    TWO_LINES,
    buyer=LONG_BUYER,
    lines=(
        DocumentLine("recurring", facts(**IN_DOLLARS), NOVEMBER, ssp(225_025)),
        DocumentLine("discount", facts(**IN_DOLLARS, **PROMOTION), NOVEMBER, ssp("-28128.12")),
        DocumentLine("overage", facts() | OVERAGE, NOVEMBER, ssp(6_000)),
        DocumentLine("set_up", facts(), None, ssp(30_000)),
        DocumentLine("deposit", facts(), None, ssp(50_000)),
        DocumentLine("charge", {"text": "Second visit of the technician, broken cable"}, None, ssp(7_500)),
        DocumentLine("charge", {"text": "استبدال جهاز التوجيه (router) بعد سقوطه"}, None, ssp(80_000)),
        DocumentLine("unused", facts(days=13), None, ssp(-19_500)),
        DocumentLine("change", facts(days=13, price=6_000_000), Period(date(2026, 11, 18), NOVEMBER.next), ssp(26_000)),
        DocumentLine("rental", facts(price=500_000), NOVEMBER, ssp(5_000)),
        DocumentLine("credit", {"text": "Goodwill for the outage of 12 November"}, None, ssp(-4_000)),
        DocumentLine("recurring", facts(), NOVEMBER, ssp(45_000)),
    ),
    taxes=(
        replace(EXCISE, base=ssp("256396.88"), amount=ssp("51279.38")),
        DocumentTax("State levy", "رسم الولاية", 15_000, ssp(37_500), ssp("562.50"), False, True, None),
        DocumentTax(
            "Sales tax", "ضريبة المبيعات", 180_000, ssp(80_000), ssp(14_400), False, False, "SSRA/EX/2026/0117"
        ),
    ),
    net=ssp("422896.88"),
    tax=ssp("51841.88"),
    rounding=ssp("0.24"),
    total=ssp(474_739),
    due=ssp(274_739),
    settled=(
        Settled(date(2026, 12, 3), "payment", ssp(150_000), None),
        Settled(date(2026, 12, 5), "withholding", ssp(40_000), "WHT-2026-88"),
        Settled(date(2026, 12, 6), "credit_note", ssp(10_000), "CN-2026-000007"),
    ),
    rate=RateUsed("USD", 4_500_500_000, date(2026, 11, 20), "Bank of South Sudan"),
)
CREDIT_NOTE = replace(
    TWO_LINES,
    kind="credit_note",
    number="CN-2026-000007",
    buyer=ARABIC_BUYER,
    period=None,
    lines=(DocumentLine("unused", facts(days=13), Period(date(2026, 11, 18), NOVEMBER.next), ssp(19_500)),),
    taxes=(replace(EXCISE, base=ssp(16_250), amount=ssp(3_250), inclusive=True),),
    net=ssp(16_250),
    tax=ssp(3_250),
    rounding=ssp(0),
    total=ssp(19_500),
    due=None,
    corrects="INV-2026-000123",
    reason="Service ended early; moved to Wau",
)


def _moved(day: int, kind: str, pounds: int, owes: int, used: int = 0, **said: Any) -> Movement:
    debit, credit = (ssp(pounds), None) if pounds > 0 else (None, ssp(-pounds) if pounds else None)
    return Movement(date(2026, 11, day), kind, said, ssp(used or abs(pounds)), debit, credit, ssp(owes))


STATEMENT = Statement(
    customer=BUYER,
    first=date(2026, 11, 1),
    last=date(2026, 11, 30),
    opening=ssp(12_000),
    movements=(
        _moved(1, "invoice", 54_000, 66_000, document="INV-2026-000101"),
        _moved(3, "momo", -70_000, -4_000, telephone="+211921234567", receipt="100007"),
        _moved(3, "used", 0, -4_000, used=66_000, document="INV-2026-000101"),
        _moved(9, "token_sale", 1_500, -2_500),
        _moved(12, "cash", -5_000, -7_500, receipt="100015"),
        _moved(20, "credit_note", -10_800, -18_300, document="CN-2026-000004"),
        _moved(20, "goodwill", -1_000, -19_300, reason="Outage on 12 November"),
        _moved(25, "debit_note", 54_000, 34_700, document="DN-2026-000001"),
        _moved(26, "withholding", -8_100, 26_600, document="DN-2026-000001", certificate="WHT-2026-88"),
    ),
    closing=ssp(26_600),
    owed=ssp(45_900),
    have=ssp(19_300),
    deposit=ssp(50_000),
)
RECEIPT = PaidReceipt(
    "100074", ssp(54_000), "mtn_momo", "23503452", "+211921234567", None, datetime(2026, 11, 23, 10, tzinfo=UTC), BUYER
)
CASH_RECEIPT = replace(RECEIPT, number="100082", provider="cash", reference=None, phone=None, staff="Mary Akech")
PAPERS = {
    "two_lines": TWO_LINES,
    "paid": PAID,
    "twelve_lines": TWELVE_LINES,
    "credit_note": CREDIT_NOTE,
    "statement": STATEMENT,
    "receipt": RECEIPT,
    "cash_receipt": CASH_RECEIPT,
}
