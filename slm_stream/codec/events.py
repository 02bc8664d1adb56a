"""Events as structured CloudEvents 1.0: near-breaches, breaches, levels and disagreements."""

from datetime import UTC, datetime
from hashlib import blake2b
from typing import Generic, Literal, TypeAlias, TypeVar

import msgspec

CONTENT_TYPE = b"application/cloudevents+json; charset=UTF-8"
HEADERS = (("content-type", CONTENT_TYPE),)
TYPE_PREFIX = "io.slm-stream"


class WindowData(msgspec.Struct, frozen=True):
    """The compliance window of a figure; `end` may lie ahead in a calendar period."""

    label: str
    start: str
    end: str


class BudgetData(msgspec.Struct, frozen=True):
    """The error budget in the unit of the figure; `left` is negative once it is overspent."""

    allowed: float
    left: float
    spent_ratio: float | None


class MeasureData(msgspec.Struct, frozen=True):
    """A figure and its limit, both in `unit`; None where there is no figure."""

    name: str
    unit: str
    value: float | None
    limit: float
    bound: Literal["at_most", "at_least"]


class LevelData(msgspec.Struct, frozen=True):
    """Where an objective stands, and why.

    Attributes
    ----------
    level, previous_level : str
        ``met``, ``near_breach``, ``breach`` or ``no_data``.
    since : str
        Event time of the last change of level.
    triggers : tuple of str
        ``budget_spent``, ``limit_near``, ``burn_rate:1h/5m``, ``clock:INC-1``, ``breach``; empty
        when met.
    target, sli : float or None
        None where a limit is promised; `sli` also without data.
    measure : MeasureData or None
        The figure that is held against a limit; None where a share is promised.
    bad, valid : int
        In `unit`: events, milliseconds or minutes.
    time_to_exhaustion_s : float or None
        Seconds until the budget is spent at the present rate; None while nothing is spent.
    latest_restore : str or None
        Availability that is down: until when it must be up to keep the promise.
    already_lost : bool
        A calendar period's budget is overspent: perfect service from now on cannot mend it.
    coverage_ratio : float or None
        Share of the agreed time so far for which there is evidence.
    witness : str
        Who said so; of several, those who decided that the window's down time was down.
    """

    service: str
    agreement: str
    version: int
    objective: str
    indicator: str
    level: str
    previous_level: str
    since: str
    triggers: tuple[str, ...]
    target: float | None
    sli: float | None
    window: WindowData
    bad: int
    valid: int
    unit: str
    budget: BudgetData | None
    burn_rates: dict[str, float]
    time_to_exhaustion_s: float | None
    latest_restore: str | None
    already_lost: bool
    coverage_ratio: float | None
    witness: str
    measure: MeasureData | None = None


class DisagreementData(msgspec.Struct, frozen=True):
    """Witnesses of one objective that contradict each other: one says up, another down.

    Attributes
    ----------
    since, until : str
        Event time; `until` is None while it lasts.
    limit_s : int
        Agreed seconds after which a disagreement is told.
    witnesses : dict of str to str
        What each says: ``up``, ``degraded``, ``down`` or ``unknown``.
    """

    service: str
    agreement: str
    version: int
    objective: str
    indicator: str
    since: str
    until: str | None
    limit_s: int
    witnesses: dict[str, str]


Data = TypeVar("Data", LevelData, DisagreementData)


class Envelope(msgspec.Struct, Generic[Data], frozen=True):
    """The envelope; `time` is event time, `recordedtime` the tick that noticed."""

    id: str
    source: str
    type: str
    subject: str
    time: str
    recordedtime: str
    sequence: str
    correlationid: str
    partitionkey: str
    dataschema: str
    data: Data
    specversion: str = "1.0"
    datacontenttype: str = "application/json"


CloudEvent: TypeAlias = Envelope[LevelData]
SCHEMAS: dict[type, str] = {
    LevelData: "https://slm-stream.io/schemas/level.v1.json",
    DisagreementData: "https://slm-stream.io/schemas/disagreement.v1.json",
}


def event(kind: str, data: Data, *, source: str, at_ms: int, sequence: int, episode: str) -> bytes:
    """Return an event as bytes.

    The id is a hash of what the event says happened, so the same history gives the same ids.

    Parameters
    ----------
    kind : str
        ``breach.opened``, ``breach.closed``, ``near_breach.opened``, ``near_breach.closed``
        or ``level``; ``witnesses.disagree.opened`` or ``.closed`` with DisagreementData.
    data : LevelData or DisagreementData
    source : str
        Who says so, the same for every worker of an installation.
    at_ms : int
        Event time of the evaluation.
    sequence : int
        Counts the changes of this objective.
    episode : str
        Ties together what belongs to one departure from the promise.
    """
    subject = f"{data.agreement}/{data.objective}"
    identity = f"{source}|{subject}|{data.version}|{kind}|{sequence}|{at_ms}"
    return msgspec.json.encode(
        Envelope(
            id=blake2b(identity.encode(), digest_size=16).hexdigest(),
            source=source,
            type=f"{TYPE_PREFIX}.{kind}.v1",
            subject=subject,
            time=rfc3339(at_ms),
            recordedtime=rfc3339(at_ms),
            sequence=f"{sequence:012d}",
            correlationid=episode,
            partitionkey=subject,
            dataschema=SCHEMAS[type(data)],
            data=data,
        )
    )


_decoder = msgspec.json.Decoder(CloudEvent)
_disagreements = msgspec.json.Decoder(Envelope[DisagreementData])


def read(raw: bytes) -> CloudEvent:
    """Return an event about a level; raise msgspec.DecodeError where it is none of ours."""
    return _decoder.decode(raw)


def read_disagreement(raw: bytes) -> Envelope[DisagreementData]:
    """Return an event about a disagreement; raise msgspec.DecodeError where it is none."""
    return _disagreements.decode(raw)


def episode_id(subject: str, version: int, since_ms: int) -> str:
    """Return the name of one departure from a promise."""
    return blake2b(f"{subject}|{version}|{since_ms}".encode(), digest_size=8).hexdigest()


def rfc3339(at_ms: int) -> str:
    """Return an instant as text, in UTC with milliseconds.

    >>> rfc3339(1_774_738_800_000)
    '2026-03-28T23:00:00.000Z'
    """
    text = datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")
