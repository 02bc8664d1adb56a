"""What contenders share: the stopwatch, and the line that says what was measured."""

import json
import time
from typing import Any


class Stopwatch:
    """CPU seconds of this process, user and system of all threads, from the first `start` on."""

    def __init__(self) -> None:
        self._began: tuple[float, float] | None = None

    def start(self) -> None:
        """Begin, unless it has begun."""
        if self._began is None:
            self._began = time.process_time(), time.perf_counter()

    def read(self) -> dict[str, float]:
        """Return CPU and wall-clock seconds since the start."""
        if self._began is None:
            msg = "the stopwatch was never started"
            raise ValueError(msg)
        cpu, wall = self._began
        return {"cpu_s": time.process_time() - cpu, "wall_s": time.perf_counter() - wall}


def tell(result: dict[str, Any]) -> None:
    """Print a result on a line of its own; Faust may have left half a line behind."""
    print(f"\n{json.dumps(result)}", flush=True)
