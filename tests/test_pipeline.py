"""The pipeline on a small book of its own: what runs, what does not, and what a failure leaves."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
import yaml

from memorize.book import build, execute, notebooks
from memorize.book.notebooks import Page
from myst import HEADER

# Each run leaves a line in the file `runs` of the root: executions are counted, not believed.
CHAPTER = """\
# Chapter NAME

$$x^2 \\ge 0$$ (eq-NAME)

```{code-cell} ipython3
from pathlib import Path

with Path("../../runs").open("a") as runs:
    runs.write("NAME\\n")
print("the outcome of NAME")
```

```{code-cell} ipython3
:tags: [nbval-ignore-output]

import os

from IPython.display import Image, display

display(Image(data=bytes.fromhex("89504e470d0a1a0a"), format="png", width=1, height=1))
os.environ.get("MEMORIZE_SEED", "0")
```
"""


@pytest.fixture
def book(tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with the book's own settings, two chapters and a front page."""
    for name in ("MEMORIZE_SEED", "MEMORIZE_TIER", "MEMORIZE_DEVICE", "MEMORIZE_JOBS"):
        monkeypatch.delenv(name, raising=False)  # those of this run are not those of this book
    config = yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8"))
    config["sphinx"]["config"]["extensions"].remove("memorize.book.sphinx")
    (tmp_path / "_config.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
    parts = [{"caption": "Part", "chapters": [{"file": f"book/part/{n}"} for n in ("one", "two")]}]
    toc = {"format": "jb-book", "root": "book/index", "parts": parts}
    (tmp_path / "_toc.yml").write_text(yaml.safe_dump(toc), encoding="utf-8")
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "library.py").write_text("x = 1\n", encoding="utf-8")
    (tmp_path / "book" / "part").mkdir(parents=True)
    (tmp_path / "book" / "assets").mkdir()
    for name in ("house.css", "favicon.svg"):
        shutil.copy(root / "book" / "assets" / name, tmp_path / "book" / "assets")
    (tmp_path / "book" / "references.bib").touch()
    (tmp_path / "book" / "index.md").write_text("# Front\n\nFirst words.\n", encoding="utf-8")
    for name in ("one", "two"):
        write(tmp_path, name, CHAPTER.replace("NAME", name))
    return tmp_path


def write(book: Path, name: str, text: str) -> None:
    (book / "book" / "part" / f"{name}.md").write_text(HEADER + text, encoding="utf-8")


def edit(book: Path, name: str, old: str, new: str) -> None:
    path = book / "book" / "part" / f"{name}.md"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def runs(book: Path) -> list[str]:
    path = book / "runs"
    return sorted(path.read_text(encoding="utf-8").split()) if path.exists() else []


def html(book: Path, name: str) -> str:
    return (book / build.HTML / "book" / f"{name}.html").read_text(encoding="utf-8")


def pair(book: Path, name: str) -> bytes:
    return (book / "book" / "part" / f"{name}.ipynb").read_bytes()


# ------------------------------------------------------------------ execution


def test_each_page_runs_once_and_only_when_it_must(book: Path) -> None:
    assert sorted(execute.execute(book, jobs=2)) == ["part/one", "part/two"]
    assert execute.execute(book) == []
    before = pair(book, "one")
    edit(book, "one", "# Chapter one", "# Chapter one, in other words")
    assert execute.execute(book) == []
    assert b"in other words" in pair(book, "one") != before
    assert runs(book) == ["one", "two"]
    edit(book, "one", "the outcome of", "the result of")
    assert execute.execute(book) == ["part/one"]
    (book / "src" / "library.py").write_text("x = 2\n", encoding="utf-8")
    assert sorted(execute.execute(book)) == ["part/one", "part/two"]
    (book / "requirements.lock").write_text("x==1\n", encoding="utf-8")
    assert sorted(execute.execute(book)) == ["part/one", "part/two"]
    assert runs(book) == ["one"] * 4 + ["two"] * 3


def test_running_again_makes_no_diff(book: Path) -> None:
    execute.execute(book)
    before = pair(book, "one")
    shutil.rmtree(book / "_build")
    assert sorted(execute.execute(book)) == ["part/one", "part/two"]
    assert pair(book, "one") == before


def test_the_pair_is_pruned_and_the_execution_is_whole(book: Path) -> None:
    execute.execute(book)
    page = Page(book, "part/one")
    shown, whole = (nbformat.read(p, as_version=4) for p in (page.pair, page.executed))
    kept = [json.dumps(notebooks.code_cells(notebook)[1].outputs) for notebook in (shown, whole)]
    assert ["image/png" in outputs for outputs in kept] == [False, True]
    assert "language_info" not in shown.metadata or "version" not in shown.metadata.language_info
    for cell in shown.cells:
        assert set(cell.metadata) <= {"tags", "mystnb"}


def test_another_seed_runs_again_and_leaves_the_pairs(
    book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    execute.execute(book)
    before = pair(book, "one")
    monkeypatch.setenv("MEMORIZE_SEED", "7")
    assert sorted(execute.execute(book)) == ["part/one", "part/two"]
    assert "'7'" in Page(book, "part/one").executed.read_text(encoding="utf-8")
    assert pair(book, "one") == before


def test_a_failure_says_where_and_keeps_the_other_pages(book: Path) -> None:
    edit(book, "two", "import os\n", "import os\n\nraise ArithmeticError('two is odd')\n")
    with pytest.raises(execute.ExecutionFailed) as caught:
        execute.execute(book, jobs=2)
    said = execute.report(caught.value.failures, colour=False)
    line = (book / "book/part/two.md").read_text(encoding="utf-8").split("import os")[0].count("\n")
    assert f"part/two: code cell 2 (book/part/two.md, line {line + 1}) failed" in said
    assert "raise ArithmeticError('two is odd')" in said
    assert "ArithmeticError: two is odd" in said
    assert "Traceback" in said
    assert "\x1b" not in said
    edit(book, "two", "raise ArithmeticError('two is odd')\n", "")
    assert execute.execute(book) == ["part/two"]
    assert runs(book) == ["one", "two", "two"]


def test_a_kernel_that_dies_is_a_failure(book: Path) -> None:
    edit(book, "two", "import os\n", "import os\n\nos._exit(1)\n")
    with pytest.raises(execute.ExecutionFailed) as caught:
        execute.execute(book)
    assert "code cell 2" in caught.value.failures[0].where


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGINT])
def test_a_run_that_is_stopped_keeps_what_was_done(book: Path, blow: signal.Signals) -> None:
    wait = "import time\n\nwhile not Path('../../go').exists():\n    time.sleep(0.05)\n"
    edit(book, "two", 'print("the outcome of two")', wait)
    command = [sys.executable, "-m", "memorize.book.execute", "--root", str(book), "--jobs", "2"]
    run = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)
    try:
        while notebooks.recorded(Page(book, "part/one")) is None or "two" not in runs(book):
            assert run.poll() is None
            time.sleep(0.1)
        if blow == signal.SIGINT:  # as from a terminal: to all processes of the run
            os.killpg(run.pid, blow)
            said = run.communicate()[1]
            assert run.returncode == 130, said
            assert "what had been executed is kept" in said
        else:
            run.send_signal(blow)
            run.wait()
        assert notebooks.recorded(Page(book, "part/two")) is None
    finally:
        (book / "go").touch()  # whatever still waits ends now
    execute.execute(book)
    assert runs(book).count("one") == 1


def test_a_page_that_is_gone_leaves_nothing_behind(book: Path) -> None:
    execute.execute(book)
    Page(book, "part/two").text.unlink()
    execute.execute(book)
    kept = {p.name for p in (book / notebooks.EXECUTED).rglob("*") if p.is_file()}
    assert kept == {"one.ipynb", "one.json"}


def test_the_reader_own_jupyter_does_not_matter(book: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    kernel = home / ".local/share/jupyter/kernels/python3"
    kernel.mkdir(parents=True)
    spec = {"argv": ["false"], "display_name": "broken", "language": "python"}
    (kernel / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")
    startup = home / ".ipython/profile_default/startup"
    startup.mkdir(parents=True)
    (startup / "mine.py").write_text("print('my own start-up file')", encoding="utf-8")
    command = [sys.executable, "-m", "memorize.book.execute", "--root", str(book)]
    own = {k: v for k, v in os.environ.items() if not k.startswith(("IPYTHON", "JUPYTER"))}
    done = subprocess.run(
        command, env={**own, "HOME": str(home)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "my own start-up" not in Page(book, "part/one").executed.read_text(encoding="utf-8")


@pytest.mark.parametrize("jobs", [0, -1])
def test_the_number_of_processes_must_be_positive(book: Path, jobs: int) -> None:
    with pytest.raises(ValueError, match=f"jobs must be at least 1, got {jobs}"):
        execute.execute(book, jobs)


# ------------------------------------------------------------------ cells


def test_cell_ids_follow_the_cells(book: Path) -> None:
    twice = "```{code-cell} ipython3\n1\n```\n\n```{code-cell} ipython3\n1\n```\n"
    write(book, "one", twice)
    page = Page(book, "part/one")
    before = [cell.id for cell in notebooks.read(page).cells]
    assert len(set(before)) == 2
    write(book, "one", "# New title\n\n" + twice)
    assert [cell.id for cell in notebooks.read(page).cells][1:] == before


def test_outputs_of_other_code_are_refused(book: Path) -> None:
    execute.execute(book)
    edit(book, "one", "the outcome of", "the result of")
    with pytest.raises(LookupError, match="part/one was executed with other code"):
        notebooks.executed(Page(book, "part/one"))
    with pytest.raises(LookupError, match="part/three was not executed"):
        notebooks.executed(Page(book, "part/three"))


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "kept.txt"
    notebooks.write(path, "old")
    with pytest.raises(UnicodeEncodeError):
        notebooks.write(path, "new \ud800")
    assert path.read_text(encoding="utf-8") == "old"


# ------------------------------------------------------------------ rendering


def test_pages_come_from_the_one_execution(book: Path) -> None:
    assert build.build(book)
    assert "the outcome of one" in html(book, "part/one")
    assert build.build(book) is False
    assert runs(book) == ["one", "two"]

    (book / "book" / "index.md").write_text("# Front\n\nOther words.\n", encoding="utf-8")
    edit(book, "one", "# Chapter one", "# Chapter one, in other words")
    assert build.build(book)
    assert "Other words" in html(book, "index")
    assert "in other words" in html(book, "part/one")
    assert "in other words" in html(book, "part/two"), "the navigation of the other pages"
    assert runs(book) == ["one", "two"], "a prose edit, or Sphinx, executed a page"

    download = re.search(r'href="([^"]*_sources/book/part/one\.ipynb)"', html(book, "part/one"))
    assert download is not None
    notebook = (book / build.HTML / "book" / "part" / download[1]).resolve()
    assert notebook.read_bytes() == Page(book, "part/one").executed.read_bytes()

    (book / "src" / "library.py").write_text("x = 2\n", encoding="utf-8")
    assert build.build(book)
    assert runs(book) == ["one", "one", "two", "two"]


def test_no_page_names_another_machine_as_a_source(book: Path) -> None:
    build.build(book)
    pages = list((book / build.HTML).rglob("*.html"))
    assert len(pages) >= 4
    for page in pages:
        text = page.read_text(encoding="utf-8")
        sources = re.findall(r"<(?:script|link|img|iframe|source)\b[^>]*>", text)
        assert not [tag for tag in sources if re.search(r"""=["']?(https?:)?//""", tag)], page
        assert "require.js" not in text
        assert "mathjax/tex-svg-full.js" in text or "math" not in text


def test_a_warning_fails_every_time_and_leaves_the_last_good_pages(book: Path) -> None:
    build.build(book)
    good = html(book, "part/one")
    edit(book, "one", "# Chapter one", "# Chapter one\n\nSee {eq}`nowhere`.")
    for _ in range(2):
        with pytest.raises(build.RenderingFailed, match="nowhere"):
            build.build(book)
        assert html(book, "part/one") == good
    edit(book, "one", "{eq}`nowhere`", "{eq}`eq-two`")
    assert build.build(book)
    assert "See" in html(book, "part/one")
    edit(book, "two", "(eq-two)", "(eq-other)")
    with pytest.raises(build.RenderingFailed, match="eq-two"):  # of a page that was not edited
        build.build(book)


def test_stderr_in_a_page_is_a_warning(book: Path) -> None:
    careless = "import os\nimport sys\n\nprint('careless', file=sys.stderr)\n"
    edit(book, "one", "import os\n", careless)
    with pytest.raises(build.RenderingFailed, match="stderr was found"):
        build.build(book)


def test_the_command_line_tells_where_the_book_is_and_what_failed(book: Path) -> None:
    command = [sys.executable, "-m", "memorize.book.build", "--root", str(book)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (book / build.HTML / "index.html").as_uri() in done.stdout
    edit(book, "one", "import os\n", "import os\n\nassert 1 > 2\n")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "part/one: code cell 2" in done.stderr
    assert "the last good one is still in" in done.stderr
    assert "the outcome of one" in html(book, "part/one")
