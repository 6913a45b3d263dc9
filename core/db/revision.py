"""Which schema this code wants, and which a database has. Without alembic: the web process asks at every check."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sqlalchemy import Engine, text

VERSIONS: Final = Path(__file__).parent / "migrations" / "versions"


def newest() -> str:
    """The revision this code wants: migrations are numbered, each file led by its number."""
    return max(path.name.split("_", 1)[0] for path in VERSIONS.glob("[0-9]*_*.py"))


def current(engine: Engine) -> str | None:
    """The revision the database is at; None when it is empty."""
    with engine.connect() as connection:
        if connection.execute(text("SELECT to_regclass('alembic_version')")).scalar() is None:
            return None
        found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return str(found) if found is not None else None
