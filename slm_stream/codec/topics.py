"""Names and shapes of every topic."""

from dataclasses import dataclass

INCIDENTS = "slm.incidents.v1"
PROBES = "slm.probes.v1"
TRANSACTIONS = "slm.transactions.v1"
FEEDBACK = "slm.feedback.v1"
TICKS = "slm.ticks.v1"
DEAD_LETTERS = "slm.dead-letters.v1"
LATE = "slm.late.v1"
NEAR_BREACHES = "slm.near-breaches.v1"
BREACHES = "slm.breaches.v1"
DISAGREEMENTS = "slm.disagreements.v1"
LEVELS = "slm.levels.v1"
CLOCKS = "slm.clocks.v1"

MEASUREMENTS = (INCIDENTS, PROBES, TRANSACTIONS, FEEDBACK)
INPUTS = (*MEASUREMENTS, TICKS)


@dataclass(frozen=True, slots=True)
class TopicShape:
    """How a topic is made.

    Attributes
    ----------
    name : str
    compacted : bool
        Keep the last value of each key for ever instead of everything for a while.
    broker_time : bool
        The broker stamps records: a measurement may not lie after its own arrival, and old
        recordings must not fall to retention the moment they are imported.
    """

    name: str
    compacted: bool = False
    broker_time: bool = False


_TRANSIENT = (DEAD_LETTERS, LATE, NEAR_BREACHES, BREACHES, DISAGREEMENTS, CLOCKS)
TOPICS = (
    *(TopicShape(name, broker_time=True) for name in INPUTS),
    *(TopicShape(name) for name in _TRANSIENT),
    TopicShape(LEVELS, compacted=True),
)
