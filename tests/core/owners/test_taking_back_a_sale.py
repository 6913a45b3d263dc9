"""Who sold a token takes it back while nobody has used it; our commission is undone with it, once."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from core.access.first_use import mark_first_use
from core.errors import CustomerNotActive, NotAnOwner, NotFound, NotPossibleNow, OwnerSuspended
from core.owners.add_helper import add_helper, remove_helper
from core.owners.change_owner import set_owner_state
from core.owners.take_back_sale import take_back_sale
from core.parts import Parts
from core.tokens.revoke_token import Revoked
from tests.core.owners.stall import HELPER, Stall, ssp
from tests.town import ACHOL, DENG, count, snapshot


def takes_back(stall: Stall, token_id: int, seller: str = DENG) -> Revoked:
    who, now = stall.who(seller), stall.parts.clock.now()
    return stall.parts.db.run(lambda tx: take_back_sale(tx, seller=who, token_id=token_id, now=now))


def helps(stall: Stall) -> None:
    deng, now = stall.who(DENG), stall.parts.clock.now()
    stall.parts.db.run(lambda tx: add_helper(tx, owner=deng, typed_phone=HELPER, code="*384*77#", now=now))


def test_an_unused_token_is_taken_back_and_owes_no_commission(stall: Stall, parts: Parts) -> None:
    stall.confirms()
    sold = stall.sells("one")
    owed = f"owner_owes:{stall.who(DENG).number}"
    assert stall.books(owed) != 0
    assert takes_back(stall, sold.token_id) == Revoked("owner_cash", ssp(700))
    assert stall.books(owed) == 0
    assert count(parts, "access_grant", "status = 'revoked'") == 1
    before = snapshot(parts)
    with pytest.raises(NotPossibleNow):
        takes_back(stall, sold.token_id)
    assert snapshot(parts) == before


def test_a_gift_is_taken_back_for_nothing(stall: Stall) -> None:
    assert takes_back(stall, stall.gives("one").token_id).means == "nothing"


def test_what_was_used_stays_sold(stall: Stall, parts: Parts) -> None:
    sold = stall.sells("one")
    grant_id = stall.rows("SELECT grant_id FROM token")[0][0]
    parts.db.run(lambda tx: mark_first_use(tx, grant_id=grant_id, used_at=parts.clock.now()))
    with pytest.raises(NotPossibleNow):
        takes_back(stall, sold.token_id)
    assert count(parts, "token_revocation") == 0


def test_a_helper_takes_back_their_own_only_and_while_they_help(stall: Stall, parts: Parts) -> None:
    helps(stall)
    own, dengs = stall.sells("own", seller=HELPER).token_id, stall.sells("his").token_id
    other = stall.sells("other", seller=HELPER).token_id
    with pytest.raises(NotFound):
        takes_back(stall, dengs, HELPER)
    with pytest.raises(NotFound):
        takes_back(stall, own, ACHOL)
    assert takes_back(stall, own, HELPER).refund == ssp(700)
    deng, now = stall.who(DENG).customer_id, parts.clock.now()
    parts.db.run(lambda tx: remove_helper(tx, owner_id=deng, typed_phone=HELPER, now=now))
    with pytest.raises(NotAnOwner):
        takes_back(stall, other, HELPER)


def test_who_may_not_sell_takes_nothing_back(stall: Stall, parts: Parts) -> None:
    helps(stall)
    token_id = stall.sells("one", seller=HELPER).token_id
    with parts.db.transaction() as tx:
        tx.execute(
            text("UPDATE customer SET status = 'suspended' WHERE id = :id"), {"id": stall.who(HELPER).customer_id}
        )
    with pytest.raises(CustomerNotActive):
        takes_back(stall, token_id, HELPER)
    parts.db.run(lambda tx: set_owner_state(tx, owner_id=stall.who(DENG).customer_id, state="suspended"))
    with pytest.raises(OwnerSuspended):
        takes_back(stall, token_id, HELPER)
