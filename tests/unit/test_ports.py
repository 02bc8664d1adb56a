"""The counters that one thread adds to while another reads."""

from threading import Thread

from slm_stream.ports import Count, Counts, Delays


def test_no_count_is_lost_between_threads() -> None:
    """Four threads of 5,000 make 20,000, whoever reads meanwhile."""
    counts, delays = Counts(), Delays()

    def work() -> None:
        for _ in range(5000):
            counts.add(Count.LATE, "slm.probes.v1")
            delays.observe(0.5)
            counts.snapshot()

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert counts.snapshot() == {("late_measurements", "slm.probes.v1"): 20_000}
    buckets, sum_s = delays.snapshot()
    assert sum(buckets) == 20_000
    assert sum_s == 10_000.0


def test_a_snapshot_stays_as_it_was() -> None:
    """What a scrape got does not change under its hands."""
    counts = Counts()
    counts.add(Count.CHECKPOINTS)

    before = counts.snapshot()
    counts.add(Count.CHECKPOINTS)

    assert before == {("checkpoints",): 1}
