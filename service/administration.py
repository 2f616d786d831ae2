"""What administrators do over HTTP: tokens, the ledger's verification, the graph made again."""

from __future__ import annotations

import re
from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from graph.errors import BadInput, NotFound
from graph.ledger.tokens import TokenEntry
from graph.records import BadValue, clean_key
from graph.saying import said
from graph.times import BadTime, now_ms, parse_moment, render
from graph.viewer import GIVABLE_ROLES, OWNER, Role
from service.messages import asked_texts, translated
from service.routes import viewer_of
from service.store import Store

__all__ = ["Administration", "expiry_ms", "token_json"]

_TIER_OF_CODES: Final = 2  # of donors and subjects, which a difference may name
_ENTRIES: Final = re.compile(r"Entr(?:y|ies) \d+(?: to \d+)?")
_UNITS: Final = {"h": 3_600_000, "d": 86_400_000}


class Administration:
    """Endpoints over one store; who may use them stands with the routes."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def verify(self, request: Request) -> Response:
        found = await self._store.verify()
        difference = found.first_difference
        if difference is not None and viewer_of(request).highest_tier < _TIER_OF_CODES:
            at = _ENTRIES.match(difference)
            difference = (
                said("{entries}: what it names, your role may not see. Ask an auditor.", entries=at[0])
                if at
                else said("The graph: what it names, your role may not see. Ask an auditor.")
            )
        content = {"intact": found.is_intact, "entries": found.entries, "firstDifference": difference}
        return JSONResponse(translated(asked_texts(request), content))

    async def rebuild(self, _request: Request) -> Response:
        made = await self._store.ledger.rebuild()
        return JSONResponse({"entries": made.entries, "nodes": made.nodes, "edges": made.edges})

    async def list_tokens(self, _request: Request) -> Response:
        return JSONResponse({"tokens": [token_json(token) for token in await self._store.tokens.list()]})

    async def create_token(self, request: Request) -> Response:
        asked = await _json_object(request)
        person, role = _person(asked.get("person")), asked.get("role")
        if role not in {each.value for each in GIVABLE_ROLES}:
            offered = ", ".join(each.value for each in GIVABLE_ROLES)
            raise BadInput("There is no such role.", remedy=f"One of: {offered}.", member="role")
        issued = await self._store.tokens.create(person, Role(role), expiry_ms(str(asked.get("expires", "90d"))))
        return JSONResponse({"key": issued.key, "token": issued.plain}, status_code=201)

    async def revoke_token(self, request: Request) -> Response:
        key = request.path_params["key"]
        if not await self._store.tokens.revoke(key):
            raise NotFound((f"token {key}",), remedy="`stemgraph token list` shows them all.")
        return JSONResponse({"revoked": key})


def expiry_ms(text: str) -> int | None:
    """When a token ends: a time or date, a span (``90d``, ``12h``) from now, or ``never``.

    Raises:
        BadInput: none of these, or in the past.
    """
    if text == "never":
        return None
    now = now_ms()
    if text[:-1].isdecimal() and text[-1:] in _UNITS and len(text) < 8:
        return now + int(text[:-1]) * _UNITS[text[-1]]
    try:
        at_ms = parse_moment(text, "+00:00").latest_ms
    except BadTime:
        raise BadInput(
            f"{text!r} is no time at which a token could end.",
            remedy="Write 90d, 12h, 2027-01-31, 2027-01-31T12:00+08:00 or never.",
            member="expires",
        ) from None
    if at_ms <= now:
        raise BadInput("The token would have ended already.", remedy="Give a time to come.", member="expires")
    return at_ms


def token_json(token: TokenEntry) -> dict[str, Any]:
    """A token as it is listed."""

    def text(at_ms: int | None) -> str | None:
        return None if at_ms is None else render(at_ms, 0)

    return {
        "key": token.key,
        "person": token.person,
        "role": token.role.value,
        "created": text(token.created_ms),
        "expires": text(token.expires_ms),
        "revoked": text(token.revoked_ms),
    }


def _person(given: Any) -> str:
    try:
        person = clean_key(given, "person")
    except BadValue as error:
        raise BadInput(f"{error}.", remedy="Give the key of a Person record.", member="person") from None
    if person == OWNER.person:
        raise BadInput("The owner is nobody's person.", remedy="Give the key of a Person record.", member="person")
    return person


async def _json_object(request: Request) -> dict[str, Any]:
    try:
        content = orjson.loads(await request.body())
    except orjson.JSONDecodeError:
        content = None
    if not isinstance(content, dict):
        raise BadInput("The body is no JSON object.", remedy='Send {"person": …, "role": …, "expires": …}.')
    return content
