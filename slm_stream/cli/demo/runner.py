"""The demo from its first step to its last: feed, watch, show."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live

from slm_stream.adapters.event_reader import EventReader
from slm_stream.cli.demo import pace
from slm_stream.cli.demo.expectations import Check, Outcome, Seen
from slm_stream.cli.demo.faults import END_MS, FAULTS, START_MS
from slm_stream.cli.demo.feed import Feed
from slm_stream.cli.demo.pace import Step
from slm_stream.cli.demo.screen import Scene, moment
from slm_stream.cli.demo.workers import Figures, Workers
from slm_stream.cli.level_table import subject_of
from slm_stream.codec import topics
from slm_stream.errors import UnavailableError

POLL_S = 0.05
FRAME_S = 0.1
FIGURES_S = 1.0
LOOK_S = 0.1
STUCK_S = 60.0
MAX_BEHIND_S = 5.0
"""Real seconds that the workers may lag behind before simulated time waits for them."""
SETTLE_S = 40.0
PROGRESS_DAYS = 3
WATCHED = (topics.LEVELS, topics.NEAR_BREACHES, topics.BREACHES)


class Run:
    """One run of the demo.

    Parameters
    ----------
    scene : Scene
    feed : Feed
    workers : Workers
    reader : EventReader
    console : Console
        Where the table lives; without a terminal there, news go to `say`.
    say : callable
        Tells one line of news or progress.
    """

    def __init__(
        self,
        scene: Scene,
        feed: Feed,
        workers: Workers,
        reader: EventReader,
        *,
        console: Console,
        say: Callable[[str], None],
    ) -> None:
        self.scene = scene
        self._feed = feed
        self._workers = workers
        self._reader = reader
        self._console = console
        self._say = say
        self._live: Live | None = None
        self._asked_s = 0.0
        self._shown_s = 0.0
        self._told_day = 0
        self._ticked: list[tuple[float, int]] = []

    @contextmanager
    def on_screen(self) -> Iterator[None]:
        """Show the table while in here, where there is a terminal."""
        if not self._console.is_terminal:
            yield
            return
        with Live(console=self._console, auto_refresh=False, screen=True) as live:
            self._live = live
            try:
                yield
            finally:
                self._live = None

    def month(self, seconds: float) -> float:
        """Play the month until everything is judged; return how many seconds it took."""
        began = time.monotonic()
        self._play(pace.month(FAULTS, seconds))
        self._feed.close_step()
        self._until(lambda f: f.judged_ms >= END_MS and f.lag == 0)
        # New figures of unchanged levels leave with the next checkpoint, a second later.
        self._watch(1.1)
        self._feed.nudge(END_MS)
        self._watch(0.5)
        self._until(lambda _: self._reader.caught_up)
        return time.monotonic() - began

    def _until(self, holds: Callable[[Figures], bool]) -> None:
        end = time.monotonic() + SETTLE_S
        while time.monotonic() < end:
            self._watch(2 * LOOK_S, look_s=LOOK_S)
            if self.scene.figures is not None and holds(self.scene.figures):
                return

    def afterwards(self) -> None:
        """Let time go on until somebody ends it; never beyond the present."""
        self._play(pace.afterwards(END_MS), until_now=True)

    def _play(self, steps: Iterable[Step], *, until_now: bool = False) -> None:
        due = time.monotonic()
        for step in steps:
            while until_now and step.end_ms > time.time() * 1000:
                self._watch(1.0)
            self._wait_for_workers(0.0 if step.tick_ms == pace.SLOW_TICK_MS else MAX_BEHIND_S)
            ticked_ms = self._feed.send(step)
            self._ticked.append((time.monotonic(), ticked_ms))
            self.scene.now_ms, self.scene.n_sent = step.end_ms, self._feed.n_sent
            self._tell_progress()
            due = max(due + step.takes_s, time.monotonic() - MAX_BEHIND_S)
            self._watch(max(0.0, due - time.monotonic()))

    def _wait_for_workers(self, allowed_s: float) -> None:
        """Return once no tick has waited for longer than allowed to be judged.

        Raises
        ------
        UnavailableError
            The workers judge nothing any more.
        """
        began = time.monotonic()
        while True:
            judged_ms = self.scene.figures.judged_ms if self.scene.figures else 0
            self._ticked = [(at, ms) for at, ms in self._ticked if ms > judged_ms]
            now = time.monotonic()
            if not self._ticked or now - self._ticked[0][0] < allowed_s:
                return
            if now - began > STUCK_S:
                msg = (
                    f"the workers have judged nothing for {STUCK_S:.0f} s: "
                    "see why with slm demo --keep"
                )
                raise UnavailableError(msg)
            self._watch(LOOK_S, look_s=LOOK_S)

    def _watch(self, seconds: float, look_s: float = FIGURES_S) -> None:
        """Take what comes for some time, and show it."""
        end = time.monotonic() + seconds
        while True:
            came = self._reader.poll(min(POLL_S, max(0.0, end - time.monotonic())))
            for topic, event in sorted(came, key=lambda each: each[1].time):
                if topic == topics.LEVELS:
                    self.scene.levels[subject_of(event.data)] = event.data
                else:
                    self._tell(self.scene.watchlist.see(topic, event))
            self._look(look_s)
            self._show()
            if time.monotonic() >= end:
                return

    def _show(self) -> None:
        if self._live is not None and time.monotonic() - self._shown_s >= FRAME_S:
            self._live.update(self.scene.picture(self._console), refresh=True)
            self._shown_s = time.monotonic()

    def _look(self, every_s: float) -> None:
        if time.monotonic() - self._asked_s >= every_s:
            self.scene.figures = self._workers.figures() or self.scene.figures
            self._asked_s = time.monotonic()

    def _tell(self, news: Check | Seen | None) -> None:
        if news is None or self._live is not None or news.at_ms is None:
            return
        at = f"{moment(news.at_ms):%d %b %H:%M}"
        if isinstance(news, Seen):
            self._say(f"{at}  ! {news.level.replace('_', ' ')} of {news.subject}: not expected")
            return
        level = news.expected.level.replace("_", " ")
        mark = "✓" if news.outcome is Outcome.CAME else f"! too {news.outcome}:"
        self._say(f"{at}  {mark} {level} of {news.expected.subject} ({news.fault.title})")

    def _tell_progress(self) -> None:
        day = moment(self.scene.now_ms)
        if self._live is None and self.scene.now_ms <= END_MS:
            passed = (self.scene.now_ms - START_MS) // (PROGRESS_DAYS * 86_400_000)
            if passed > self._told_day:
                self._told_day = passed
                self._say(f"{day:%d %b %H:%M}  {self.scene.n_sent:,} measurements sent")
