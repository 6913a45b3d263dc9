"""What was used is billed to who had the service on that day, whatever log-in it was used with."""

import pytest
from sqlalchemy import text

from core.billing.end_service import end_service, hand_over
from core.subscriptions.pause import pause
from core.subscriptions.relocate import relocate


def uses(provider, service, gigabytes, grant_id=None):
    """So much today, with the log-in the service has."""
    provider.does(
        lambda tx: tx.execute(
            text("INSERT INTO grant_usage (grant_id, day, used_bytes) VALUES (:grant, :day, :bytes)"),
            {
                "grant": grant_id or provider.service(service).grant_id,
                "day": provider.today,
                "bytes": gigabytes * 10**9,
            },
        )
    )


def moves(provider, service, router="munuki"):
    provider.does(
        relocate,
        subscription_id=service,
        router_id=provider.town.routers[router],
        place="Hai Cinema",
        by=provider.by(),
        ids=provider.parts.ids,
        sealer=provider.parts.sealer,
    )


def hands_over(provider, service, who):
    _ended, added = provider.does(
        hand_over, subscription_id=service, customer_id=who.customer_id, by=provider.by(), issuer=provider.issuer
    )
    return added.subscription_id


def overage(provider, who=None):
    """Of each bill: gigabytes used, allowed, and charged for."""
    return [
        (line.facts["used_bytes"] // 10**9, line.facts["allowed_bytes"] // 10**9, line.facts["gigabytes"])
        for invoice in provider.invoices(who)
        for line in provider.lines(invoice.id)
        if line.kind == "overage"
    ]


def test_what_was_used_before_a_service_moved_is_billed_with_the_rest(provider):
    service = provider.begins("DATA")
    uses(provider, service, 30)
    provider.on("2026-11-10")
    uses(provider, service, 20)
    moves(provider, service)
    uses(provider, service, 7)  # on the same day, with the new log-in
    provider.on("2026-11-20")
    moves(provider, service, "juba-town")
    uses(provider, service, 4)
    provider.on("2026-12-01")
    uses(provider, service, 50)  # of the next month
    provider.bills()
    assert overage(provider) == [(61, 50, 11)]


@pytest.mark.parametrize("then", ["end", "pause"])
def test_a_service_that_moved_and_stopped_is_billed_for_all_it_used(provider, then):
    service = provider.begins("DATA")
    uses(provider, service, 30)
    provider.on("2026-11-10")
    moves(provider, service)
    uses(provider, service, 7)
    if then == "end":
        provider.does(end_service, subscription_id=service, by=provider.by(), issuer=provider.issuer)
    else:
        provider.does(pause, subscription_id=service, by=provider.by())
    provider.on("2026-12-01")
    provider.bills()
    ((used, allowed, _gigabytes),) = overage(provider)
    assert (used, allowed) == (37, 16), "of ten days out of thirty"


def test_each_of_two_who_had_a_service_pays_what_was_used_on_their_days(provider):
    deng = provider.town.deng
    service = provider.begins("DATA")
    uses(provider, service, 30)
    provider.on("2026-11-05")
    moves(provider, service)
    provider.on("2026-11-10")
    grant = provider.service(service).grant_id
    uses(provider, service, 20)  # the last day of the one who hands it over
    new = hands_over(provider, service, deng)
    provider.on("2026-11-11")
    uses(provider, new, 60)
    provider.bills()
    assert overage(provider) == [(50, 16, 34)]
    provider.on("2026-11-21")
    moves(provider, new, "juba-town")
    uses(provider, new, 1)
    uses(provider, new, 2, grant)  # told late by the router it left
    provider.on("2026-12-11")
    provider.bills()
    assert overage(provider, deng) == [(63, 50, 13)]
    assert overage(provider) == [(50, 16, 34)]
    provider.agrees()
