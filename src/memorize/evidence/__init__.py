"""The procedures that decide claims: identities, enclosures, samples, exact runs."""

from memorize.evidence.arithmetic import Arithmetic
from memorize.evidence.balls import Unsupported
from memorize.evidence.enclosure import Certificate, Enclosure, Tail, enclose
from memorize.evidence.exact import ExactRun
from memorize.evidence.identity import Identity, derive_zero
from memorize.evidence.sample import (
    Law,
    LawSample,
    MeanSample,
    TailSample,
    bernstein_radius,
    clopper_pearson,
    dkw_radius,
    fitted_slope,
)

__all__ = [
    "Arithmetic",
    "Certificate",
    "Enclosure",
    "ExactRun",
    "Identity",
    "Law",
    "LawSample",
    "MeanSample",
    "Tail",
    "TailSample",
    "Unsupported",
    "bernstein_radius",
    "clopper_pearson",
    "derive_zero",
    "dkw_radius",
    "enclose",
    "fitted_slope",
]
