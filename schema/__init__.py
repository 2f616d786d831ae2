"""GraphQL: types derived from the vocabulary at start, with the resolvers attached."""

from schema.asking import Context
from schema.assembly import sdl
from schema.execution import Answer, execute

__all__ = ["Answer", "Context", "execute", "sdl"]
