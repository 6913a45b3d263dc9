"""Deng's stall: what he and his helper ask for, by hand."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from core.customers.queries import Account, account_of_phone
from core.money import Money
from core.owners.confirm_momo import confirm_momo
from core.owners.give_token import give_token
from core.owners.name_momo import name_momo
from core.owners.sell_by_momo import sell_by_momo
from core.owners.sell_for_cash import sell_for_cash
from core.owners.selling import Wanted
from core.parts import Parts
from core.tokens.sell_token import Sold
from tests.town import ACHOL, DENG, Town

HELPER = "+211912000001"
BUYER = "+211922000002"


def ssp(pounds: int) -> Money:
    return Money.of(pounds, "SSP")


class Stall:
    """One counter of Deng's."""

    def __init__(self, parts: Parts, town: Town, platform: str = "http://127.0.0.1:1") -> None:
        self.parts, self.town, self.platform = parts, town, platform

    @property
    def tools(self) -> dict[str, Any]:
        return {"now": self.parts.clock.now(), "ids": self.parts.ids, "sealer": self.parts.sealer}

    def who(self, phone: str) -> Account:
        with self.parts.db.reading() as connection:
            found = account_of_phone(connection, phone)
        assert found is not None
        return found

    def wanted(self, key: str, to: str = ACHOL, plan: str = "3H", **more: Any) -> Wanted:
        spot = self.town.hotspots[more.pop("ssid", "Juba Town Wi-Fi")]
        return Wanted(key, spot, self.town.plans[plan], to, **more)

    def sells(self, key: str, to: str = ACHOL, plan: str = "3H", *, seller: str = DENG, **more: Any) -> Sold:
        wanted, who = self.wanted(key, to, plan, **more), self.who(seller)
        return self.parts.db.run(lambda tx: sell_for_cash(tx, wanted=wanted, seller=who, **self.tools))

    def gives(self, key: str, to: str = ACHOL, plan: str = "1H", *, giver: str = DENG, **more: Any) -> Sold:
        wanted, who = self.wanted(key, to, plan, **more), self.who(giver)
        return self.parts.db.run(lambda tx: give_token(tx, wanted=wanted, giver=who, **self.tools))

    def prompts(self, key: str, to: str = ACHOL, plan: str = "3H", *, payer: str = ACHOL, **more: Any) -> int:
        wanted, who = self.wanted(key, to, plan, **more), self.who(more.pop("seller", DENG))
        asked = {"payer_phone": payer, "platform": self.platform, "now": self.parts.clock.now(), "ids": self.parts.ids}
        return self.parts.db.run(lambda tx: sell_by_momo(tx, wanted=wanted, seller=who, **asked)).intent_id

    def names_momo(self, phone: str = DENG, key: str = "name") -> None:
        owner, secret = self.who(DENG), self.parts.settings.secret_key
        more = {"typed_phone": phone, "request_key": key, "key": secret, **self.tools}
        self.parts.db.run(lambda tx: name_momo(tx, owner=owner, **more))

    def types_code(self, code: str, key: str = "code") -> str:
        owner, secret = self.who(DENG), self.parts.settings.secret_key
        now = self.parts.clock.now()
        return self.parts.db.run(
            lambda tx: confirm_momo(tx, owner=owner, typed=code, request_key=key, now=now, key=secret)
        )

    def confirms(self) -> None:
        self.names_momo()
        assert self.types_code(self.code_texted()) == "confirmed"

    def code_texted(self) -> str:
        """The code as the phone shows it; it is nowhere else in clear."""
        sealed = self.rows("SELECT text_sealed FROM text_message WHERE template = 'momo_code' ORDER BY id DESC")[0][0]
        return self.parts.sealer.open(sealed).split("code ")[1][:6]

    def rows(self, sql: str, **values: Any) -> list[Any]:
        with self.parts.db.reading() as connection:
            return list(connection.execute(text(sql), values).all())

    def books(self, code: str) -> int:
        found = self.rows("SELECT balance_minor FROM ledger_account WHERE code = :code", code=f"{code}:SSP")
        return int(found[0][0]) if found else 0
