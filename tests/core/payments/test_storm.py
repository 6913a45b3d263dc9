"""Fifty callbacks at once, and several workers that ask at once: one credit."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from core.parts import Parts
from core.settings import Settings
from tests.core.payments.desk import Desk
from tests.town import count, doors, served, texts_to

COPIES = 50


def test_fifty_callbacks_by_put_and_post_credit_once(
    momo: Desk, parts: Parts, settings: Settings, redis_url: str
) -> None:
    intent = momo.open()
    momo.request()
    momo.decide("approve")
    reference = momo.intent(intent)["reference"]
    path = f"/callbacks/mtn-momo/{settings.gateway_key}"
    together = threading.Barrier(COPIES)
    with doors(parts, redis_url) as app:

        def call_back(number: int) -> list[str]:
            together.wait()
            client = app.test_client()
            send = client.put if number % 2 else client.post
            if number % 3:
                answer = send(f"{path}/{reference}", json={"status": "SUCCESSFUL"})
            else:
                answer = send(path, json={"externalId": str(reference), "status": "SUCCESSFUL"})
            assert answer.status_code == 200
            return momo.ask()

        with ThreadPoolExecutor(COPIES) as pool:
            asked = [state for states in pool.map(call_back, range(COPIES)) for state in states]
    assert set(asked) == {"paid"}
    assert momo.balance() == 500_00
    assert count(parts, "receipt") == 1
    assert count(parts, "payment_intent_move", "to_state = 'paid'") == 1
    assert count(parts, "provider_message") == COPIES
    assert len(texts_to(parts, momo.town.achol.main_phone)) == 1


def test_a_storm_from_the_provider_itself_over_sockets_credits_once(
    momo: Desk, parts: Parts, settings: Settings, redis_url: str
) -> None:
    with doors(parts, redis_url) as app, served(app) as url:
        momo.callback_url = f"{url}/callbacks/mtn-momo/{settings.gateway_key}"
        momo.control("faults", callback="storm:30,wrong_body", callback_method="both")
        momo.open(300, token=momo.for_token())
        momo.request()
        momo.decide("approve")
        arrived = threading.Event()

        def until_all_have_come() -> None:
            for _ in range(400):
                momo.ask()
                if count(parts, "provider_message") == 30:
                    arrived.set()
                    return
                arrived.wait(0.05)

        with ThreadPoolExecutor(3) as pool:
            list(pool.map(lambda _: until_all_have_come(), range(3)))
    assert count(parts, "provider_message", "method = 'PUT'") == 15
    assert count(parts, "receipt", "amount_minor = 30000") == 1
    assert count(parts, "token") == 1
    assert momo.balance() == 0
