"""The words of the trade, declared once: kinds of node, types of operation, fields, items, privacy tiers.

Standard library only. ``KINDS``, ``OPERATIONS`` and ``USES`` are keyed by the word that stands in a record.
"""

from graph.vocabulary.base import Field, FieldType, Kind, Operation, Part, Structure, Use, Words
from graph.vocabulary.edges import EDGE_FLOWS, EDGE_TYPES, MATERIAL_EDGES
from graph.vocabulary.items import ITEMS, LISTS, Home, Item, items_at, member_label
from graph.vocabulary.kinds import KINDS, NAMING_FIELDS, kind_code, kind_of_code
from graph.vocabulary.members import MEMBERS
from graph.vocabulary.operations import DRAW_ORDER, OPERATIONS
from graph.vocabulary.privacy import personal_identifier
from graph.vocabulary.ranges import DEFAULT_RANGES, ReferenceRangeDefault
from graph.vocabulary.tiers import field_tier, is_genetic, lot_key_tier, member_tier, result_tier
from graph.vocabulary.uses import USES
from graph.vocabulary.words import (
    CHANNELS,
    DISPOSITIONS,
    FINAL_DISPOSITIONS,
    FORBIDDEN_CODES,
    HAZARDS,
    UNITS,
    normal_heading,
)

__all__ = [
    "CHANNELS",
    "DEFAULT_RANGES",
    "DISPOSITIONS",
    "DRAW_ORDER",
    "EDGE_FLOWS",
    "EDGE_TYPES",
    "FINAL_DISPOSITIONS",
    "FORBIDDEN_CODES",
    "HAZARDS",
    "ITEMS",
    "KINDS",
    "LISTS",
    "MATERIAL_EDGES",
    "MEMBERS",
    "NAMING_FIELDS",
    "OPERATIONS",
    "UNITS",
    "USES",
    "Field",
    "FieldType",
    "Home",
    "Item",
    "Kind",
    "Operation",
    "Part",
    "ReferenceRangeDefault",
    "Structure",
    "Use",
    "Words",
    "field_tier",
    "is_genetic",
    "items_at",
    "kind_code",
    "kind_of_code",
    "lot_key_tier",
    "member_label",
    "member_tier",
    "normal_heading",
    "personal_identifier",
    "result_tier",
]
