"""Numbers for what the arrays say: kinds, types of operation, times that are none, and the flags of edges and presences."""

from __future__ import annotations

from typing import Final

import numpy as np

from graph.vocabulary import DISPOSITIONS, KINDS, OPERATIONS

__all__ = [
    "ALWAYS",
    "FOREVER",
    "KIND_CODES",
    "KIND_NAMES",
    "NEVER",
    "OPERATION_CODES",
    "OPERATION_NAMES",
]

# Times are milliseconds since 1970 (UTC) as int64.
ALWAYS: Final = -(2**62)  # affected since before any time that is known
FOREVER: Final = 2**62  # an end that has not come
NEVER: Final = 2**63 - 1  # not affected

# Codes are positions in these lists. A snapshot holds the lists, so that one written by another vocabulary is noticed.
KIND_NAMES: Final = tuple(KINDS)
KIND_CODES: Final = {name: code for code, name in enumerate(KIND_NAMES)}
OPERATION_NAMES: Final = tuple(OPERATIONS)
OPERATION_CODES: Final = {name: code for code, name in enumerate(OPERATION_NAMES)}

DONOR: Final = KIND_CODES["Donor"]
TISSUE: Final = KIND_CODES["Tissue"]
CELL_LOT: Final = KIND_CODES["CellLot"]
CELL_UNIT: Final = KIND_CODES["CellUnit"]
REAGENT: Final = KIND_CODES["Reagent"]
EQUIPMENT: Final = KIND_CODES["Equipment"]
POSITION: Final = KIND_CODES["StoragePosition"]
PERSON: Final = KIND_CODES["Person"]
IS_MATERIAL_KIND: Final = np.array([KINDS[name].is_material for name in KIND_NAMES])

STORED: Final = OPERATION_CODES["STORED"]
STORAGE_OUT: Final = OPERATION_CODES["STORAGE_OUT"]
TRANSPORTED: Final = OPERATION_CODES["TRANSPORTED"]
COUNTED: Final = OPERATION_CODES["COUNTED"]
MOVED: Final = OPERATION_CODES["MOVED"]
DECONTAMINATED: Final = OPERATION_CODES["DECONTAMINATED"]
QC_RELEASE: Final = OPERATION_CODES["QC_RELEASE"]
CHANGED_DISPOSITION: Final = OPERATION_CODES["CHANGED_DISPOSITION"]
IS_MATERIAL: Final = np.array([OPERATIONS[name].is_material for name in OPERATION_NAMES])
CREATES: Final = np.array([OPERATIONS[name].creates for name in OPERATION_NAMES])
IS_LASTING: Final = np.array([OPERATIONS[name].is_lasting for name in OPERATION_NAMES])

INSTITUTION: Final = KIND_CODES["Institution"]

# What an operation says that decides what becomes of things: a disposition, a conclusion, that it only moves them.
TOLD_NAMES: Final = ("", *DISPOSITIONS.labels, "pass", "fail", "conditional", "transfer")
TOLD_CODES: Final = {name: code for code, name in enumerate(TOLD_NAMES)}
MEASURES: Final = frozenset({"mL", "g", "cells"})  # units in which a lot is measured; in others it is counted
SITE: Final = 1  # of a position: its level

# The order of events at equal times (records.md, "Times"), for what an operation does to its inputs.
_RANKS: Final = {"STORAGE_OUT": 1, "QC_RELEASE": 2, "CHANGED_DISPOSITION": 2, "STORED": 3}
RANK: Final = np.array([_RANKS.get(name, 4) for name in OPERATION_NAMES], dtype=np.uint8)

# -- operations ------------------------------------------------------------------------------------------------------
INSTANT: Final = 1  # recorded without an end, and not lasting
DESTROYS: Final = 2  # CHANGED_DISPOSITION to destroyed
FROM_SOME: Final = 4  # … of what had one disposition only

# -- inputs ----------------------------------------------------------------------------------------------------------
CONSUMED: Final = 1  # used up by a test

# -- uses ------------------------------------------------------------------------------------------------------------
TIMED: Final = 1  # has a start of its own
CLOSED_PROCESS: Final = 2
SOME: Final = 4  # says what it touched

# -- edges: two bits of class, then marks ----------------------------------------------------------------------------
MATERIAL: Final = 0
CONTAINS: Final = 1
USE: Final = 2
CLASS: Final = 3
INCLUSIVE: Final = 4  # of an edge or presence whose last instant counts although intervals are half-open: it is a point
INEXACT: Final = 8

# -- presences: three bits of class, then marks ------------------------------------------------------------------------
RUN: Final = 0  # in a machine
STAY: Final = 1  # STORED
LEFT: Final = 2  # in a temporary_storage_location
WORKED: Final = 3  # at an operation_location
DONE: Final = 4  # by a person
PRESENCE_CLASS: Final = 7
# INEXACT is shared; the bits of INCLUSIVE and CLASS are taken by the class here.
POINT: Final = 16  # as INCLUSIVE
SHARES: Final = 32  # contagion passes here: a run with an open process, a stay in its vessel
HERE: Final = 64  # what a seed at this machine, position or person finds; a stay in a vessel above its position is not
