"""A key of the API for the demo, so that a program can find its way in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from sqlalchemy import select

from core.db.engine import Transaction
from core.partners.know_key import know_key
from core.partners.make_key import make_key, withdraw_key
from core.partners.models import ApiKey
from core.partners.scopes import SCOPES
from core.parts import Parts

NAME: Final = "demo"


def api_key(tx: Transaction, parts: Parts, home: Path) -> str:
    """The key that `demo.json` holds, its only copy in clear; a fresh one where it is lost or withdrawn."""
    try:
        kept = str(json.loads((home / "demo.json").read_text(encoding="utf-8"))["api_key"])
    except (OSError, ValueError, KeyError):
        kept = ""
    if know_key(tx.connection, kept):
        return kept
    now = parts.clock.now()
    prefix = tx.execute(select(ApiKey.prefix).where(ApiKey.name == NAME, ApiKey.withdrawn_at.is_(None))).scalar()
    if prefix is not None:
        withdraw_key(tx, prefix=prefix, now=now)
    return make_key(tx, name=NAME, scopes=SCOPES, now=now, ids=parts.ids).key
