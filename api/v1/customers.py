"""Reading customers."""

from __future__ import annotations

from typing import Any, Final

from api.v1.operations import Call, Operation, Parameter, Reply
from api.v1.schemas import NUMBER
from core.partners.customers import PAGE_MOST, CustomerView, customer_numbered, customers_page
from core.phones import TYPED_CHARS_MAX, parse_phone

PAGE_USUAL: Final = 50
OF_CUSTOMER: Final = Parameter("number", NUMBER, "The account number, with its check digit.", "path", needed=True)
_CURSOR: Final = {"type": "string", "pattern": "^[0-9]{1,18}$", "examples": ["17"]}


def list_customers(call: Call) -> Reply:
    """A page of customers."""
    phone = call.values.get("phone")
    with call.parts.db.reading() as connection:
        page = customers_page(
            connection,
            after=int(call.values.get("cursor", 0)),
            most=call.values.get("limit", PAGE_USUAL),
            phone=None if phone is None else parse_phone(phone),
            number=call.values.get("number"),
        )
    behind = None if page.next is None else str(page.next)
    return Reply({"customers": [_shown(one) for one in page.customers], "next": behind})


def read_customer(call: Call) -> Reply:
    """One customer."""
    with call.parts.db.reading() as connection:
        return Reply(_shown(customer_numbered(connection, call.values["number"])))


def _shown(customer: CustomerView) -> dict[str, Any]:
    return {
        "number": customer.number,
        "name": customer.name,
        "kind": customer.kind,
        "status": customer.status,
        "language": customer.language,
        "phones": list(customer.phones),
        "registered_at": customer.registered_at.isoformat(),
    }


OPERATIONS: Final = (
    Operation(
        method="GET",
        rule="/customers",
        name="listCustomers",
        scope="customers:read",
        says="Customers in the order they came, a page at a time.",
        more="Ask again with `cursor` set to the `next` of the page before, until that is null.",
        parameters=(
            Parameter("cursor", _CURSOR, "The `next` of the page before."),
            Parameter("limit", {"type": "integer", "minimum": 1, "maximum": PAGE_MOST}, f"{PAGE_USUAL} if not said."),
            Parameter("phone", {"type": "string", "maxLength": TYPED_CHARS_MAX}, "Whose phone this is."),
            Parameter("number", NUMBER, "Whose account number this is."),
        ),
        answers={200: ("A page of customers", "Customers")},
        reads=list_customers,
    ),
    Operation(
        method="GET",
        rule="/customers/<number>",
        name="readCustomer",
        scope="customers:read",
        says="One customer.",
        parameters=(OF_CUSTOMER,),
        answers={200: ("The customer", "Customer")},
        reads=read_customer,
    ),
)
