"""Kernels for the pages: each is forked from one process that has imported the library already.

Importing torch, SymPy, SciPy and seaborn takes longer than many a page computes. Here it is done
once in a run: a server (``multiprocessing``'s fork server) imports ``LIBRARY``, does nothing else,
and forks a kernel for each page. So no page sees what another one did. The server has a single
thread, which is what makes forking it safe; where that cannot be relied on (outside Linux) a
kernel is a fresh Python, as it is in nbval's own run of the pages.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import sys
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ipykernel.kernelspec import RESOURCES, get_kernel_dict
from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

__all__ = ["LIBRARY", "ForkedKernel", "ThisPython", "load"]

LIBRARY = "memorize.book.library"
_CONTEXT: Any = multiprocessing.get_context("forkserver" if sys.platform == "linux" else "spawn")


class ForkedKernel(LocalProvisioner):
    """Starts a kernel by asking the server for a fork; all else is as for a kernel of its own."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        arguments = cmd[cmd.index("-f") :]
        started = _CONTEXT.Process(
            target=_become_kernel,
            args=(arguments, str(kwargs["cwd"]), dict(kwargs["env"]), os.getcwd()),
        )
        started.start()
        process: Any = _Forked(started)
        self.process = process
        self.pid = self.pgid = started.pid  # the kernel makes itself the leader of a group
        self.cwd = kwargs["cwd"]
        return self.connection_info


class ThisPython(AsyncKernelManager):
    """Runs a kernel of this very Python, whatever kernels are registered."""

    @property
    def kernel_spec(self) -> KernelSpec:
        return KernelSpec(resource_dir=str(RESOURCES), **get_kernel_dict())

    async def _async_pre_start_kernel(self, **kwargs: Any) -> Any:
        if self.provisioner is None and sys.platform == "linux":
            spec = self.kernel_spec
            self.provisioner = ForkedKernel(kernel_id=self.kernel_id, kernel_spec=spec, parent=self)
        return await super()._async_pre_start_kernel(**kwargs)


def load(pages: Iterable[Path]) -> bool:
    """Start the server; have it import the library, and wait for it, if a page speaks of it.

    Returns whether it did. It forks kernels until this process ends, with what it then imported:
    sources that change while this process lives are not imported again.
    """
    if sys.platform != "linux" or not any("memorize" in p.read_text("utf-8") for p in pages):
        return False
    _CONTEXT.set_forkserver_preload([LIBRARY])
    first = _CONTEXT.Process(target=_nothing)
    first.start()
    first.join()
    return True


class _Forked:
    """A process of the server with the methods of ``subprocess.Popen`` that a provisioner calls."""

    stdin = stdout = stderr = None

    def __init__(self, process: Any) -> None:
        self._process = process
        self.pid: int = process.pid

    def poll(self) -> int | None:
        status: int | None = self._process.exitcode
        return status

    def wait(self) -> int | None:
        self._process.join()
        return self.poll()

    def send_signal(self, signum: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, signum)

    def kill(self) -> None:
        self._process.kill()

    def terminate(self) -> None:
        self._process.terminate()


def _nothing() -> None:
    """What the first fork does: that it ends shows that the server is ready."""


def _become_kernel(
    arguments: list[str], folder: str, environment: dict[str, str], start: str
) -> None:
    """Be what ``python -m ipykernel_launcher`` would be in that folder and environment."""
    _heed_parent()
    gc.freeze()  # what the server imported stays: no collection need look at it again
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    if sys.path[:1] == [start]:
        del sys.path[0]  # of ``python -m``: the run's own folder, which is not the page's
    sys.argv = ["ipykernel_launcher", *arguments]
    from ipykernel.kernelapp import IPKernelApp

    try:
        IPKernelApp.launch_instance(arguments, parent_handle=os.getppid())
    finally:  # the process's last flush must not go to the kernel's streams, closed by now
        sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__


def _heed_parent() -> None:
    """Leave a terminal's Ctrl-C to the run, and end with it, however it ends."""
    os.setsid()
    parent = multiprocessing.parent_process()
    assert parent is not None

    def follow() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=follow, daemon=True).start()
