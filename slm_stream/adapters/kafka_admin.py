"""Topics on a broker: made as `codec.topics` says, or compared with it."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from confluent_kafka import KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic, OffsetSpec, ResourceType

from slm_stream.codec.topics import TOPICS, TopicShape
from slm_stream.errors import SettingsError, UnavailableError

TIMEOUT_S = 8.0
KEEP_MS = 7 * 24 * 3600 * 1000
CREATED = "created"
EXISTS = "exists"


@dataclass(frozen=True, slots=True)
class TopicState:
    """What a broker has of one topic."""

    name: str
    partitions: int
    replication: int
    config: Mapping[str, str]


def wanted_config(shape: TopicShape) -> dict[str, str]:
    """Return the topic settings that make up a shape.

    >>> wanted_config(TopicShape("t", compacted=True))
    {'message.timestamp.type': 'CreateTime', 'cleanup.policy': 'compact'}
    """
    stamps = "LogAppendTime" if shape.broker_time else "CreateTime"
    if shape.compacted:
        return {"message.timestamp.type": stamps, "cleanup.policy": "compact"}
    return {
        "message.timestamp.type": stamps,
        "cleanup.policy": "delete",
        "retention.ms": str(KEEP_MS),
    }


def create_topics(
    broker: str,
    partitions: int,
    replication: int,
    shapes: Iterable[TopicShape] = TOPICS,
) -> list[tuple[str, str]]:
    """Make the topics that are absent; check those that are there.

    Returns
    -------
    list of (str, str)
        Each topic with ``created`` or ``exists``.

    Raises
    ------
    SettingsError
        A topic exists in another shape, or the broker refuses one.
    UnavailableError
        The broker does not answer.

    Notes
    -----
    Returns when the broker shows every topic, so that who comes next finds them.
    """
    shapes = tuple(shapes)
    present = describe_topics(broker, shapes)
    _refuse_other_shapes(present, partitions, shapes)
    absent = [
        NewTopic(
            shape.name,
            num_partitions=partitions,
            replication_factor=replication,
            config=wanted_config(shape),
        )
        for shape in shapes
        if shape.name not in present
    ]
    made = _create(broker, absent)
    present = _wait_until_shown(broker, shapes)
    _refuse_other_shapes(present, partitions, shapes)  # another process may have been faster
    return [(shape.name, CREATED if shape.name in made else EXISTS) for shape in shapes]


def describe_topics(broker: str, shapes: Iterable[TopicShape] = TOPICS) -> dict[str, TopicState]:
    """Return what the broker has of the topics, by name; absent ones are left out.

    Raises
    ------
    UnavailableError
        The broker does not answer.
    """
    admin = _admin(broker)
    try:
        known = admin.list_topics(timeout=TIMEOUT_S).topics
        names = [shape.name for shape in shapes if shape.name in known]
        resources = [ConfigResource(ResourceType.TOPIC, name) for name in names]
        futures = admin.describe_configs(resources, request_timeout=TIMEOUT_S) if names else {}
        configs = {resource.name: future.result() for resource, future in futures.items()}
    except KafkaException as error:
        raise _unavailable(broker, error) from None
    return {
        name: TopicState(
            name=name,
            partitions=len(known[name].partitions),
            replication=min(len(each.replicas) for each in known[name].partitions.values()),
            config={key: entry.value for key, entry in configs[name].items()},
        )
        for name in names
    }


def check_topics(
    broker: str, partitions: int, shapes: Iterable[TopicShape], made_by_us: Iterable[str] = ()
) -> None:
    """Refuse topics that are absent or of another shape.

    Parameters
    ----------
    broker : str
    partitions : int
    shapes : iterable of TopicShape
    made_by_us : iterable of str
        Names of those among them that may be absent: who checks makes them next.

    Raises
    ------
    SettingsError
        A topic has another shape.
    UnavailableError
        The broker does not answer, or a topic is absent.
    """
    shapes = tuple(shapes)
    present = describe_topics(broker, shapes)
    _refuse_other_shapes(present, partitions, shapes)
    names = {shape.name for shape in shapes} - set(made_by_us)
    absent = sorted(names - present.keys())
    if absent:
        msg = f"{broker} has no topic {', '.join(absent)}: make it with slm topics create"
        raise UnavailableError(msg)


def used_topics(broker: str, names: Iterable[str]) -> list[str]:
    """Return those of some existing topics that messages were ever written to.

    Raises
    ------
    UnavailableError
        The broker does not answer.
    """
    admin = _admin(broker)
    try:
        known = admin.list_topics(timeout=TIMEOUT_S).topics
        ends = {
            TopicPartition(name, partition): OffsetSpec.latest()  # type: ignore[no-untyped-call]
            for name in names
            for partition in known[name].partitions
        }
        futures = admin.list_offsets(ends, request_timeout=TIMEOUT_S) if ends else {}
        return sorted({place.topic for place, end in futures.items() if end.result().offset > 0})
    except KafkaException as error:
        raise _unavailable(broker, error) from None


def _create(broker: str, absent: list[NewTopic]) -> set[str]:
    if not absent:
        return set()
    made = set()
    admin = _admin(broker)  # its futures live no longer than it does
    futures = admin.create_topics(absent, operation_timeout=TIMEOUT_S)
    for name, future in futures.items():
        try:
            future.result()
        except KafkaException as error:
            problem = error.args[0]
            if problem.code() != KafkaError.TOPIC_ALREADY_EXISTS:
                msg = f"{broker} refuses topic {name}: {problem.str()}"
                raise SettingsError(msg) from None
        else:
            made.add(name)
    return made


def _wait_until_shown(broker: str, shapes: tuple[TopicShape, ...]) -> dict[str, TopicState]:
    """Return all topics once the broker knows them: the controller says "made" before that."""
    end = time.monotonic() + TIMEOUT_S
    while len(present := describe_topics(broker, shapes)) < len(shapes):
        if time.monotonic() > end:
            missing = ", ".join(shape.name for shape in shapes if shape.name not in present)
            msg = f"{broker} made {missing} but does not show it after {TIMEOUT_S:.0f} s: try again"
            raise UnavailableError(msg)
        time.sleep(0.1)
    return present


def _refuse_other_shapes(
    present: Mapping[str, TopicState], partitions: int, shapes: Iterable[TopicShape]
) -> None:
    mistakes = []
    for shape in shapes:
        state = present.get(shape.name)
        if state is None:
            continue
        if state.partitions != partitions:
            mistakes.append(
                f"topic {shape.name} has {state.partitions} partitions and should have "
                f"{partitions}: set SLM_PARTITIONS={state.partitions}, or delete the topic"
            )
        mistakes += _other_config(shape, state)
    if mistakes:
        raise SettingsError("; ".join(mistakes))


def _other_config(shape: TopicShape, state: TopicState) -> list[str]:
    """Return a sentence for each setting on which figures depend; retention is free."""
    wanted = wanted_config(shape)
    return [
        f"topic {shape.name} has {key}={state.config[key]} and should have {key}={wanted[key]}: "
        f"alter it with kafka-configs, or delete the topic"
        for key in ("cleanup.policy", "message.timestamp.type")
        if state.config[key] != wanted[key]
    ]


def _admin(broker: str) -> AdminClient:
    return AdminClient(
        {"bootstrap.servers": broker, "client.id": "slm-admin", "log_level": 0},
    )


def _unavailable(broker: str, error: KafkaException) -> UnavailableError:
    return UnavailableError(
        f"no Kafka answers at {broker} ({error.args[0].str()}): "
        "start one, or name another with --broker or SLM_BROKER"
    )
