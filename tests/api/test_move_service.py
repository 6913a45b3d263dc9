"""A program cuts a service off and lets it go on: once, told to whoever asks, and never past what is owed."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from core.subscriptions.suspend import suspend
from tests.api.conftest import refused
from tests.town import count


@pytest.fixture
def service(provider):
    provider.on("2026-11-05")
    begun = provider.service(provider.begins("HOME"))
    provider.on("2026-11-09")
    return begun


@pytest.fixture
def watcher(program):
    return program("services:write", name="Watcher")


def test_a_service_is_cut_off_and_goes_on(watcher, service, provider, parts):
    off = watcher.post(f"/services/{service.number}/suspend", {"why": " sends spam "}).json
    assert (off["state"], off["suspended_for"], off["limits"]) == ("suspended", "staff", None)
    assert provider.access(service.id).status == "paused"
    on = watcher.post(f"/services/{service.number}/resume", {"why": "it was cleaned"}).json
    assert (on["state"], on["limits"]) == ("active", {"down_kbps": 4000, "up_kbps": 1000})
    with parts.db.reading() as connection:
        moves = connection.execute(text("SELECT verb, why, staff_id FROM subscription_move ORDER BY id")).all()
        trail = connection.execute(text("SELECT detail FROM audit_entry WHERE act = 'service_moved'")).scalars().all()
    assert [tuple(move) for move in moves[-2:]] == [
        ("suspend", "Watcher: sends spam", None),
        ("resume", "Watcher: it was cleaned", None),
    ]
    assert [one["api_key"] for one in trail] == [watcher.key.split("_")[1]] * 2
    provider.agrees()


def test_sent_twice_under_one_key_it_is_done_once(watcher, service, parts):
    for _time in range(2):
        answer = watcher.post(f"/services/{service.number}/suspend", {"why": "spam"}, once="abuse-1")
        assert answer.json["state"] == "suspended"
    assert count(parts, "subscription_move", "verb = 'suspend'") == 1
    again = watcher.post(f"/services/{service.number}/suspend", {"why": "spam"})
    assert refused(again, 422, "not_possible_now") == "That is not possible now: it is suspended."


def test_what_is_off_for_money_does_not_go_on_by_a_program(watcher, service, provider):
    provider.does(suspend, subscription_id=service.id, reason="unpaid", by=provider.by("a debt"))
    answer = watcher.post(f"/services/{service.number}/resume", {"why": "please"})
    assert refused(answer, 422, "not_possible_now") == "That is not possible now: it is suspended as unpaid."
    assert provider.service(service.id).state == "suspended"


@pytest.mark.parametrize("body", [{}, {"why": ""}, {"why": "  "}, {"why": 5}, {"why": "x" * 151}, {"why": "x", "y": 1}])
def test_without_a_reason_nothing_is_done(watcher, service, provider, body):
    refused(watcher.post(f"/services/{service.number}/suspend", body), 400, "bad_request")
    assert provider.service(service.id).state == "active"


def test_a_service_that_is_not_there_is_not_found(watcher, service):
    refused(watcher.post("/services/1/suspend", {"why": "spam"}), 404, "not_found")


def test_a_key_that_only_reads_moves_nothing(program, service, provider):
    refused(program("services:read").post(f"/services/{service.number}/suspend", {"why": "spam"}), 403, "wrong_scope")
    assert provider.service(service.id).state == "active"
