"""Who collects and pays, as the settings say; and settings that say half of it."""

from __future__ import annotations

import pytest

from core.gateways import wiring
from core.gateways.orange_money import OrangePageCollector, OrangePromptCollector
from core.settings import SettingsError, load

ENVIRON = {
    "DATABASE_URL": "postgresql+psycopg2://shabaka@127.0.0.1/shabaka",
    "REDIS_URL": "redis://127.0.0.1",
    "SHABAKA_SECRET_KEY": "secret-key-of-the-tests",
    "SHABAKA_ENCRYPTION_KEYS": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
    "SHABAKA_GATEWAY_KEY": "gateway-key-of-the-tests",
    "SHABAKA_PUBLIC_URL": "https://isp.example",
    "SHABAKA_SERVICE_CODE": "*384*77#",
    "SHABAKA_SHORT_CODE": "7722",
    "AT_USERNAME": "tests",
    "AT_API_KEY": "api-key-of-the-tests",
    "MOMO_BASE_URL": "https://momo.example/",
    "MOMO_TARGET_ENVIRONMENT": "mtnsouthsudan",
    "MOMO_SUBSCRIPTION_KEY": "subscription-key",
    "MOMO_API_USER": "user",
    "MOMO_API_KEY": "momo-key",
}
OTHER = {
    "MOMO_OTHER_BASE_URL": "https://other.example",
    "MOMO_OTHER_TARGET_ENVIRONMENT": "mtnsouthsudan",
    "MOMO_OTHER_SUBSCRIPTION_KEY": "other-subscription-key",
    "MOMO_OTHER_API_USER": "other-user",
    "MOMO_OTHER_API_KEY": "other-key",
}
DISBURSEMENT = {
    "MOMO_DISBURSEMENT_SUBSCRIPTION_KEY": "out-subscription-key",
    "MOMO_DISBURSEMENT_API_USER": "out-user",
    "MOMO_DISBURSEMENT_API_KEY": "out-key",
}
ORANGE = {
    "ORANGE_MODE": "omcore",
    "ORANGE_BASE_URL": "https://orange.example",
    "ORANGE_COUNTRY": "CM",
    "ORANGE_CURRENCY": "XAF",
    "ORANGE_CLIENT_ID": "client",
    "ORANGE_CLIENT_SECRET": "client-secret",
    "ORANGE_AUTH_TOKEN": "auth-token",
    "ORANGE_CHANNEL_PHONE": "+237690000000",
    "ORANGE_PIN": "2222",
}
WEBPAY = {name: ORANGE[name] for name in list(ORANGE)[:6]} | {
    "ORANGE_MODE": "webpay",
    "ORANGE_MERCHANT_KEY": "merchant-key",
}


def faults(environ: dict[str, str]) -> list[str]:
    with pytest.raises(SettingsError) as refused:
        load(ENVIRON | environ)
    return refused.value.faults


def test_without_more_there_is_one_collector_and_nobody_pays_out() -> None:
    settings = load(ENVIRON)
    assert list(wiring.collectors(settings)) == ["https://momo.example"]
    assert wiring.orange(settings) is None
    assert wiring.disburser(settings) is None
    assert wiring.pre_approver(settings).platform == "https://momo.example"


def test_everybody_is_known_by_platform_and_the_first_takes_new_payments() -> None:
    settings = load(ENVIRON | OTHER | DISBURSEMENT | ORANGE)
    found = wiring.collectors(settings)
    assert [(platform, collector.rail) for platform, collector in found.items()] == [
        ("https://momo.example", "mtn-momo"),
        ("https://other.example", "mtn-momo"),
        ("https://orange.example", "orange-money"),
    ]
    disburser = wiring.disburser(settings)
    assert disburser is not None
    assert (disburser.platform, disburser.rail) == ("https://momo.example", "mtn-momo")


def test_orange_collects_in_the_mode_that_is_set() -> None:
    assert isinstance(wiring.orange(load(ENVIRON | ORANGE)), OrangePromptCollector)
    assert isinstance(wiring.orange(load(ENVIRON | WEBPAY)), OrangePageCollector)
    assert wiring.orange(load(ENVIRON | ORANGE | {"ORANGE_MODE": "off"})) is None


@pytest.mark.parametrize("whole", [OTHER, DISBURSEMENT, ORANGE, WEBPAY], ids=["other", "out", "omcore", "webpay"])
def test_each_that_is_missing_is_one_sentence_that_names_it(whole: dict[str, str]) -> None:
    for name in whole:
        if name != "ORANGE_MODE":
            (fault,) = faults(whole | {name: ""})
            assert fault.startswith(f"{name} is missing")


@pytest.mark.parametrize(
    ("environ", "name"),
    [
        (OTHER | {"MOMO_OTHER_BASE_URL": "https://momo.example"}, "MOMO_OTHER_BASE_URL"),
        (OTHER | {"MOMO_OTHER_BASE_URL": "other.example"}, "MOMO_OTHER_BASE_URL"),
        ({"ORANGE_MODE": "on"}, "ORANGE_MODE"),
        (ORANGE | {"ORANGE_BASE_URL": "https://momo.example"}, "ORANGE_BASE_URL"),
        (ORANGE | {"ORANGE_COUNTRY": "cm"}, "ORANGE_COUNTRY"),
        (ORANGE | {"ORANGE_CURRENCY": "OUV"}, "ORANGE_CURRENCY"),
        (ORANGE | {"ORANGE_CHANNEL_PHONE": "690000000"}, "ORANGE_CHANNEL_PHONE"),
    ],
)
def test_what_cannot_be_is_one_sentence_that_names_it(environ: dict[str, str], name: str) -> None:
    (fault,) = faults(environ)
    assert fault.startswith(f"{name} must ")


def test_every_key_is_kept_out_of_logs() -> None:
    secrets = load(ENVIRON | OTHER | DISBURSEMENT | ORANGE).secrets
    for name in (
        "MOMO_OTHER_SUBSCRIPTION_KEY",
        "MOMO_OTHER_API_KEY",
        "MOMO_DISBURSEMENT_SUBSCRIPTION_KEY",
        "MOMO_DISBURSEMENT_API_KEY",
        "ORANGE_CLIENT_SECRET",
        "ORANGE_AUTH_TOKEN",
        "ORANGE_PIN",
    ):
        assert (ENVIRON | OTHER | DISBURSEMENT | ORANGE)[name] in secrets
    assert "merchant-key" in load(ENVIRON | WEBPAY).secrets
