"""Reading monthly services."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from sqlalchemy import Connection

from api.v1.customers import OF_CUSTOMER
from api.v1.operations import Call, Operation, Parameter, Reply
from api.v1.schemas import NUMBER
from core.access.queries import speeds_of
from core.days import juba_day
from core.partners.customers import customer_numbered
from core.subscriptions.overview import View, view_numbered, views_of


def list_services(call: Call) -> Reply:
    """The services of a customer."""
    with call.parts.db.reading() as connection:
        customer = customer_numbered(connection, call.values["number"])
        views = views_of(connection, customer.place, juba_day(call.now))
        return Reply({"services": shown(connection, views)})


def read_service(call: Call) -> Reply:
    """One service."""
    with call.parts.db.reading() as connection:
        view = view_numbered(connection, call.values["number"], juba_day(call.now))
        return Reply(shown(connection, [view])[0])


def shown(connection: Connection, views: list[View]) -> list[dict[str, Any]]:
    """Services as they are told."""
    on = [view.service.grant_id for view in views if view.service.state == "active" and view.service.grant_id]
    speeds = speeds_of(connection, on)
    return [_one(view, speeds.get(view.service.grant_id or 0)) for view in views]


def _one(view: View, speed: tuple[int, int] | None) -> dict[str, Any]:
    service, tariff = view.service, view.tariff
    return {
        "number": service.number,
        "customer": view.customer_number,
        "state": service.state,
        "suspended_for": service.suspended_for,
        "pay": service.pay,
        "place": service.place,
        "router": view.router,
        "username": view.username,
        "plan": tariff
        and {
            "code": tariff.code,
            "name_en": tariff.name_en,
            "name_ar": tariff.name_ar,
            "down_kbps": tariff.down_kbps,
            "up_kbps": tariff.up_kbps,
            "data_bytes": tariff.data_bytes,
        },
        "limits": speed and {"down_kbps": speed[0], "up_kbps": speed[1]},
        "started_on": _day(service.started_on),
        "ended_on": _day(service.ended_on),
        "billed_until": _day(service.billed_until),
    }


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


OPERATIONS: Final = (
    Operation(
        method="GET",
        rule="/customers/<number>/services",
        name="listServices",
        scope="services:read",
        says="The services of a customer, those that have ended last.",
        parameters=(OF_CUSTOMER,),
        answers={200: ("The services", "Services")},
        reads=list_services,
    ),
    Operation(
        method="GET",
        rule="/services/<number>",
        name="readService",
        scope="services:read",
        says="One service.",
        parameters=(Parameter("number", NUMBER, "The number of the service.", "path", needed=True),),
        answers={200: ("The service", "Service")},
        reads=read_service,
    ),
)
