"""What stands of a customer on invoices, and the taxes they need not pay."""

from __future__ import annotations

from typing import Final

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from admin.acts import act, note
from admin.desk import member, parts
from admin.figures import day_of
from admin.pages.change_customer import show_again
from admin.permits import needs
from admin.routes import Route
from core.billing.end_exemption import end_exemption
from core.billing.exempt import exempt
from core.billing.exemptions import papers_of
from core.catalog.written import taxes_named
from core.crm.find import profile
from core.customers.set_tax_details import set_tax_details
from core.days import DAY, juba_day
from core.db.engine import Transaction
from core.languages import marked as _
from web.forms import typed
from web.speech import t


@needs("customers.change")
def change_details(number: str) -> ResponseReturnValue:
    """Another tax number or address, on documents from now on."""

    def work(tx: Transaction) -> Markup:
        tin, address = typed("tin"), typed("address")
        customer_id = profile(tx.connection, number).customer_id
        set_tax_details(tx, customer_id=customer_id, tin=tin, address=address)
        note(tx, "customer_changed", f"customer:{number}", {"tin": tin, "address": address})
        return t(_("Saved. Documents issued before keep what they say."))

    return act(
        work,
        back=lambda: url_for("admin.customer", number=number),
        again=lambda sentence: show_again(number, sentence),
    )


@needs("catalogue.manage")
def show_exemptions(number: str) -> ResponseReturnValue:
    """The papers a customer has brought, and a form for one more."""
    return _page(number, None)


@needs("catalogue.manage")
def exempt_customer(number: str) -> ResponseReturnValue:
    """Exempt a customer from a tax for a time, on the strength of a paper."""

    def work(tx: Transaction) -> Markup:
        last = day_of(typed("last"))
        exempt(
            tx,
            customer_id=profile(tx.connection, number).customer_id,
            tax_code=typed("tax"),
            certificate=typed("certificate"),
            valid_from=day_of(typed("valid_from")),
            valid_until=last + DAY if last else None,
            staff_id=member().staff_id,
            now=parts().clock.now(),
        )
        detail = {"tax": typed("tax"), "certificate": typed("certificate")}
        note(tx, "tax_exempted", f"customer:{number}", detail)
        return t(_("The exemption is written down. Documents of its days show the tax and do not charge it."))

    return act(
        work,
        back=lambda: url_for("admin.exemptions", number=number),
        again=lambda sentence: _page(number, sentence),
    )


@needs("catalogue.manage")
def end_exempt(number: str, exemption: int) -> ResponseReturnValue:
    """The paper holds no more: from today on the tax is charged again."""

    def work(tx: Transaction) -> Markup:
        certificate = end_exemption(
            tx,
            exemption_id=exemption,
            customer_id=profile(tx.connection, number).customer_id,
            today=juba_day(parts().clock.now()),
        )
        note(tx, "tax_exemption_ended", f"customer:{number}", {"certificate": certificate})
        return t(_("The exemption has ended. Documents issued before keep what they say."))

    return act(
        work,
        back=lambda: url_for("admin.exemptions", number=number),
        again=lambda sentence: _page(number, sentence),
    )


def _page(number: str, refused: Markup | None) -> str:
    with parts().db.reading() as connection:
        who = profile(connection, number)
        return render_template(
            "admin/exemptions.html",
            who=who,
            papers=papers_of(connection, who.customer_id),
            taxes=taxes_named(connection),
            today=juba_day(parts().clock.now()),
            refused=refused,
            opened="exempt",
        )


ROUTES: Final = (
    Route("POST", "/customers/<number>/tax-details", "tax_details", change_details),
    Route("GET", "/customers/<number>/exemptions", "exemptions", show_exemptions),
    Route("POST", "/customers/<number>/exemptions", "exempt", exempt_customer),
    Route("POST", "/customers/<number>/exemptions/<int:exemption>/end", "end_exemption", end_exempt),
)
