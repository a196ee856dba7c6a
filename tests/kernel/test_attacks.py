"""Every false proof is refused."""

from __future__ import annotations

import pytest
from attacks import ATTACKS

from memorize.book.proof import ProofError
from memorize.kernel import Refused

REFUSALS = (Refused, ProofError, TypeError, AttributeError, LookupError, ValueError)


@pytest.mark.parametrize("name", ATTACKS)
def test_refused(name: str) -> None:
    with pytest.raises(REFUSALS):
        ATTACKS[name]()


def test_enough() -> None:
    assert len(ATTACKS) >= 45
