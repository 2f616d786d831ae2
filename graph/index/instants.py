"""Reads the times of canonical records, which the door has checked, as bounds in milliseconds."""

from __future__ import annotations

from datetime import date

from graph.times import parse_moment, parse_zone

__all__ = ["Clock"]

_MOST_KEPT = 100_000
_EPOCH_DAY = date(1970, 1, 1).toordinal()


class Clock:
    """Reads times, remembering days, offsets and whole texts that come again."""

    def __init__(self) -> None:
        self._days: dict[str, int] = {}
        self._offsets: dict[str, int] = {}
        self._others: dict[tuple[str, str | None], tuple[int, int]] = {}

    def bounds(self, text: str, zone: str | None) -> tuple[int, int]:
        """Earliest and latest; both equal where the time is exact."""
        # 2025-01-18T10:00:00+08:00, as nearly all are, without a datetime for each
        if len(text) == 25 and text[10] == "T" and text[19] in "+-":
            try:
                clock = int(text[11:13]) * 3600 + int(text[14:16]) * 60 + int(text[17:19])
                ms = self._days[text[:10]] + clock * 1000 - self._offsets[text[19:]]
            except KeyError:
                self._learn(text[:10], text[19:])
                return self.bounds(text, zone)
            return ms, ms
        found = self._others.get((text, zone))
        if found is None:
            moment = parse_moment(text, zone)
            found = moment.earliest_ms, moment.latest_ms
            if len(self._others) >= _MOST_KEPT:
                self._others.clear()
            self._others[text, zone] = found
        return found

    def offset(self, text: str, zone: str | None) -> int:
        """Minutes east of UTC that a time was written in."""
        known = self._offsets.get(text[19:]) if len(text) == 25 else None
        return parse_moment(text, zone).offset_minutes if known is None else known // 60_000

    def _learn(self, day: str, offset: str) -> None:
        self._days[day] = (date.fromisoformat(day).toordinal() - _EPOCH_DAY) * 86_400_000
        shift = parse_zone(offset).utcoffset(None)
        self._offsets[offset] = round(shift.total_seconds() * 1000)
