"""Tariffs, taxes, exchange rates, promotions and holidays on staff pages: set by day, by name, never changed."""

from datetime import date

from tests.core.subscriptions.line import Line
from tests.town import count, snapshot

TERMS = {
    "valid_from": "2026-12-01",
    "currency": "SSP",
    "price": "45,000",
    "down": "5000",
    "up": "1000",
    "due_days": "14",
    "dunning": "standard",
}
TARIFF = {
    "code": "SHOP",
    "alias": "20",
    "name_en": "Shop",
    "name_ar": "محل",
    "pay": "postpaid",
    "billed_on": "anniversary",
    "reconnect": "new_day",
    "product_class": "telecom",
}


def test_a_tariff_is_opened_given_terms_and_taken_out_of_sale(mary, provider, parts):
    answer = mary.post("/tariffs/new", **TARIFF)
    assert answer.location == "/admin/tariffs/20"
    assert "It is sold once it has terms" in mary.told(answer)
    assert "no terms yet" in mary.get("/tariffs").text
    more = {
        "data": "50",
        "overage": "500",
        "fair_use": "٤٠",
        "slow": "512",
        "fair_use2": "5",
        "slow2": "1024",
        "period2": "day",
        "free_from": "22",
        "free_until": "6",
        "burst_down": "8000",
        "burst_up": "2000",
    }
    more |= {"set_up": "10000", "deposit": "20000", "rental": "5000"}
    said = mary.told(mary.post("/tariffs/20/terms", **TERMS, **more))
    assert said == "These terms hold from 01/12/2026 on."
    (row,) = provider.rows("SELECT v.* FROM tariff_version v JOIN tariff t ON t.id = v.tariff_id WHERE t.code = 'SHOP'")
    assert (row.price_minor, row.data_bytes) == (4_500_000, 50 * 10**9)
    assert row.fair_use == {
        "steps": [["billing", 40 * 10**9, 512, 512], ["day", 5 * 10**9, 1024, 1000]],
        "free": [22, 6],
    }
    assert (row.set_up_minor, row.deposit_minor, row.rental_minor, row.overage_minor) == (
        10**6,
        2 * 10**6,
        500_000,
        50_000,
    )
    assert row.made_by == provider.town.staff["mary"]
    page = mary.get("/tariffs/20").text
    for shown in ("SSP 45,000", "Mary", "to come", "8\u00a0Mbit/s", 'value="45000"', 'value="50"'):
        assert shown in page, shown
    said = mary.told(mary.post("/tariffs/20/withdraw", on_day="2026-12-31"))
    assert said == "From 31/12/2026 on nobody joins this tariff."
    acts = ("tariff_opened", "tariff_set", "tariff_withdrawn")
    assert [count(parts, "audit_entry", "act = :act", act=act) for act in acts] == [1, 1, 1]


def test_a_price_in_dollars_may_have_cents(mary, provider):
    mary.post("/tariffs/new", **TARIFF)
    assert mary.post("/tariffs/20/terms", **(TERMS | {"currency": "USD", "price": "99.50"})).status_code == 303
    assert "USD 99.50" in mary.get("/tariffs/20").text


def test_packs_of_data_are_part_of_the_terms_and_stand_in_the_form_again(mary, provider):
    mary.post("/tariffs/new", **TARIFF)
    packs = {"data": "50", "pack1": "5", "pack_price1": "2,000", "pack3": "1", "pack_price3": "500"}
    assert mary.post("/tariffs/20/terms", **TERMS, **packs).status_code == 303
    (row,) = provider.rows("SELECT packs FROM tariff_version v JOIN tariff t ON t.id = tariff_id WHERE code = 'SHOP'")
    assert row.packs == {"packs": [[10**9, 50_000], [5 * 10**9, 200_000]]}
    page = mary.get("/tariffs/20").text
    for name, value in (("pack1", "1"), ("pack_price1", "500"), ("pack2", "5"), ("pack_price2", "2000")):
        assert f'name="{name}"' in page
        assert f'value="{value}"' in page


PACKS_WRONG = "Packs: for each the gigabytes and a price above 0, a larger one dearer than a smaller."
NO_TERMS = [
    ({"price": "-5"}, "Write the amount in pounds with digits only, like 5000."),
    ({"price": "0"}, "A price is above 0, and no fee is below 0."),
    ({"price": ""}, "A price is above 0, and no fee is below 0."),
    ({"price": "5.000"}, "Write the amount in pounds with digits only, like 5000."),
    ({"currency": "USD", "price": "5.000"}, "Write the amount in pounds with digits only, like 5000."),
    ({"currency": "EUR"}, "That is not possible now."),
    ({"valid_from": "2026-10-31"}, "That is not a day that can be meant here. Write it like 2026-11-30."),
    ({"valid_from": "2025-12-31"}, "Another one holds on some of these days already. Nothing was changed."),
    ({"valid_from": ""}, "That is not a day that can be meant here. Write it like 2026-11-30."),
    ({"valid_from": "2026-02-30"}, "That is not a day that can be meant here. Write it like 2026-11-30."),
    ({"down": "fast"}, "Write whole numbers with digits only."),
    ({"down": ""}, "Write whole numbers with digits only."),
    ({"down": "99999999"}, "A speed is a whole number of kbit/s, from 1 to 10,000,000."),
    ({"burst_down": "8000"}, "A burst needs both speeds, and neither is below the speed of the tariff."),
    ({"fair_use": "40"}, "Fair use: for each step the gigabytes and a slower speed, and hours from 0 to 23."),
    (
        {"fair_use": "40", "slow": "6000"},
        "Fair use: for each step the gigabytes and a slower speed, and hours from 0 to 23.",
    ),
    ({"free_from": "25"}, "Fair use: for each step the gigabytes and a slower speed, and hours from 0 to 23."),
    ({"overage": "500"}, "Overage needs an allowance of data that it goes beyond."),
    ({"data": "lots"}, "Data is written in gigabytes, from 0.000000001 to 1,000,000."),
    ({"data": "50", "pack1": "5"}, PACKS_WRONG),
    ({"data": "50", "pack1": "5", "pack_price1": "500", "pack2": "1", "pack_price2": "600"}, PACKS_WRONG),
    (
        {"pack1": "5", "pack_price1": "500"},
        "Packs are sold where data ends: with data or fair use, and without overage.",
    ),
    ({"due_days": "91"}, "A bill is due after 0 to 90 days."),
    ({"dunning": "never"}, "We could not find that."),
]


def test_terms_that_are_none_get_one_sentence_and_change_nothing(mary, provider, parts):
    before = snapshot(parts, besides=("payment_alarm",))
    for form, sentence in NO_TERMS:
        answer = mary.post("/tariffs/1/terms", **(TERMS | form))
        assert mary.refused(answer, answer.status_code) == sentence
        assert answer.status_code in (404, 422)
        assert f'value="{form.get("price", "45,000")}"' in answer.text  # what was typed is not lost
    assert snapshot(parts, besides=("payment_alarm",)) == before


NO_TARIFFS = [
    ({"alias": "1"}, "The number 1 belongs to another plan for ever."),
    ({"alias": "99"}, "The number 99 belongs to another plan for ever."),
    ({"alias": ""}, "Write whole numbers with digits only."),
    ({"code": "HOME"}, "This was already done in another way. Please start again."),
    ({"name_ar": ""}, "A name or text is missing, too long, or has signs it cannot have."),
    ({"pay": "barter"}, "That is not possible now."),
]


def test_a_tariff_that_is_none_is_not_opened(mary, provider, parts):
    before = snapshot(parts, besides=("payment_alarm",))
    for form, sentence in NO_TARIFFS:
        answer = mary.post("/tariffs/new", **(TARIFF | form))
        assert mary.refused(answer, answer.status_code) == sentence
    assert snapshot(parts, besides=("payment_alarm",)) == before


def test_a_tariff_of_no_number_is_not_found(mary, provider):
    assert mary.get("/tariffs/88").status_code == 404
    assert mary.post("/tariffs/88/terms", **TERMS).status_code == 404


RATE = {
    "tax": "EXCISE",
    "product_class": "equipment",
    "percent": "12.5",
    "valid_from": "2026-12-01",
    "last": "2026-12-31",
    "note": "Finance Act; checked by our accountant",
}


def test_tax_rates_follow_each_other_by_class_and_day(mary, provider, parts):
    page = mary.get("/taxes").text
    assert "until your accountant has checked it" in page
    assert "Check with your accountant" in page
    assert "The rate holds from 01/12/2026 on." in mary.told(mary.post("/taxes/rates", **RATE))
    (row,) = provider.rows("SELECT * FROM tax_rate WHERE product_class = 'equipment'")
    assert (row.rate_millionths, row.valid_until, row.inclusive) == (125_000, date(2027, 1, 1), False)
    assert "12.5\u00a0%" in mary.get("/taxes").text
    assert "Another one holds" in mary.refused(mary.post("/taxes/rates", **RATE))
    (old,) = provider.rows("SELECT id FROM tax_rate WHERE product_class = 'telecom'")
    assert "up to 30/11/2026" in mary.told(mary.post(f"/taxes/rates/{old.id}/end", last="2026-11-30"))
    assert mary.refused(mary.post(f"/taxes/rates/{old.id}/end", last="2026-12-30")) == (
        "This rate was given its end before."
    )
    assert mary.post("/taxes/rates/99/end", last="2026-11-30").status_code == 404
    assert mary.post("/taxes/rates", **(RATE | {"product_class": "telecom", "inclusive": "yes"})).status_code == 303
    assert "in the price" in mary.get("/taxes").text
    assert count(parts, "audit_entry", "act IN ('tax_rate_set', 'tax_rate_ended')") == 3


NO_RATES = [
    ({"valid_from": ""}, "A first day is needed, and a last one after it."),
    ({"last": "2026-11-30"}, "A first day is needed, and a last one after it."),
    ({"percent": "101"}, "Write a percentage from 0 to 100, with at most four digits after the point."),
    ({"percent": "-1"}, "Write a percentage from 0 to 100, with at most four digits after the point."),
    ({"percent": "NaN"}, "Write a percentage from 0 to 100, with at most four digits after the point."),
    ({"percent": "1e1"}, "Write a percentage from 0 to 100, with at most four digits after the point."),
    ({"product_class": "salt"}, "That is not possible now."),
    ({"tax": "POLL"}, "We could not find that."),
]


def test_a_tax_rate_that_is_none_changes_nothing(mary, provider, parts):
    before = snapshot(parts, besides=("payment_alarm",))
    for form, sentence in NO_RATES:
        answer = mary.post("/taxes/rates", **(RATE | form))
        assert mary.refused(answer, answer.status_code) == sentence
    assert snapshot(parts, besides=("payment_alarm",)) == before


def test_a_tax_is_opened_by_name(mary, provider, parts):
    tax = {"code": "STATE", "name_en": "State surcharge", "name_ar": "رسم الولاية", "position": "2"}
    assert mary.post("/taxes", **tax).status_code == 303
    assert "It has no rate, and is not charged." in mary.get("/taxes").text
    assert mary.refused(mary.post("/taxes", **(tax | {"position": "0"}))) == (
        "The place among the taxes is a number from 1 to 99."
    )


def test_an_exchange_rate_is_written_down_and_a_slip_is_refused(mary, provider, parts):
    assert "There is no rate for" in mary.get("/rates").text
    rate = {"day": "2026-11-01", "currency": "USD", "rate": "4,512.5", "source": "Bank of South Sudan"}
    assert "The rate of 01/11/2026 is written down." in mary.told(mary.post("/rates", **rate))
    page = mary.get("/rates").text
    assert "4,512.5" in page
    assert "There is no rate for" not in page
    before = snapshot(parts, besides=("payment_alarm",))
    provider.on("2026-11-02")
    for typed in ("0", "451250", "x", "-4500", "1e4", ""):
        refused = mary.refused(mary.post("/rates", **(rate | {"rate": typed, "day": "2026-11-02"})))
        assert refused == "This exchange rate cannot be right. The last one was 4,512.5.", typed
    assert mary.refused(mary.post("/rates", **(rate | {"source": " "}))) == "Write the reason."
    assert mary.refused(mary.post("/rates", **(rate | {"rate": "0"}))).endswith("The last one was 4,512.5.")
    assert mary.post("/rates", **(rate | {"day": "2026-11-03"})).status_code == 422
    assert mary.post("/rates", **(rate | {"currency": "SSP"})).status_code == 422
    assert snapshot(parts, besides=("payment_alarm",)) == before
    assert mary.post("/rates", **(rate | {"rate": "٤٦٠٠٫٢٥"})).status_code == 303
    assert provider.rows("SELECT rate_millionths FROM exchange_rate ORDER BY id")[-1].rate_millionths == 4_600_250_000


def test_a_promotion_needs_its_approval(mary, provider, parts):
    form = {
        "code": "RAINY",
        "name_en": "Rainy season",
        "name_ar": "موسم الأمطار",
        "tariff": "HOME",
        "percent": "25",
        "periods": "3",
        "valid_from": "2026-11-10",
        "last": "2026-11-30",
        "approval": "NCA/118",
        "approved_on": "2026-10-30",
    }
    before = snapshot(parts, besides=("payment_alarm",))
    for wrong in ({"approval": ""}, {"approved_on": ""}, {"approved_on": "2026-11-04"}):
        assert "needs the regulator's approval" in mary.refused(mary.post("/promotions", **(form | wrong)))
    assert mary.refused(mary.post("/promotions", **(form | {"periods": "25"}))) == ("A promotion lasts 1 to 24 months.")
    assert snapshot(parts, besides=("payment_alarm",)) == before
    assert mary.post("/promotions", **form).status_code == 303
    page = mary.get("/promotions").text
    assert "25\u00a0%" in page
    assert "NCA/118" in page
    assert "Another one holds" in mary.refused(mary.post("/promotions", **(form | {"code": "OTHER"})))


def test_holidays_are_set_and_taken_back(mary, provider, parts):
    assert "On 25/12/2026 nobody is cut off." in mary.told(mary.post("/holidays", day="2026-12-25", name="Christmas"))
    assert "Christmas" in mary.get("/holidays").text
    assert mary.post("/holidays", day="2020-12-25", name="Christmas").status_code == 422
    assert mary.post("/holidays", day="2026-12-26", name="").status_code == 422
    assert "like others again" in mary.told(mary.post("/holidays/remove", removed="2026-12-25"))
    assert mary.post("/holidays/remove", removed="2026-12-25").status_code == 404
    assert count(parts, "holiday") == 0


def test_a_rule_is_tried_on_last_month_before_it_is_set(mary, provider, parts):
    line = Line(provider, fair_use=None)
    provider.on("2026-11-10")
    line.uses(30)
    provider.on("2026-12-05")
    before = snapshot(parts)
    page = mary.get("/tariffs/40/what-if").text
    assert 'Slow at some time: <bdi dir="ltr">0</bdi>' in page
    page = mary.get("/tariffs/40/what-if?fair_use=٢٠&slow=512&period=month&free_from=22&free_until=6").text
    assert 'Customers concerned: <bdi dir="ltr">1</bdi>' in page
    assert provider.service(line.id).number in page
    for shown in ('value="20"', "10/11 13:00", 'd="M9 13h1v9h-1zM10 6h1v16h-1z'):
        assert shown in page.replace("٢٠", "20"), shown
    refused = mary.get("/tariffs/40/what-if?fair_use=20&slow=9000")
    assert mary.refused(refused) == "Fair use: for each step the gigabytes and a slower speed, and hours from 0 to 23."
    assert 'value="9000"' in refused.text
    assert mary.get("/tariffs/77/what-if").status_code == 404
    assert snapshot(parts) == before


def test_only_who_sets_tariffs_may_try_rules(provider, desk_of, kiden):
    for desk in (desk_of("rose"), desk_of("gatluak")):
        assert desk.get("/tariffs/1/what-if").status_code == 403
    assert kiden.get("/tariffs/1/what-if").status_code == 303
