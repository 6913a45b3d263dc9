"""Orange Money, collecting: by a page of theirs (`webpay`) or by a prompt on the payer's phone (`omcore`).

Their key of a payment is a token that they hand out first. It is stored before the request is sent; a request that may
have arrived is asked about by it, and never begun anew.
"""

from __future__ import annotations

from core.gateways.orange_money_line import OMCORE, WEBPAY, OrangeAccount, OrangeLine
from core.gateways.orange_money_page import OrangePageCollector
from core.gateways.orange_money_prompt import OrangePromptCollector

__all__ = ["OMCORE", "WEBPAY", "OrangeAccount", "OrangePageCollector", "OrangePromptCollector", "orange_collector"]


def orange_collector(
    account: OrangeAccount, *, line: OrangeLine | None = None
) -> OrangePageCollector | OrangePromptCollector:
    """The collector of the account's mode."""
    kind = OrangePageCollector if account.mode == WEBPAY else OrangePromptCollector
    return kind(account, line=line)
