"""Dates as the sources give them: never more precise than what was printed.

A date is text in one of four ISO 8601 forms: `2025-02-11`, `2025-02`, `2025`, or, where
the year is unknown, `--06-04`.
"""

from __future__ import annotations

import datetime
import re

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
PRINTED = (
    r"(?P<month>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]* (?P<day>[0-9]{1,2})(?:, (?P<year>[0-9]{4}))?"
)

_ISO = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?(?:[T ].*)?", re.ASCII)
_YEARLESS = re.compile(r"--(\d{2})-(\d{2})", re.ASCII)
_ARXIV_NEW = re.compile(r"(\d{2})(\d{2})\.\d{4,5}")
_ARXIV_OLD = re.compile(r"[a-z-]+(?:\.[A-Z]{2})?/(\d{2})(\d{2})\d{3}")
_ARXIV_FIRST_YEAR = 91
_LEAP_YEAR = 2024


def from_print(month: str, day: str, year: str | None) -> str | None:
    """The ISO form of a printed date such as `Feb 11, 2025` or `Jun 4`, if there is such a day."""
    number = MONTHS.index(month) + 1
    if not _exists(int(year) if year else _LEAP_YEAR, number, int(day)):
        return None
    return f"{year or '-'}-{number:02d}-{int(day):02d}"


def normalise(value: str) -> str | None:
    """`value` in one of the four forms, or None where it is no date."""
    value = value.strip()
    if yearless := _YEARLESS.fullmatch(value):
        return value if _exists(_LEAP_YEAR, int(yearless[1]), int(yearless[2])) else None
    if printed := re.fullmatch(PRINTED, value):
        return from_print(printed["month"], printed["day"], printed["year"])
    match = _ISO.fullmatch(value)
    if not match or not _exists(int(match[1]), int(match[2] or 1), int(match[3] or 1)):
        return None
    return "-".join(part for part in match.groups() if part)


def from_arxiv(identifier: str) -> str | None:
    """Year and month of submission, which an arXiv identifier states itself."""
    match = _ARXIV_NEW.match(identifier) or _ARXIV_OLD.match(identifier)
    if not match or not 1 <= int(match[2]) <= 12:
        return None
    century = "19" if int(match[1]) >= _ARXIV_FIRST_YEAR else "20"
    return f"{century}{match[1]}-{match[2]}"


def year_of(date: str | None) -> int | None:
    """The year of a date in one of the four forms, or None where it is unknown."""
    return int(date[:4]) if date and not date.startswith("--") else None


def _exists(year: int, month: int, day: int) -> bool:
    try:
        datetime.date(year, month, day)
    except ValueError:
        return False
    return True
