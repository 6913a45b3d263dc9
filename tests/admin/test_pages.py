"""How pages look to a browser: two languages, few bytes, directions kept."""

import gzip
import re
from pathlib import Path

import pytest

import admin
from core.catalog.taxes import PRODUCT_CLASSES
from core.staff.roles import ROLES
from core.subscriptions.states import MOVES
from tests.town import ACHOL

PAGE_BYTES_MAX = 14 * 1024
SCRIPT_BYTES_MAX = 6 * 1024
PAGES = Path(admin.__file__).parent / "pages"


def packed(text: str) -> int:
    return len(gzip.compress(text.encode()))


PLAIN = """/ /me /register /search?q=x /stuck /payments/unknown /network /guesses /staff /services/to-install /adjustments
/tariffs /tariffs/new /tariffs/1 /tariffs/1/what-if /taxes /rates /promotions /holidays /billing /reports /reports/ageing /months
/statements /lines /claims /accounts /accounts/mtn-momo /reconciliation
/payouts /owners /auto-top-ups /routers /routers/1 /routers/1/throughput /network/outages /network/credits /keys /webhooks"""
OF_A_CUSTOMER = "/cash /change /services /adjust /next-bill /later /exemptions"


@pytest.fixture
def busy(provider):
    """Achol owes two bills and has a service of either kind; every list has something in it."""
    provider.clock.at = provider.clock.at.replace(hour=10)
    provider.pays(40_000)
    provider.begins("PREHOME")
    provider.numbers = [provider.service(provider.begins("HOME")).number]
    provider.on("2026-11-20")
    provider.numbers.append(provider.service(provider.begins("OFFICE")).number)
    provider.bills_daily_until("2027-01-02")
    return provider


def paths(provider):
    bill = next(row.number for row in provider.invoices() if row.due)
    return [
        *PLAIN.split(),
        *(f"/customers/{provider.town.achol.number}{rest}" for rest in ["", *OF_A_CUSTOMER.split()]),
        *(f"/services/{number}" for number in provider.numbers),
        f"/services/{provider.numbers[0]}/throughput",
        *(f"/documents/{bill}/{word}" for word in ("credit", "write-off", "debit", "withholding")),
    ]


def test_a_cold_page_is_three_requests_and_few_bytes(desk_of, town, busy):
    rebecca = desk_of("rebecca")
    for number in range(30):
        town.give(town.achol, 500, key=str(number))
    for path in paths(busy):
        page = rebecca.get(path).text
        assets = re.findall(r'(?:src|href)="(/admin/assets/[^"]+)"', page)
        assert len(assets) == 2, path
        bodies = [rebecca.client.get(asset).text for asset in assets]
        assert packed(page) + sum(map(packed, bodies)) <= PAGE_BYTES_MAX, path
        assert packed(bodies[1]) <= SCRIPT_BYTES_MAX


def test_what_does_not_change_is_kept_and_what_is_private_is_not(mary, kiden):
    page = kiden.get("/log-in").text
    for asset in re.findall(r'"(/admin/assets/[^"]+)"', page):
        answer = kiden.client.get(asset, headers={"Accept-Encoding": "gzip"})
        assert "immutable" in answer.headers["Cache-Control"]
        assert answer.headers["Content-Encoding"] == "gzip"
        assert "Set-Cookie" not in answer.headers
        assert "Cookie" not in answer.headers.get("Vary", "")
    assert kiden.client.get("/admin/assets/passwd").status_code == 404
    packed_page = mary.get("/", headers={"Accept-Encoding": "gzip"})
    assert "Find a customer" in gzip.decompress(packed_page.data).decode()


@pytest.mark.parametrize("language", ["en", "ar"])
def test_every_page_names_its_language_and_direction_and_its_fields_have_labels(desk_of, busy, language):
    rebecca = desk_of("rebecca")
    rebecca.post("/me/language", language=language)
    direction = "rtl" if language == "ar" else "ltr"
    for path in paths(busy):
        page = rebecca.get(path).text
        assert f'<html lang="{language}" dir="{direction}">' in page, path
        for field in re.findall(r"<(?:input|select)\b[^>]*>", page):
            if 'type="hidden"' in field or field.endswith(" hidden>") or "aria-label" in field:
                continue
            identity = re.search(r'id="([^"]+)"', field)[1]
            assert f'for="{identity}"' in page, (path, field)
        assert "{" not in re.sub(r"<[^>]*>", "", page), path


def test_codes_phones_amounts_and_dates_keep_their_direction_in_arabic(desk_of, town, busy):
    rebecca = desk_of("rebecca")
    rebecca.post("/me/language", language="ar")
    town.give(town.achol, 500)
    for path in paths(busy):
        page = rebecca.get(path).text
        body = page[page.index("<main") :]
        # Texts as they were sent stand in a box of their own, with the direction of their first letter; a list to
        # choose from takes no marks, and each of its rows is a line of its own.
        body = re.sub(r'<p class="text">.*?</p>|<option.*?</option>', "", body, flags=re.DOTALL)
        isolated = re.sub(r'<bdi(?: dir="ltr"| class="long")*>[^<]*</bdi>', "", body)
        bare = re.sub(r"<[^>]*>", " ", isolated)
        # A whole number keeps its order by itself, and so does a Latin word that ends on one.
        bare = re.sub(r"(?<!\S)[A-Z]*\d+(?=[\s.،:])", "", bare)
        assert not re.search(r"\d", bare), (path, re.findall(r".{0,20}\d.{0,20}", bare))
    assert '<bdi dir="ltr">500</bdi>\u00a0جنيه' in rebecca.get(f"/customers/{town.achol.number}").text


def test_a_stranger_chooses_the_language_of_the_log_in_page(kiden):
    assert '<html lang="en"' in kiden.get("/log-in").text
    assert '<html lang="ar" dir="rtl">' in kiden.get("/log-in", headers={"Accept-Language": "ar-SS,ar;q=0.9"}).text
    assert '<html lang="ar" dir="rtl">' in kiden.get("/log-in?language=ar").text
    assert '<html lang="ar" dir="rtl">' in kiden.get("/log-in").text


def test_a_language_we_do_not_speak_changes_nothing(mary):
    assert mary.post("/me/language", language="xx").status_code == 422
    assert '<html lang="en"' in mary.get("/").text


def test_the_language_switch_stays_on_the_page(mary, town):
    path = f"/admin/customers/{town.achol.number}"
    assert mary.post("/me/language", language="ar", back=path).location == path
    assert mary.post("/me/language", language="en", back="https://evil.example").location == "/admin/"


def test_a_receipt_is_small_enough_to_print_anywhere(mary, town):
    key = mary.cash_key(town.achol.number)
    receipt = mary.client.get(mary.post(f"/customers/{town.achol.number}/cash", amount="500", key=key).location).text
    assert packed(receipt) <= 3 * 1024


def test_somebody_is_added_and_can_log_in(desk_of, kiden):
    rebecca = desk_of("rebecca")
    form = {"username": "Nyandeng", "name": "Nyandeng", "role": "cashier", "language": "ar"}
    assert rebecca.post("/staff", **form, password="short").status_code == 422
    assert rebecca.post("/staff", **(form | {"role": "owner"}), password="long enough now").status_code == 422
    assert rebecca.post("/staff", **(form | {"username": "9"}), password="long enough now").status_code == 422
    assert rebecca.post("/staff", **form, password="long enough now").status_code == 303
    assert rebecca.post("/staff", **form, password="long enough now").status_code == 422
    assert kiden.log_in("nyandeng", "long enough now").status_code == 303
    assert '<html lang="ar"' in kiden.get("/").text
    assert rebecca.post("/staff/nyandeng/password", password="another long one").status_code == 303
    assert kiden.get("/").status_code == 303
    assert rebecca.post("/staff/%00/password", password="another long one").status_code == 422
    assert rebecca.post("/staff/nobody/active", active="no").status_code == 422


def test_every_word_of_our_tables_has_a_text(town, parts):
    from admin.words import WORDS
    from core import schema

    def words_of(table: str, constraint: str) -> list[str]:
        for check in schema.METADATA.tables[table].constraints:
            if str(check.name) == f"ck_{table}_{constraint}":
                return re.findall(r"'([a-z_]+)'", str(check.sqltext))
        raise AssertionError(table)

    for subject, table, constraint in (
        ("customer", "customer", "status_known"),
        ("payment", "payment_intent", "state_known"),
        ("payout", "payout", "state_known"),
        ("payout_kind", "payout", "kind_known"),
        ("sent_by", "payout", "rail_known"),
        ("consent", "pre_approval", "state_known"),
        ("token", "access_grant", "status_known"),
        ("ticket", "ticket", "state_known"),
        ("fault", "ticket", "fault_known"),
        ("role", "staff_member", "role_known"),
        ("service", "subscription", "state_known"),
        ("suspended_for", "subscription", "suspended_for_known"),
        ("pay", "tariff", "pay_known"),
        ("billed_on", "tariff", "billed_on_known"),
        ("reconnect", "tariff", "reconnect_known"),
        ("document", "invoice", "kind_known"),
        ("adjustment", "adjustment", "kind_known"),
        ("decision", "adjustment", "state_known"),
        ("agreement", "payment_plan", "state_known"),
        ("agreement", "promise_to_pay", "state_known"),
    ):
        for word in words_of(table, constraint):
            assert f"{subject}.{word}" in WORDS
    assert all(f"role.{role}" in WORDS for role in ROLES)
    assert all(f"verb.{verb}" in WORDS for verb in (*MOVES, "transfer"))
    assert all(f"class.{name}" in WORDS for name in PRODUCT_CLASSES)
    written = set(re.findall(r'note\(\s*tx,\s*"(\w+)"', "".join(path.read_text() for path in PAGES.glob("*.py"))))
    assert len(written) > 20
    assert {f"act.{act}" for act in written} <= WORDS.keys()
    assert ACHOL
