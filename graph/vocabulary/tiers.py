"""The rules that raise a privacy tier above what a field or kind declares. The higher tier wins.

Free text is at least 2: that holds for every field and is in ``Field`` itself. Source: specification 2 (G-05).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from graph.vocabulary.base import Field
from graph.vocabulary.kinds import KINDS
from graph.vocabulary.members import MEMBERS
from graph.vocabulary.operations import OPERATIONS

__all__ = ["RESULT_FIELDS", "field_tier", "is_genetic", "lot_key_tier", "member_tier", "result_tier"]

# The fields of a QCResult that tell what was found, and so rise with it.
RESULT_FIELDS = frozenset({"test_result", "test_conclusion"})

_GENETIC_WORDS = frozenset(
    {
        "str", "karyotype", "karyotyping", "karyotypic", "genotype", "genotyping", "genome", "genomic", "genetic",
        "exome", "sequencing", "wgs", "wes", "snp", "cgh", "cnv", "fish", "hla",
    }
)  # fmt: skip
_GENETIC_PHRASES = ("核型", "短串联重复", "基因", "染色体", "遗传", "测序", "白细胞抗原", "g显带")
# HLA-DR, -DP and -DQ without a locus letter are proteins on the cell, counted by flow cytometry
_SURFACE_MARKER = re.compile(r"hla[\W_]*(?:dr|dp|dq)(?![a-z])(?!.*(?:typing|genotyp|分型|基因))")
_HLA = re.compile(r"(?<![a-z])hla(?![a-z]{5,})|leu[ck]ocyte[\W_]*antigen")


@lru_cache(maxsize=1024)
def is_genetic(test_item: str | None) -> bool:
    """True for HLA typing, STR profiles, karyotypes and what else tells the genes of a person, in either language."""
    if not test_item:
        return False
    text = test_item.casefold()
    if any(phrase in text for phrase in _GENETIC_PHRASES):
        return True
    if _SURFACE_MARKER.search(text):
        return False
    return bool(_HLA.search(text)) or not _GENETIC_WORDS.isdisjoint(re.findall(r"[a-z]+", text))


def result_tier(operation: str, input_kinds: Iterable[str], test_item: str | None) -> int:
    """The tier of what a test found: 3 for a donor's or subject's own and for genetic items, otherwise 2."""
    is_of_person = operation == "TESTED" and any(kind in {"Donor", "Subject"} for kind in input_kinds)
    return 3 if is_of_person or is_genetic(test_item) else KINDS["QCResult"].fields["test_result"].tier


def lot_key_tier(is_autologous: bool) -> int:
    """The tier of the id of a lot, and of its units: 2 where it leads to one person."""
    return 2 if is_autologous else KINDS["CellLot"].tier


def field_tier(
    field: Field, *, operation: str | None = None, input_kinds: Iterable[str] = (), test_item: str | None = None
) -> int:
    """The tier of one value of ``field``; the rest is about the test that found it, where it is a test's."""
    if operation is not None and field.name in RESULT_FIELDS and field is KINDS["QCResult"].fields.get(field.name):
        return max(field.tier, result_tier(operation, input_kinds, test_item))
    return field.tier


def member_tier(operation: str, member: str) -> int:
    """The tier of a member outside ``data`` (``start``, ``operator``, …) in one type of operation."""
    declared = MEMBERS["operation"].fields[member].tier
    return max(declared, OPERATIONS[operation].member_tiers.get(member, 0))
