"""Running the kernel's tools: `nft`, `tc`."""

from __future__ import annotations

import shutil
import subprocess

SECONDS_MAX = 10
_PATH = "/usr/sbin:/sbin:/usr/bin:/bin"


class ToolRefused(Exception):
    """A tool did not do what it was told; what it said."""


def run(name: str, *words: str, told: str | None = None) -> str:
    """Run a tool, with `told` on its input; what it prints.

    Raises:
        ToolRefused: there is no such tool, or it failed.
    """
    found = shutil.which(name, path=_PATH)
    if found is None:
        raise ToolRefused(f"there is no {name}")
    done = subprocess.run([found, *words], input=told, capture_output=True, text=True, check=False, timeout=SECONDS_MAX)
    if done.returncode:
        raise ToolRefused(f"{name} {' '.join(words)}: {done.stderr.strip()}")
    return done.stdout
