"""The schema itself: what others rely on is there, everything is derived and described, and the committed SDL is it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLUnionType,
    build_schema,
)

from graph.vocabulary import KINDS, OPERATIONS, USES, kind_code
from schema import sdl
from schema.naming import camel, operation_class

_COMMITTED = Path(__file__).parents[2] / "schema" / "schema.graphql"
CORE = build_schema(sdl())

# What scripts and other systems call, as the description of the interface fixes it.
QUERY = """
node(id: ID!): Node
nodes(ids: [ID!]!): [Node]!
search(text: String!, kinds: [NodeKind!], first: Int = 20, after: String): NodeConnection!
operation(id: ID!): Operation
history(id: ID!): [Change!]!
trace(input: TraceInput!, pushdown: Boolean = false): TraceResult!
impact(input: ImpactInput!, pushdown: Boolean = false): ImpactResult!
explain(input: ImpactInput!, target: ID!, first: Int = 10, pushdown: Boolean = false): ExplainResult!
reachable(from: ID!, to: ID!, knownAt: DateTime): Boolean!
compare(input: TraceInput!, before: DateTime!, after: DateTime!): CompareResult!
deviations(open: Boolean, first: Int = 20, after: String): DeviationConnection!
coverage(lot: ID): Coverage!
serviceInfo: ServiceInfo!
"""
MUTATION = """
record(input: RecordInput!): RecordResult!
recordCollected(input: CollectedInput!): RecordResult!
correct(input: CorrectInput!): RecordResult!
"""
INPUTS = {
    "TraceInput": "start: [ID!]! direction: Direction! kinds: [NodeKind!] operations: [OperationType!] maxDepth: Int "
    "knownAt: DateTime",
    "RecordInput": "records: JSON! idempotencyKey: String! historic: Boolean = false createMissing: [NodeKind!] "
    "dryRun: Boolean = false onBehalfOfReason: String",
}
TYPES = {
    "InvalidInput": "member: String! message: String!",
    "NotFound": "ids: [ID!]! message: String!",
    "TraceNode": "id: ID! kind: NodeKind! depth: Int! node: Node!",
    "TraceEdge": "type: String! operationId: ID from: ID! to: ID! start: DateTime startLatest: DateTime end: DateTime "
    "endLatest: DateTime",
    "Completeness": "complete: Boolean! reason: String depthReached: Int! nodesSeen: Int! hidden: Int!",
    "Summary": "total: Int! byKind: [KindCount!]! byDepth: [DepthCount!]!",
    "RecordResult": "accepted: Boolean! seq: Int violations: [Violation!]! deviations: [Deviation!]! unchanged: Int!",
    "Violation": "file: String line: Int cell: String record: ID member: String code: String! message: String! "
    "remedy: String!",
    "Trace": "completeness: Completeness! asOfSeq: Int! summary: Summary! "
    "nodes(first: Int = 100, after: String, kinds: [NodeKind!]): TraceNodeConnection! "
    "edges(first: Int = 100, after: String): TraceEdgeConnection!",
}


def _lines(name: str) -> str:
    """One type as the SDL has it, without descriptions."""
    plain = re.sub(r'"""[\s\S]*?"""\s*', "", sdl())
    found = re.search(rf"^(?:type|input|interface) {name}\b.*?^}}", plain, re.MULTILINE | re.DOTALL)
    assert found, name
    return re.sub(r"\s+", " ", found.group())


def test_the_committed_sdl_is_the_schema() -> None:
    assert _COMMITTED.read_text(encoding="utf-8") == sdl(), "run make generate"


@pytest.mark.parametrize(("type_", "fields"), [("Query", QUERY), ("Mutation", MUTATION)])
def test_questions_and_mutations_are_called_as_fixed(type_: str, fields: str) -> None:
    written = _lines(type_)
    for line in fields.strip().splitlines():
        assert f" {line} " in written


@pytest.mark.parametrize(("name", "fields"), [*INPUTS.items(), *TYPES.items()])
def test_types_have_the_members_that_are_fixed(name: str, fields: str) -> None:
    written = _lines(name)
    for member in re.findall(r"\w+(?:\([^)]*\))?: [\w\[\]!]+(?: = \w+)?", fields):
        assert f" {member} " in written, member


def test_expected_failures_are_members_of_the_trace_union() -> None:
    union = CORE.type_map["TraceResult"]
    assert isinstance(union, GraphQLUnionType)
    assert [each.name for each in union.types] == ["Trace", "NotFound", "NotPermitted", "TooLarge", "InvalidInput"]


def test_enums_are_the_vocabulary() -> None:
    kinds, operations = CORE.type_map["NodeKind"], CORE.type_map["OperationType"]
    assert isinstance(kinds, GraphQLEnumType)
    assert isinstance(operations, GraphQLEnumType)
    assert list(kinds.values) == [kind_code(kind) for kind in KINDS]
    assert list(operations.values) == list(OPERATIONS)


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_has_a_type_with_every_field_described(kind: str) -> None:
    type_ = CORE.type_map[kind]
    assert isinstance(type_, GraphQLObjectType)
    assert [each.name for each in type_.interfaces] == ["Node"]
    for name, field in KINDS[kind].fields.items():
        shown = type_.fields.get(camel(f"{kind[0].lower()}{kind[1:]}_{name}")) or type_.fields[camel(name)]
        about = shown.description or ""
        assert field.en in about
        assert field.zh in about
        assert f"tier {field.tier}" in about
        assert all(item in about for item in field.items)
        assert field.unit is None or field.unit in about


@pytest.mark.parametrize("type_", OPERATIONS)
def test_a_type_of_operation_has_a_type_an_input_and_a_mutation(type_: str) -> None:
    name, fields = operation_class(type_), OPERATIONS[type_].fields
    shown, written = CORE.type_map[f"{name}Operation"], CORE.type_map[f"{name}DataInput"]
    assert isinstance(shown, GraphQLObjectType)
    assert isinstance(written, GraphQLInputObjectType)
    assert [each.name for each in shown.interfaces] == ["Operation"]
    for field in fields:
        assert camel(field) in shown.fields
        assert camel(field) in written.fields
    assert CORE.mutation_type is not None
    assert f"record{name}" in CORE.mutation_type.fields


@pytest.mark.parametrize("kind", USES)
def test_a_use_has_a_type_with_its_fields(kind: str) -> None:
    type_ = CORE.type_map[f"{kind}Use"]
    assert isinstance(type_, GraphQLObjectType)
    assert {camel(name) for name in USES[kind].fields} <= set(type_.fields)


def test_interfaces_tell_what_is_masked() -> None:
    for name in ("Node", "Operation", "Use"):
        interface = CORE.type_map[name]
        assert isinstance(interface, GraphQLInterfaceType)
        assert str(interface.fields["maskedFields"].type) == "[String!]!"


def test_every_page_says_how_much_there_is_and_where_it_stands() -> None:
    connections = [type_ for name, type_ in CORE.type_map.items() if name.endswith("Connection")]
    assert len(connections) >= 5
    for type_ in connections:
        assert isinstance(type_, GraphQLObjectType)
        assert {"edges", "pageInfo", "totalCount", "asOfSeq"} <= set(type_.fields)


def test_whole_numbers_fit_what_graphql_can_say() -> None:
    """An Int of GraphQL has 32 bits: a recorded number beyond would make its whole field unreadable."""
    whole = [
        field
        for part in (*KINDS.values(), *OPERATIONS.values(), *USES.values())
        for field in part.fields.values()
        if field.type.name == "INTEGER"
    ]
    assert whole
    for field in whole:
        assert field.high is not None, field.name
        assert field.high < 2**31, field.name
