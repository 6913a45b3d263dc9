"""What a person saw before they said how a payment ended: their words, and a picture or a paper if they have one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import insert

from core.db.engine import Transaction
from core.errors import EvidenceMissing, FileRefused
from core.payments.models import PaymentEvidence

NOTE_CHARS_MAX: Final = 2000
FILE_BYTES_MAX: Final = 1024 * 1024
# How a file begins -> what it is. Only what a browser shows without running anything in it.
KINDS: Final = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"%PDF-": "application/pdf",
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """A note, and the bytes of a file; None without one."""

    note: str
    file: bytes | None = None


def keep_evidence(
    tx: Transaction,
    evidence: Evidence,
    *,
    staff_id: int,
    now: datetime,
    intent_id: int | None = None,
    payout_id: int | None = None,
) -> None:
    """Keep the evidence with its payment, for ever.

    Raises:
        EvidenceMissing: nothing is written down.
        FileRefused: larger than a megabyte, or neither a picture (PNG, JPEG) nor a PDF.
    """
    note = evidence.note.strip().replace("\x00", "")[:NOTE_CHARS_MAX]
    if not note:
        raise EvidenceMissing
    tx.execute(
        insert(PaymentEvidence).values(
            intent_id=intent_id,
            payout_id=payout_id,
            staff_id=staff_id,
            note=note,
            media_type=_kind(evidence.file),
            content=evidence.file or None,
            at=now,
        )
    )


def _kind(file: bytes | None) -> str | None:
    if not file:
        return None
    kind = next((name for start, name in KINDS.items() if file.startswith(start)), None)
    if kind is None or len(file) > FILE_BYTES_MAX:
        raise FileRefused(megabytes_max=FILE_BYTES_MAX // 1024**2)
    return kind
