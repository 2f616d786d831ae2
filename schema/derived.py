"""Types whose fields are the vocabulary's. A field that names a thing gets a sibling that is the thing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

import strawberry
from strawberry.types import Info

from graph.reader import AsOf, NodeId
from graph.vocabulary import Field, FieldType
from schema.asking import Context, context_of
from schema.naming import camel, unlike
from schema.vocabulary import Read, listed, read_as

__all__ = ["Fields", "Linked", "NodeLoader"]

_LINKED = frozenset({FieldType.REF, FieldType.LINK})

NodeLoader = Callable[[Context, NodeId, AsOf], Awaitable[Any]]  # gives a GraphQL node, or None where there is none


@dataclass(frozen=True, slots=True)
class Linked:
    """What the siblings of an instance need: its recorded values, and the position at which they are looked up."""

    values: Mapping[str, Any]
    as_of: AsOf


@dataclass(frozen=True, slots=True)
class _Attribute:
    """Where one value of a field stands in the instance of a type."""

    name: str
    field: str
    read: Read


@dataclass(slots=True)
class Fields:
    """Some of the vocabulary's fields as the body of a GraphQL type, whose instances have a ``linked``.

    ``taken``: names that the type's interface has; a field of such a name is prefixed with ``owner``.
    """

    owner: str
    load: NodeLoader
    taken: Collection[str] = ()
    annotations: dict[str, Any] = field(default_factory=dict)
    namespace: dict[str, Any] = field(default_factory=dict)
    _names: dict[str, str] = field(default_factory=dict)
    _attributes: list[_Attribute] = field(default_factory=list)

    def add(self, declared: Field, description: str) -> None:
        name = unlike(declared.name, self.taken, self.owner)
        self._names[declared.name] = name
        for read in read_as(declared):
            attribute = f"field_{declared.name}{read.suffix}"
            self.annotations[attribute] = read.annotation
            self.namespace[attribute] = strawberry.field(
                name=camel(f"{name}{read.suffix}"), description=read.about or description, default=None
            )
            self._attributes.append(_Attribute(attribute, declared.name, read))
        if declared.type in _LINKED and declared.ref is not None:
            resolve = _many(declared, self.load) if declared.many else _one(declared, self.load)
            about = "those of them that are keys of nodes" if declared.many else "null where no node has that key"
            self.namespace[f"linked_{declared.name}"] = strawberry.field(
                resolver=resolve,
                name=f"{name}{'Nodes' if declared.many else 'Node'}",
                description=f"What {name} names; {about}.",
            )

    def values(self, values: Mapping[str, Any], zone: str | None = None) -> dict[str, Any]:
        """Arguments for an instance of the type, from recorded values; what is not among them is null."""
        return {
            attribute.name: attribute.read.read(values[attribute.field], zone)
            for attribute in self._attributes
            if values.get(attribute.field) is not None
        }

    def masked(self, names: Collection[str]) -> list[str]:
        """The GraphQL names of masked fields."""
        return [self._names.get(name) or camel(name) for name in names]

    def type(self, name: str, base: type, description: str) -> Any:
        """A GraphQL type with these fields and those of the interface ``base``."""
        namespace = {"__annotations__": self.annotations, "__module__": base.__module__, **self.namespace}
        return strawberry.type(type(name, (base,), namespace), name=name, description=description)


def _one(declared: Field, load: NodeLoader) -> Callable[[Any, Info], Awaitable[Any]]:
    async def resolve(self: Any, info: Info) -> Any:
        text = self.linked.values.get(declared.name)
        return None if text is None else await load(context_of(info), (declared.ref or "", text), self.linked.as_of)

    resolve.__annotations__["return"] = _node(declared) | None
    return resolve


def _many(declared: Field, load: NodeLoader) -> Callable[[Any, Info], Awaitable[Any]]:
    async def resolve(self: Any, info: Info) -> Any:
        texts = self.linked.values.get(declared.name)
        if texts is None:
            return None
        context, as_of = context_of(info), self.linked.as_of
        found = await asyncio.gather(*(load(context, (declared.ref or "", text), as_of) for text in texts))
        return [node for node in found if node is not None]

    resolve.__annotations__["return"] = listed(_node(declared)) | None
    return resolve


def _node(declared: Field) -> Any:
    kind: Any = declared.ref
    return Annotated[kind, strawberry.lazy("schema.nodes")]
