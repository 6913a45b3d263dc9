"""Orange's words: statuses, and its sentences for why not. They come in French."""

from __future__ import annotations

from typing import Final

NEW: Final = "NEW"  # a token that was handed out and not used: ours, they never say it
INITIATED: Final = "INITIATED"
PENDING: Final = "PENDING"
SUCCESS: Final = "SUCCESS"
FAILED: Final = "FAILED"
EXPIRED: Final = "EXPIRED"
CANCELLED: Final = "CANCELLED"

PUSHED_AS: Final = {SUCCESS: "SUCCESSFULL"}  # sic, in merchant push

NO_SUBSCRIBER: Final = "Beneficiaire introuvable"
NO_FUNDS: Final = "Le solde du compte du payeur est insuffisant"
BLOCKED: Final = "Utilisateur bloque"
WRONG_PIN: Final = "Code PIN incorrect"
USED: Final = "PayToken deja utilise"
NOT_THERE: Final = "Transaction introuvable"
REJECTED: Final = "Transaction annulee par le client"
TOO_LATE: Final = "Transaction expiree"
STARTED: Final = "Paiement e la clientele effectue. En attente de confirmation"
