"""What goes wrong in the simulated month, and what must be said about it, by when.

The month is March 2026 in Amsterdam: it begins on a Sunday and loses an hour on the 29th. What is
expected follows from the promises in `config/` and from the faults below, by the arithmetic in
the comments; no run of the monitor has a say in it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from slm_stream.domain.agreement import Verdict

ZONE = ZoneInfo("Europe/Amsterdam")
MONTH_TITLE = "March 2026"
NEAR, BREACH = Verdict.NEAR_BREACH, Verdict.BREACH


def local_ms(text: str) -> int:
    """Return an instant of Amsterdam's wall clock in milliseconds.

    >>> local_ms("2026-03-01 00:00")
    1772319600000
    """
    return round(datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp() * 1000)


def march(text: str) -> int:
    """Return an instant of the month, written as day and time.

    >>> march("01 00:00") == START_MS
    True
    """
    return local_ms(f"2026-03-{text}")


START_MS = local_ms("2026-03-01 00:00")
END_MS = local_ms("2026-04-01 00:00")


@dataclass(frozen=True, slots=True)
class Expected:
    """A level that an objective must come to, and when at the earliest and the latest."""

    subject: str
    level: Verdict
    from_ms: int
    to_ms: int


@dataclass(frozen=True, slots=True)
class Ticket:
    """An incident that is opened, worked on and ended."""

    service: str
    incident: str
    priority: str
    opened_ms: int
    closed_ms: int
    impact: str = ""
    impact_start_ms: int | None = None
    impact_end_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that goes wrong with a service for a while.

    Attributes
    ----------
    failing : float
        Share of transactions that fail.
    down : bool
        Whether every probe fails.
    slow_to : float
        Share of transactions that are slow at the end; it grows evenly from the usual one.
    """

    title: str
    service: str
    start_ms: int
    end_ms: int
    expected: tuple[Expected, ...]
    failing: float = 0.0
    down: bool = False
    slow_to: float = 0.0
    tickets: tuple[Ticket, ...] = ()


def _expect(subject: str, *stages: tuple[Verdict, str, str]) -> tuple[Expected, ...]:
    return tuple(Expected(subject, level, march(low), march(high)) for level, low, high in stages)


# Fifty minutes of downtime on a Tuesday afternoon, after nine and a half good days.
#
# availability, 99.9 % over 28 d: 13,840 minutes are known by then, 13.8 of them may be down, so
# the breach comes at about 14:14. Near-breach: 1.3 % of the last hour (48 s) and of the last
# 5 min, which two failed probes in a row (at most 4 min) exceed.
# success, 99.5 % in the month: nine in ten of about 3 a minute are some 140 errors, of 450 that
# 90,000 expected transactions allow: never a breach. But 7.2 % of the last hour is exceeded after
# about 5 min: near-breach.
CHECKOUT_DOWN = Fault(
    "Checkout is down",
    "checkout",
    march("10 14:00"),
    march("10 14:50"),
    (
        *_expect(
            "sla-checkout/availability",
            (NEAR, "10 14:00", "10 14:10"),
            (BREACH, "10 14:13", "10 14:25"),
        ),
        *_expect("sla-checkout/success", (NEAR, "10 14:00", "10 14:20")),
    ),
    failing=0.9,
    down=True,
    tickets=(Ticket("checkout", "INC-1401", "P1", march("10 14:06"), march("10 14:58")),),
)

# The card supplier fails for 100 minutes on a Thursday morning; a third of payments fails.
#
# uc-cards availability, 99.5 % of the month's office hours: 18 days of 8 h and 4 Fridays of 7.5 h
# are 174 h, of which 52.2 min may be down: breach at 10:52. Near-breach: 7.2 % of the last hour
# (4 min 19 s) as soon as the ticket is known, at 10:04.
# uc-cards resolution, P1 within 2 h of 10:04: three quarters are over at 11:34, and the ticket is
# resolved at 11:59: near-breach, no breach.
# daily, 99 % of the day with 2,500 expected: near at 15 errors, breach at 26, at about 1.1 a
# minute after some 14 and 24 min.
# success, 99.8 % over 28 d: of some 35,000 payments 70 may fail, and about 110 do. Near-breach:
# 2.7 % of the last hour, exceeded after about 5 min.
CARDS_DOWN = Fault(
    "Card supplier fails",
    "payments",
    march("12 10:00"),
    march("12 11:40"),
    (
        *_expect(
            "uc-cards/availability",
            (NEAR, "12 10:04", "12 10:10"),
            (BREACH, "12 10:52", "12 11:00"),
        ),
        *_expect("uc-cards/resolution", (NEAR, "12 11:34", "12 11:45")),
        *_expect(
            "sla-payments/success", (NEAR, "12 10:00", "12 10:20"), (BREACH, "12 10:30", "12 11:45")
        ),
        *_expect(
            "sla-payments/daily", (NEAR, "12 10:05", "12 10:30"), (BREACH, "12 10:15", "12 10:50")
        ),
    ),
    failing=0.35,
    tickets=(
        Ticket(
            "payments",
            "INC-1402",
            "P1",
            march("12 10:04"),
            march("12 11:59"),
            "outage",
            march("12 10:00"),
            march("12 11:40"),
        ),
    ),
)

# Pages get slower for ten days, until a release mends it: from 1 % slow to 15 %.
#
# p95, 5 % slow over 7 d, x days after the start: the mean of the last 7 days is
# 1 % + 0.1 % x². Three quarters of the budget (3.75 %) are spent at x = 5.2, all of it at
# x = 6.3: breach on the 17th in the morning. Near-breach a little earlier, by 7 % slow over the
# last day and the last 6 h: x = 4.3 and half a day, the 15th in the evening.
PAGES_SLOW = Fault(
    "Pages get slower",
    "storefront",
    march("11 00:00"),
    march("21 00:00"),
    _expect("sla-storefront/p95", (NEAR, "14 18:00", "16 12:00"), (BREACH, "16 18:00", "18 00:00")),
    slow_to=0.15,
)

# A release breaks sign-in for some: 24 tickets from Monday 08:30 on, one every 5 min, of which the
# desk closes one every 40 min. Ticket i (from 0) is opened at 08:30 + 5 i and is 40 + 35 i minutes
# old when closed.
#
# resolution, 80 % of P2 within 8 h: ticket 10 (opened 09:20) is the first to be older than 6 h,
# three quarters, at 15:20: near-breach. Ticket 13 (09:35) is the first to be late, at 17:35, then
# one every 5 min until 11 are. With 16 good tickets of ordinary days and the 13 good ones of the
# storm, the eighth late one makes 8 / 37 > 20 %: breach at 18:10.
_STORM = tuple(
    Ticket(
        "accounts",
        f"INC-{1410 + i}",
        "P2",
        march("23 08:30") + i * 5 * 60_000,
        # Twenty are closed by 21:50; the desk closes at 22:00, and the rest waits for Tuesday.
        march("23 08:30") + (i + 1) * 40 * 60_000 + (0 if i < 20 else 9 * 3_600_000),
    )
    for i in range(24)
)
TICKET_STORM = Fault(
    "Storm of tickets",
    "accounts",
    march("23 08:30"),
    march("24 09:30"),
    _expect(
        "sla-accounts/resolution", (NEAR, "23 15:20", "23 15:30"), (BREACH, "23 18:05", "23 18:25")
    ),
    tickets=_STORM,
)

FAULTS = (CHECKOUT_DOWN, PAGES_SLOW, CARDS_DOWN, TICKET_STORM)


def usual_tickets(days: int) -> Iterable[Ticket]:
    """Yield the tickets of ordinary days, from the first of the month on: all done in time."""
    first = datetime(2026, 3, 1, tzinfo=ZONE)
    for day in range(days):
        date = first + timedelta(days=day)
        if date.weekday() < 5:
            ten = round(date.replace(hour=10).timestamp() * 1000)
            name = f"{date:%m%d}"
            hour = 3_600_000
            yield Ticket("accounts", f"ACC-{name}", "P3", ten, ten + 3 * hour)
            if day % 3 == 0:
                yield Ticket("checkout", f"CHK-{name}", "P2", ten, ten + 2 * hour)
            if day % 7 == 2:
                yield Ticket("payments", f"CRD-{name}", "P3", ten, ten + 2 * hour, "maintenance")
