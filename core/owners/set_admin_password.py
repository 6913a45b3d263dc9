"""The password by which an owner gets into their own router: kept for our technicians, sealed, and shown to nobody."""

from __future__ import annotations

from sqlalchemy import update

from core.db.engine import Transaction
from core.errors import InvalidWifiPassword, NoHotspot
from core.owners.limits import WIFI_PASSWORD_CHARS
from core.owners.locked import lock_owner
from core.sealing import Sealer
from core.tokens.models import Hotspot


def set_admin_password(tx: Transaction, *, owner_id: int, hotspot_id: int, password: str, sealer: Sealer) -> None:
    """Keep the admin password of a network in place of the one before.

    No fact of a refusal, no log and no text carries it: whoever calls must not either.

    Raises:
        InvalidWifiPassword: not what a router takes.
        NoHotspot: the network is not theirs, or closed.
        NotAnOwner, OwnerSuspended: they may not.
    """
    least, most = WIFI_PASSWORD_CHARS
    if not least <= len(password) <= most or not (password.isascii() and password.isprintable()):
        raise InvalidWifiPassword
    lock_owner(tx, owner_id)
    network = update(Hotspot).where(Hotspot.id == hotspot_id, Hotspot.owner_id == owner_id, Hotspot.closed_at.is_(None))
    sealed = network.values(admin_password_sealed=sealer.seal(password)).returning(Hotspot.id)
    if tx.execute(sealed).scalar() is None:
        raise NoHotspot
