"""What flows now: of a customer's service and of a router, drawn, and looked at again while the page is seen."""

from __future__ import annotations

from typing import Any, Final

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from admin.chart import chart, top_kbps
from admin.desk import parts
from admin.permits import needs
from admin.routes import Route
from core.days import juba_day
from core.languages import marked as _
from core.network.router_facts import router_facts
from core.subscriptions.overview import view_numbered
from core.usage.throughput import HOUR, STEP, Throughput, throughput_of_grants, throughput_of_router
from web.forms import asked, row_id
from web.speech import t

AGAIN_S: Final = 15  # a look costs its reader some hundred bytes
ROUTER_AGAIN_S: Final = 60  # and of a router with thousands online it costs us a second


@needs("customers.see")
def show_of_service(number: str) -> ResponseReturnValue:
    """Of one customer's service."""
    now = parts().clock.now()
    with parts().db.reading() as connection:
        view = view_numbered(connection, number, juba_day(now))
        grant_id = view.service.grant_id
        flows = throughput_of_grants(connection, [grant_id] if grant_id else [], now)
    return _page(flows, view=view)


@needs("network.see")
def show_of_router(number: int) -> ResponseReturnValue:
    """Of all who are served at a router."""
    with parts().db.reading() as connection:
        router = router_facts(connection, row_id(number))
        flows = throughput_of_router(connection, router.id, parts().clock.now())
    return _page(flows, router=router)


def _page(flows: Throughput, **of: Any) -> str:
    """The whole page, or what of it changes: some hundred bytes."""
    whole = asked("part") != "flow"
    return render_template(
        "admin/throughput.html" if whole else "admin/flow.html",
        flows=flows,
        charts=[
            (said, points[0].at, points[-1].at + each, top_kbps(points), chart(points, str(said)))
            for said, points, each in (
                (t(_("Last hour")), flows.hour, STEP),
                (t(_("Last day")), flows.day, HOUR),
            )
        ],
        every_s=AGAIN_S if of.get("view") else ROUTER_AGAIN_S,
        view=of.get("view"),
        router=of.get("router"),
        again=url_for(request.endpoint or "", part="flow", **(request.view_args or {})),
    )


ROUTES: Final = (
    Route("GET", "/services/<number>/throughput", "service_throughput", show_of_service),
    Route("GET", "/routers/<int:number>/throughput", "router_throughput", show_of_router),
)
