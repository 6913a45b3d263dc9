"""Who collects and pays for an installation, as its settings say. The same for every process; no call is made."""

from __future__ import annotations

from core.gateways.mtn_momo import MomoAccount, MtnMomoCollector
from core.gateways.mtn_momo_disbursement import MtnMomoDisburser
from core.gateways.mtn_momo_pre_approval import MtnMomoPreApprover
from core.gateways.orange_money import OrangeAccount, orange_collector
from core.payments.collector import Collector
from core.payments.disburser import Disburser
from core.payments.pre_approver import PreApprover
from core.settings import Settings


def collectors(settings: Settings) -> dict[str, Collector]:
    """Everyone who may be asked about a payment, by platform. The first takes MTN's new payments.

    A status can be read only on the platform that took the request: while MTN moves, two are asked.
    """
    found: list[Collector] = [MtnMomoCollector(_momo(settings))]
    other = _momo_other(settings)
    if other is not None:
        found.append(MtnMomoCollector(other))
    by_orange = orange(settings)
    if by_orange is not None:
        found.append(by_orange)
    return {collector.platform: collector for collector in found}


def orange(settings: Settings) -> Collector | None:
    """Who collects by Orange Money; None where it is off."""
    if settings.orange_mode == "off":
        return None
    account = OrangeAccount(
        mode=settings.orange_mode,
        base_url=settings.orange_base_url or "",
        country=settings.orange_country or "",
        currency=settings.orange_currency or "",
        client_id=settings.orange_client_id or "",
        client_secret=settings.orange_client_secret or "",
        merchant_key=settings.orange_merchant_key or "",
        merchant_name=settings.seller_name,
        return_url=settings.public_url,
        auth_token=settings.orange_auth_token or "",
        channel_phone=settings.orange_channel_phone or "",
        pin=settings.orange_pin or "",
    )
    return orange_collector(account)


def disburser(settings: Settings) -> Disburser | None:
    """Who pays out; None where nobody does. On MTN's platform for new payments: it refunds only what that one took."""
    key, user = settings.momo_disbursement_subscription_key, settings.momo_disbursement_api_user
    if not key or not user or not settings.momo_disbursement_api_key:
        return None
    return MtnMomoDisburser(
        MomoAccount(
            base_url=settings.momo_base_url,
            target_environment=settings.momo_target_environment,
            subscription_key=key,
            api_user=user,
            api_key=settings.momo_disbursement_api_key,
            currency=settings.momo_currency,
        )
    )


def pre_approver(settings: Settings) -> PreApprover:
    """Who asks for consent to later charges: collection's account, on the platform for new payments."""
    return MtnMomoPreApprover(_momo(settings))


def _momo(settings: Settings) -> MomoAccount:
    return MomoAccount(
        base_url=settings.momo_base_url,
        target_environment=settings.momo_target_environment,
        subscription_key=settings.momo_subscription_key,
        api_user=settings.momo_api_user,
        api_key=settings.momo_api_key,
        currency=settings.momo_currency,
    )


def _momo_other(settings: Settings) -> MomoAccount | None:
    if not settings.momo_other_base_url:
        return None
    return MomoAccount(
        base_url=settings.momo_other_base_url,
        target_environment=settings.momo_other_target_environment or "",
        subscription_key=settings.momo_other_subscription_key or "",
        api_user=settings.momo_other_api_user or "",
        api_key=settings.momo_other_api_key or "",
        currency=settings.momo_currency,
    )
