"""Measurements as they stand on the wire: JSON objects, decoded in bulk.

Times are integer milliseconds since the epoch, durations are milliseconds.
`docs/wire-formats.md` shows an example of each.
"""

from typing import Annotated

import msgspec

Whole = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
"""An integer that an array holds; JSON knows larger ones."""
Real = Annotated[float, msgspec.Meta(ge=-1e12, le=1e12)]
"""A number that stays a number when it is counted in thousandths."""


Amount = Annotated[int, msgspec.Meta(ge=0, le=10**9)]
"""How much something counts for."""


class Transaction(msgspec.Struct, gc=False, omit_defaults=True):
    """One thing that a user or a program asked of a service.

    `at_ms` is its start; `id` is needed only where the catalogue asks for deduplication.
    `outcome` says how it ended for the user where `ok` is not enough: ``user_error``, ``help``,
    ``returned``, ``interrupted`` or a word of yours. `records` and `wrong_records` count the data
    it touched, `weight` how much it matters, `value` is any other number.
    """

    service: str
    at_ms: Whole
    ok: bool = True
    duration_ms: Real | None = None
    operation: str = ""
    status: Whole = 0
    id: str = ""
    outcome: str = ""
    records: Amount | None = None
    wrong_records: Amount | None = None
    weight: Amount | None = None
    value: Real | None = None


class Probe(msgspec.Struct, gc=False, omit_defaults=True):
    """One check of a service from one location.

    `value` is a number that the probe read, for indicators with a condition on it; `check` names
    what was checked, where one location checks several things.
    """

    service: str
    at_ms: Whole
    ok: bool = True
    location: str = ""
    duration_ms: Real | None = None
    value: Real | None = None
    check: str = ""


class IncidentUpdate(msgspec.Struct, gc=False, omit_defaults=True):
    """One step in the life of a ticket, as known at `at_ms`.

    `update` tells repeated deliveries apart; without it the content does. `impact` and the
    impact instants describe the outage that the ticket reports, where it reports one. `group`
    has the ticket; `public` is an update of the provider's that the customer sees.
    """

    service: str
    at_ms: Whole
    incident: str
    status: str
    priority: str = ""
    update: str = ""
    impact: str = ""
    impact_start_ms: Whole | None = None
    impact_end_ms: Whole | None = None
    group: str = ""
    category: str = ""
    public: bool | None = None
    first_contact: bool | None = None
    weight: Amount | None = None


class Feedback(msgspec.Struct, gc=False, omit_defaults=True):
    """What somebody thought of a service.

    `type` is ``rating``, ``complaint``, ``compliment`` or a word of yours, `score` the mark that
    was given, `about` what it was about (``support``), `id` tells repeated deliveries apart.
    """

    service: str
    at_ms: Whole
    score: Real | None = None
    type: str = ""
    about: str = ""
    incident: str = ""
    weight: Amount | None = None
    id: str = ""


Measurement = Transaction | Probe | IncidentUpdate | Feedback


class Tick(msgspec.Struct, gc=False, omit_defaults=True):
    """The clock, as a message: time moves only when one is processed."""

    at_ms: Whole
