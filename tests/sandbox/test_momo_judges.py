"""The pretend MTN MoMo, judged by two more clients: PyPI's mtnmomo-py and npm's mtn-momo."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import mtnmomo
import pytest
import requests
from werkzeug.serving import make_server

from sandbox.momo import Config, create_app
from sandbox.momo.simulator import of

ACHOL = "211921234567"
DENG = "211921234568"
KEY = Config().subscription_key
NODE = Path(__file__).parent / "node"


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    app = create_app(tmp_path, currency="EUR", target_environment="sandbox", default_decision="approve")
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
    of(app).close()


@pytest.fixture
def third(url: str) -> Iterator[mtnmomo.MoMoClient]:
    unknown = mtnmomo.ProductCredentials(KEY, "", "")
    with mtnmomo.MoMoClient(mtnmomo.MoMoConfig(collection=unknown, base_url=url)) as door:
        assert door.sandbox is not None
        user = door.sandbox.create_api_user("127.0.0.1")
        access = mtnmomo.ProductCredentials(KEY, user, door.sandbox.create_api_key(user))
        shown = door.sandbox.get_api_user(user)
        assert shown is not None
        assert (shown.provider_callback_host, shown.target_environment) == ("127.0.0.1", "sandbox")
    config = mtnmomo.MoMoConfig(collection=access, disbursement=access, base_url=url)
    with mtnmomo.MoMoClient(config) as client:
        yield client


def payment(amount: str, phone: str, party: str = "payer") -> dict[str, object]:
    return {
        "amount": amount,
        "currency": "EUR",
        "externalId": "bill-9",
        party: mtnmomo.Party("MSISDN", phone),
        "payerMessage": "Wi-Fi",
        "payeeNote": "",
    }


def test_the_third_client_is_paid_and_texts_its_payer(third: mtnmomo.MoMoClient) -> None:
    assert third.collection is not None
    reference = third.collection.request_to_pay(payment("500", ACHOL))
    told = third.collection.get_request_to_pay_status(reference)
    assert (told.status, told.amount, told.external_id) == ("SUCCESSFUL", "500", "bill-9")
    assert told.payer == mtnmomo.Party("MSISDN", ACHOL)
    third.collection.send_request_to_pay_delivery_notification(reference, "Code 1234", language="en")
    assert third.collection.get_account_balance() == mtnmomo.Balance("500", "EUR")
    assert third.collection.validate_account_holder_status("msisdn", ACHOL)
    assert third.collection.get_basic_user_info("msisdn", ACHOL)["given_name"] == "Sand"


def test_the_third_client_reads_refusals(third: mtnmomo.MoMoClient) -> None:
    assert third.collection is not None
    reference = third.collection.request_to_pay(payment("500", "46733123451"))
    told = third.collection.get_request_to_pay_status(reference)
    assert (told.status, told.reason and told.reason.code) == ("FAILED", "APPROVAL_REJECTED")
    with pytest.raises(mtnmomo.MoMoConflictError):
        third.collection.request_to_pay(payment("500", ACHOL), reference_id=reference)
    with pytest.raises(mtnmomo.MoMoNotFoundError):
        third.collection.get_request_to_pay_status(str(uuid4()))
    with pytest.raises(mtnmomo.MoMoServerError) as wrong:
        third.collection.request_to_pay({**payment("5", ACHOL), "currency": "SSP"})
    assert wrong.value.code == "INVALID_CURRENCY"


def test_the_third_client_pays_out_and_gives_back(third: mtnmomo.MoMoClient) -> None:
    assert third.collection is not None
    assert third.disbursement is not None
    paid = third.collection.request_to_pay(payment("100", ACHOL))
    sent = third.disbursement.transfer(payment("40", DENG, "payee"))
    told = third.disbursement.get_transfer_status(sent)
    assert (told.status, told.payee) == ("SUCCESSFUL", mtnmomo.Party("MSISDN", DENG))
    back = {**payment("60", ACHOL), "referenceIdToRefund": paid}
    del back["payer"]
    for version in ("v1_0", "v2_0"):
        refund = third.disbursement.refund({**back, "amount": "50"}, version=version)
        assert third.disbursement.get_refund_status(refund).status == "SUCCESSFUL"
    with pytest.raises(mtnmomo.MoMoServerError) as too_much:
        third.disbursement.refund(back)
    assert too_much.value.code == "NOT_ALLOWED"
    assert third.disbursement.get_account_balance() == mtnmomo.Balance("999860", "EUR")


def test_the_third_client_asks_for_consent_lists_it_and_takes_it_back(third: mtnmomo.MoMoClient) -> None:
    assert third.collection is not None
    wanted = {
        "payer": mtnmomo.Party("MSISDN", ACHOL),
        "payerCurrency": "EUR",
        "payerMessage": "monthly",
        "validityTime": 3600,
        "frequency": "MONTHLY",
    }
    reference = third.collection.create_preapproval(wanted)
    assert third.collection.get_preapproval_status(reference)["status"] == "APPROVED"
    [listed] = third.collection.get_approved_preapprovals("msisdn", ACHOL)
    third.collection.cancel_preapproval(listed["preApprovalId"])
    assert third.collection.get_preapproval_status(reference)["status"] == "CANCELLED"
    assert third.collection.get_approved_preapprovals("msisdn", ACHOL) == []


def test_the_client_for_node_is_paid_refused_and_pays_out(url: str) -> None:
    node = Path(sys.executable).with_name("node")
    requests.post(f"{url}/sandbox/faults", json={"reason_as": "string"}, timeout=5)  # the shape it knows
    done = subprocess.run(
        [str(node), "judge_momo.js", url, KEY],
        cwd=NODE,
        env={**os.environ, "PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}", "NO_PROXY": "127.0.0.1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["paid"]["status"], told["paid"]["amount"], told["paid"]["externalId"]) == (
        "SUCCESSFUL",
        "500",
        "bill-9",
    )
    assert told["refused"] == "ApprovalRejectedError"
    assert told["collected"] == {"availableBalance": "500", "currency": "EUR"}
    assert told["active"] == {"result": True}
    assert (told["sent"]["status"], told["sent"]["payee"]["partyId"]) == ("SUCCESSFUL", ACHOL)
    assert told["left"]["availableBalance"] == "999960"
