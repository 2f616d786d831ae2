"""What a vocabulary is made of: fields, kinds of node, types of operation, uses of a resource.

A kind or operation is a class; a field is one line in it. Everything else in the product (storage
classes, GraphQL types, workbook columns, checks, colours, reference pages) is derived from these
classes and never retyped.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, unique
from types import MappingProxyType
from typing import ClassVar, Self, TypeAlias

__all__ = ["Field", "FieldType", "Kind", "Operation", "Part", "Structure", "Use", "Words"]


class Words(tuple[str, ...]):  # noqa: SLOT001 - a subclass of tuple cannot have slots of its own
    """The known words of one choice, in the order they are offered, each with a label in both languages.

    ``Words({"pass": ("Pass", "合格"), …})`` is the tuple of its codes; ``label`` and ``find`` know the labels.
    """

    labels: Mapping[str, tuple[str, str]]  # code -> (English, Chinese)

    def __new__(cls, labels: Mapping[str, tuple[str, str]]) -> Self:
        words = super().__new__(cls, labels)
        words.labels = MappingProxyType(dict(labels))
        return words

    def label(self, code: str, language: str = "en") -> str:
        """What a reader sees for ``code``; an unknown one is shown as it is. ``language`` is "en" or "zh"."""
        pair = self.labels.get(code)
        return code if pair is None else pair[0 if language == "en" else 1]

    def find(self, text: str) -> str | None:
        """The code that ``text`` means: a code or a label in either language; None if it is none, or might be several.

        Case and signs are set aside where that leaves one word: not between A+ and A-.
        """
        for form in (str.strip, str.casefold, _plain):
            wanted = form(text.strip())
            found = {code for code, pair in self.labels.items() if wanted in map(form, (code, *pair))}
            if found:
                return found.pop() if len(found) == 1 else None
        return None


def _plain(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())


StructureClass: TypeAlias = "type[Structure]"
_NO_WORDS = Words({})


@unique
class FieldType(Enum):
    """The shapes a value may have in a record (records.md, "Shapes")."""

    __hash__ = object.__hash__  # each is the only one of its kind; looked up for every value of every record

    STRING = "string"  # a code or a name: one line
    TEXT = "text"  # free text: always at least tier 2
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"  # 2025-01-18
    TIME = "time"  # ISO 8601, may be less than exact
    CHOICE = "choice"  # known values offered; others kept unless `closed`
    REF = "ref"  # the key of a node of kind `ref`; must exist
    LINK = "link"  # text that names a node of kind `ref` where one exists (enum/ref, str/ref, doc)
    RANGE = "range"  # [low, high], null is open
    MAP = "map"  # object of named values
    SERIES = "series"  # number, [[time, value], ...] or {"min", "max", "mean"}
    DURATION = "duration"  # a number in `unit`
    RESULT = "result"  # a number or a text: what a test found


@dataclass(frozen=True, kw_only=True)
class Field:
    """One thing that can be recorded.

    ``tier`` is the privacy tier (0 operational, 1 internal, 2 pseudonymous personal, 3 identifying, health or
    genetic); ``items`` the ids of the specification's information items it carries; ``unit`` the unit of a
    bare number (UCUM-like text); ``low``/``high`` are bounds beyond which a value is nonsense, not a deviation.
    """

    type: FieldType
    en: str
    zh: str
    tier: int = 0
    items: tuple[str, ...] = ()
    unit: str | None = None
    choices: Words = _NO_WORDS
    is_required: bool = False  # a record without it is refused
    closed: bool = False
    many: bool = False  # a list of such values
    ref: str | None = None
    low: float | None = None
    high: float | None = None
    aliases: tuple[str, ...] = ()  # further headings that an import accepts
    note: str = ""  # one sentence for the reader of the reference page and of GraphQL
    source: str = ""  # document and clause, where not the specification's item
    unit_field: str | None = None  # the field beside it that says the unit, where it is not fixed
    is_code: bool = False  # must hold no personal identifier, like the key of a donor or a lot
    keys: StructureClass | None = None  # the known names in a map, with their units
    name: str = field(default="", init=False)

    def __set_name__(self, owner: object, name: str) -> None:
        # a record's member may be a word that Python keeps for itself: `from_` is the member "from"
        object.__setattr__(self, "name", name.rstrip("_"))
        if self.type is FieldType.TEXT and self.tier < 2:
            # requirements.md, privacy: free text may name a person, whatever its list says
            object.__setattr__(self, "tier", 2)


class Part:
    """Something with fields. Subclasses are listed in declaration order in ``fields``."""

    en: ClassVar[str]
    zh: ClassVar[str]
    fields: ClassVar[dict[str, Field]] = {}

    def __init_subclass__(cls, **options: object) -> None:
        super().__init_subclass__(**options)
        own = {value.name: value for value in vars(cls).values() if isinstance(value, Field)}
        cls.fields = {**cls.__base__.fields, **own} if issubclass(cls.__base__, Part) else own  # type: ignore[union-attr,arg-type]


class Structure(Part):
    """Members with a fixed place in a record, outside ``data``; or the known names in a map."""


class Kind(Part):
    """A kind of node. The class name is the record's ``kind`` and the node's label."""

    tier: ClassVar[int] = 0  # of the node's key
    is_person: ClassVar[bool] = False  # a tier-3 value in or about it concerns this person
    is_material: ClassVar[bool] = False  # Donor, Tissue, CellLot, CellUnit, Reagent, Subject
    is_accountable: ClassVar[bool] = False  # has units or quantity, disposition and presence
    is_code: ClassVar[bool] = False  # its key must hold no personal identifier (21 CFR 1271.290)
    colour: ClassVar[str]  # colour-blind safe, as #rrggbb
    shape: ClassVar[str]  # a pyvis shape; no two kinds share colour and shape


class Operation(Part):
    """A type of operation. ``name`` is the record's ``type`` and the type of the edges it writes."""

    name: ClassVar[str]
    list_code: ClassVar[str] = ""  # COL, SEP, …: the specification's list
    flows: ClassVar[tuple[tuple[str, str], ...]]  # (kind of input, kind of output)
    is_material: ClassVar[bool] = False  # its edges carry lineage and its inputs are consumed
    creates: ClassVar[bool] = False  # its outputs come into being with it
    is_lasting: ClassVar[bool] = False  # without an end it is still going on
    is_reflexive: ClassVar[bool] = False  # from a thing to itself; outputs may be left out
    is_from_output: ClassVar[bool] = False  # the edge is written from the output to the input
    needs_output: ClassVar[bool] = True  # False also where a missing result leaves the act (QC, VERIFIED)
    may_consume: ClassVar[bool] = False  # an input may be marked consumed: used up by the test
    # the dispositions it takes without `despite`, in the order that a counted lot is drawn in
    draws: ClassVar[tuple[str, ...]] = ()
    becomes: ClassVar[str | None] = None  # disposition of what it takes (of what is consumed, where may_consume)
    becomes_at_end: ClassVar[str | None] = None  # and from its end, or closing, on
    carries: ClassVar[Mapping[str, tuple[str, ...]]] = {}  # item ids at members that all operations have
    member_tiers: ClassVar[Mapping[str, int]] = {}  # where a member all operations have is more private here


class Use(Part):
    """What is recorded where an operation uses a resource: ``edge`` is the edge's type, ``kind`` the resource's."""

    edge: ClassVar[str]
    kind: ClassVar[str]
