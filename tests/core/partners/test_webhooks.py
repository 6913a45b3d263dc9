"""Events go to partners: signed, once if all is well, again if not, and never inside our own house."""

from __future__ import annotations

import socket
import ssl
import threading
from datetime import timedelta

import pytest
from sqlalchemy import text

from core.cash.take_cash import take_cash
from core.errors import CodeTaken, InvalidName, NotFound, NotPossibleNow
from core.gateways.webhooks import HttpCourier
from core.messaging.outbox import LEASE_S, push
from core.messaging.relay import relay
from core.money import Money
from core.partners.addresses import is_public
from core.partners.courier import Carried, signed_headers
from core.partners.forget import KEPT, forget_events
from core.partners.kinds import KINDS
from core.partners.make_webhook import make_webhook, send_test, switch_webhook
from core.partners.send_event import WAITS_S, send_event
from core.partners.webhooks import webhooks
from core.subscriptions.suspend import resume, suspend
from tests.receiver import receiving
from tests.town import count


@pytest.fixture
def receiver():
    with receiving() as made:
        yield made


@pytest.fixture
def made(parts, town, receiver):
    """Everything is told to the receiver."""
    with parts.db.transaction() as tx:
        webhook = make_webhook(
            tx, name="Nimule", url=f"{receiver.url}/hook?x=1", kinds=KINDS, private=True, sealer=parts.sealer,
            ids=parts.ids, now=parts.clock.now(),
        )  # fmt: skip
    receiver.secret = webhook.secret
    return webhook


@pytest.fixture
def told(parts):
    """What a worker does when the bell rings."""

    def work(courier=None):
        carrier = courier or HttpCourier(private=True)
        handlers = {
            "webhook": lambda row: send_event(row, db=parts.db, courier=carrier, sealer=parts.sealer, clock=parts.clock)
        }
        return relay(parts.db, kind="webhook", handlers=handlers, clock=parts.clock)

    return work


def view(parts):
    with parts.db.reading() as connection:
        (found,) = webhooks(connection)
        return found


def test_money_that_came_is_told_with_a_signature_that_fits(made, town, receiver, told, parts, clock):
    town.give(town.achol, 500)
    assert told() == 1
    ((path, headers, said),) = receiver.heard
    assert path == "/hook?x=1"
    assert headers["Content-Type"] == "application/json"
    assert int(headers["webhook-timestamp"]) == int(clock.at.timestamp())
    assert said["kind"] == "payment.received"
    assert said["at"] == "2026-11-23T10:00:00+00:00"
    with parts.db.reading() as connection:
        receipt = connection.execute(text("SELECT number FROM receipt")).scalar_one()
    assert said["data"] == {
        "receipt": receipt,
        "customer": town.achol.number,
        "amount_minor": 50_000,
        "currency": "SSP",
        "paid_by": "cash",
    }
    assert told() == 0
    assert view(parts).told_at == clock.at


def test_the_signature_is_the_one_of_the_standards_own_example():
    key, said = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", b'{"test": 2432232314}'
    from datetime import UTC, datetime

    headers = signed_headers(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", said, datetime.fromtimestamp(1614265330, UTC))
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_services_life_is_told(made, provider, receiver, told):
    provider.on("2026-11-05")
    service = provider.begins("HOME")
    number = provider.service(service).number
    provider.on("2026-11-09")
    provider.does(suspend, subscription_id=service, reason="staff", by=provider.by("a debt"))
    provider.on("2026-11-10")
    provider.does(resume, subscription_id=service, by=provider.by("paid"))
    told()
    assert receiver.kinds == ["service.ordered", "service.activated", "service.suspended", "service.resumed"]
    assert receiver.heard[2][2]["data"] == {
        "service": number,
        "customer": provider.town.achol.number,
        "state": "suspended",
        "suspended_for": "staff",
        "verb": "suspend",
    }


def test_what_is_rolled_back_is_told_to_nobody(made, town, parts, told, receiver):
    class PowerCut(BaseException):
        pass

    def cut():
        with parts.db.transaction() as tx:
            take_cash(
                tx, request_key="k", customer_id=town.achol.customer_id, amount=Money.of(5, "SSP"),
                staff_id=town.staff["mary"], now=parts.clock.now(),
            )  # fmt: skip
            assert tx.execute(text("SELECT count(*) FROM outbox WHERE kind = 'webhook'")).scalar_one() == 1
            raise PowerCut

    with pytest.raises(PowerCut):
        cut()
    assert told() == 0
    assert count(parts, "partner_event") == 0


def test_only_what_is_wanted_is_sent_and_only_while_it_is_on(parts, town, receiver, told):
    def make(name, kinds):
        with parts.db.transaction() as tx:
            return make_webhook(
                tx, name=name, url=f"{receiver.url}/{name}", kinds=kinds, private=True, sealer=parts.sealer,
                ids=parts.ids, now=parts.clock.now(),
            ).webhook_id  # fmt: skip

    make("tokens", ["token.sold"])
    make("money", ["payment.received"])
    off = make("off", ["payment.received"])
    with parts.db.transaction() as tx:
        switch_webhook(tx, off, active=False, now=parts.clock.now())
    town.give(town.achol, 500)
    assert told() == 1
    assert [path for path, _headers, _said in receiver.heard] == ["/money"]


def test_it_fails_twice_and_then_arrives_under_the_same_id(made, town, receiver, told, parts, clock):
    receiver.answers = [500, 503]
    town.give(town.achol, 500)
    for wait in (0, *WAITS_S[:2]):
        clock.at += timedelta(seconds=wait)
        assert told() == 1
        assert told() == 0
    assert len(set(receiver.ids)) == 1
    assert len(receiver.ids) == 3
    bodies = [said for _path, _headers, said in receiver.heard]
    assert bodies[0] == bodies[1] == bodies[2]
    stamps = [int(headers["webhook-timestamp"]) for _path, headers, _said in receiver.heard]
    assert stamps == sorted(set(stamps))
    assert count(parts, "outbox", "kind = 'webhook' AND state = 'sent'") == 1
    assert view(parts).failures == 0


def test_a_worker_killed_between_sending_and_recording_sends_the_same_event_again(
    made, town, receiver, told, parts, clock
):
    class Killed(BaseException):
        pass

    class DiesAfterwards:
        def post(self, url, body, headers):
            assert HttpCourier(private=True).post(url, body, headers).arrived
            raise Killed

    town.give(town.achol, 500)
    with pytest.raises(Killed):
        told(DiesAfterwards())
    assert told() == 0  # its lease runs
    clock.at += timedelta(seconds=LEASE_S + 1)
    assert told() == 1
    assert len(receiver.ids) == 2
    assert len(set(receiver.ids)) == 1
    assert count(parts, "outbox", "kind = 'webhook' AND state = 'sent'") == 1


def test_after_the_last_try_it_is_dead_until_a_person_pushes_it(made, town, receiver, told, parts, clock):
    receiver.answers = [500] * (len(WAITS_S) + 1)
    town.give(town.achol, 500)
    for wait in (0, *WAITS_S):
        clock.at += timedelta(seconds=wait)
        assert told() == 1
    clock.at += timedelta(days=2)
    assert told() == 0
    found = view(parts)
    assert (found.dead, found.waiting, found.last_error) == (1, 0, "answered 500")
    with parts.db.reading() as connection:
        dead = connection.execute(text("SELECT id FROM outbox WHERE state = 'dead'")).scalar_one()
    with parts.db.transaction() as tx:
        assert push(tx, dead, parts.clock.now())
    assert told() == 1
    assert view(parts).dead == 0
    assert len(set(receiver.ids)) == 1


def test_one_that_does_not_answer_is_asked_by_one_event_at_a_time_and_keeps_no_other_waiting(
    made, town, receiver, told, parts, clock
):
    class Counting:
        def __init__(self):
            self.urls = []

        def post(self, url, body, headers):
            self.urls.append(url)
            return Carried(0, "no answer") if "dead" in url else Carried(200)

    with parts.db.transaction() as tx:
        make_webhook(
            tx, name="dead", url="http://dead.example/", kinds=["payment.received"], private=True,
            sealer=parts.sealer, ids=parts.ids, now=clock.at,
        )  # fmt: skip
    for number in range(20):
        town.give(town.achol, 500, key=str(number))
    courier = Counting()
    told(courier)
    assert courier.urls.count("http://dead.example/") == 1
    assert len(courier.urls) == 21
    clock.at += timedelta(seconds=5)
    told(courier)
    assert courier.urls.count("http://dead.example/") <= 2


def test_when_it_is_back_what_waited_is_told_at_once(made, town, receiver, told, parts, clock, bells):
    receiver.answers = [500] * 4
    for number in range(3):
        town.give(town.achol, 500, key=str(number))
    for wait in (0, 5, 30, 120):
        clock.at += timedelta(seconds=wait)
        told()
    assert view(parts).failures > 0
    clock.at += timedelta(minutes=10)
    bells.clear()
    assert told() == 3
    assert "webhook" in bells
    assert sorted(set(receiver.ids)) == sorted(set(receiver.ids[-3:]))
    found = view(parts)
    assert (found.waiting, found.dead, found.failures, found.failing_since) == (0, 0, 0, None)


class Chokes:
    """A courier to whom it seems that somebody breaks on the first event and takes all others."""

    def __init__(self):
        self.asked = []

    def post(self, url, body, headers):
        self.asked.append(headers["webhook-id"])
        return Carried(500) if headers["webhook-id"] == self.asked[0] else Carried(200)


def test_an_event_they_choke_on_is_sent_again_at_its_own_times_however_many_others_arrive(
    made, town, told, parts, clock
):
    courier, began = Chokes(), clock.at
    town.give(town.achol, 500)
    told(courier)
    for number in range(30):
        clock.at += timedelta(seconds=1)
        town.give(town.achol, 500, key=str(number))
        told(courier)
        clock.at += timedelta(seconds=5)
        told(courier)
    assert clock.at - began == timedelta(minutes=3)
    assert courier.asked.count(courier.asked[0]) == 4  # at once, and after 5, 30 and 120 seconds
    assert len(set(courier.asked)) == 31
    assert (view(parts).waiting, view(parts).dead) == (1, 0)


def test_when_it_was_away_for_long_what_was_refused_is_told_at_once_too(made, town, receiver, told, clock):
    receiver.answers = [500] * 8
    town.give(town.achol, 500)
    for wait in (0, *WAITS_S[:7]):
        clock.at += timedelta(seconds=wait)
        told()
    assert len(receiver.ids) == 8
    clock.at += timedelta(minutes=1)  # its next try is in hours
    town.give(town.achol, 500, key="later")
    told()
    told()
    assert receiver.ids.count(receiver.ids[0]) == 9


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(made, town, receiver, told, parts, status):
    receiver.answers = [status]
    town.give(town.achol, 500)
    assert told() == 1
    assert [path for path, _headers, _said in receiver.heard] == ["/hook?x=1"]
    assert view(parts).last_error == f"answered {status}"
    assert view(parts).waiting == 1


def test_who_answers_gone_is_switched_off(made, town, receiver, told, parts):
    receiver.answers = [410]
    town.give(town.achol, 500)
    told()
    found = view(parts)
    assert (found.active, found.dead) == (False, 1)
    town.give(town.achol, 500, key="later")
    assert told() == 0


def test_what_waits_for_one_that_was_switched_off_is_not_sent(made, town, receiver, told, parts):
    town.give(town.achol, 500)
    with parts.db.transaction() as tx:
        switch_webhook(tx, made.webhook_id, active=False, now=parts.clock.now())
    assert told() == 1
    assert receiver.heard == []
    assert view(parts).dead == 1


def test_a_test_event_goes_to_the_one_that_is_tried_out(made, parts, told, receiver):
    with parts.db.transaction() as tx:
        assert send_test(tx, made.webhook_id, ids=parts.ids, now=parts.clock.now()) == "Nimule"
    assert told() == 1
    assert receiver.kinds == ["test"]
    with parts.db.transaction() as tx:
        with pytest.raises(NotFound):
            send_test(tx, 99, ids=parts.ids, now=parts.clock.now())
        switch_webhook(tx, made.webhook_id, active=False, now=parts.clock.now())
        with pytest.raises(NotPossibleNow):
            send_test(tx, made.webhook_id, ids=parts.ids, now=parts.clock.now())


def test_the_secret_is_sealed_and_stands_in_no_trail(made, parts):
    with parts.db.reading() as connection:
        kept = connection.execute(
            text("SELECT (SELECT string_agg(w::text, '') FROM webhook w) || string_agg(a::text, '') FROM audit_entry a")
        ).scalar_one()
    assert made.secret.removeprefix("whsec_") not in kept
    assert made.secret not in repr(made)


INSIDE = [
    "https://127.0.0.1/", "https://10.0.0.1/", "https://192.168.88.1/", "https://172.16.0.1/", "https://169.254.169.254/x",
    "https://0.0.0.0/", "https://[::1]/", "https://[fd00::1]/", "https://[fe80::1]/", "https://[::ffff:10.0.0.1]/",
    "https://[64:ff9b::a00:1]/", "https://[2002:a00:1::]/", "https://localhost/", "https://224.0.0.1/", "https://100.64.0.1/",
    "https://[64:ff9b:1::a00:1]/", "https://[::ffff:0:10.0.0.1]/", "https://[::10.0.0.1]/",
]  # fmt: skip
NO_URL = [
    "", "nimule.example", "ftp://nimule.example/", "http://nimule.example/", "https:///x", "https://u:p@nimule.example/",
    "https://nimule.example/#x", "https://nimule.example:99999/", "https://nimule.example/ x", "https://أ.example/",
    "https://nimule.example/" + "x" * 200, "file:///etc/passwd", "https://nimule.example/\nHost: x",
    "https://nimule..example/", "https://.example/", "https://" + "x" * 64 + ".example/",
]  # fmt: skip


@pytest.mark.parametrize("url", INSIDE + NO_URL, ids=range(len(INSIDE + NO_URL)))
def test_an_address_that_leads_inside_or_is_none_is_refused(parts, town, url):
    with parts.db.transaction() as tx, pytest.raises(NotPossibleNow):
        make_webhook(
            tx, name="x", url=url, kinds=["token.sold"], private=False, sealer=parts.sealer, ids=parts.ids,
            now=parts.clock.now(),
        )  # fmt: skip
    assert count(parts, "webhook") == 0


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [({"name": ""}, InvalidName), ({"kinds": []}, NotPossibleNow), ({"kinds": ["x"]}, NotPossibleNow)],
)
def test_a_webhook_that_cannot_be_meant_is_not_made(parts, town, changed, refusal):
    asked = {"name": "x", "url": "https://nimule.example/", "kinds": ["token.sold"]} | changed
    with parts.db.transaction() as tx, pytest.raises(refusal):
        make_webhook(tx, private=False, sealer=parts.sealer, ids=parts.ids, now=parts.clock.now(), **asked)


def test_a_name_is_given_once(made, parts, receiver):
    with parts.db.transaction() as tx, pytest.raises(CodeTaken):
        make_webhook(
            tx, name="Nimule", url="https://nimule.example/", kinds=["token.sold"], private=False,
            sealer=parts.sealer, ids=parts.ids, now=parts.clock.now(),
        )  # fmt: skip


def test_public_is_what_lies_outside():
    assert all(is_public(address) for address in ("1.1.1.1", "2606:4700::1111"))
    assert not any(is_public(address) for address in ("127.0.0.1", "fe80::1%eth0", "255.255.255.255", "::"))


def test_a_name_that_leads_inside_today_is_not_followed(monkeypatch, receiver):
    """It was a public one when the webhook was made: what it leads to is looked at when something is sent."""
    port = int(receiver.url.rpartition(":")[2])
    for answer in (["127.0.0.1"], ["1.1.1.1", "10.0.0.7"]):
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in answer]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_said, found=found, **_more: found)
        carried = HttpCourier().post(f"https://nimule.example:{port}/", b"{}", {})
        assert (carried.status, carried.permanent) == (0, True)
    assert receiver.heard == []


def test_plain_http_goes_nowhere_unless_it_is_allowed(receiver):
    carried = HttpCourier().post(f"{receiver.url}/", b"{}", {})
    assert (carried.status, carried.error, carried.permanent) == (0, "only https is allowed", True)


def test_a_certificate_nobody_vouches_for_is_no_answer(tmp_path):
    certificate, key = _self_signed(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]

        def answer():
            line, _peer = listening.accept()
            with line:
                try:
                    context.wrap_socket(line, server_side=True).close()
                except OSError:
                    return

        thread = threading.Thread(target=answer)
        thread.start()
        carried = HttpCourier(private=True).post(f"https://127.0.0.1:{port}/", b"{}", {})
        thread.join()
    assert carried == Carried(0, "no answer: SSLCertVerificationError")


def test_who_trickles_is_cut_off():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        enough = threading.Event()

        def trickle():
            line, _peer = listening.accept()
            with line:
                try:
                    line.sendall(b"HTTP/1.1 200 OK\r\n")
                    while not enough.wait(0.05):
                        line.sendall(b"x")
                except OSError:
                    return

        thread = threading.Thread(target=trickle)
        thread.start()
        carried = HttpCourier(private=True, whole_s=0.5).post(f"http://127.0.0.1:{port}/", b"{}", {})
        enough.set()
        thread.join()
    assert carried == Carried(0, "no answer in time")


def test_nobody_at_home_is_no_answer():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    assert HttpCourier(private=True).post(f"http://127.0.0.1:{port}/", b"{}", {}) == Carried(
        0, "no answer: ConnectionRefusedError"
    )


def test_what_no_name_can_be_is_no_answer():
    assert HttpCourier().post("https://nimule..example/", b"{}", {}) == Carried(
        0, "nimule..example is not known: UnicodeError"
    )


def test_events_are_forgotten_after_a_month_unless_they_are_on_their_way(made, town, receiver, told, parts, clock):
    town.give(town.achol, 500)
    told()
    town.give(town.achol, 500, key="still waits")
    assert forget_events(parts.db, clock.at + KEPT - timedelta(seconds=1)) == 0
    assert forget_events(parts.db, clock.at + KEPT) == 1
    assert count(parts, "outbox", "kind = 'webhook'") == 1
    told()
    assert forget_events(parts.db, clock.at + KEPT) == 1
    assert count(parts, "outbox", "kind = 'webhook'") == 0


def _self_signed(folder):
    import subprocess

    certificate, key = folder / "c.pem", folder / "k.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=127.0.0.1", "-keyout", str(key), "-out", str(certificate)],
        check=True, capture_output=True,
    )  # fmt: skip
    return certificate, key
