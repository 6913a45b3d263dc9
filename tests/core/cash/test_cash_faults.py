"""What `shabaka check` says of cash: each fault is found, by name. Made by going around code and guards alike."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from core.cash.checks import CHECKS
from core.integrity import all_faults
from tests.core.cash.tills import Tills

CASES = {
    "receipts of a drawer have no gap": "UPDATE cash_drawer SET next_number = next_number + 1 WHERE code = 'counter'",
    "no drawer holds less than nothing": "UPDATE ledger_account SET balance_minor = 1 WHERE code = 'cash:counter:SSP'",
    "every note lies in a drawer": "UPDATE cash_drawer SET code = 'elsewhere' WHERE code = 'counter'",
    "every shift began with what the books said": "UPDATE cash_shift SET opening_minor = 7 WHERE closed_at IS NULL",
    "every closed shift expected what the books said": (
        "UPDATE cash_shift SET expected_minor = 5, counted_minor = 5, closing_entry_id = NULL WHERE id = 2"
    ),
    "what was over or short is in the books": "UPDATE cash_shift SET counted_minor = 1 WHERE id = 2",
    "what moved in a shift is what came, went and was handed over": "UPDATE cash_move SET amount_minor = 1",
    "every receipt of a drawer lies in a shift of its taker, before its close": (
        "UPDATE receipt SET shift_id = 2 WHERE drawer_number = 2"
    ),
    "two shifts at a drawer do not overlap": "UPDATE cash_shift SET closed_mark = closed_mark + 90 WHERE id = 2",
    "every receipt taken back is taken out of the books": (
        "UPDATE receipt_void SET entry_id = (SELECT entry_id FROM cash_move LIMIT 1)"
    ),
    "every move of notes is in the books": "UPDATE cash_move SET to_drawer_id = (SELECT max(id) FROM cash_drawer)",
    "notes move for reasons we know": "UPDATE ledger_entry SET kind = 'gift' WHERE kind = 'cash_move'",
}


def test_every_check_has_its_case() -> None:
    assert set(CASES) == set(CHECKS)


@pytest.mark.parametrize("name", CASES)
def test_a_fault_is_found(tills: Tills, name: str) -> None:
    tills.closes("mary", tills.opens("mary", "safe"), 0)
    shift = tills.opens("rose")
    tills.takes("rose", 300)
    assert tills.closes("rose", shift, 290, why="a note was torn").over.minor == -1_000
    tills.opens("rose", counted=290)
    receipt = tills.takes("rose", 200)
    tills.moves("rose", "counter", "safe", 90)
    tills.decides("mary", tills.asks_back("rose", receipt))
    tills.makes("third")
    tills.agrees()
    with tills.parts.db.transaction() as tx:
        tx.execute(text("SET LOCAL session_replication_role = replica"))
        tx.execute(text(CASES[name]))
    with tills.parts.db.reading() as connection:
        found = all_faults(connection, tills.now)
    assert any(one.startswith(f"{name}: ") for one in found), found
