"""How a network's page looks: all of it in one answer, for behind its router nothing else can be fetched."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any, Final, cast

from flask import Response, g, make_response, render_template, request
from markupsafe import Markup

from core.errors import Refusal, TooManyTries
from core.languages import LANGUAGES, Language
from portal.hotspot_visit import Visit
from portal.look import sentence_of
from web.status import status_of

WAITS_S: Final = 15
READY_S: Final = 3
_STATIC: Final = Path(__file__).parent / "static"
_CSS: Final = "".join((_STATIC / name).read_text(encoding="utf-8").strip() for name in ("portal.css", "hotspot.css"))
_SEND: Final = "document.forms[0].submit()"
# The square of a card holds its code behind `#`, which no server sees. It is typed into the form; where there is none
# yet, it is kept in this tab until the router has led here.
_CARD: Final = (
    '(function(){var k="code",h=location.hash.slice(1),f=document.getElementById(k),s;try{s=sessionStorage;'
    'if(h)history.replaceState(0,"",location.pathname+location.search);else h=s.getItem(k)||"";'
    "if(h&&!f)s.setItem(k,h);else s.removeItem(k)}catch(e){}if(f&&h)f.value=h})()"
)


def _again(seconds: int) -> str:
    """Ask again every so often, while somebody looks."""
    return f"setInterval(function(){{document.hidden||location.reload()}},{seconds}000)"


def _mark(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


_STYLE_MARK: Final = _mark(_CSS)
_SCRIPTS: Final = {"": "", "send": _SEND, "card": _CARD} | {
    f"again {seconds}": _again(seconds) for seconds in (WAITS_S, READY_S)
}
_SCRIPT_MARKS: Final = {name: _mark(script) if script else "'none'" for name, script in _SCRIPTS.items()}


def choose_language() -> None:
    """The language that was chosen on an earlier page, else the browser's."""
    said = request.values.get("language", "")
    if said not in LANGUAGES:
        said = request.accept_languages.best_match(LANGUAGES) or "en"
    g.tongue = said


def language() -> Language:
    """The language of this page."""
    return cast("Language", g.tongue)


def page(name: str, *, visit: Visit, status: int = 200, script: str = "", seconds: int = 0, **facts: Any) -> Response:
    """Answer with a page. `script` is one of those we have; with `seconds` the page asks again by itself."""
    chosen = f"again {seconds}" if seconds else script
    shown = render_template(
        f"hotspot/{name}.html",
        visit=visit,
        css=Markup(_CSS),  # noqa: S704 - our own files
        script=Markup(_SCRIPTS[chosen]),  # noqa: S704 - our own words
        seconds=seconds,
        **facts,
    )
    response = make_response(shown, status)
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src {_STYLE_MARK}; script-src {_SCRIPT_MARKS[chosen]}; img-src data:; "
        f"form-action 'self'{' ' + visit.origin if script == 'send' else ''}; base-uri 'none'; frame-ancestors 'none'"
    )
    return response


def refusal_page(refusal: Refusal, name: str, *, visit: Visit, **facts: Any) -> Response:
    """The page of a form again, with one sentence about why not."""
    response = page(name, visit=visit, status=status_of(refusal), refused=sentence_of(refusal), **facts)
    if isinstance(refusal, TooManyTries):
        response.headers["Retry-After"] = str(refusal.wait_s)
    return response
