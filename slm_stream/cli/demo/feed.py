"""The simulated shop's measurements and clock on their way to Kafka."""

from slm_stream.adapters.producer import BulkProducer
from slm_stream.cli.demo.pace import Step
from slm_stream.cli.demo.simulation import SHOP, Simulation
from slm_stream.codec import topics
from slm_stream.domain.partitions import partition_of


class Feed:
    """Sends what is measured, and the ticks of a span only once all of the next is in the log.

    A worker judges a span when it reads its ticks, and must have read its measurements by then.

    Parameters
    ----------
    broker : str
    partitions : int
    simulation : Simulation
    """

    def __init__(self, broker: str, partitions: int, simulation: Simulation) -> None:
        self.n_sent = 0
        self._simulation = simulation
        self._producer = BulkProducer(broker, topics.INPUTS)
        self._partitions = sorted({partition_of(t.service, partitions) for t in SHOP})
        self._before: Step | None = None

    def send(self, step: Step) -> int:
        """Send what is measured in a step, and the ticks of the step before; return their last."""
        measured = self._simulation.between(step.start_ms, step.end_ms)
        for topic, measurement in measured:
            self._producer.send(topic, measurement)
        self._producer.flush()
        self.n_sent += len(measured)
        ticked_ms = self.close_step()
        self._before = step
        return ticked_ms

    def close_step(self) -> int:
        """Send the ticks of the last step, when none follows; return the last, 0 for none."""
        if self._before is None:
            return 0
        step, self._before = self._before, None
        self._producer.send_ticks(self._partitions, step.ticks_ms)
        self._producer.flush()
        return step.end_ms

    def nudge(self, at_ms: int) -> None:
        """Send an instant that was judged already: workers show what they have not shown yet."""
        self._producer.send_ticks(self._partitions, [at_ms])
        self._producer.flush()
