"""The description of the API is valid, tells every route, and what is answered fits it."""

from __future__ import annotations

import re

import pytest
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from api.v1.catalogue import OPERATIONS
from core.partners.scopes import SCOPES


@pytest.fixture
def description(kiden):
    return kiden.get("/openapi.json").json


def test_the_description_is_openapi(description):
    OpenAPIV31SpecValidator(description).validate()


def test_every_route_is_described_and_every_described_one_is_a_route(description, api):
    routed = set()
    for rule in api.url_map.iter_rules():
        path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule.removeprefix("/api/v1"))
        if rule.methods is not None and path != "/openapi.json":
            routed |= {(path, method.lower()) for method in rule.methods - {"HEAD", "OPTIONS"}}
    described = {(path, method) for path, methods in description["paths"].items() for method in methods}
    assert routed == described
    assert len(described) == len(OPERATIONS) == len({one.name for one in OPERATIONS})


def test_every_scope_opens_something(description):
    used = {
        scope
        for methods in description["paths"].values()
        for operation in methods.values()
        for need in operation["security"]
        for scope in need["key"]
    }
    assert used | {"radius:passwords"} == set(SCOPES)


def fits(description, schema, value):
    OAS31Validator({**description, **schema}).validate(value)


def test_what_is_answered_fits_what_is_described(description, program, provider):
    provider.on("2026-11-05")
    service = provider.service(provider.begins("DATA")).number
    provider.begins("HOME")
    reader = program("customers:read", "services:read")
    number = provider.town.achol.number
    for path, schema in (
        ("/customers", "Customers"),
        (f"/customers/{number}", "Customer"),
        (f"/customers/{number}/services", "Services"),
        (f"/services/{service}", "Service"),
        ("/nothing", "Error"),
    ):
        fits(description, {"$ref": f"#/components/schemas/{schema}"}, reader.get(path).json)
