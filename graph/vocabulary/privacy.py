"""Codes that seem to hold a personal identifier.

Codes of donors, tissues, lots and subjects may hold no identity-card, telephone, social-security or medical-record
number and no e-mail address. Source: 21 CFR 1271.290; specification 2 (G-05).
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date

from graph.saying import Saying, said

__all__ = ["personal_identifier"]

# First two digits of an identity card: the provinces of GB/T 2260, and 81 to 83 for residence permits.
_PROVINCES = frozenset(
    str(code)
    for code in (
        *range(11, 16),
        21,
        22,
        23,
        *range(31, 38),
        *range(41, 47),
        *range(50, 55),
        *range(61, 66),
        71,
        81,
        82,
        83,
    )
)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # GB 11643-1999

_CARD = re.compile(r"(?<!\d)(\d{17}[\dX])(?![\dX])", re.IGNORECASE)
_OLD_CARD = re.compile(r"(?<!\d)(\d{15})(?!\d)")
_GAP = re.compile(r"(?<=\d)[ \-_.](?=[\dX])", re.IGNORECASE)
# Numbers that the mainland's mobile networks give out; not every eleven digits that begin with 1.
_MOBILE_START = r"1(?:3\d|4[5-9]|5[0-35-9]|6[2567]|7[0-8]|8\d|9[0-35-9])"
_MOBILE = re.compile(rf"(?<!\d)(?:\+?86[ -]?)?{_MOBILE_START}\d{{8}}(?!\d)")
_SPACED_MOBILE = re.compile(rf"(?<!\d)(?:\+?86[ -]?)?{_MOBILE_START}([ -])(\d{{4}})\1(\d{{4}})(?!\d)")
_INTERNATIONAL = re.compile(r"(?<![^\W_])\+\d(?:[ ().-]{0,2}\d){6,14}(?!\d)")
_EMAIL = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
_MEDICAL_RECORD = re.compile(
    r"(?:(?<![^\W\d_])(?:MRN|medical[ _-]?record(?:[ _-]?(?:no|number|id))?"
    r"|hospital[ _-]?(?:no|number)|patient[ _-]?(?:id|no|number))"
    r"|病案号?|住院号?|门诊号|病历号?|就诊卡号?|就诊号|登记号)(?:[\s:#=._№-]+[A-Z]{0,3}[\s._-]?)?\d{3,}",
    re.IGNORECASE,
)
_SOCIAL_SECURITY = re.compile(r"(?:^|(?<=[/ :#]))(?!000|666|9\d\d)\d{3}-(?!00)\d\d-(?!0000)\d{4}(?=$|[/ #])")
_NAMED_SOCIAL_SECURITY = re.compile(r"(?<![^\W\d_])SSN[\s:#=_-]*\d{3}[ -]?\d\d[ -]?\d{4}(?!\d)", re.IGNORECASE)


def _is_day(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _is_identity_card(digits: str) -> bool:
    """A date of birth at its place, and a province or the right check character."""
    year = int(digits[6:10])
    if not 1880 <= year <= 2100 or not _is_day(year, int(digits[10:12]), int(digits[12:14])):
        return False
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, digits, strict=False))
    return digits[:2] in _PROVINCES or "10X98765432"[total % 11] == digits[17].upper()


def _is_old_identity_card(digits: str) -> bool:
    born = (1900 + int(digits[6:8]), int(digits[8:10]), int(digits[10:12]))
    return digits[:2] in _PROVINCES and _is_day(*born)


def _is_spaced_mobile(code: str) -> bool:
    """138-1234-5678, but not 150-2025-0117: a number, a year, a month and day."""
    for found in _SPACED_MOBILE.finditer(code):
        year, day = found[2], found[3]
        if not (year[:2] in {"19", "20"} and _is_day(int(year), int(day[:2]), int(day[2:]))):
            return True
    return False


def personal_identifier(code: str) -> Saying | None:
    """What kind of personal identifier ``code`` seems to hold; None where it seems to hold none.

    Ordinary codes pass: donation numbers (ISBT 128), Single European Codes, dates and serial numbers in codes.
    A name cannot be told from a code.
    """
    text = unicodedata.normalize("NFKC", code)
    joined = _GAP.sub("", text)
    if any(_is_identity_card(found) for part in (text, joined) for found in _CARD.findall(part)):
        return said("identity-card number")
    if any(_is_old_identity_card(found) for found in _OLD_CARD.findall(text)):
        return said("identity-card number")
    if _EMAIL.search(text):
        return said("e-mail address")
    if _MEDICAL_RECORD.search(text):
        return said("medical-record number")
    if _MOBILE.search(text) or _is_spaced_mobile(text) or _INTERNATIONAL.search(text):
        return said("telephone number")
    if _SOCIAL_SECURITY.search(text) or _NAMED_SOCIAL_SECURITY.search(text):
        return said("social-security number")
    return None
