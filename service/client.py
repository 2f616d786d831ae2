"""What a command asks, over HTTP: of a running service, or of the same application within the command itself."""

from __future__ import annotations

import contextlib
import ipaddress
from collections.abc import AsyncIterator, Generator
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from graph.errors import (
    BadInput,
    Conflict,
    Misconfigured,
    NotPermitted,
    StemgraphError,
    StoreUnavailable,
)
from graph.keys import KeyFile, KeyRing
from service.application import build_application
from service.local import find_service, make_proof
from service.settings import Settings
from service.store import Store, open_store

__all__ = ["Service", "connect_service", "reach"]

_ERRORS: Final[dict[int, type[StemgraphError]]] = {
    401: NotPermitted,
    403: NotPermitted,
    409: Conflict,
    503: StoreUnavailable,
}
_INSIDE: Final = "http://127.0.0.1"  # the application within the command: no socket is behind it


class Service:
    """A service that a command works through. ``store`` is there where it runs within the command itself."""

    def __init__(self, http: httpx.AsyncClient, store: Store | None = None) -> None:
        self.http = http
        self.store = store

    async def ask(self, method: str, path: str, **request: Any) -> httpx.Response:
        """The answer to one request. Raises the error that the service answered with, as one of ours."""
        try:
            response = await self.http.request(method, path, **request)
        except httpx.HTTPError as error:
            raise _unreachable(self.http, error) from None
        raise_for(response)
        return response

    async def query(self, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        """The data of one GraphQL query. Raises BadInput with what the service says is wrong with it."""
        response = await self.ask("POST", "/graphql", json={"query": query, "variables": variables})
        answer: dict[str, Any] = response.json()
        if answer.get("errors"):
            said = "; ".join(str(error.get("message")) for error in answer["errors"])
            raise BadInput(said, remedy="Correct the command's arguments.")
        data: dict[str, Any] = answer["data"]
        return data


def raise_for(response: httpx.Response) -> None:
    """Raises what an error answer says. 422 is an answer of its own: a list of what is wrong."""
    if response.status_code < 400 or response.status_code == 422:
        return
    try:
        said = response.json()["error"]
        message, remedy, code = str(said["message"]), str(said["remedy"]), str(said["code"])
    except (ValueError, KeyError, TypeError):
        message, remedy, code = f"The service answered {response.status_code}.", "Is this its address?", "error"
    kind = _ERRORS.get(response.status_code, StemgraphError)
    raise kind(message, remedy=remedy, code=code)


@contextlib.asynccontextmanager
async def connect_service(settings: Settings, *, make: bool = False) -> AsyncIterator[Service]:
    """The service that a command shall work through.

    The one of ``--url``; else one that holds the data folder; else the store is opened here, and made if ``make`` and
    there is none. Raises what opening raises, and StoreUnavailable where the service named does not answer.
    """
    running = await reach(settings)
    if running is not None:
        async with running.http:
            yield running
        return
    async with open_store(settings, make=make) as store:
        transport = httpx.ASGITransport(app=build_application(store))
        async with httpx.AsyncClient(
            transport=transport, base_url=_INSIDE, auth=_LocalProof(store.keyring), timeout=None
        ) as http:
            yield Service(http, store)


async def reach(settings: Settings) -> Service | None:
    """The running service that the settings name, which has answered; None where there is none to be found."""
    if settings.url is not None:
        service = Service(_client(settings.url, _credential(settings, settings.url)))
        await _check_alive(service)
        return service
    url = find_service(settings.service_file)
    if url is None:
        return None
    service = Service(_client(url, _LocalProof(KeyFile(settings.key_file, must_exist=True))))
    await _check_alive(service)
    return service


async def _check_alive(service: Service) -> None:
    try:
        await service.ask("GET", "/healthz", timeout=10)
    except BaseException:
        await service.http.aclose()
        raise


def _client(url: str, auth: httpx.Auth) -> httpx.AsyncClient:
    if urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname:
        raise Misconfigured(
            f"{url!r} is no address of a service.", remedy="Write --url https://host or http://host:port."
        )
    return httpx.AsyncClient(base_url=url.rstrip("/"), auth=auth, timeout=httpx.Timeout(None, connect=10))


class _LocalProof(httpx.Auth):
    """A proof made for each request anew: it is good once."""

    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = f"Bearer {make_proof(self._ring)}"
        yield request


class _Token(httpx.Auth):
    def __init__(self, token: str) -> None:
        self._token = token

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = f"Bearer {self._token}"
        yield request


def _credential(settings: Settings, url: str) -> httpx.Auth:
    if settings.token:
        return _Token(settings.token)
    # A proof could be handed on by who receives it: it goes to this machine only.
    if _is_here(urlsplit(url).hostname or "") and settings.key_file.exists():
        return _LocalProof(KeyFile(settings.key_file, must_exist=True))
    raise Misconfigured("There is no token for the service named.", remedy="Set STEMGRAPH_TOKEN.")


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _unreachable(http: httpx.AsyncClient, error: httpx.HTTPError) -> StoreUnavailable:
    return StoreUnavailable(
        f"The service at {http.base_url} does not answer ({type(error).__name__}).",
        remedy="Is it running? Start it with `stemgraph serve`, or correct --url.",
    )
