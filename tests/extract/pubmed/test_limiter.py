"""Never more requests in a second than allowed, whoever asks."""

from __future__ import annotations

import threading
import time as real_time
from pathlib import Path

import pytest

from extract.errors import StoreError
from extract.pubmed.limiter import RequestLimiter


class Time:
    """A clock that only moves when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds


def limiter(folder: Path, time: Time, per_second: int) -> RequestLimiter:
    return RequestLimiter(folder, per_second=per_second, clock=time.clock, sleep=time.sleep)


@pytest.mark.parametrize("per_second", [1, 3, 10])
def test_no_second_holds_more_than_allowed_and_hardly_less(per_second: int, tmp_path: Path) -> None:
    time = Time()
    one = limiter(tmp_path, time, per_second)
    times = []
    for _ in range(8 * per_second):
        one.wait()
        times.append(time.now)
    assert all(later - earlier > 1.0 for earlier, later in zip(times, times[per_second:], strict=False))
    assert (len(times) - per_second) / (times[-1] - times[per_second - 1]) >= 0.9 * per_second


def test_limiters_of_one_folder_share_one_limit(tmp_path: Path) -> None:
    time = Time()
    first, second = limiter(tmp_path, time, 3), limiter(tmp_path, time, 3)
    waits = [one.wait() for one in (first, second, first, second)]
    assert waits[0] == 0
    assert sum(waits) == pytest.approx(1.04), "the fourth request leaves 1.04 s after the first"


def test_threads_take_turns(tmp_path: Path) -> None:
    class Watched(Time):
        """Notes how many threads wait for their grant at the same moment: one, for waiting holds the lock."""

        waiting = 0
        most = 0

        def sleep(self, seconds: float) -> None:
            self.waiting += 1
            self.most = max(self.most, self.waiting)
            real_time.sleep(0.002)
            self.now += seconds
            self.waiting -= 1

    time = Watched()

    def ask() -> None:
        for _ in range(2):
            limiter(tmp_path, time, 3).wait()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert time.most == 1
    assert time.now - 1000.0 >= 2.0, "8 requests at 3 a second span two full seconds"


@pytest.mark.parametrize("text", ["[1000.0, 1000.0", "{}x", "[null]", "nonsense"])
def test_a_damaged_file_is_read_as_a_full_second_just_spent(text: str, tmp_path: Path) -> None:
    (tmp_path / "requests-granted.json").write_text(text)
    assert limiter(tmp_path, Time(), 3).wait() > 1.0


def test_times_from_before_a_restart_do_not_block(tmp_path: Path) -> None:
    (tmp_path / "requests-granted.json").write_text("[9000.0, 9000.1, 9000.2]")
    assert limiter(tmp_path, Time(), 3).wait() == 0.0


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be written"):
        limiter(tmp_path / "file" / "folder", Time(), 3).wait()


def test_a_grant_the_system_let_go_stale_is_given_up_for_the_next(tmp_path: Path) -> None:
    class Busy(Time):
        """Lets half a second pass right after the first grant was written down."""

        readings = 0

        def clock(self) -> float:
            self.readings += 1
            if self.readings == 4:
                self.now += 0.5
            return self.now

    time = Busy()
    limiter(tmp_path, time, 1).wait()
    assert time.now == pytest.approx(1001.04), "the grant of 1000.0 was spent, the next one used"


def test_a_limit_below_one_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        RequestLimiter(tmp_path, per_second=0)
