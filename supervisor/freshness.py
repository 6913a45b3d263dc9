"""Has anything changed since the last good start? If not, migrating and seeding again would only cost seconds.

The proof is threefold and asks the database itself: the same code (by content), the same cluster, database and schema
revision (a restored backup or a new data folder has others), the same simulators. Any doubt means: do it again;
both steps are safe to repeat. `home/start.json` holds the record; deleting it forces both.
"""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path
from typing import Final

from supervisor.durable_files import read_json, write_json
from supervisor.postgres import DATABASE, ROLE, binary

_SUFFIXES: Final = frozenset({".py", ".po", ".sql", ".ini", ".mako", ".json"})
_ASK_WITHIN_S: Final = 20.0
_IDENTITY: Final = (
    "SELECT (SELECT system_identifier FROM pg_control_system()), "
    "(SELECT oid FROM pg_database WHERE datname = current_database()), "
    "(SELECT string_agg(version_num, ',' ORDER BY version_num) FROM alembic_version)"
)


def code_fingerprint(root: Path) -> str:
    """A digest of the product's files: the root's modules, every package, the catalogues. ~10 ms for 300 files."""
    folders = [entry for entry in root.iterdir() if (entry / "__init__.py").is_file()]
    files = list(root.glob("*.py"))
    for folder in [*folders, root / "locales"]:
        files += [file for file in folder.rglob("*") if file.suffix in _SUFFIXES and file.is_file()]
    digest = hashlib.sha256()
    for file in sorted(files):
        content = file.read_bytes()
        digest.update(f"{file.relative_to(root)}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def database_identity(socket_directory: Path) -> str | None:
    """Cluster, database and schema revision in one string; None before the first migration or when in doubt."""
    try:
        answer = subprocess.run(  # noqa: S603
            [str(binary("psql")), "-XAtq", "-h", str(socket_directory), "-U", ROLE, "-d", DATABASE, "-c", _IDENTITY],
            env={"LC_ALL": "C"},
            capture_output=True,
            text=True,
            check=False,
            timeout=_ASK_WITHIN_S,
        )
    except subprocess.TimeoutExpired:
        return None
    identity = answer.stdout.strip()
    return identity if answer.returncode == 0 and not identity.endswith("|") else None


class StartRecord:
    """What the last good start of this home looked like."""

    def __init__(self, home: Path, root: Path, *, demo: bool) -> None:
        self._path = home / "start.json"
        self._code = code_fingerprint(root)
        self._demo = home / "demo.json" if demo else None
        self._town = home / "sandbox.json" if demo else None

    def _now(self, identity: str | None) -> dict[str, object]:
        town = hashlib.sha256(self._town.read_bytes()).hexdigest() if self._town and self._town.exists() else ""
        return {"code": self._code, "database": identity, "town": town, "demo": self._demo is not None}

    def matches(self, identity: str | None) -> bool:
        """Whether nothing that migrating or seeding looks at has changed."""
        written = self._demo is None or self._demo.exists()
        return identity is not None and written and read_json(self._path) == self._now(identity)

    def write(self, identity: str | None) -> None:
        """Remember this start. Call only after both steps went well."""
        write_json(self._path, self._now(identity))
