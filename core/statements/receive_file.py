"""Taking a file in: looked at, kept, and ready to be read. Nothing of it is in the books yet."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import IO, Final

from sqlalchemy import insert, select

from core.db.engine import Transaction
from core.errors import FileRefused, MappingWrong
from core.statements.accounts import money_account
from core.statements.decode import HEAD_BYTES, encoding_of, format_of
from core.statements.models import StatementImport
from core.statements.stored_file import keep_file, pieces_of

FILE_BYTES_MAX: Final = 16 * 1024 * 1024
NAME_CHARS_MAX: Final = 200
MEGABYTE: Final = 1024 * 1024


def receive_file(
    tx: Transaction,
    *,
    account_id: int,
    file_name: str,
    content: IO[bytes],
    staff_id: int | None,
    now: datetime,
) -> int:
    """Keep a file to be read for an account; its import. A file that is just being read is gone on with.

    Raises:
        NotFound: no such account.
        FileRefused: empty, too large, or no statement that can be read.
        MappingWrong: a CSV file, and nobody has said how this account's are read.
    """
    account = money_account(tx.connection, account_id, lock=True)
    digest = _digest(content)
    encoding = encoding_of(pieces_of(content))
    content.seek(0)
    kind = format_of(content.read(HEAD_BYTES), encoding)
    if kind is None:
        raise FileRefused(megabytes_max=FILE_BYTES_MAX // MEGABYTE)
    if kind == "csv" and not account.mapped:
        raise MappingWrong(field="day")
    reading = tx.execute(
        select(StatementImport.id).where(
            StatementImport.account_id == account_id,
            StatementImport.sha256 == digest,
            StatementImport.state == "reading",
        )
    ).scalar()
    if reading is not None:
        return int(reading)
    import_id = int(
        tx.execute(
            insert(StatementImport)
            .values(
                account_id=account_id,
                file_name=file_name.replace("\0", "").strip()[:NAME_CHARS_MAX] or "-",
                sha256=digest,
                format=kind,
                state="reading",
                line_count=0,
                new_count=0,
                matched_count=0,
                bad_lines={"lines": [], "more": 0, "encoding": encoding},
                staff_id=staff_id,
                at=now,
            )
            .returning(StatementImport.id)
        ).scalar_one()
    )
    keep_file(tx, import_id, content)
    tx.ring("statements.read")
    return import_id


def _digest(content: IO[bytes]) -> bytes:
    """The hash of a file of a size that is taken."""
    digest, size = hashlib.sha256(), 0
    for piece in pieces_of(content):
        size += len(piece)
        if size > FILE_BYTES_MAX:
            break
        digest.update(piece)
    if not 0 < size <= FILE_BYTES_MAX:
        raise FileRefused(megabytes_max=FILE_BYTES_MAX // MEGABYTE)
    return digest.digest()
