"""The pages as an app of the home screen."""

import re

import pytest

from portal.permits import GuardedBlueprint, open_to


def test_the_app_installs_from_the_manifest_of_the_token_form(deng):
    page = deng.get("/").text
    (manifest,) = re.findall(r'rel="manifest" href="([^"]+)"', page)
    answer = deng.client.get(manifest)
    said = answer.get_json(force=True)
    assert answer.content_type == "application/manifest+json"
    assert (said["start_url"], said["scope"], said["display"]) == ("/portal/", "/portal/", "standalone")
    for icon in said["icons"]:
        picture = deng.client.get(icon["src"])
        assert picture.content_type == icon["type"]
        assert "immutable" in picture.headers["Cache-Control"]


def test_the_service_worker_keeps_the_shell_and_nothing_of_anybody(kiden, app):
    answer = kiden.get("/service-worker.js")
    assert answer.content_type.startswith("text/javascript")
    assert "Set-Cookie" not in answer.headers
    (shell,) = re.findall(r"SHELL = (\[.*?\]);", answer.text)
    assert re.fullmatch(r'\["/portal/assets/portal.css\?v=\w+", "/portal/no-network"\]', shell)
    offline = kiden.get("/no-network")
    assert "Set-Cookie" not in offline.headers
    assert "There is no network now." in offline.text
    assert "لا توجد شبكة" in offline.text
    policy = kiden.get("/").headers["Content-Security-Policy"]
    assert "worker-src 'self'" in policy
    assert "manifest-src 'self'" in policy


def test_a_stranger_chooses_the_language_and_it_stays(kiden):
    assert 'lang="en" dir="ltr"' in kiden.get("/").text
    assert kiden.post("/language", language="ar").status_code == 303
    assert 'lang="ar" dir="rtl"' in kiden.get("/").text
    assert kiden.post("/language", language="fr").status_code == 422


def test_a_form_without_its_token_does_nothing(kiden):
    answer = kiden.client.post("/portal/language", data={"language": "ar"})
    assert answer.status_code == 400
    assert "Nothing was done" in answer.text


def test_a_view_that_does_not_say_who_may_see_it_cannot_be_registered():
    door = GuardedBlueprint("x", __name__)
    with pytest.raises(AssertionError, match="does not say who"):
        door.add_url_rule("/open", "open", lambda: "")
    with pytest.raises(AssertionError, match="nobody we know"):
        open_to("everybody")
