"""An environment that only seems to describe a system is refused, with a sentence that names the variable."""

import pytest

from core.settings import SettingsError, load


def faults(environ):
    with pytest.raises(SettingsError) as refused:
        load(environ)
    return refused.value.faults


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("SHABAKA_BEHIND_PROXY", "true", "must be 0 or 1"),
        ("SHABAKA_BEHIND_PROXY", "yes", "must be 0 or 1"),
        ("SHABAKA_BEHIND_PROXY", "2", "must be 0 or 1"),
        ("SHABAKA_DEMO", "on", "must be 0 or 1"),
        ("SHABAKA_USAGE_MONTHS", "1", "from 2 to 120"),
        ("SHABAKA_PUBLIC_URL", "https://", "names no host"),
        ("SHABAKA_PUBLIC_URL", "https:///ussd", "names no host"),
        ("SHABAKA_PUBLIC_URL", "https://[::1", "is no address"),
        ("SHABAKA_PUBLIC_URL", "https://shabaka.example:70000", "is no address"),
        ("MOMO_BASE_URL", "momo.example", "must begin with http:// or https://"),
        ("MOMO_BASE_URL", "https://:443", "names no host"),
        ("AT_BASE_URL", "api.africastalking.example", "must begin with http:// or https://"),
        ("AT_BASE_URL", "http://", "names no host"),
        ("REDIS_URL", "redis:///0", "names no host"),
        ("DATABASE_URL", "postgresql+psycopg2:///shabaka", "names no host"),
        ("DATABASE_URL", "postgresql+psycopg2://x@[oops/shabaka", "is no address"),
        ("SHABAKA_ENCRYPTION_KEYS", ",", "at least one key"),
        ("SHABAKA_ENCRYPTION_KEYS", " , ,", "at least one key"),
        ("SHABAKA_GATEWAY_KEY", "", "is missing"),
        ("SHABAKA_GATEWAY_KEY", "fifteen-letters", "16 or more"),
        ("SHABAKA_GATEWAY_KEY", "gateway/key?of=the tests", "16 or more"),
        ("SHABAKA_GATEWAY_KEY", "مفتاح-البوابة-الطويل", "16 or more"),
    ],
)
def test_what_describes_no_system_is_one_sentence_that_names_it(environ, name, value, sentence):
    (fault,) = faults(environ | {name: value})
    assert fault.startswith(name)
    assert sentence in fault


def test_the_town_of_a_demo_is_at_an_address(environ):
    (fault,) = faults(environ | {"SHABAKA_DEMO": "1", "SHABAKA_SANDBOX_URL": "the town"})
    assert fault.startswith("SHABAKA_SANDBOX_URL")


def test_all_of_them_are_listed_together(environ):
    wrong = {
        "SHABAKA_BEHIND_PROXY": "true",
        "SHABAKA_ENCRYPTION_KEYS": ",",
        "AT_BASE_URL": "x",
        "MOMO_BASE_URL": "http:",
    }
    assert [fault.split()[0] for fault in faults(environ | wrong)] == [
        "SHABAKA_ENCRYPTION_KEYS",
        "AT_BASE_URL",
        "MOMO_BASE_URL",
        "SHABAKA_BEHIND_PROXY",
    ]


def test_what_is_said_right_is_taken(environ):
    said = {
        "SHABAKA_BEHIND_PROXY": "1",
        "AT_BASE_URL": "https://api.africastalking.example/",
        "SHABAKA_PUBLIC_URL": "https://[::1]:8443/",
        "DATABASE_URL": "postgresql+psycopg2://shabaka@/shabaka?host=/var/run/postgresql",
        "REDIS_URL": "unix:///run/redis.sock?db=0",
        "SHABAKA_GATEWAY_KEY": "abcDEF_0123-4567",
    }
    settings = load(environ | said)
    assert settings.behind_proxy
    assert settings.at_base_url == "https://api.africastalking.example"
    assert settings.public_url == "https://[::1]:8443"
    assert not load(environ | {"SHABAKA_BEHIND_PROXY": "0"}).behind_proxy
    assert load(environ | {"AT_BASE_URL": ""}).at_base_url is None
    assert load(environ).usage_months == 6
    assert load(environ | {"SHABAKA_USAGE_MONTHS": "18"}).usage_months == 18
