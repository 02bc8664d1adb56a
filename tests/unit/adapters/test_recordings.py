"""Reader and mapping put together: measurements out, every row accounted for."""

import tracemalloc
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from slm_stream.adapters.recordings import Tally, read_all, read_measurements
from slm_stream.codec.messages import IncidentUpdate, Probe, Transaction
from slm_stream.codec.topics import PROBES, TRANSACTIONS
from slm_stream.errors import SettingsError
from slm_stream.spec.mapping import Mapping
from slm_stream.spec.mapping_files import load

T0 = 1_767_268_800_000


def mapping(**extra: Any) -> Mapping:
    """Return a mapping of CSV with t, ok and ms to probes of a shop."""
    template = {
        "kind": "probe",
        "service": {"const": "shop"},
        "at_ms": {"from": "t", "parse": "epoch_ms"},
        "ok": "ok",
        "duration_ms": {"from": "ms", "default": 0.5},
    }
    return Mapping.model_validate(
        {"title": "t", "read": {"format": "csv"}, "emit": [template], **extra}
    )


def write(path: Path, *lines: str) -> Path:
    """Write a CSV file with these rows."""
    path.write_text("\n".join(("t,ok,ms", *lines)) + "\n")
    return path


def test_every_row_is_emitted_skipped_or_bad(tmp_path: Path) -> None:
    """Rows = those with measurements + skipped + bad."""
    path = write(
        tmp_path / "f.csv", f"{T0},true,3", f"{T0 + 1},false,", "soon,true,", f"{T0},,", "1"
    )
    tally = Tally()

    found = list(
        read_measurements(
            path, mapping(skip={"no verdict": [{"from": "ok", "present": False}]}), tally=tally
        )
    )

    assert found == [
        (PROBES, Probe("shop", T0, True, duration_ms=3.0)),
        (PROBES, Probe("shop", T0 + 1, False, duration_ms=0.5)),
    ]
    assert tally == Tally(
        rows=5,
        emitted=Counter({PROBES: 2}),
        skipped=Counter({"no verdict": 1}),
        n_bad=2,
        examples=[
            f"{path}:4: at_ms: 'soon' is not a number",
            f"{path}:6: 1 values for 3 columns",
        ],
    )


def test_only_the_first_bad_rows_are_kept(tmp_path: Path) -> None:
    """A file that is wrong throughout is told briefly."""
    tally = Tally()

    found = list(
        read_measurements(write(tmp_path / "f", *["x,true,"] * 50), mapping(), tally=tally)
    )

    assert not found
    assert tally.n_bad == 50
    assert len(tally.examples) == 10


def test_sorted_measurements_keep_their_order_within_an_instant(tmp_path: Path) -> None:
    """Opened stays before resolved where both happened at once."""
    path = write(tmp_path / "f", f"{T0 + 1},true,1", f"{T0},true,2", f"{T0 + 1},true,3")

    found = read_measurements(path, mapping(sort=True))

    assert [m.duration_ms for _, m in found if isinstance(m, Probe)] == [2.0, 1.0, 3.0]


def test_several_files_are_merged_by_time(tmp_path: Path) -> None:
    """The logs of two machines, or a rotated log named in any order."""
    late = write(tmp_path / "late", f"{T0 + 2},true,", f"{T0 + 3},true,")
    early = write(tmp_path / "early", f"{T0},true,", f"{T0 + 5},true,")
    sizes: list[int] = []
    tally = Tally()

    found = read_all([late, early], mapping(), tally=tally, on_bytes=sizes.append)

    assert [m.at_ms - T0 for _, m in found] == [0, 2, 3, 5]
    assert tally.rows == 4
    assert sizes[-1] == late.stat().st_size + early.stat().st_size


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    """10,000 rows pass through less memory than the file is long."""
    path = write(tmp_path / "f", *(f"{T0 + i},true,{i % 90}.123456" for i in range(10_000)))
    tracemalloc.start()
    try:
        n = sum(1 for _ in read_measurements(path, mapping()))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    # A row's dict alone takes over 200 bytes: 10,000 of them would be more than 2 MB.
    assert n == 10_000
    assert peak < 250_000 < path.stat().st_size


@pytest.mark.parametrize(
    ("service", "zone", "said"),
    [(None, None, "which service"), ("S", None, "is not a name"), ("s", "Nowhere", "time zone")],
)
def test_impossible_arguments_are_refused_before_the_first_row(
    tmp_path: Path, service: str | None, zone: str | None, said: str
) -> None:
    """The error comes from the call itself, not from the loop over its result."""
    with pytest.raises(SettingsError, match=said):
        read_measurements(tmp_path / "f", load("trace-spans"), service=service, time_zone=zone)


ACCESS = r"""
127.0.0.1 - frank [10/Oct/2025:13:55:36 -0700] "GET /a?b=\"c\" HTTP/1.1" 200 2326 "x/\"q\"" "\"z\""
::1 - - [10/Oct/2025:20:55:37 +0000] "POST /pay HTTP/2.0" 503 - "-" "-" 0.057
10.0.0.1 - a b [10/Oct/2025:20:55:38 +0000] "-" 408 0 "-" "-"
10.0.0.1 - - [10/Oct/2025:20:55:39 +0000] "\x16\x03\x01" 400 150
10.0.0.1 - - [10/Oct/2025:20:55:40 +0000] "GET / HTTP/1.0" 499 5 "-" "-" 12.000 "10.2.3.4"
10.0.0.1 - - [10/Oct/2025:20:55:41 +0000] "GET / HTTP/1.0" 200 5 "-" "-" 1234567
no log line
"""


def test_access_log(tmp_path: Path) -> None:
    """Escaped quotes, missing values, garbage, and a duration where there is one."""
    # date -u -d '2025-10-10T20:55:36Z' +%s = 1760129736
    path = tmp_path / "access.log"
    path.write_text(ACCESS.lstrip("\n"))
    tally = Tally()

    found = list(read_measurements(path, load("access-log"), service="web", tally=tally))

    at = 1_760_129_736_000
    assert found == [
        (TRANSACTIONS, Transaction("web", at, True, None, "GET", 200)),
        (TRANSACTIONS, Transaction("web", at + 1_000, False, 57.0, "POST", 503)),
        (TRANSACTIONS, Transaction("web", at + 2_000, True, None, "", 408)),
        (TRANSACTIONS, Transaction("web", at + 3_000, True, None, "", 400)),
        (TRANSACTIONS, Transaction("web", at + 4_000, True, 12_000.0, "GET", 499)),
        (TRANSACTIONS, Transaction("web", at + 5_000, True, None, "GET", 200)),
    ]
    assert tally.examples == [f"{path}:7: the line doesn't match the pattern"]


STATUSPAGE = """\
{"page": {"id": "p"}, "incidents": [
  {"id": "i1", "name": "Down", "impact": "major", "created_at": "2026-01-01T12:00:01Z",
   "started_at": "2026-01-01T12:00:00Z", "resolved_at": "2026-01-01T13:00:00Z",
   "components": [{"id": "c1", "name": "API Requests"}, {"id": "c2", "name": "Pages"}],
   "incident_updates": [
     {"id": "u2", "status": "resolved", "display_at": "2026-01-01T13:00:00Z"},
     {"id": "u1", "status": "investigating", "display_at": null,
      "created_at": "2026-01-01T12:00:01Z"}]},
  {"id": "i2", "impact": "none", "started_at": "2026-01-01T12:00:00Z", "components": []}]}
"""


def test_statuspage_api_gives_each_update_at_its_own_instant(tmp_path: Path) -> None:
    """One update per component and step; the end is known only when it is over."""
    path = tmp_path / "incidents.json"
    path.write_text(STATUSPAGE)
    tally = Tally()

    found = [m for _, m in read_measurements(path, load("statuspage-api"), tally=tally)]

    assert [
        (m.at_ms - T0, m.service, m.status, m.update, m.impact_start_ms, m.impact_end_ms)
        for m in found
        if isinstance(m, IncidentUpdate)
    ] == [
        (1_000, "api-requests", "opened", "u1", T0, None),
        (1_000, "pages", "opened", "u1", T0, None),
        (3_600_000, "api-requests", "resolved", "u2", T0, T0 + 3_600_000),
        (3_600_000, "pages", "resolved", "u2", T0, T0 + 3_600_000),
    ]
    assert tally.skipped == {"no component": 1}


def test_jmeter_codes_that_are_no_codes(tmp_path: Path) -> None:
    """A connection that failed has a sentence in place of the code; it still counts."""
    path = tmp_path / "r.jtl"
    path.write_text(
        "timeStamp,elapsed,label,responseCode,success\n"
        f"{T0},7,Log in,Non HTTP response code: java.net.ConnectException,false\n"
    )

    (found,) = read_measurements(path, load("jmeter"))

    assert found == (TRANSACTIONS, Transaction("log-in", T0, False, 7.0, "Log in", 0))
