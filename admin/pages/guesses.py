"""Wrong codes of cards and tokens: how many there are, and who types them."""

from __future__ import annotations

from typing import Final

from flask import render_template
from flask.typing import ResponseReturnValue

from admin.desk import parts
from admin.permits import needs
from admin.routes import Route
from core.tokens.guess_views import GUESSERS_SHOWN, guessers
from core.tokens.guesses import MISSES_MAX, WINDOW_S


@needs("network.see")
def show_guesses() -> ResponseReturnValue:
    """Those of the last minutes."""
    with parts().db.reading() as connection:
        rows = guessers(connection, parts().clock.now())
    return render_template(
        "admin/guesses.html", rows=rows, shown_most=GUESSERS_SHOWN, all_most=MISSES_MAX["all"], minutes=WINDOW_S // 60
    )


ROUTES: Final = (Route("GET", "/guesses", "guesses", show_guesses),)
