"""Counters of the peer's threads in a file that scripts/bench_peer maps while they count.

The file holds rows of doubles, one row a thread, so that no thread waits for another; a reader adds them up. Times are
seconds: `NAME_cpu` of the thread's own CPU time, `NAME_wall` by the clock, both summed over requests.
"""
import array
import mmap
import time

STAGES = ("decode", "preprocess", "embed", "search", "reply")
FIELDS = ("requests", "batches", "queue_wall") + tuple(f"{s}_{kind}" for s in STAGES for kind in ("cpu", "wall"))


def create(path, rows):
    """Makes the file with all counters at 0."""
    with open(path, "wb") as file:
        array.array("d", bytes(8 * rows * len(FIELDS))).tofile(file)


def read(path):
    """The sums over all threads by field."""
    with open(path, "rb") as file:
        values = array.array("d", file.read())
    return {field: sum(values[i::len(FIELDS)]) for i, field in enumerate(FIELDS)}


class Counters:
    """One thread's row."""

    def __init__(self, path, row):
        with open(path, "r+b") as file:
            self._row = memoryview(mmap.mmap(file.fileno(), 0)).cast("d")[row * len(FIELDS):(row + 1) * len(FIELDS)]

    def add(self, field, value):
        self._row[FIELDS.index(field)] += value

    def stage(self, name, requests=1):
        return _Stage(self._row, FIELDS.index(f"{name}_cpu"), requests)


class _Stage:
    """Adds what passes between `with` and its end; the clock's time once for each of `requests` that wait for it."""

    def __init__(self, row, at, requests):
        self._row, self._at, self._requests = row, at, requests

    def __enter__(self):
        self._wall, self._cpu = time.perf_counter(), time.thread_time()

    def __exit__(self, *_):
        self._row[self._at] += time.thread_time() - self._cpu
        self._row[self._at + 1] += (time.perf_counter() - self._wall) * self._requests
