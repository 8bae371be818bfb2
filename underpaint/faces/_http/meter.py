"""How many requests were answered, how, and in what time; for `/metrics`."""

import threading
from collections import Counter

__all__ = ["Meter"]

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "WS")
BOUNDS = (0.005, 0.025, 0.1, 0.5, 2.5, 10.0, 60.0)


class Meter:
    """Counts answers; any thread may."""

    def __init__(self) -> None:
        """Begin at zero."""
        self._lock = threading.Lock()
        self._answers = Counter[tuple[str, int]]()
        self._within = Counter[float]()
        self._seconds = 0.0

    def count(self, method: str, status: int, seconds: float) -> None:
        """Count one answer.

        Args:
            method: of HTTP; those that no call here has are counted as one.
            status: of HTTP.
            seconds: from the request's first byte to the answer's first.
        """
        method = method if method in METHODS else "other"
        with self._lock:
            self._answers[method, status] += 1
            self._seconds += seconds
            for bound in BOUNDS:
                self._within[bound] += seconds <= bound

    def lines(self) -> list[str]:
        """Return what was counted, in Prometheus' text format."""
        with self._lock:
            answers, within = sorted(self._answers.items()), dict(self._within)
            seconds = self._seconds
        name = "underpaint_http_answer_seconds"
        total = sum(count for _, count in answers)
        return [
            "# TYPE underpaint_http_answers_total counter",
            *(
                f'underpaint_http_answers_total{{method="{method}",status="{status}"}} {count}'
                for (method, status), count in answers
            ),
            f"# TYPE {name} histogram",
            *(f'{name}_bucket{{le="{bound:g}"}} {within.get(bound, 0)}' for bound in BOUNDS),
            f'{name}_bucket{{le="+Inf"}} {total}',
            f"{name}_sum {seconds:.6f}",
            f"{name}_count {total}",
        ]
