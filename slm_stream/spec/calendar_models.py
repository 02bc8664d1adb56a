"""What may stand in a calendar, and in the file of frozen holidays: one model per part."""

from pydantic import Field

from slm_stream.spec.closings import When
from slm_stream.spec.fields import Day, MonthDay, Name, Span, Weekday, Words, Years, Zone
from slm_stream.spec.models import SpecModel


class PublicHolidaysSpec(SpecModel):
    """The public holidays of a country; `except` names those on which work goes on."""

    country: Words = Field(examples=["NL"])
    subdivision: Words | None = None
    categories: list[Words] = Field(["public"], min_length=1)
    without: list[Words] = Field([], alias="except")


class FeedSpec(SpecModel):
    """An iCalendar file beside the calendar; `except` names entries that do not close."""

    file: Words = Field(examples=["closing-days.ics"])
    without: list[Words] = Field([], alias="except")


class CalendarSpec(SpecModel):
    """Agreed service hours."""

    name: Name = Field(examples=["office-hours"])
    time_zone: Zone = Field(examples=["Europe/Amsterdam"])
    hours: dict[Weekday, list[Span]] = Field(examples=['{mon: ["09:00-17:00"]}'])
    holidays: list[Day] = Field([])
    annual_holidays: list[MonthDay] = Field([])
    public_holidays: PublicHolidaysSpec | None = None
    feeds: list[FeedSpec] = Field([])
    years: Years | None = None
    breaks: dict[Day, list[Span]] = Field({})
    date_overrides: dict[Day, list[Span]] = Field({})


class IntersectionSpec(SpecModel):
    """The hours that are open in all of several calendars."""

    name: Name = Field(examples=["both-open"])
    intersect: list[Words] = Field(min_length=2, examples=["[office-hours, supplier-hours]"])
    time_zone: Zone | None = None


class FrozenClosingSpec(SpecModel):
    """One closing as it was when it was frozen."""

    when: When = Field(examples=["2026-12-25"])
    title: str = ""
    uid: str = ""


class FrozenBlockSpec(SpecModel):
    """What one source said about some years."""

    of: Words = Field(examples=["country NL"])
    by: Words = Field(examples=["holidays 0.109"])
    years: Years = Field(examples=["2026-2028"])
    closings: list[FrozenClosingSpec]


class FrozenSpec(SpecModel):
    """What is frozen of one calendar."""

    name: Name = Field(examples=["office-hours"])
    blocks: list[FrozenBlockSpec]
