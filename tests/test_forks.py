"""Kernels forked from one process: as good as fresh ones, and gone when their run is."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from memorize.book import execute
from myst import HEADER

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere kernels are not forked")

BEGINNING = f"""{HEADER}# A page

```{{code-cell}} ipython3
"""

# What a page finds, and what it leaves behind.
TELLS = """\
import sys
loaded = "torch" in sys.modules

import json
import os
from pathlib import Path

import matplotlib.pyplot as plt
import memorize
import torch

found = {
    "loaded": loaded,
    "state": hasattr(memorize, "left") or "memorize.left" in sys.modules or plt.get_fignums(),
    "variable": os.environ.get("LEFT"),
    "seed": torch.initial_seed(),
    "threads": torch.get_num_threads(),
    "style": plt.rcParams["lines.linewidth"],
    "backend": plt.get_backend(),
    "folder": os.getcwd(),
    "path": sys.path,
    "arguments": sys.argv[0],
    "server's threads": len(os.listdir(f"/proc/{os.getppid()}/task")),
    "server": os.getppid(),
}
name = f"found-{found['seed'] == torch.manual_seed(7).initial_seed()}-{os.getpid()}.json"
Path("../../" + name).write_text(json.dumps(found))

memorize.left, sys.modules["memorize.left"], os.environ["LEFT"] = 1, memorize, "1"
plt.rcParams["lines.linewidth"] = 77
plt.figure()
os.chdir("/")
"""

WAITS = """\
import os
import time
from pathlib import Path

Path("../../pid").write_text(str(os.getpid()))
while True:
    time.sleep(1)
"""


def book(root: Path, **pages: str) -> Path:
    (root / "book" / "part").mkdir(parents=True)
    (root / "src").mkdir()
    (root / "book" / "index.md").write_text("# Front\n", encoding="utf-8")
    for name, code in pages.items():
        page = root / "book" / "part" / f"{name}.md"
        page.write_text(f"{BEGINNING}{code}```\n", encoding="utf-8")
    return root


def test_a_page_finds_the_library_loaded_and_nothing_of_another_page(tmp_path: Path) -> None:
    book(tmp_path, one=TELLS, two=TELLS)
    command = [sys.executable, "-m", "memorize.book.execute", "--root", str(tmp_path)]
    done = subprocess.run(
        [*command, "--jobs", "1"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "the library was loaded" in done.stdout
    first, second = (json.loads(p.read_text("utf-8")) for p in tmp_path.glob("found-*.json"))
    assert first == second
    assert first["loaded"]
    assert not first["state"]
    assert first["variable"] is None
    assert first["threads"] == first["server's threads"] == 1
    assert first["style"] != 77
    assert "inline" in first["backend"]
    assert first["folder"] == str(tmp_path / "book" / "part")
    assert str(tmp_path) not in first["path"]
    assert first["arguments"] == "ipykernel_launcher"


def test_pages_that_import_nothing_of_it_do_not_wait_for_the_library(tmp_path: Path) -> None:
    from memorize.book import forks

    book(tmp_path, one="1 + 1\n")
    assert not forks.load((tmp_path / "book").rglob("*.md"))
    assert execute.execute(tmp_path) == ["part/one"]


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_kernel_ends_with_its_run(tmp_path: Path, blow: signal.Signals) -> None:
    book(tmp_path, one=WAITS)
    command = [sys.executable, "-m", "memorize.book.execute", "--root", str(tmp_path)]
    run = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    pid = tmp_path / "pid"
    while not (pid.exists() and pid.read_text("utf-8")):
        assert run.poll() is None
        time.sleep(0.1)
    kernel = int(pid.read_text("utf-8"))
    run.send_signal(blow)
    run.wait()
    for _ in range(100):
        if not alive(kernel):
            return
        time.sleep(0.1)
    os.kill(kernel, signal.SIGKILL)
    pytest.fail("the kernel outlived its run")


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text("utf-8").rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
