"""The five records (records.md): parsed, checked by themselves, brought into canonical form."""

from graph.records.model import (
    AmendmentRecord,
    ClosingRecord,
    CorrectionRecord,
    InputEnd,
    NodeRecord,
    OperationRecord,
    OutputEnd,
    RawRecord,
    Record,
    ResourceUse,
    canonical,
)
from graph.records.parse import CLOSING_FIELDS, parse, parse_stored
from graph.records.units import expand_units, lot_of_unit
from graph.records.values import BadValue, check_value, clean_key, is_sealed

__all__ = [
    "CLOSING_FIELDS",
    "AmendmentRecord",
    "BadValue",
    "ClosingRecord",
    "CorrectionRecord",
    "InputEnd",
    "NodeRecord",
    "OperationRecord",
    "OutputEnd",
    "RawRecord",
    "Record",
    "ResourceUse",
    "canonical",
    "check_value",
    "clean_key",
    "expand_units",
    "is_sealed",
    "lot_of_unit",
    "parse",
    "parse_stored",
]
