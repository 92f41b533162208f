"""What committed tables say of the papers' claims: paired comparisons, verdicts, and the lines of
the claim ledger.
"""

from refsnn.evidence import (
    claims,
    l4,
    l4_claims,
    l4_theory,
    paired,
    pda,
    psg,
    residual,
    residual_claims,
)
from refsnn.evidence.claims import Claim, Markdown

__all__ = [
    "Claim",
    "Markdown",
    "claims",
    "l4",
    "l4_claims",
    "l4_theory",
    "paired",
    "pda",
    "psg",
    "residual",
    "residual_claims",
]
