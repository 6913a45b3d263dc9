"""Achol's line under some tariff: she uses so much, and the sweep looks."""

from datetime import UTC, date, datetime

from sqlalchemy import text

from core.catalog.open_tariff import open_tariff
from core.catalog.set_tariff import NewTerms, set_tariff_version
from core.clock import JUBA
from core.subscriptions.keep_fair_use import keep_fair_use
from core.usage.fold import fold
from tests.provider import ssp
from tests.town import texts_to

GB = 10**9
FULL = (4_000, 1_000)
CAPPED = (64, 64)
SAY = text(
    "INSERT INTO usage_inbox (heard_at, at, nas, packet, session, username, mac, address, session_s, up_bytes,"
    " down_bytes, cause, source) SELECT :at, :at, '10.0.0.2', 'stop', :session, g.username, '', '', 60, 0, :down, '',"
    " 'radius' FROM access_grant g WHERE g.id = :grant"
)


class Line:
    """A service of hers under the tariff LINE, which has these terms."""

    def __init__(self, provider, pay="postpaid", **terms):
        self.provider = provider
        with provider.parts.db.transaction() as tx:
            open_tariff(tx, code="LINE", alias=40, name_en="Line", name_ar="خط", pay=pay, billed_on="anniversary")
            set_tariff_version(
                tx,
                code="LINE",
                terms=NewTerms(down_kbps=4_000, up_kbps=1_000, price=ssp(30_000), **terms),
                valid_from=date(2026, 1, 1),
                staff_id=None,
                now=provider.clock.now(),
            )
        self.id = provider.begins("LINE")
        self.used = 0

    def uses(self, gigabytes, at=None):
        """So much in a session that ended now (or at a time in Juba), counted and looked at."""
        self.used += 1
        now = at or self.provider.clock.now()
        values = {
            "at": now,
            "session": f"s{self.used}",
            "grant": self.provider.service(self.id).grant_id,
            "down": int(gigabytes * GB),
        }
        self.provider.does(lambda tx: tx.execute(SAY, values))
        fold(self.provider.parts.db, now)
        return self.looks()

    def looks(self):
        keep_fair_use(self.provider.parts.db, self.provider.clock.now())
        return self.speed

    @property
    def speed(self):
        row = self.provider.access(self.id)
        return row.down_kbps, row.up_kbps

    @property
    def texts(self):
        return [
            name
            for name, _text in texts_to(self.provider.parts, self.provider.town.achol.main_phone)
            if name.startswith("usage_")
        ]

    def at(self, day, hour):
        self.provider.clock.at = datetime(2026, 11, day, hour, tzinfo=JUBA).astimezone(UTC)
