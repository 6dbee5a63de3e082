"""Four threads and two processes under one limit, in real time: requests granted a second, and the fullest second.

Run ``python -m tests.benchmarks.pubmed_limiter``.
"""

from __future__ import annotations

import multiprocessing
import tempfile
import threading
import time
from pathlib import Path

from extract.pubmed.limiter import RequestLimiter


def _ask(folder: str, per_second: int, until: float, threads: int, out: multiprocessing.Queue[list[float]]) -> None:
    granted: list[float] = []
    lock = threading.Lock()

    def work() -> None:
        limiter = RequestLimiter(Path(folder), per_second=per_second)
        while time.monotonic() < until:
            limiter.wait()
            with lock:
                granted.append(time.monotonic())

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    out.put(granted)


def measured(per_second: int, *, seconds: float = 10.0) -> tuple[float, int]:
    """Return requests a second and the most in any one second: 2 processes of 4 threads."""
    out: multiprocessing.Queue[list[float]] = multiprocessing.Queue()
    with tempfile.TemporaryDirectory() as folder:
        until = time.monotonic() + seconds
        processes = [multiprocessing.Process(target=_ask, args=(folder, per_second, until, 4, out)) for _ in range(2)]
        for process in processes:
            process.start()
        times = sorted(out.get() + out.get())
        for process in processes:
            process.join()
    fullest = max(sum(start <= one < start + 1 for one in times) for start in times)
    return (len(times) - per_second) / (times[-1] - times[per_second - 1]), fullest


def main() -> None:
    for per_second in (3, 10):
        rate, fullest = measured(per_second)
        print(f"limit {per_second:2}: {rate:.2f} requests a second, at most {fullest} in any one second")


if __name__ == "__main__":
    main()
