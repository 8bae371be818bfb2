"""Live painting: pictures that follow the brush, go before all jobs, and are kept nowhere.

Each painter has one slot: what is offered takes the place of what has not been begun. What has been
begun is painted to its end, or a brush that never rests would never see a picture.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from underpaint.events import Event, Failed, Finished, Progress
from underpaint.requests.image import ImageRequest
from underpaint.studio._feed import Board, Listener

__all__ = ["Glimpse", "Live", "Lives", "Offer"]

A_REST = 2.0


@dataclass(frozen=True, slots=True)
class Glimpse:
    """What is to be seen of an offer.

    Attributes:
        number: the offer's.
        event: what was said of it: of its steps the latest, and its pictures, or why there are
            none.
    """

    number: int
    event: Event


@dataclass(frozen=True, slots=True)
class Offer:
    """What waits to be painted.

    Attributes:
        live: who offered it.
        number: later ones of the same painter have higher ones.
        request: what to paint, seeds drawn.
    """

    live: "Live"
    number: int
    request: ImageRequest


class Live(Listener[Glimpse]):
    """One painter's slot, and what is to be seen of what was in it.

    Attributes:
        dropped: how many offers were overtaken before they were begun.
    """

    def __init__(self, board: Board, lives: "Lives", stir: Callable[[], None]) -> None:
        """Begin with nothing offered; `Studio.live` makes one.

        Args:
            board: where whoever waits is woken.
            lives: where the slot is.
            stir: tells who paints that there is something to do.
        """
        super().__init__(board)
        self._stir = stir
        self.dropped = 0
        self._lives = lives
        self._number = 0
        self._ready: list[Glimpse] = []
        self._lock = threading.Lock()

    def offer(self, request: ImageRequest) -> int:
        """Have a request painted next, instead of the one that waits.

        Args:
            request: its seeds drawn.

        Returns:
            Its number; later ones are higher.
        """
        assert min(request.seed, request.variation_seed) >= 0, "seeds are drawn by resolved() first"
        self._number += 1
        self.dropped += self._lives.put(Offer(self, self._number, request))
        self._stir()
        return self._number

    def close(self) -> None:
        """Offer nothing more; what is being painted is stopped."""
        self._lives.take_back(self)
        super().close()
        self._stir()

    @property
    def closed(self) -> bool:
        """Whether nobody looks any more."""
        return self._closed

    def show(self, glimpse: Glimpse) -> None:
        """Put up what was said of an offer; an earlier step gives way to a later one."""
        with self._lock:
            if self._ready and isinstance(self._ready[-1].event, Progress):
                self._ready.pop()
            self._ready.append(glimpse)
        self._board.changed()

    def _fresh(self) -> tuple[Glimpse, ...]:
        with self._lock:
            ready, self._ready = tuple(self._ready), []
        return ready


class Lives:
    """The slots of all painters: whose offer is the oldest goes first."""

    def __init__(self) -> None:
        """Begin without painters."""
        self._offers: list[Offer] = []
        self._lock = threading.Lock()
        self._rested = 0.0

    @property
    def waiting(self) -> bool:
        """Whether there is something to paint."""
        return bool(self._offers)

    @property
    def rest(self) -> float:
        """Seconds until the brushes are taken to rest, 0 when they do: jobs wait so long."""
        return max(0.0, self._rested - time.monotonic())

    def put(self, offer: Offer) -> bool:
        """Put an offer in its painter's slot; returns whether it took the place of another."""
        with self._lock:
            self._rested = time.monotonic() + A_REST
            for place, each in enumerate(self._offers):
                if each.live is offer.live:
                    self._offers[place] = offer
                    return True
            self._offers.append(offer)
            return False

    def take(self) -> Offer | None:
        """Take out the oldest offer; None when there is none."""
        with self._lock:
            return self._offers.pop(0) if self._offers else None

    def take_back(self, live: Live) -> None:
        """Empty the slot of a painter, who has gone."""
        with self._lock:
            self._offers = [offer for offer in self._offers if offer.live is not live]
            self._rested = 0.0 if not self._offers else self._rested


def worth_showing(event: Event) -> bool:
    """Whether a painter wants to see an event."""
    return isinstance(event, Finished | Failed) or (
        isinstance(event, Progress) and (event.preview is not None)
    )
