"""How much is measured, and where things are."""
import dataclasses
import os
import pathlib

BENCH = pathlib.Path(__file__).parent.parent
PROJECT = BENCH.parent
RESULTS = BENCH / "results"
RAW = RESULTS / "raw"

SERVER_CORE = int(os.environ.get("SERVER_CORE", 0))
LOAD_CORE = int(os.environ.get("LOAD_CORE", 1))

CONNECTIONS = 32
PIPELINED = 16  # requests sent at once on a connection, where that is measured
KEY_BYTES = 16
VALUE_BYTES = 100


@dataclasses.dataclass(frozen=True)
class Settings:
    quick: bool
    rounds: int
    seconds: float  # of load for each subject and operation in a round
    warm_up_seconds: float  # for kv-functions and each operation; the others have no compiler to wait for
    keys: int  # that the HTTP requests go over
    entries: int  # in the batches
    memory_entries: int

    @staticmethod
    def of(quick):
        if quick:
            return Settings(True, 1, 2, 4, 1_000, 50_000, 100_000)
        return Settings(False, 5, 8, 15, 10_000, 1_000_000, 1_000_000)

    @staticmethod
    def of_grid(quick):
        """Six servers and two compilers share the cores: fewer keys and entries, so that each still gets through."""
        if quick:
            return Settings(True, 1, 2, 4, 600, 20_000, 50_000)
        return Settings(False, 3, 6, 30, 3_000, 100_000, 1_000_000)


def key(number):
    return f"k{number:0{KEY_BYTES - 1}d}"


def value(number, generation):
    """Bytes that no other key has, nor the same key at another time: a mix-up would show."""
    return f"value {number} of generation {generation} ".ljust(VALUE_BYTES, "x")
