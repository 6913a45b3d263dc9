"""What makes the pages an app of the home screen: style sheet, icons, manifest, and what is there without a network."""

from __future__ import annotations

import json
from typing import Final

from flask import Response, render_template, url_for
from flask.typing import ResponseReturnValue

from core.languages import LANGUAGES, say
from core.languages import marked as _
from portal.look import ASSETS
from portal.permits import open_to
from web.routes import Route

NAME: Final = "Shabaka"
DEEP: Final = "#123f37"
PAPER: Final = "#f2f5f1"
NO_NETWORK: Final = _("There is no network now. Nothing was sent. Go on when it is back.")


@open_to("public")
def hand_out(name: str) -> ResponseReturnValue:
    """The style sheet, the script, an icon."""
    return ASSETS.hand_out(name)


@open_to("public")
def manifest() -> ResponseReturnValue:
    """How the pages are installed."""
    icons = [
        {"src": ASSETS.address("icon-192.png"), "sizes": "192x192", "type": "image/png", "purpose": "any maskable"},
        {"src": ASSETS.address("icon-512.png"), "sizes": "512x512", "type": "image/png", "purpose": "any maskable"},
        {"src": ASSETS.address("icon.svg"), "sizes": "any", "type": "image/svg+xml"},
    ]
    said = {
        "id": url_for("portal.front"),
        "name": NAME,
        "short_name": NAME,
        "start_url": url_for("portal.front"),
        "scope": url_for("portal.front"),
        "display": "standalone",
        "background_color": PAPER,
        "theme_color": DEEP,
        "icons": icons,
    }
    return Response(json.dumps(said), content_type="application/manifest+json")


@open_to("public")
def service_worker() -> ResponseReturnValue:
    """The service worker. It keeps the style sheet and the page of no network, and never a page that tells of money."""
    shell = [ASSETS.address("portal.css"), url_for("portal.no_network")]
    script = render_template("portal/service_worker.js", shell=shell, mark=ASSETS.address("portal.css")[-10:])
    return Response(script, content_type="text/javascript; charset=utf-8", headers={"Cache-Control": "no-cache"})


@open_to("public")
def no_network() -> ResponseReturnValue:
    """What stands there where there is no network: in both languages, for it is kept for whoever comes."""
    told = [(one, "rtl" if one == "ar" else "ltr", say(one, NO_NETWORK)) for one in LANGUAGES]
    return render_template("portal/no_network.html", told=told)


ROUTES: Final = (
    Route("GET", "/assets/<name>", "asset", hand_out),
    Route("GET", "/manifest.webmanifest", "manifest", manifest),
    Route("GET", "/service-worker.js", "service_worker", service_worker),
    Route("GET", "/no-network", "no_network", no_network),
)
