"""Payloads to measurements, a whole batch in one call; what is unreadable is named, not fatal."""

from collections.abc import Sequence
from typing import Any, Generic, TypeVar

import msgspec

from slm_stream.codec.messages import Feedback, IncidentUpdate, Probe, Tick, Transaction
from slm_stream.codec.topics import FEEDBACK, INCIDENTS, PROBES, TICKS, TRANSACTIONS
from slm_stream.errors import DecodeError

T = TypeVar("T", bound=msgspec.Struct)
MAX_AT_MS = 253_402_300_800_000
"""The year 10000: what lies beyond is seconds or microseconds taken for milliseconds."""


_EMPTY = DecodeError("empty", "the message has no value")


class BulkDecoder(Generic[T]):
    """Decodes payloads of one message kind."""

    def __init__(self, kind: type[T]) -> None:
        self._all = msgspec.json.Decoder(list[kind])  # type: ignore[valid-type]
        self._one = msgspec.json.Decoder(kind)

    def decode(
        self, values: Sequence[bytes | None]
    ) -> tuple[list[T], list[tuple[int, DecodeError]]]:
        """Return the measurements in order, and (position, error) of each unreadable payload.

        The measurements keep their order; a position counts payloads, readable or not.
        """
        try:
            joined = b"[" + b",".join(values) + b"]"  # type: ignore[arg-type]
            measurements: list[T] = self._all.decode(joined)
        except (msgspec.DecodeError, UnicodeDecodeError, TypeError):
            return self._one_by_one(values)
        if len(measurements) != len(values):
            # A payload such as `{..},{..}` is no message, though the joined text was readable.
            return self._one_by_one(values)
        return measurements, []

    def _one_by_one(
        self, values: Sequence[bytes | None]
    ) -> tuple[list[T], list[tuple[int, DecodeError]]]:
        good: list[T] = []
        bad: list[tuple[int, DecodeError]] = []
        for position, value in enumerate(values):
            try:
                if value is None:
                    raise _EMPTY
                good.append(self._one.decode(value))
            except msgspec.ValidationError as error:
                bad.append((position, DecodeError("invalid", str(error))))
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                bad.append((position, DecodeError("not_json", str(error))))
            except DecodeError as error:
                bad.append((position, error))
        return good, bad


DECODERS: dict[str, BulkDecoder[Any]] = {
    INCIDENTS: BulkDecoder(IncidentUpdate),
    PROBES: BulkDecoder(Probe),
    TRANSACTIONS: BulkDecoder(Transaction),
    FEEDBACK: BulkDecoder(Feedback),
    TICKS: BulkDecoder(Tick),
}
