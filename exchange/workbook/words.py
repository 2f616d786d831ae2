"""What the template and the reader of workbooks say to each other: titles and labels in both languages."""

from __future__ import annotations

from typing import Final

__all__ = ["CHOICES_SHEET", "INSTRUCTIONS", "SETTINGS"]

INSTRUCTIONS: Final = ("说明", "Instructions")
CHOICES_SHEET: Final = "choices"
SETTINGS: Final[dict[str, tuple[str, str]]] = {
    "zone": ("时区", "Time zone"),
    "performing_org": ("执行机构", "Performing organisation"),
}
"""What the instructions sheet sets for all rows: label in the first column, value in the second."""
