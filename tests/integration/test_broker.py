"""A real broker, and the topics on it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from slm_stream.adapters import local_kafka
from slm_stream.adapters.kafka_admin import (
    create_topics,
    describe_topics,
    wanted_config,
)
from slm_stream.adapters.local_kafka import LocalKafka
from slm_stream.cli.main import main
from slm_stream.codec.topics import LEVELS, PROBES, TOPICS, TopicShape
from slm_stream.errors import SettingsError, UnavailableError

pytestmark = pytest.mark.integration


def eventually(holds: Callable[[], bool], within_s: float = 10.0) -> bool:
    """Return whether something comes true in time."""
    end = time.monotonic() + within_s
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def alive(pid: int) -> bool:
    """Return whether a process runs; a zombie does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def prefixed(unique: str) -> tuple[TopicShape, ...]:
    """Return the product's topics under names of one test's own."""
    return tuple(
        TopicShape(unique + shape.name, shape.compacted, shape.broker_time) for shape in TOPICS
    )


def test_topics_get_their_shape_and_stay(kafka: str, unique: str) -> None:
    """Every topic is made with its partitions and settings; a second run changes nothing."""
    shapes = prefixed(unique)

    first = create_topics(kafka, 3, 1, shapes)
    second = create_topics(kafka, 3, 1, shapes)

    assert first == [(shape.name, "created") for shape in shapes]
    assert second == [(shape.name, "exists") for shape in shapes]
    states = describe_topics(kafka, shapes)
    for shape in shapes:
        state = states[shape.name]
        assert (state.partitions, state.replication) == (3, 1)
        assert wanted_config(shape).items() <= dict(state.config).items()
    assert states[unique + PROBES].config["message.timestamp.type"] == "LogAppendTime"
    assert states[unique + LEVELS].config["cleanup.policy"] == "compact"


def test_another_shape_is_refused_and_nothing_is_made(kafka: str, unique: str) -> None:
    """The error names the topic, what it has, what it should have, and the remedy."""
    there, absent = TopicShape(unique + "there"), TopicShape(unique + "absent")
    create_topics(kafka, 2, 1, [there])

    with pytest.raises(SettingsError) as caught:
        create_topics(kafka, 5, 1, [there, absent])

    assert str(caught.value) == (
        f"topic {there.name} has 2 partitions and should have 5: "
        "set SLM_PARTITIONS=2, or delete the topic"
    )
    assert absent.name not in describe_topics(kafka, [absent])

    with pytest.raises(SettingsError, match=r"cleanup\.policy=delete and should have .*=compact"):
        create_topics(kafka, 2, 1, [TopicShape(there.name, compacted=True)])


def test_more_copies_than_brokers_is_one_sentence(kafka: str, unique: str) -> None:
    """What the broker refuses is told with the topic's name."""
    with pytest.raises(SettingsError, match=f"refuses topic {unique}wide: .*replication"):
        create_topics(kafka, 1, 3, [TopicShape(unique + "wide")])


def test_no_broker_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """An address where nothing listens says what to do, within the time-out."""
    monkeypatch.setattr("slm_stream.adapters.kafka_admin.TIMEOUT_S", 0.5)

    with pytest.raises(UnavailableError, match=r"no Kafka answers at 127\.0\.0\.1:9 .*SLM_BROKER"):
        describe_topics("127.0.0.1:9")


def test_a_record_comes_back_as_it_went(kafka: str, unique: str) -> None:
    """Key, value and headers survive the trip; the broker stamps a measurement itself."""
    topic = unique + "probes"
    create_topics(kafka, 1, 1, [TopicShape(topic, broker_time=True)])
    producer = Producer({"bootstrap.servers": kafka})
    producer.produce(topic, b"{}", b"checkout", headers=[("h", b"1")], timestamp=1_000)
    assert producer.flush(10) == 0

    consumer = Consumer({"bootstrap.servers": kafka, "group.id": unique})
    consumer.assign([TopicPartition(topic, 0, 0)])
    record = consumer.poll(10)
    consumer.close()

    assert record is not None
    assert (record.key(), record.value(), record.headers()) == (b"checkout", b"{}", [("h", b"1")])
    assert record.timestamp()[1] > 1_000


def test_a_topic_is_not_made_by_being_used(kafka: str, unique: str) -> None:
    """A misspelt topic is an error, not a new topic."""
    failed: list[object] = []
    producer = Producer({"bootstrap.servers": kafka, "topic.metadata.propagation.max.ms": 500})
    producer.produce(unique + "misspelt", b"x", on_delivery=lambda error, _: failed.append(error))
    producer.flush(10)

    assert len(failed) == 1
    assert failed[0] is not None


def test_second_instance_coexists_and_stop_leaves_nothing(kafka: str) -> None:
    """Two brokers share nothing; a stopped one leaves neither process nor folder."""
    with LocalKafka() as other:
        assert other.bootstrap != kafka
        create_topics(other.bootstrap, 1, 1, [TopicShape("only-there")])
        assert describe_topics(kafka, [TopicShape("only-there")]) == {}
        pid, log = other.pid, other.log_file
        assert alive(pid)

    assert not alive(pid)
    assert not log.parent.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
def test_killed_owner_takes_the_broker_along(kafka: str) -> None:
    """After kill -9 of the process that started it no broker is left; the next start tidies up."""
    script = (
        "from slm_stream.adapters.local_kafka import LocalKafka\n"
        "broker = LocalKafka()\n"
        "broker.start()\n"
        "print(broker.pid, broker.log_file, flush=True)\n"
        "import time; time.sleep(600)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as owner:
        assert owner.stdout is not None
        pid, log = owner.stdout.readline().decode().split()
        assert alive(int(pid))
        os.kill(owner.pid, signal.SIGKILL)

    assert eventually(lambda: not alive(int(pid)))
    assert Path(log).exists()
    local_kafka._sweep()
    assert not Path(log).parent.exists()
    assert describe_topics(kafka, []) == {}  # while a living owner's broker stays


def test_a_taken_port_is_replaced(kafka: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """When somebody takes the port between choice and bind, the next try gets another."""
    taken = int(kafka.rsplit(":", 1)[1])
    choose = local_kafka._free_ports
    first = [[taken, *choose(1)]]
    monkeypatch.setattr(local_kafka, "_free_ports", lambda n: first.pop() if first else choose(n))

    with LocalKafka() as other:
        assert other.bootstrap != kafka


def test_wrong_broker_setting_is_told_with_the_log(kafka: str) -> None:
    """A broker that refuses its settings gives the reason and keeps its log."""
    broker = LocalKafka(overrides={"log.segment.bytes": "many"})

    with pytest.raises(UnavailableError, match=r"did not start: .*log\.segment\.bytes"):
        broker.start()

    assert broker.log_file.exists()
    broker.stop()


def test_commands_make_and_show_the_topics(kafka: str, capsys: pytest.CaptureFixture[str]) -> None:
    """`slm topics` makes the product's topics and shows them as the broker has them."""
    assert main(["topics", "create", "--broker", kafka, "--partitions", "2"]) == 0
    made = capsys.readouterr().out
    assert main(["topics", "describe", "--broker", kafka]) == 0
    shown = capsys.readouterr().out
    assert main(["topics", "create", "--broker", kafka, "--partitions", "4"]) == 2
    refused = capsys.readouterr()

    for shape in TOPICS:
        assert shape.name in made
        assert shape.name in shown
    assert "absent" not in shown
    assert refused.out == ""
    assert refused.err.count("\n") == 1
    assert f"topic {PROBES} has 2 partitions and should have 4" in refused.err
