"""Where and how a computation runs: seed, tier, device, and chunks of a long one.

The master seed is ``MEMORIZE_SEED`` (default 0), the tier ``MEMORIZE_TIER`` (``laptop`` or
``gpu``), the device ``MEMORIZE_DEVICE`` (default: ``cuda`` in the gpu tier where there is one, else
``cpu``).
All randomness comes from generators that are derived from the master seed and a name.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator

import torch

from memorize import require

TIERS = ("laptop", "gpu")


def master_seed() -> int:
    """The master seed; raises ``ValueError`` if ``MEMORIZE_SEED`` is not an integer."""
    text = os.environ.get("MEMORIZE_SEED", "0")
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"MEMORIZE_SEED must be an integer, got {text!r}") from None


def tier() -> str:
    """``laptop`` or ``gpu``; raises ``ValueError`` if ``MEMORIZE_TIER`` is anything else."""
    name = os.environ.get("MEMORIZE_TIER", TIERS[0])
    if name not in TIERS:
        raise ValueError(f"MEMORIZE_TIER must be one of {', '.join(TIERS)}, got {name!r}")
    return name


def device() -> torch.device:
    """The device that simulations run on."""
    default = "cuda" if tier() == "gpu" and torch.cuda.is_available() else "cpu"
    return torch.device(os.environ.get("MEMORIZE_DEVICE", default))


def derived_seed(name: str, seed: int | None = None) -> int:
    """A 63-bit seed from the master seed (or ``seed``) and a name: other names, other streams."""
    master = master_seed() if seed is None else seed
    digest = hashlib.sha256(f"{master}/{name}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def generator(
    name: str, *, seed: int | None = None, device: torch.device | str = "cpu"
) -> torch.Generator:
    """A torch generator for the stream ``name``, on ``device``."""
    return torch.Generator(device=device).manual_seed(derived_seed(name, seed))


def chunks(total: int, chunk: int) -> Iterator[int]:
    """Sizes that add up to ``total``, none above ``chunk``: a long run without a long array."""
    require.positive_int("total", total)
    require.positive_int("chunk", chunk)
    for start in range(0, total, chunk):
        yield min(chunk, total - start)
