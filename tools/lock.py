"""Write requirements.lock: the exact version of everything that the book is built and tested with.

``make lock`` resolves pyproject.toml with pip (``pip install --dry-run --report``, the report that
pip documents for this purpose) and writes NAME==VERSION lines and nothing else: no path, no local
build tag, no host. Every line must suit every platform, so what torch wants only on some platforms
(CUDA packages, Triton) stays out of the lock, and pip takes it from torch's own pins.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
EXTRAS = ("book", "dev")
HEADER = "# Written by make lock from pyproject.toml; not edited by hand.\n"


def needed(requires: Mapping[str, Iterable[str]]) -> set[str]:
    """The canonical names of all that memorize with its extras needs, itself left out.

    ``requires`` maps canonical names to requirement strings, as packages declare them; what is not
    in it is passed over. Platform-dependent requirements of torch are passed over too.
    """
    found: set[tuple[str, str]] = set()
    waiting = [("memorize", extra) for extra in ("", *EXTRAS)]
    while waiting:
        name, extra = item = waiting.pop()
        if item in found or name not in requires:
            continue
        found.add(item)
        for text in requires[name]:
            wanted = Requirement(text)
            if wanted.marker and not wanted.marker.evaluate({"extra": extra}):
                continue
            if name == "torch" and wanted.marker and "platform" in str(wanted.marker):
                continue
            waiting += [(canonicalize_name(wanted.name), more) for more in ("", *wanted.extras)]
    return {name for name, _ in found} - {"memorize"}


def locked(lines: Iterable[str]) -> dict[str, str]:
    """Canonical name to version; raises ``ValueError`` at a line that is not NAME==VERSION."""
    pins = {}
    for line in lines:
        if line.strip() and not line.startswith("#"):
            name, separator, version = line.strip().partition("==")
            if not separator or str(Version(version).public) != version:
                raise ValueError(f"a lock holds only NAME==VERSION, got {line!r}")
            pins[canonicalize_name(name)] = version
    return pins


def main() -> None:
    """Resolve and write."""
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--quiet"]
    command += ["--report", "-", *sys.argv[1:], f"{ROOT}[{','.join(EXTRAS)}]"]
    report = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    metadata = {canonicalize_name(i["metadata"]["name"]): i["metadata"] for i in report["install"]}
    names = needed({name: data.get("requires_dist", []) for name, data in metadata.items()})
    pins = (f"{name}=={Version(metadata[name]['version']).public}\n" for name in sorted(names))
    LOCK.write_text(HEADER + "".join(pins), encoding="utf-8")
    print(f"{LOCK.name}: {len(names)} packages")


if __name__ == "__main__":
    main()
