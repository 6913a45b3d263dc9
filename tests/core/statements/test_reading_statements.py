"""Files of a bank: read once, in any order, with whatever is wrong in them."""

import io

import pytest

from core.errors import FileRefused, MappingWrong
from core.ids import payment_reference
from core.statements import read_import as reading
from core.statements.accounts import set_mapping
from core.statements.mapping import CsvMapping
from tests.core.statements.bank import COLUMNS, HEADER, csv_of, row
from tests.town import count, everything_agrees, snapshot, texts_to


def test_a_transfer_with_the_right_reference_is_on_the_balance_with_a_receipt_and_a_text(bank, town, parts):
    reference = payment_reference(town.achol.number)
    progress = bank.imports(csv_of(row("45,000.00", f"transfer {reference} november")))
    assert (progress.state, progress.lines, progress.new, progress.matched, progress.bad) == ("done", 1, 1, 1, 0)
    assert town.balance(town.achol).minor == 45_000_00
    assert bank.stands("bank:eco") == -45_000_00
    ((template, text),) = texts_to(parts, town.achol.main_phone)
    assert template == "bank_paid"
    assert "Received SSP 45,000 through Eco Bank" in text
    assert "Balance SSP 45,000" in text
    ((match,),) = bank.rows("SELECT why FROM line_match")
    assert match == "reference"
    everything_agrees(parts)


def test_what_names_nobody_lies_on_suspense(bank, town, parts):
    bank.imports(csv_of(row(500, "school fees"), row(-40, "ledger fee"), row(300, "rent")))
    assert bank.stands("bank:eco") == -760_00
    assert bank.stands("suspense:eco") == 800_00
    assert bank.stands("suspense:out:eco") == -40_00
    assert count(parts, "ledger_entry", "kind = 'suspense'") == 2
    assert town.balance(town.achol).minor == 0
    everything_agrees(parts)


def test_the_same_file_twice_and_half_of_it_again_change_nothing(bank, town, parts):
    reference = payment_reference(town.achol.number)
    rows = [row(100, f"{reference} a"), row(200, "b"), row(300, f"{reference} c")]
    bank.imports(csv_of(*rows))
    before = snapshot(parts, besides=["statement_import"])
    for again in (rows, rows[:2], rows[1:], list(reversed(rows))):
        progress = bank.imports(csv_of(*again))
        assert (progress.lines, progress.new) == (len(again), 0)
    assert snapshot(parts, besides=["statement_import"]) == before


def test_two_payments_that_look_the_same_in_one_file_are_both_kept(bank, town):
    twin = row(100, payment_reference(town.achol.number))
    assert bank.imports(csv_of(twin, twin)).new == 2
    assert town.balance(town.achol).minor == 200_00
    assert bank.imports(csv_of(twin, twin, twin)).new == 1
    assert town.balance(town.achol).minor == 300_00


def test_a_bad_line_in_the_middle_is_told_by_number_and_the_good_ones_stay(bank, parts):
    progress = bank.imports(
        csv_of(
            row(100, "good"),
            row(100, "no such day", day="31/02/2026"),
            row("ten pounds", "no amount"),
            row(0, "nothing"),
            "20/11/2026,5",
            row(5, "tomorrow of tomorrow", day="25/11/2026"),
            row(7, "also good"),
        )
    )
    assert (progress.lines, progress.new, progress.bad) == (7, 2, 5)
    ((bad,),) = bank.rows("SELECT bad_lines->'lines' FROM statement_import")
    assert bad == [[3, "day"], [4, "amount"], [5, "amount"], [6, "columns"], [7, "day_far"]]
    everything_agrees(parts)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1256"])
def test_a_file_in_another_encoding_has_the_same_lines(bank, encoding):
    content = csv_of(row(100, "تحويل من أشول دينق"), row(200, "إيجار المنزل")).decode()
    assert bank.imports(content.encode(encoding)).new == 2
    assert bank.lines()[0].details == "تحويل من أشول دينق"
    assert bank.imports(content.encode()).new == 0


def test_latin_letters_with_accents_are_not_taken_for_arabic(bank):
    bank.imports(csv_of(row(100, "Café Zoé, règlement")).decode().encode("latin-1"))
    assert bank.lines()[0].details == "Café Zoé, règlement"


@pytest.mark.parametrize(
    ("written", "minor", "mapping"),
    [
        ("1,234.50", 123_450, {}),
        ("1.234,50", 123_450, {"decimal": ",", "thousands": "point"}),
        ("1 234,50", 123_450, {"decimal": ",", "thousands": "space"}),
        ("(500)", -500_00, {}),
        ("500-", -500_00, {}),
        ("-500.00", -500_00, {}),
        ("SSP 5,000", 5_000_00, {}),
        ("٥٠٠", 500_00, {}),
        ("١٬٢٣٤٫٥٠", 123_450, {}),
        ("500", -500_00, {"inverted": True}),
        ("5.5000", 550, {}),
    ],
)
def test_amounts_are_read_as_the_mapping_says(bank, written, minor, mapping):
    bank.does(_map, account_id=bank.ids["eco"], mapping=CsvMapping(columns=COLUMNS, **mapping))
    bank.imports(csv_of(row(written, "x")))
    assert [line.amount_minor for line in bank.lines()] == [minor]


@pytest.mark.parametrize("written", ["1.234,50", "1,23", "12,34.00", "1.005", "5 000", "1e5", "=5", "", "--5", "NaN"])
def test_an_amount_that_the_mapping_does_not_allow_is_no_amount(bank, written):
    assert bank.imports(csv_of(row(written, "x"))).bad == 1
    assert not bank.lines()


def _map(tx, *, account_id, mapping, now, staff_id):
    set_mapping(tx, account_id, mapping)


@pytest.mark.parametrize(
    ("written", "order", "day"),
    [
        ("03/04/2026", "dmy", "2026-04-03"),
        ("03/04/2026", "mdy", "2026-03-04"),
        ("2026-04-03", "ymd", "2026-04-03"),
        ("20260403", "ymd", "2026-04-03"),
        ("3 Apr 26", "dmy", "2026-04-03"),
        ("٠٣/٠٤/٢٠٢٦", "dmy", "2026-04-03"),
        ("03/04/2026 23:30:00", "dmy", "2026-04-03"),
    ],
)
def test_a_day_is_what_the_mapping_says_and_never_guessed(bank, written, order, day):
    bank.does(_map, account_id=bank.ids["eco"], mapping=CsvMapping(columns=COLUMNS, order=order))
    bank.imports(csv_of(row(100, "x", day=written)))
    assert [str(line.booked_on) for line in bank.lines()] == [day]


def test_two_columns_of_money_or_a_word_tell_the_direction(bank):
    columns = {"day": "1", "credit": "2", "debit": "3", "details": "4+5"}
    mapping = CsvMapping(columns=columns, signs="columns", header=False, delimiter="semicolon", skip_rows=2)
    bank.does(_map, account_id=bank.ids["eco"], mapping=mapping)
    bank.imports(b"Eco Bank\nAccount 1\n20/11/2026;100;;in;a\n20/11/2026;;40.00;out;b\n20/11/2026;1;1;both;c\n")
    assert [(line.amount_minor, line.details) for line in bank.lines()] == [(100_00, "in a"), (-40_00, "out b")]
    columns = {"day": "Date", "amount": "Amount", "direction": "Reference", "details": "Details"}
    bank.does(_map, account_id=bank.ids["eco"], mapping=CsvMapping(columns=columns, signs="direction"))
    bank.imports(csv_of(row(7, "came", ref="CR"), row(8, "went", ref="DR")))
    assert [line.amount_minor for line in bank.lines()[2:]] == [7_00, -8_00]


def test_a_line_in_another_currency_is_a_bad_line(bank):
    columns = COLUMNS | {"currency": "Payer"}
    bank.does(_map, account_id=bank.ids["eco"], mapping=CsvMapping(columns=columns))
    progress = bank.imports(csv_of(row(100, "x", payer="USD"), row(100, "y", payer="ssp")))
    assert (progress.new, progress.bad) == (1, 1)


def test_what_the_status_says_did_not_happen_is_left_out_and_fees_are_lines(bank):
    columns = {"day": "Date", "amount": "Amount", "reference": "Reference", "status": "Payer", "fee": "Phone"}
    bank.does(_map, account_id=bank.ids["mtn-momo"], mapping=CsvMapping(columns=columns))
    progress = bank.imports(
        csv_of(row(100, ref="1", payer="Successful", phone="2.50"), row(70, ref="2", payer="Failed")), "mtn-momo"
    )
    assert (progress.lines, progress.bad) == (2, 0)
    assert [line.amount_minor for line in bank.lines("mtn-momo")] == [100_00, -2_50]


def test_a_file_whose_header_lacks_a_column_of_the_mapping_is_not_read(bank, parts):
    import_id = bank.receives(b"When,Amount\n20/11/2026,5\n")
    with pytest.raises(MappingWrong) as refusal:
        bank.reads(import_id)
    assert refusal.value.field == "day"
    assert count(parts, "statement_line") == 0


def test_a_mapping_that_cannot_read_anything_is_refused(bank):
    for mapping, field in (
        (CsvMapping(columns={"amount": "Amount"}), "day"),
        (CsvMapping(columns={"day": "Date"}), "amount"),
        (CsvMapping(columns=COLUMNS, signs="columns"), "credit"),
        (CsvMapping(columns=COLUMNS, decimal=",", thousands="comma"), "thousands"),
        (CsvMapping(columns=COLUMNS, order="dym"), "order"),
        (CsvMapping(columns=COLUMNS, header=False), "header"),
        (CsvMapping(columns=COLUMNS | {"colour": "x"}), "colour"),
        (CsvMapping(columns=COLUMNS, skip_rows=99), "skip_rows"),
    ):
        assert bank.is_refused(MappingWrong, _map, account_id=bank.ids["eco"], mapping=mapping).field == field
    without = CsvMapping(columns={"day": "Date", "amount": "Amount"})
    assert bank.is_refused(MappingWrong, _map, account_id=bank.ids["gurush"], mapping=without).field == "reference"


class Endless(io.RawIOBase):
    """A file of fifty megabytes that nobody has to hold."""

    def __init__(self):
        self.left = 0

    def readable(self):
        return True

    def seek(self, *_where):
        self.left = 50 * 1024 * 1024
        return 0

    def read(self, size=-1):
        size = min(size, self.left)
        self.left -= size
        return b"x" * size


def test_fifty_megabytes_and_nothing_at_all_and_a_picture_are_refused(bank, parts):
    from core.statements.receive_file import receive_file

    def receive(tx, *, content, now, staff_id):
        receive_file(tx, account_id=bank.ids["eco"], file_name="x", content=content, staff_id=staff_id, now=now)

    for content in (Endless(), io.BytesIO(b""), io.BytesIO(b"%PDF-1.7 x"), io.BytesIO(b"PK\x03\x04xlsx")):
        assert bank.is_refused(FileRefused, receive, content=content).megabytes_max == 16
    assert count(parts, "statement_import") == 0


def test_an_import_that_was_cut_off_goes_on_and_credits_nothing_twice(bank, town, parts, monkeypatch):
    monkeypatch.setattr(reading, "CHUNK", 3)
    reference = payment_reference(town.achol.number)
    content = csv_of(*(row(10, reference) for _twin in range(7)), row("bad"), row(1, "last"))
    import_id = bank.receives(content)
    heard = []
    stopped = bank.reads(import_id, heard=heard.append, enough=lambda: len(heard) == 1)
    assert (stopped.state, stopped.lines, town.balance(town.achol).minor) == ("reading", 3, 30_00)
    assert bank.receives(content) == import_id  # sent again while it is read: the same
    monkeypatch.setattr(reading, "CHUNK", 4)
    done = bank.reads(import_id)
    assert (done.state, done.lines, done.new, done.bad) == ("done", 9, 8, 1)
    assert town.balance(town.achol).minor == 70_00
    assert count(parts, "statement_file") == 0
    assert bank.reads(import_id) == done
    everything_agrees(parts)


def test_the_balance_of_a_csv_file_is_kept(bank):
    bank.does(_map, account_id=bank.ids["eco"], mapping=CsvMapping(columns=COLUMNS | {"balance": "Payer"}))
    bank.imports(csv_of(row(100, "x", payer="1100"), row(50, "y", payer="1150")))
    ((closing, on),) = bank.rows("SELECT closing_minor, closing_on FROM statement_import")
    assert (closing, str(on)) == (1150_00, "2026-11-20")


def test_a_line_of_a_closed_month_is_in_the_books_today(bank, town, parts):
    bank.rows("SELECT 1")
    with parts.db.transaction() as tx:
        from sqlalchemy import text

        tx.execute(
            text("INSERT INTO closed_month (month, closed_by, closed_at) VALUES ('2026-10-01', :who, now())"),
            {"who": town.staff["mary"]},
        )
    bank.imports(
        csv_of(row(100, "late", day="15/10/2026"), row(5, payment_reference(town.deng.number), day="15/10/2026"))
    )
    assert town.balance(town.deng).minor == 5_00
    assert {str(one.day) for one in bank.rows("SELECT occurred_at::date AS day FROM ledger_entry")} == {"2026-11-23"}


def test_the_header_is_found_however_it_is_written(bank):
    content = HEADER.replace("Date", '" date "').replace("Amount", "AMOUNT") + "\n" + row(5, "x") + "\n"
    assert bank.imports(content.encode()).new == 1
