"""What every verb stands on: the folder, the environment, the parts for one command, and how it speaks."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from core.parts import Parts

DEFAULT_HOME: Final = Path("var")
DEFAULT_PORT: Final = 8000
PORT_MOST: Final = 65535


class UsageError(Exception):
    """What was asked cannot be done as asked; the text is the one sentence that says why."""


def home_folder() -> Path:
    """Where data lives, unless --home says otherwise."""
    return Path(os.environ.get("HOME_DIR") or DEFAULT_HOME)


def read_port(typed: str) -> int:
    """A port, as it was typed.

    Raises:
        UsageError: that is none.
    """
    if not typed.isdecimal() or not 1 <= int(typed) <= PORT_MOST:
        raise UsageError(f"A port is a number from 1 to {PORT_MOST}, not {typed}.")
    return int(typed)


def read_day(typed: str) -> date:
    """A day, as it was typed.

    Raises:
        UsageError: that is none.
    """
    try:
        return date.fromisoformat(typed)
    except ValueError:
        raise UsageError(f"A day is written like 2026-11-30, not {typed}.") from None


@contextmanager
def open_environment() -> Iterator[dict[str, str]]:
    """The environment given; else that of the running house, or of its servers started for as long as it takes."""
    from supervisor.household import House, open_house

    if "DATABASE_URL" in os.environ and "SHABAKA_SECRET_KEY" in os.environ:  # a child of `run`, or a systemd unit
        yield dict(os.environ)
        return
    home = home_folder().resolve()
    port = read_port(os.environ.get("PORT", str(DEFAULT_PORT)))
    if not (home / "postgres").is_dir() and "DATABASE_URL" not in os.environ:
        raise UsageError(f"There is no Shabaka in {home}. Name its folder with --home, or start one: `make run`.")
    demo = (home / "sandbox.json").exists()
    with open_house(House(home=home, port=port, demo=demo, environ=dict(os.environ))) as environ:
        yield environ


@contextmanager
def open_parts() -> Iterator[Parts]:
    """The parts for one command."""
    from core import logs
    from core.bells import bell
    from core.parts import assemble
    from core.settings import load

    with open_environment() as environ:
        settings = load(environ)
        logs.configure("WARNING", settings.secrets)
        parts = assemble(settings, ring=bell(settings.redis_url), pool_size=2)
        try:
            yield parts
        finally:
            parts.db.close()


def say(text: str) -> None:
    """Print a line of the answer."""
    print(text)


def warn(text: str) -> None:
    """Print a line to standard error: what is wrong, and how far a long one has come."""
    print(text, file=sys.stderr)


def refuse(sentence: str) -> int:
    """Say why not; the exit code of a refusal."""
    warn(sentence)
    return 1
