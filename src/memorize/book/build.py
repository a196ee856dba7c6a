"""Build the book: execute what is out of date, render all pages, publish only if all went well.

``python -m memorize.book.build [--root DIR] [--jobs N]``

The pages are rendered in a work area, with warnings as errors; only a build without one replaces
the last good book in ``_build/html``.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from memorize.book import execute, notebooks

BUILD = execute.BUILD
HTML = BUILD / "html"
WORK = BUILD / "work"
BUILT = BUILD / "built.json"
LOG = BUILD / "sphinx.log"
SETTINGS = ("_config.yml", "_toc.yml")


class RenderingFailed(Exception):
    """Sphinx gave a warning or an error; it has said which."""


def build(root: Path, jobs: int | None = None) -> bool:
    """Bring ``_build/html`` up to date; returns whether there was anything to do.

    Raises ``ExecutionFailed`` or ``RenderingFailed``; the last good book is then left as it was.
    """
    with execute.alone(root):
        execute.execute(root, jobs)
        text, rest = _digests(root)
        built = root / BUILT
        last = json.loads(built.read_text(encoding="utf-8")) if built.exists() else {}
        if last == {"text": text, "rest": rest} and (root / HTML / "index.html").exists():
            return False
        # Sphinx reads again the pages that were edited; after any other change it reads all. So it
        # does after a failure, as it forgets the warnings of pages that it need not read again.
        built.unlink(missing_ok=True)
        if last.get("rest") != rest:
            shutil.rmtree(root / WORK, ignore_errors=True)
        _render(root)
        _publish(root)
        notebooks.write(built, json.dumps({"text": text, "rest": rest}) + "\n")
        return True


def main(arguments: list[str] | None = None) -> int:
    """The command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m memorize.book.build", description=__doc__)
    parser.add_argument("--root", type=Path, default=Path.cwd(), help="the repository's root")
    parser.add_argument("--jobs", type=int, help="how many pages run at a time")
    options = parser.parse_args(arguments)
    root, start = options.root.resolve(), time.perf_counter()
    try:
        changed = build(root, options.jobs)
    except execute.ExecutionFailed as error:
        print(execute.report(error.failures, sys.stderr.isatty()), file=sys.stderr)
        return _failed(root)
    except RenderingFailed as error:
        print(error, file=sys.stderr)
        return _failed(root)
    except KeyboardInterrupt:
        return execute.interrupted()
    state = f"built in {time.perf_counter() - start:.1f} s" if changed else "up to date"
    print(f"The book is {state}. Open {(root / HTML / 'index.html').as_uri()}")
    return 0


def _failed(root: Path) -> int:
    kept = (root / HTML / "index.html").exists()
    rest = f"; the last good one is still in {HTML}." if kept else "."
    print(f"The book was not built{rest}", file=sys.stderr)
    return 1


def _digests(root: Path) -> tuple[str, str]:
    """Digests of the pages' text, and of all else that they are rendered from."""
    texts, rest = hashlib.sha256(), hashlib.sha256(notebooks.surroundings(root).encode())
    for path in sorted((root / "book").rglob("*")):
        if path.is_file() and path.suffix != ".ipynb" and not path.name.startswith("."):
            digest = texts if path.suffix == ".md" else rest
            digest.update(f"{path.relative_to(root).as_posix()}\n".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    for name in SETTINGS:
        rest.update((root / name).read_bytes())
    for page in notebooks.pages(root):
        record = notebooks.recorded(page)
        rest.update(f"{page.name} {record.key if record else None}\n".encode())
    return texts.hexdigest(), rest.hexdigest()


def _render(root: Path) -> None:
    """Run Jupyter Book in the work area, with warnings as errors."""
    work = root / WORK
    work.mkdir(parents=True, exist_ok=True)
    program = "from jupyter_book.cli.main import main; main()"
    command = [sys.executable, "-c", program, "build", str(root), "--path-output", str(work)]
    command += ["--warningiserror", "--keep-going", "--quiet"]
    with open(root / LOG, "w", encoding="utf-8") as log:
        environment = {**os.environ, **execute.kernel_environment(root)}
        status = subprocess.run(
            command, stdout=log, stderr=subprocess.STDOUT, env=environment, check=False
        ).returncode
    if status != 0:
        shutil.rmtree(work, ignore_errors=True)
        said = (root / LOG).read_text(encoding="utf-8").partition("Traceback (most recent")[0]
        raise RenderingFailed(f"{said.strip()}\n\nrendering failed; all of it is in {LOG}")


def _publish(root: Path) -> None:
    """Put the rendered pages in place of the last good ones."""
    html, new, old = root / HTML, root / BUILD / "html.new", root / BUILD / "html.old"
    for left in (new, old):
        shutil.rmtree(left, ignore_errors=True)
    shutil.copytree(root / WORK / "_build" / "html", new)
    if html.exists():
        html.rename(old)
    new.rename(html)
    shutil.rmtree(old, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
