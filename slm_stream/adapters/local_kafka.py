"""A real Kafka on this machine: one node, its own ports and folder, gone with its owner."""

import base64
import os
import shutil
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from types import TracebackType
from typing import Self

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from slm_stream.adapters.children import dies_with_parent
from slm_stream.adapters.kafka_jars import fetch_jars, find_java
from slm_stream.errors import UnavailableError

TRIES = 4
START_S = 120.0
GRACE_S = 15.0
FOLDER = "slm-kafka-"
NOT_STARTED = "the local Kafka is not running: call start() first"


class LocalKafka:
    """A single-node Apache Kafka (KRaft) on loopback, as a context manager.

    Parameters
    ----------
    heap_mb : int
        Bound of the broker's Java heap.
    rebalance_delay_ms : int
        How long the first member of a group waits for others.
    overrides : mapping of str to str, optional
        Broker settings that replace the ones given here.

    Notes
    -----
    Start it from a thread that lives as long as the broker shall: on Linux the broker dies
    with that thread.

    Topics are not created by being used; an admin client must create them.
    """

    def __init__(
        self,
        *,
        heap_mb: int = 512,
        rebalance_delay_ms: int = 0,
        overrides: Mapping[str, str] | None = None,
    ) -> None:
        self._heap_mb = heap_mb
        self._overrides = {
            "group.initial.rebalance.delay.ms": str(rebalance_delay_ms),
            **(overrides or {}),
        }
        self._node: _Node | None = None

    @property
    def bootstrap(self) -> str:
        """Address of the broker, host:port."""
        return f"127.0.0.1:{self._started().port}"

    @property
    def pid(self) -> int:
        """Process id of the broker."""
        process = self._started().process
        if process is None:
            raise UnavailableError(NOT_STARTED)
        return process.pid

    @property
    def log_file(self) -> Path:
        """What the broker wrote; `stop` removes it, a failed start does not."""
        return self._started().log_file

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start the broker and return when it answers.

        Raises
        ------
        UnavailableError
            Java, Maven or the jars cannot be had, or the broker does not come up.
        """
        java, jars = find_java(), fetch_jars()
        _sweep()
        for _ in range(TRIES):
            self.stop()
            node = self._node = _Node([java, f"-Xmx{self._heap_mb}m"], jars, self._overrides)
            try:
                node.format()
                node.launch()
                if node.wait_until_ready():
                    return
            finally:
                if not node.ready:
                    node.end()
            if not node.lost_its_port():
                break
        raise UnavailableError(node.why_not())

    def stop(self) -> None:
        """End the broker and remove its folder; harmless when it is not running."""
        if self._node is not None:
            self._node.end()
            shutil.rmtree(self._node.folder, ignore_errors=True)
            self._node = None

    def _started(self) -> "_Node":
        if self._node is None:
            raise UnavailableError(NOT_STARTED)
        return self._node


class _Node:
    """One try: a folder, two ports and a process."""

    def __init__(self, java: list[str], jars: Path, overrides: Mapping[str, str]) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix=f"{FOLDER}{os.getpid()}-"))
        self.log_file = self.folder / "kafka.log"
        self.port, controller_port = _free_ports(2)
        self.process: subprocess.Popen[bytes] | None = None
        self.ready = False
        self._cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode()
        self._properties = self.folder / "server.properties"
        settings = {**_settings(self.folder, self.port, controller_port), **overrides}
        self._properties.write_text("".join(f"{key}={value}\n" for key, value in settings.items()))
        logging = self.folder / "log4j2.properties"
        shipped = files("slm_stream.deploy").joinpath("kafka/log4j2.properties")
        logging.write_bytes(shipped.read_bytes())
        self._java = [
            *java,
            "-XX:+UseSerialGC",
            "-XX:-UsePerfData",
            f"-Dlog4j2.configurationFile={logging}",
            "-cp",
            f"{jars}/*",
        ]

    def format(self) -> None:
        """Prepare the data folder."""
        arguments = ["format", "--cluster-id", self._cluster, "--config", str(self._properties)]
        done = subprocess.run(
            [*self._java, "-XX:TieredStopAtLevel=1", "kafka.tools.StorageTool", *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        self.log_file.write_bytes(done.stdout + done.stderr)
        if done.returncode != 0:
            raise UnavailableError(self.why_not())

    def launch(self) -> None:
        """Start the process."""
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen(
                dies_with_parent([*self._java, "kafka.Kafka", str(self._properties)]),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                start_new_session=True,  # Ctrl-C is for the owner, which stops the broker last
            )

    def wait_until_ready(self) -> bool:
        """Return whether the broker answers; false when it ended or START_S passed."""
        end = time.monotonic() + START_S
        while self._runs() and time.monotonic() < end:
            if _accepts(self.port) and self._answers():
                self.ready = True
                break
            time.sleep(0.05)
        return self.ready

    def end(self) -> None:
        """End the process, by force when it takes too long."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(GRACE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def lost_its_port(self) -> bool:
        """Return whether somebody took a port between its choice and its use."""
        return "already in use" in self._log_text()

    def why_not(self) -> str:
        """Return in one sentence why the broker did not come up."""
        said = self._log_text()
        if "UnsupportedClassVersionError" in said:
            return "this Java is too old for Kafka 4: install openjdk-17-jre-headless or newer"
        marks = ("ERROR", "FATAL", "Exception", "Error")
        lines = [line for line in said.splitlines() if any(mark in line for mark in marks)]
        why = lines[0].strip() if lines else f"no answer within {START_S:.0f} s"
        return f"the local Kafka did not start: {why}; its log is {self.log_file}"

    def _runs(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def _answers(self) -> bool:
        """Return whether it is this cluster, and not somebody else's, that answers."""
        admin = AdminClient({"bootstrap.servers": f"127.0.0.1:{self.port}", "log_level": 0})
        try:
            cluster = admin.list_topics(timeout=2)
        except KafkaException:
            return False
        return bool(cluster.brokers) and cluster.cluster_id == self._cluster

    def _log_text(self) -> str:
        return self.log_file.read_text(encoding="utf-8", errors="replace")


def _sweep() -> None:
    """Remove the folders of owners that were killed, and with them could not."""
    for folder in Path(tempfile.gettempdir()).glob(f"{FOLDER}*-*"):
        owner = folder.name.removeprefix(FOLDER).split("-")[0]
        try:
            os.kill(int(owner), 0)
        except ProcessLookupError:
            shutil.rmtree(folder, ignore_errors=True)
        except (PermissionError, ValueError):
            continue


def _settings(folder: Path, port: int, controller_port: int) -> dict[str, str]:
    return {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@127.0.0.1:{controller_port}",
        "controller.listener.names": "CONTROLLER",
        "listeners": f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}",
        "log.dirs": str(folder / "data"),
        "auto.create.topics.enable": "false",
        "log.retention.ms": "-1",  # it lives for minutes, and event times may be years old
        "log.cleaner.dedupe.buffer.size": str(16 << 20),
        "offsets.topic.num.partitions": "4",
        "offsets.topic.replication.factor": "1",
        "transaction.state.log.num.partitions": "4",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
        "group.min.session.timeout.ms": "1000",
    }


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(each.getsockname()[1]) for each in sockets]
    for each in sockets:
        each.close()
    return ports


def _accepts(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=0.5).close()
    except OSError:
        return False
    return True
