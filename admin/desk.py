"""What every page uses: the parts of this process, and who is at the desk."""

from __future__ import annotations

from typing import Final

from flask import current_app, g, url_for

from core.parts import Parts
from core.staff.queries import Member

PARTS: Final = "admin.parts"
BACK_CHARS_MAX: Final = 300


def parts() -> Parts:
    """The parts handed to `create_blueprint`."""
    found: Parts = current_app.extensions[PARTS]
    return found


def member() -> Member:
    """Who is at the desk. The gate has let them in."""
    found: Member = g.member
    return found


def own_page(wanted: str) -> str:
    """The page somebody wants to go back to if it is one of ours, else the first page."""
    home = url_for("admin.home")
    ours = wanted.startswith(home) and wanted.isprintable() and not any(sign in wanted for sign in ("\\", "//", "/.."))
    return wanted if ours else home
