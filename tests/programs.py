"""The system's programs that a story needs; some lie where only root's shells look."""

from __future__ import annotations

import os
import shutil

import pytest


def programs() -> str:
    return os.environ.get("PATH", "") + ":/usr/sbin:/sbin"


def program(name: str) -> str:
    found = shutil.which(name, path=programs())
    assert found, name
    return found


def skip_without(*names: str) -> None:
    """Skip where one is missing, and say which."""
    missing = [name for name in names if shutil.which(name, path=programs()) is None]
    if missing:
        pytest.skip(f"this story needs {' and '.join(missing)}; `make test` installs them for root")
