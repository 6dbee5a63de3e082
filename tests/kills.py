"""Processes that kill themselves at an instant: before the n-th change they make to a folder."""

from __future__ import annotations

import itertools
import os
import signal
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

CHANGES = {f"os.{name}" for name in ("link", "mkdir", "remove", "rename", "rmdir", "symlink", "truncate")}
"""Audit events of the interpreter that change a file system, beside ``open``."""


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def in_child(run: Callable[[], None]) -> int:
    """Run in a forked child and return its wait status."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # forking with threads: the child starts its own server
        child = os.fork()
    if child == 0:
        try:
            run()
        finally:
            os._exit(0)
    return os.waitpid(child, 0)[1]


def on_each_write(folder: Path, told: Callable[[], object]) -> None:
    """Call before every change this process makes in a folder: files opened for writing, renamed, removed, linked.

    An audit hook stays for the life of its process: for forked children only.
    """
    inside = f"{folder}/"

    def hook(name: str, args: tuple[Any, ...]) -> None:
        if name == "open":
            writes = isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        else:
            writes = name in CHANGES
        if writes and any(str(arg).startswith(inside) for arg in args[:2]):
            told()

    sys.addaudithook(hook)


def killed_at_write(folder: Path, number: int, run: Callable[[], object]) -> Callable[[], None]:
    """Return what runs, in a child, until the n-th change it makes to a folder."""

    def killed() -> None:
        writes = itertools.count(1)
        on_each_write(folder, lambda: die() if next(writes) == number else None)
        run()

    return killed


def count_writes(folder: Path, told: Path, run: Callable[[], object]) -> int:
    """Return how many changes something makes to a folder; it runs in a child, which writes the count to a file."""

    def counted() -> None:
        number = itertools.count()
        on_each_write(folder, lambda: next(number))
        run()
        told.write_text(str(next(number)), encoding="utf-8")

    if status := in_child(counted):
        raise AssertionError(f"ended with status {status}")
    return int(told.read_text(encoding="utf-8"))


def spread(parts: int, writes: int) -> list[int]:
    """Return so many numbers of writes, from the first to the last."""
    return [1 + part * (writes - 1) // (parts - 1) for part in range(parts)]
