"""What a request may ask for at once: told before any of it runs, in one pass that visits each fragment once.

Strawberry's own depth and alias limiters walk a fragment again for each spread: 100 fragments that each spread the next
one twice keep them busy for ever.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLType,
    GraphQLUnionType,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_named_type,
    is_non_null_type,
    is_object_type,
)
from strawberry.extensions import SchemaExtension

__all__ = ["LARGEST_COST", "LARGEST_DEPTH", "MOST_ALIASES", "MOST_TOKENS", "Limits"]

LARGEST_DEPTH: Final = 16  # fields within fields
MOST_ALIASES: Final = 50
MOST_TOKENS: Final = 5_000  # of the query's text; records travel in variables
LARGEST_COST: Final = 200_000  # about one for each value in the answer

_DEEPEST_NESTING: Final = 100  # of selections of any sort; it bounds our own recursion
_USUAL_LIST: Final = 5  # things in a list that is not paged: inputs, outputs, uses
# What stands behind a field costs more than the value that it gives.
_WORK: Final = {
    "trace": 1_000,
    "impact": 1_000,
    "explain": 1_000,
    "compare": 2_000,
    "custody": 1_000,
    "contents": 2_000,
    "reachable": 1_000,
    "search": 500,
    "history": 100,
    "coverage": 5_000,
    "__schema": 20_000,
    "__type": 500,
}


class Limits(SchemaExtension):
    """Refuses a request that is too long, too deep, too wide or too costly, and says by how much."""

    def on_operation(self) -> Iterator[None]:
        self.execution_context.parse_options["max_tokens"] = MOST_TOKENS
        yield

    def on_validate(self) -> Iterator[None]:
        context = self.execution_context
        if context.graphql_document is not None and context.pre_execution_errors is None:
            found = [
                # Strawberry would run the first of several operations where none is named.
                *_unclear(context.graphql_document, context._provided_operation_name),  # noqa: SLF001
                *_excesses(context.schema._schema, context.graphql_document, context.variables or {}),  # noqa: SLF001
            ]
            if found:
                context.pre_execution_errors = found
        yield


def _unclear(document: DocumentNode, name: str | None) -> Iterator[GraphQLError]:
    operations = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
    if len(operations) > 1 and name is None:
        yield _excess("no_operation", "The query holds several operations.", "Name one with operationName.")


def _excesses(known: GraphQLSchema, document: DocumentNode, variables: Mapping[str, Any]) -> Iterator[GraphQLError]:
    measure = _Measure(known, document, variables)
    for definition in document.definitions:
        if not isinstance(definition, OperationDefinitionNode):
            continue
        try:
            size = measure.of(definition.selection_set, known.get_root_type(definition.operation), 1, 0)
        except _TooNestedError:
            yield _excess("too_deep", "The query is nested too deeply.", "Ask for less at once.")
            continue
        if size.depth > LARGEST_DEPTH:
            message = f"The query is {size.depth} fields deep; at most {LARGEST_DEPTH} are answered."
            yield _excess("too_deep", message, "Ask again from the ids that a first answer gives.")
        if size.aliases > MOST_ALIASES:
            message = f"The query has {size.aliases} aliases; at most {MOST_ALIASES} are answered."
            yield _excess("too_many_aliases", message, "Ask for many things with nodes(ids:), or in several requests.")
        if size.cost > LARGEST_COST:
            message = f"The query would cost about {size.cost}; at most {LARGEST_COST} is answered."
            yield _excess(
                "too_costly", message, "Ask for smaller pages (first:), fewer fields, or in several requests."
            )


def _excess(code: str, message: str, remedy: str) -> GraphQLError:
    return GraphQLError(message, extensions={"code": code, "remedy": remedy})


class _TooNestedError(Exception):
    """The selections lie deeper in each other than is looked at."""


@dataclass(frozen=True, slots=True)
class _Size:
    cost: int = 0
    aliases: int = 0
    depth: int = 0

    def __add__(self, other: _Size) -> _Size:
        return _Size(self.cost + other.cost, self.aliases + other.aliases, max(self.depth, other.depth))


@dataclass(slots=True)
class _Measure:
    """Measures selections before they are validated: what does not exist costs nothing, and is refused later."""

    known: GraphQLSchema
    document: DocumentNode
    variables: Mapping[str, Any]
    _fragments: dict[str, FragmentDefinitionNode] = field(init=False)
    _sizes: dict[tuple[str, int], _Size] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._fragments = {
            each.name.value: each for each in self.document.definitions if isinstance(each, FragmentDefinitionNode)
        }

    def of(
        self, selections: SelectionSetNode | None, parent: GraphQLNamedType | None, page: int, nesting: int
    ) -> _Size:
        """The size of what is selected of one thing. ``page``: how many edges it has, where it is a connection.

        Of fragments on different concrete types only one applies: the largest counts.
        """
        if nesting > _DEEPEST_NESTING:
            raise _TooNestedError
        total, by_type = _Size(), dict[str, _Size]()
        for selection in selections.selections if selections is not None else ():
            size, only = self._selection(selection, parent, page, nesting + 1)
            if only is None:
                total += size
            else:
                by_type[only] = by_type.get(only, _Size()) + size
        largest = max(by_type.values(), key=lambda size: size.cost, default=_Size())
        rest = _Size(
            0, sum(size.aliases for size in by_type.values()), max((s.depth for s in by_type.values()), default=0)
        )
        return total + _Size(largest.cost) + rest

    def _selection(
        self, selection: SelectionNode, parent: GraphQLNamedType | None, page: int, nesting: int
    ) -> tuple[_Size, str | None]:
        """Its size, and the concrete type that it is for where the parent could be of several."""
        if isinstance(selection, FieldNode):
            return self._field(selection, parent, page, nesting), None
        if isinstance(selection, InlineFragmentNode):
            condition = selection.type_condition
            inner = self.known.get_type(condition.name.value) if condition is not None else parent
            return self.of(selection.selection_set, inner, page, nesting), _only(inner, parent)
        if isinstance(selection, FragmentSpreadNode) and (found := self._fragments.get(selection.name.value)):
            inner = self.known.get_type(found.type_condition.name.value)
            key = (selection.name.value, page)
            if key not in self._sizes:
                self._sizes[key] = _Size()  # a fragment within itself is refused later
                self._sizes[key] = self.of(found.selection_set, inner, page, nesting)
            return self._sizes[key], _only(inner, parent)
        return _Size(), None

    def _field(self, node: FieldNode, parent: GraphQLNamedType | None, page: int, nesting: int) -> _Size:
        name, aliases = node.name.value, int(node.alias is not None)
        own = 1 + _WORK.get(name, 0)
        if name.startswith("__"):
            return _Size(own, aliases, 1)  # the depth of introspection has a rule of its own
        declared = parent.fields.get(name) if isinstance(parent, GraphQLObjectType | GraphQLInterfaceType) else None
        if declared is None:
            return _Size(own, aliases, 1)
        given = {argument.name.value: argument.value for argument in node.arguments or ()}
        first = declared.args["first"].default_value if "first" in declared.args else 1
        inner_page = self._number(given.get("first"), first)
        inner = self.of(node.selection_set, get_named_type(declared.type), inner_page, nesting)
        count = 1
        if _is_list(declared.type):
            count = page if name == "edges" else self._length(given.get("ids"))
        return _Size(own + count * inner.cost, aliases + inner.aliases, 1 + inner.depth)

    def _number(self, value: ValueNode | None, usual: Any) -> int:
        found = self._given(value)
        found = usual if found is None else found
        return found if isinstance(found, int) and found > 0 else 1

    def _length(self, value: ValueNode | None) -> int:
        found = self._given(value)
        return max(1, len(found)) if isinstance(found, list | tuple) else _USUAL_LIST

    def _given(self, value: ValueNode | None) -> Any:
        if isinstance(value, VariableNode):
            return self.variables.get(value.name.value)
        if isinstance(value, IntValueNode):
            return int(value.value)
        return value.values if isinstance(value, ListValueNode) else None


def _is_list(type_: GraphQLType) -> bool:
    return isinstance(type_.of_type if is_non_null_type(type_) else type_, GraphQLList)


def _only(inner: GraphQLNamedType | None, parent: GraphQLNamedType | None) -> str | None:
    is_one_of_several = isinstance(parent, GraphQLInterfaceType | GraphQLUnionType) and is_object_type(inner)
    return inner.name if inner is not None and is_one_of_several else None
