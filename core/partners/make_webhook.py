"""Webhooks: where events go. Made with a secret that is told once, switched off and on, tried out."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from core.db.engine import Transaction
from core.errors import CodeTaken, InvalidName, NotFound, NotPossibleNow
from core.ids import Ids
from core.messaging import outbox
from core.partners.addresses import webhook_url
from core.partners.kinds import TEST_KIND, kinds_named
from core.partners.models import PartnerEvent, Webhook
from core.sealing import Sealer
from core.staff import audit

SECRET_CHARS: Final = 40  # 172 bits
SECRET_PREFIX: Final = "whsec_"  # noqa: S105 - as receivers' libraries know it (Standard Webhooks)
NAME_CHARS_MAX: Final = 40


@dataclass(frozen=True, slots=True)
class MadeWebhook:
    """A fresh webhook. Its secret is in clear here only."""

    webhook_id: int
    secret: str = field(repr=False)


def make_webhook(
    tx: Transaction,
    *,
    name: str,
    url: str,
    kinds: Iterable[str],
    private: bool,
    sealer: Sealer,
    ids: Ids,
    now: datetime,
    by: int | None = None,
) -> MadeWebhook:
    """Have events of these kinds sent somewhere, from now on. `private`: as in `webhook_url`.

    Raises:
        InvalidName: its name is none.
        CodeTaken: another has the name.
        NotPossibleNow: kinds or address cannot be meant.
    """
    name = name.strip()
    if not 0 < len(name) <= NAME_CHARS_MAX or not name.isprintable():
        raise InvalidName(typed=name[:NAME_CHARS_MAX])
    address, wanted = webhook_url(url, private=private), kinds_named(kinds)
    secret = SECRET_PREFIX + base64.b64encode(ids.typeable(SECRET_CHARS).encode()).decode()
    webhook_id = tx.execute(
        upsert(Webhook)
        .values(
            name=name,
            url=address,
            secret_sealed=sealer.seal(secret),
            kinds=wanted,
            active=True,
            failures=0,
            made_by=by,
            made_at=now,
        )
        .on_conflict_do_nothing(index_elements=[Webhook.name])
        .returning(Webhook.id)
    ).scalar()
    if webhook_id is None:
        raise CodeTaken(taken=name)
    detail = {"url": address, "kinds": wanted}
    audit.write(tx, staff_id=by, act="webhook_made", subject=f"webhook:{name}", now=now, detail=detail)
    return MadeWebhook(int(webhook_id), secret)


def switch_webhook(tx: Transaction, webhook_id: int, *, active: bool, now: datetime, by: int | None = None) -> str:
    """Let events go there, or not. What happens while it is off is not sent there later. Returns its name.

    Raises:
        NotFound: there is none.
    """
    name = tx.execute(
        update(Webhook)
        .where(Webhook.id == webhook_id)
        .values(active=active, failures=0, failing_since=None)
        .returning(Webhook.name)
    ).scalar()
    if name is None:
        raise NotFound(what="webhook")
    act = "webhook_on" if active else "webhook_off"
    audit.write(tx, staff_id=by, act=act, subject=f"webhook:{name}", now=now)
    return str(name)


def send_test(tx: Transaction, webhook_id: int, *, ids: Ids, now: datetime) -> str:
    """Send it an event of the kind `test`. Returns its name.

    Raises:
        NotFound: there is none.
        NotPossibleNow: it is switched off.
    """
    row = tx.execute(select(Webhook.name, Webhook.active).where(Webhook.id == webhook_id)).first()
    if row is None:
        raise NotFound(what="webhook")
    if not row.active:
        raise NotPossibleNow(what="webhook", state="off")
    event_id = tx.execute(
        insert(PartnerEvent)
        .values(uid=ids.new_uuid(), kind=TEST_KIND, at=now, body={"webhook": row.name})
        .returning(PartnerEvent.id)
    ).scalar_one()
    body = {"event": event_id, "webhook": webhook_id}
    outbox.put(tx, kind="webhook", key=f"{event_id}:{webhook_id}", body=body, now=now)
    return str(row.name)
