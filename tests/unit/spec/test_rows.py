"""What the values, conditions and templates of a mapping mean for a row."""

from typing import Any

import pytest

from slm_stream.spec.mapping import Mapping
from slm_stream.spec.rows import NOTHING, RowError, RowMapper

NOON_MS = 1_767_268_800_000  # 2026-01-01T12:00:00Z = 20,454 days and 12 hours


def mapper(*emit: dict[str, Any], zone: str | None = None, **mapping: Any) -> RowMapper:
    """Return a mapper of JSON objects with these templates."""
    return RowMapper(
        Mapping.model_validate(
            {"title": "t", "read": {"format": "jsonl"}, "emit": emit, **mapping}
        ),
        service="shop",
        time_zone=zone,
    )


def probe(**fields: Any) -> dict[str, Any]:
    """Return a template of a probe at noon."""
    return {"kind": "probe", "at_ms": {"from": "t", "parse": "epoch_ms"}, **fields}


def one(template: dict[str, Any], row: dict[str, Any], **mapping: Any) -> dict[str, object]:
    """Return the fields of the one measurement that a row gives."""
    ((_, fields),), reason = mapper(template, **mapping).map({"t": NOON_MS, **row})
    assert not reason
    return fields


@pytest.mark.parametrize(
    ("parse", "stamp"),
    [
        ("iso", "2026-01-01T12:00:00Z"),
        ("iso", "2026-01-01T13:00:00.0009+01:00"),  # cut, not rounded: it hadn't come yet
        ("iso", " 2026-01-01 12:00:00+00:00 "),
        ("epoch_s", "1767268800"),
        ("epoch_s", 1767268800),
        ("epoch_s", "1767268800.0004"),
        ("epoch_s", 1767268800.0),
        ("epoch_ms", "1767268800000"),
        ("epoch_us", "1767268800000999"),
        ("epoch_ns", 1767268800000999999),
        ("%d/%b/%Y:%H:%M:%S %z", "01/Jan/2026:14:00:00 +0200"),
        ("%d.%m.%Y %H:%M", "01.01.2026 13:00"),  # in the zone of the mapping, Amsterdam
        ("iso", "2026-01-01T13:00:00"),
    ],
)
def test_instants_are_read_as_written(parse: str, stamp: object) -> None:
    """Every way of writing the noon of New Year 2026 gives the same millisecond."""
    template = {"kind": "probe", "at_ms": {"from": "t", "parse": parse}}
    fields = one(template, {"t": stamp}, time_zone="Europe/Amsterdam")

    assert fields["at_ms"] == NOON_MS


def test_nanoseconds_do_not_pass_through_a_float() -> None:
    """2**53 is nine million seconds of nanoseconds: floats lose some, integers don't."""
    template = {"kind": "probe", "at_ms": {"from": "t", "parse": "epoch_ns"}}

    # The next integer below a whole millisecond belongs to the millisecond before.
    assert one(template, {"t": "1661140339209999999"})["at_ms"] == 1_661_140_339_209
    assert one(template, {"t": "1661140339210000000"})["at_ms"] == 1_661_140_339_210


@pytest.mark.parametrize(
    ("local", "utc_ms"),
    [
        # Amsterdam 2026-10-25: 03:00 CEST is 02:00 CET, so 02:30 comes twice; the first counts.
        ("2026-10-25T02:30:00", 1_792_888_200_000),  # 00:30Z
        # 2026-03-29: 02:00 is 03:00, so 02:30 never comes; it is read as 03:30 CEST.
        ("2026-03-29T02:30:00", 1_774_747_800_000),  # 01:30Z
    ],
)
def test_local_stamps_around_a_clock_change(local: str, utc_ms: int) -> None:
    """A repeated hour is its first pass; a skipped one moves on."""
    template = {"kind": "probe", "at_ms": "t"}

    assert one(template, {"t": local}, zone="Europe/Amsterdam")["at_ms"] == utc_ms


def test_the_time_zone_given_takes_the_place_of_the_mapping_s() -> None:
    """An export from another office needs no other mapping."""
    template = {"kind": "probe", "at_ms": "t"}
    fields = one(
        template, {"t": "2026-01-01T07:00:00"}, zone="America/New_York", time_zone="Asia/Tokyo"
    )

    assert fields["at_ms"] == NOON_MS


@pytest.mark.parametrize(
    ("parse", "stamp", "said"),
    [
        ("iso", "yesterday", "at_ms: 'yesterday' is not an ISO 8601 time"),
        ("iso", "2026-01-01T12:00:00", "has no offset: give a time zone"),
        ("iso", "", "at_ms: no value"),
        ("iso", None, "at_ms: no value"),
        ("epoch_s", "1767268800000", "lies outside 1990-2100"),
        ("epoch_ms", "1767268800", "lies outside 1990-2100"),
        ("epoch_ms", "1_767", "'1_767' is not a number"),
        ("%Y", "26", "'26' is not a time like %Y"),
        ("iso", ["a"], "a list is not a text"),
    ],
)
def test_instants_that_cannot_be_read_are_told(parse: str, stamp: object, said: str) -> None:
    """Wrong units are caught, for they lie decades away."""
    with pytest.raises(RowError, match=said.replace(".", r"\.")):
        one({"kind": "probe", "at_ms": {"from": "t", "parse": parse}}, {"t": stamp})


@pytest.mark.parametrize(
    ("unit", "given", "ms"),
    [
        ("ns", "1500000", 1.5),
        ("us", "362453", 362.453),
        ("ms", 7, 7.0),
        ("s", "1.001", 1001.0),  # 1.001 * 1000 is 1000.9999999999999 in floats
        ("s", 0.057, 57.0),
    ],
)
def test_durations_become_milliseconds(unit: str, given: object, ms: float) -> None:
    """Scaled in decimal, so the figure is the one written."""
    template = probe(duration_ms={"from": "d", "unit": unit})

    assert one(template, {"d": given})["duration_ms"] == ms


@pytest.mark.parametrize("given", ["-1", "nan", "inf", "1e999", "soon", True])
def test_impossible_durations_are_told(given: object) -> None:
    """Neither NaN nor infinity nor a negative duration reaches a topic."""
    with pytest.raises(RowError, match="duration_ms: "):
        one(probe(duration_ms="d"), {"d": given})


@pytest.mark.parametrize(
    ("value", "row", "found"),
    [
        ("s", {"s": " x "}, "x"),
        ("s", {"s": 5}, "5"),
        ("s", {"s": False}, "false"),
        ("s", {"s": ""}, None),
        ("s", {"s": []}, None),
        ("s", {}, None),
        ({"from": ["a", "b"]}, {"a": "", "b": "y"}, "y"),
        ({"from": "a.b.c"}, {"a": {"b": {"c": "deep"}}}, "deep"),
        ({"from": "a.b.c"}, {"a": {"b": 1}}, None),
        ({"from": "a.b"}, {"a.b": "whole name", "a": {"b": "steps"}}, "whole name"),
        ({"from": "s", "default": "none"}, {}, "none"),
        ({"from": "s", "empty": ["-", 0]}, {"s": 0}, None),
        ({"const": "fixed"}, {}, "fixed"),
        ({"from": "s", "slug": True}, {"s": "Git Operations!"}, "git-operations"),
        ({"template": "P{s}/{n.m}"}, {"s": 1, "n": {"m": "x"}}, "P1/x"),
        ({"template": "P{s}"}, {"s": ""}, None),
        ({"from": "s", "map": {1: "one"}}, {"s": "1"}, "one"),
        ({"from": "s", "map": {1: "one"}, "otherwise": "many"}, {"s": 2}, "many"),
        ({"from": "s", "map": {1: "one"}, "otherwise": "many"}, {}, None),
        ({"from": "s", "map": {1: "one"}, "default": "none", "otherwise": "many"}, {}, "none"),
    ],
)
def test_texts(value: object, row: dict[str, object], found: str | None) -> None:
    """Where a text comes from, and when it counts as missing."""
    assert one(probe(location=value), row).get("location") == found


def test_a_value_that_the_map_lacks_is_told() -> None:
    """A new word in an export must not become a wrong figure silently."""
    with pytest.raises(RowError, match="ok: 'flaky' is not in the map"):
        one(probe(ok={"from": "s", "map": {"up": True}}), {"s": "flaky"})


@pytest.mark.parametrize(
    ("value", "row", "found"),
    [
        ("s", {"s": "TRUE"}, True),
        ("s", {"s": False}, False),
        ({"test": {"from": "code", "below": 500}}, {"code": "499"}, True),
        ({"test": {"from": "code", "below": 500}}, {"code": 500}, False),
        ({"test": {"from": "code", "below": 500}}, {}, False),
    ],
)
def test_flags(value: object, row: dict[str, object], found: bool) -> None:
    """True and false, read or decided."""
    assert one(probe(ok=value), row)["ok"] is found


def test_yes_is_neither_true_nor_false() -> None:
    """What else means true is for the map to say."""
    with pytest.raises(RowError, match="ok: 'yes' is neither true nor false"):
        one(probe(ok="s"), {"s": "yes"})


@pytest.mark.parametrize(
    ("test", "passing", "failing"),
    [
        ({"present": True}, ["x", 0, False], ["", None, [], {}]),
        ({"present": False}, ["", None, []], ["x", 0]),
        ({"equals": 5}, [5, "5", " 5 "], ["", 6, "5.0"]),
        ({"equals": True}, [True, "true"], [False, None]),
        ({"not_equals": "x"}, ["y", 0], ["x", ""]),
        ({"one_of": ["a", 1]}, ["a", 1], ["b", None]),
        ({"none_of": ["a", 1]}, ["b"], ["a", 1, None]),
        ({"below": 5}, [4.9, "-1"], [5, None]),
        ({"at_most": 5}, [5], [5.1]),
        ({"above": 5}, [5.1], [5]),
        ({"at_least": 5}, [5], [4.9]),
    ],
)
def test_conditions(test: dict[str, object], passing: list[Any], failing: list[Any]) -> None:
    """A field without a value passes only `present: false`."""
    run = mapper(probe(when=[{"from": "x", **test}]))

    for value in passing:
        assert run.map({"t": NOON_MS, "x": value})[1] == "", value
    for value in failing:
        assert run.map({"t": NOON_MS, "x": value}) == ([], NOTHING), value


def test_rows_are_skipped_for_the_first_reason_of_which_all_conditions_hold() -> None:
    """Reasons are looked at in the order of the mapping."""
    run = mapper(
        probe(),
        skip={
            "test traffic": [{"from": "who", "equals": "ci"}, {"from": "how", "equals": "load"}],
            "robots": [{"from": "who", "equals": "ci"}],
        },
    )

    assert run.map({"t": NOON_MS, "who": "ci", "how": "load"}) == ([], "test traffic")
    assert run.map({"t": NOON_MS, "who": "ci"}) == ([], "robots")
    assert run.map({"t": NOON_MS, "who": "me"})[1] == ""


def test_lists_explode_into_every_combination_outermost_first() -> None:
    """Two components and two updates are four measurements."""
    template = {
        "kind": "probe",
        "for_each": {"update": "updates", "name": "components"},
        "at_ms": {"from": "update.at", "parse": "epoch_ms"},
        "location": {"template": "{name}/{page}"},
    }
    row = {
        "updates": [{"at": NOON_MS}, {"at": NOON_MS + 1}],
        "components": ["a", "b"],
        "page": "p",
    }

    filled, _ = mapper(template).map(row)

    assert [(fields["at_ms"], fields["location"]) for _, fields in filled] == [
        (NOON_MS, "a/p"),
        (NOON_MS, "b/p"),
        (NOON_MS + 1, "a/p"),
        (NOON_MS + 1, "b/p"),
    ]


def test_for_each_of_something_else_than_a_list_is_told() -> None:
    """A missing list is an empty one; a text is a mistake."""
    template = probe(for_each={"c": "components"})

    assert mapper(template).map({"t": NOON_MS}) == ([], NOTHING)
    with pytest.raises(RowError, match="components: not a list"):
        mapper(template).map({"t": NOON_MS, "components": "abc"})


def test_nothing_of_a_row_is_emitted_when_one_of_its_measurements_is_wrong() -> None:
    """Half a ticket would be a ticket that is open for ever."""
    good, wrong = probe(), probe(value={"from": "n"})

    with pytest.raises(RowError, match="value: 'x' is not a number"):
        mapper(good, wrong).map({"t": NOON_MS, "n": "x"})


def test_a_service_that_no_catalogue_can_have_is_told() -> None:
    """Its measurements would all be refused later, one by one."""
    run = RowMapper(
        Mapping.model_validate(
            {"title": "t", "read": {"format": "jsonl"}, "emit": [probe(service="who")]}
        )
    )

    assert run.map({"t": NOON_MS, "who": "shop"})[0][0][1]["service"] == "shop"
    with pytest.raises(RowError, match="service: 'My Shop' is not a name"):
        run.map({"t": NOON_MS, "who": "My Shop"})


def test_somebody_must_say_which_service_it_is() -> None:
    """Neither the mapping nor the caller: refused before the first row."""
    mapping = Mapping.model_validate({"title": "t", "read": {"format": "csv"}, "emit": [probe()]})

    with pytest.raises(ValueError, match="which service"):
        RowMapper(mapping)
    with pytest.raises(ValueError, match="is not a name"):
        RowMapper(mapping, service="My Shop")
