"""Events wait in the outbox until they have arrived; others may come meanwhile."""

from slm_stream.codec.state import EventBlob
from slm_stream.engine.plan import Plan
from slm_stream.engine.verdicts import Verdicts


def test_events_that_come_while_others_leave_stay() -> None:
    """What a checkpoint in flight has not taken along leaves with the next one."""
    verdicts = Verdicts(Plan(()), "/test")
    first, second, later = (EventBlob("topic", "key", value) for value in (b"1", b"2", b"3"))
    verdicts.outbox = {"checkout": [first], "search": [second]}

    assert verdicts.leaving() == [first, second]
    verdicts.outbox["checkout"].append(later)
    verdicts.left()

    assert verdicts.leaving() == [later]
