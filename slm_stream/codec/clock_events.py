"""The event of a ticket's clock that passes a threshold."""

from hashlib import blake2b

import msgspec

from slm_stream.codec.events import TYPE_PREFIX, rfc3339

TYPE = f"{TYPE_PREFIX}.clock.threshold.v1"
SCHEMA = "https://slm-stream.io/schemas/clock-threshold.v1.json"


class ThresholdData(msgspec.Struct, frozen=True):
    """A clock of a ticket has passed a threshold; all figures are of that instant.

    Attributes
    ----------
    clock : str
        ``acknowledge``, ``respond``, ``restore``, ``resolve`` or ``update``.
    priority, group : str
        The ticket's latest; empty where nobody says.
    threshold : str
        As the agreement writes it: ``75 %``, ``-30m``, ``+1h``.
    target_s, elapsed_s : int
        Agreed seconds promised, and spent.
    remaining_s : int
        What is left of them; negative past the deadline.
    started, reached : str
        When the clock began, and when it passed the threshold.
    deadline : str or None
        When the target is used up if nothing makes the clock rest; None where the calendar
        never gets there.
    """

    service: str
    agreement: str
    version: int
    objective: str
    indicator: str
    clock: str
    incident: str
    priority: str
    group: str
    threshold: str
    target_s: int
    elapsed_s: int
    remaining_s: int
    started: str
    reached: str
    deadline: str | None


class ThresholdEvent(msgspec.Struct, frozen=True):
    """The envelope; `time` is when the threshold was passed, `recordedtime` the tick after."""

    id: str
    source: str
    subject: str
    time: str
    recordedtime: str
    correlationid: str
    partitionkey: str
    data: ThresholdData
    type: str = TYPE
    dataschema: str = SCHEMA
    specversion: str = "1.0"
    datacontenttype: str = "application/json"


def event(data: ThresholdData, *, source: str, at_ms: int) -> tuple[str, bytes]:
    """Return the key of an event and the event as bytes.

    Its id is a hash of agreement, version, objective, incident, deadline and threshold, so the
    same threshold of the same deadline is the same event however often it is told.

    Parameters
    ----------
    data : ThresholdData
    source : str
        Who says so, the same for every worker of an installation.
    at_ms : int
        The tick that noticed.
    """
    subject = f"{data.agreement}/{data.objective}/{data.incident}"
    clock = f"{source}|{subject}|{data.version}"
    identity = f"{clock}|{data.deadline}|{data.threshold}"
    return subject, msgspec.json.encode(
        ThresholdEvent(
            id=_digest(identity, 16),
            source=source,
            subject=subject,
            time=data.reached,
            recordedtime=rfc3339(at_ms),
            correlationid=_digest(clock, 8),
            partitionkey=subject,
            data=data,
        )
    )


_decoder = msgspec.json.Decoder(ThresholdEvent)


def read(raw: bytes) -> ThresholdEvent:
    """Return an event from bytes; raise msgspec.DecodeError where it is none of ours."""
    return _decoder.decode(raw)


def _digest(text: str, size: int) -> str:
    return blake2b(text.encode(), digest_size=size).hexdigest()
