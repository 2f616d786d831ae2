"""POST /graphql: one question, one answer."""

from __future__ import annotations

from typing import Any, Final

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from graph.errors import BadInput
from graph.saying import said
from schema import Answer, Context, execute
from service.logs import log_failure
from service.routes import viewer_of
from service.store import Store
from service.waiting import waiting

__all__ = ["Questions"]

_JSON: Final = "application/json"
_GRAPHQL: Final = "application/graphql-response+json"  # Source: GraphQL over HTTP
_MEMBERS: Final = frozenset({"query", "variables", "operationName", "extensions"})


class Questions:
    """Answers questions of one store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def answer(self, request: Request) -> Response:
        """The answer in GraphQL's shape. What is no GraphQL request at all gets an error of the service."""
        asked = await _read(request)
        with waiting(request) as gone:
            view = self._store.view(viewer_of(request), gone=gone)
            context = Context(view=view, door=self._store.ledger)
            answer = await execute(context, asked["query"], asked["variables"], asked["operationName"])
        for failure in answer.failures:
            log_failure("question failed", failure, route="/graphql")
        return _respond(request, answer)


async def _read(request: Request) -> dict[str, Any]:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _JSON:
        raise HTTPException(415, said("The body must be {json}.", json=_JSON))
    try:
        body = orjson.loads(await request.body())
    except orjson.JSONDecodeError as error:
        raise BadInput(said("The body is no JSON."), remedy=said('Send {"query": …, "variables": …}.')) from error
    if not isinstance(body, dict):
        raise BadInput(said("The body is no JSON object."), remedy=said("Send one question a request, as an object."))
    if unknown := sorted(set(body) - _MEMBERS):
        raise BadInput(
            said("The body has unknown members: {unknown}.", unknown=", ".join(unknown)[:200]),
            remedy=said("Known: {known}.", known=", ".join(sorted(_MEMBERS))),
        )
    query, variables, name = body.get("query"), body.get("variables"), body.get("operationName")
    if not isinstance(query, str) or not query.strip():
        raise BadInput(said("query is missing."), remedy=said("Send the question as a text."), member="query")
    if variables is not None and not isinstance(variables, dict):
        raise BadInput(
            said("variables is no object."), remedy=said("Send an object, or leave it out."), member="variables"
        )
    if name is not None and not isinstance(name, str):
        raise BadInput(
            said("operationName is no text."), remedy=said("Send a text, or leave it out."), member="operationName"
        )
    return {"query": query, "variables": variables, "operationName": name or None}


def _respond(request: Request, answer: Answer) -> Response:
    """200 as ``application/json``; who asks for GraphQL's own media type is told of a bad request by its status."""
    is_own_type = _GRAPHQL in request.headers.get("accept", "")
    status = 400 if is_own_type and answer.is_request_error else 200
    return Response(orjson.dumps(answer.as_json()), status_code=status, media_type=_GRAPHQL if is_own_type else _JSON)
