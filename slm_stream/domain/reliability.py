"""Availability, MTBF, MTBSI and MTRS of a window, inside agreed service time.

The formulas are those of the indicator kind, `kinds.availability`; here are outages and calendars
in seconds instead of sums over many rows.

Source: ITIL 4 practice guides *Availability management* and *Service level management*.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from slm_stream.domain.kinds.availability import AVAILABILITY
from slm_stream.domain.kinds.base import MILLI, SHARE, Observed
from slm_stream.domain.outages import clipped
from slm_stream.domain.service_time import ServiceTime
from slm_stream.domain.spans import Span, difference, intersection, union


@dataclass(frozen=True, slots=True)
class Reliability:
    """What a window adds up to; figures that divide by nothing are None.

    Attributes
    ----------
    agreed_s : int
        Agreed service time.
    down_s : int
        Downtime inside it.
    n_outages : int
        Outages with downtime inside it.
    longest_s : int
        The longest of them, inside it.
    wall_s : int
        Downtime by the wall clock, also outside agreed service time.

    >>> month = Reliability(agreed_s=360_000, down_s=7200, n_outages=4)
    >>> float(month.availability), int(month.mtbsi_s), int(month.mtbf_s), int(month.mtrs_s)
    (0.98, 90000, 88200, 1800)
    """

    agreed_s: int
    down_s: int = 0
    n_outages: int = 0
    longest_s: int = 0
    wall_s: int = 0

    @property
    def availability(self) -> Fraction | None:
        """Return the share of agreed time that was up, 0 to 1."""
        return self._figure(SHARE)

    @property
    def mtbf_s(self) -> Fraction | None:
        """Return the mean agreed time up per outage."""
        return self._figure("mtbf")

    @property
    def mtbsi_s(self) -> Fraction | None:
        """Return the mean agreed time from the start of an outage to that of the next."""
        return self._figure("mtbsi")

    @property
    def mtrs_s(self) -> Fraction | None:
        """Return the mean agreed time down per outage."""
        return self._figure("mtrs")

    def _figure(self, name: str) -> Fraction | None:
        agreed_ms = np.array([self.agreed_s * MILLI])
        parts = AVAILABILITY.measure(name).parts(
            Observed(
                bad=np.array([self.down_s * MILLI]),
                valid=agreed_ms,
                agreed_ms=agreed_ms,
                outages=np.array([self.n_outages]),
                longest_ms=np.array([self.longest_s * MILLI]),
                overdue=np.zeros(1, np.int64),
            )
        )
        numerator, denominator = (int(np.ravel(part)[0]) for part in parts)
        return Fraction(numerator, denominator) if denominator else None


def reliability(
    service_time: ServiceTime,
    window: Span,
    outages: Iterable[Span],
    planned: Iterable[Span] = (),
) -> Reliability:
    """Return what outages add up to in a window.

    Parameters
    ----------
    service_time : ServiceTime
        Agreed service time.
    window : span of int
        Seconds since the epoch; outages are clipped to it.
    outages : iterable of span
        One each, in any order; two that overlap count twice, so unite what is one outage.
    planned : iterable of span
        Planned maintenance, which is no downtime. It stays part of the agreed time.

    >>> from slm_stream.domain.calendar import Calendar
    >>> office = Calendar("UTC", {day: ((540, 1020),) for day in range(5)})
    >>> monday = 1_772_409_600  # 2026-03-02T00:00Z; down from 08:00 to 10:00, an hour of it agreed
    >>> day = reliability(office, (monday, monday + 86_400), [(monday + 28_800, monday + 36_000)])
    >>> day.agreed_s, day.down_s, day.wall_s, day.n_outages
    (28800, 3600, 7200, 1)
    """
    maintenance = union(planned)
    inside = [part for each in outages for part in intersection(union([each]), union([window]))]
    wall = [part for each in inside for part in difference([each], maintenance)]
    down_s = [o.agreed for o in clipped(inside, service_time.open_spans(*window), maintenance)]
    return Reliability(
        agreed_s=service_time.open_seconds(*window),
        down_s=sum(down_s),
        n_outages=len(down_s),
        longest_s=max(down_s, default=0),
        wall_s=sum(end - start for start, end in wall),
    )
