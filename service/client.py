"""What a command asks, over HTTP: of a running service, or of the same application within the command itself."""

from __future__ import annotations

import contextlib
import hashlib
import ipaddress
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Sequence
from dataclasses import replace
from typing import Any, Final
from urllib.parse import quote, urlsplit

import httpx

from exchange.jsonlines import trailer_of
from graph.errors import (
    BadInput,
    Conflict,
    Incomplete,
    IntegrityBroken,
    Misconfigured,
    NotPermitted,
    StemgraphError,
    StoreUnavailable,
)
from graph.keys import KeyFile, KeyRing
from graph.ledger import Ledger
from graph.viewer import OWNER, Viewer
from service.application import build_application
from service.local import find_service, make_proof
from service.remote import RemoteDoor
from service.settings import Settings
from service.store import Store, open_store
from service.transfers import records_with_trailer

__all__ = ["Service", "connect_service", "reach"]

_ERRORS: Final[dict[int, type[StemgraphError]]] = {
    400: BadInput,
    401: NotPermitted,
    403: NotPermitted,
    409: Conflict,
    503: StoreUnavailable,
}
_PATIENT: Final = httpx.Timeout(None, connect=10)  # an import or a verification takes as long as it takes
_INSIDE: Final = "http://127.0.0.1"  # the application within the command: no socket is behind it


class Service:
    """A service that a command works through. ``store`` is there where it runs within the command itself."""

    def __init__(self, http: httpx.AsyncClient, *, purpose: str | None = None, store: Store | None = None) -> None:
        self.http = http
        self.store = store
        self._purpose = purpose
        if purpose is not None:
            http.headers["X-Purpose"] = quote(purpose)

    @property
    def viewer(self) -> Viewer:
        """As whom a store within the command is used; a service elsewhere knows its caller by the token."""
        return replace(OWNER, purpose=self._purpose)

    @property
    def door(self) -> Ledger | RemoteDoor:
        """Where records go in."""
        return RemoteDoor(self.ask) if self.store is None else self.store.ledger

    async def records(self, *, sealed: bool = False) -> AsyncIterator[bytes]:
        """Every record, a line each, in ledger order; memory does not grow with their number.

        Raises Incomplete after the last line that came, where the export was cut or altered on its way.
        """
        digest, count = hashlib.sha256(), 0
        trailer: dict[str, object] | None = None
        async with contextlib.aclosing(self._lines(sealed=sealed)) as lines:
            async for line in lines:
                if trailer is not None:
                    break  # nothing comes after the trailer
                trailer = trailer_of(line)
                if trailer is None:
                    digest.update(line)
                    count += 1
                    yield line
            else:
                expected = {"count": count, "digest": digest.hexdigest(), "complete": True}
                if trailer is not None and trailer.items() >= expected.items():
                    return
        raise Incomplete(
            f"The export is not whole: it was cut or altered after {count} records.",
            remedy="Export again; if it happens again, run `stemgraph verify`.",
        )

    async def _lines(self, *, sealed: bool) -> AsyncGenerator[bytes, None]:
        """The lines of ``/export/records`` as they come, the trailer last."""
        if self.store is not None:
            async for line in records_with_trailer(self.store, self.viewer, sealed=sealed):
                yield line
            return
        rest = b""
        async with contextlib.aclosing(self.download("/export/records", [("sealed", str(sealed).lower())])) as chunks:
            async for chunk in chunks:
                *whole, rest = (rest + chunk).split(b"\n")
                for line in whole:
                    yield line + b"\n"

    async def download(self, path: str, asked: Sequence[tuple[str, str]]) -> AsyncGenerator[bytes, None]:
        """A file as it comes. Where it is cut it only ends: its trailer, or its own end, is missing."""
        try:
            async with self.http.stream("GET", path, params=list(asked)) as response:
                if response.status_code >= 400:
                    await response.aread()
                    raise_for(response)
                async for chunk in response.aiter_bytes():
                    yield chunk
        except httpx.RemoteProtocolError:
            return
        except httpx.HTTPError as error:
            raise _unreachable(self.http, error) from error

    async def ask(self, method: str, path: str, **request: Any) -> httpx.Response:
        """The answer to one request. Raises the error that the service answered with, as one of ours."""
        try:
            response = await self.http.request(method, path, **request)
        except httpx.HTTPError as error:
            raise _unreachable(self.http, error) from error
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
    """Raises what an error answer says. A list of what is wrong with records (422) is an answer of its own."""
    if response.status_code < 400:
        return
    try:
        content = response.json()
        if response.status_code == 422 and "violations" in content:
            return
        said = content["error"]
        message, remedy, code = str(said["message"]), str(said["remedy"]), str(said["code"])
    except (ValueError, KeyError, TypeError):
        message, remedy, code = f"The service answered {response.status_code}.", "Is this its address?", "error"
    kind = IntegrityBroken if code == IntegrityBroken.code else _ERRORS.get(response.status_code, StemgraphError)
    error = kind(message, remedy=remedy)
    error.code = code
    raise error


@contextlib.asynccontextmanager
async def connect_service(settings: Settings, *, make: bool = False) -> AsyncIterator[Service]:
    """The service that a command shall work through.

    The one of ``--url``; else one that holds the data folder; else the store is opened here, and made if ``make`` and
    there is none. Raises what opening raises, and StoreUnavailable where the service named does not answer.
    """
    running = await reach(settings)
    if running is not None:
        try:
            yield running
        finally:
            await running.http.aclose()
        return
    async with open_store(settings, make=make) as store:
        transport = httpx.ASGITransport(app=build_application(store))
        async with httpx.AsyncClient(
            transport=transport, base_url=_INSIDE, auth=_LocalProof(store.keyring), timeout=_PATIENT
        ) as http:
            yield Service(http, purpose=settings.purpose, store=store)


async def reach(settings: Settings) -> Service | None:
    """The running service that the settings name, which has answered; None where there is none to be found."""
    if settings.url is not None:
        service = Service(_client(settings.url, _credential(settings, settings.url)), purpose=settings.purpose)
        await _check_alive(service)
        return service
    url = find_service(settings.service_file, store=settings.store)
    if url is None:
        return None
    proof = _LocalProof(KeyFile(settings.key_file, must_exist=True))
    service = Service(_client(url, proof), purpose=settings.purpose)
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
    is_here = _is_here(urlsplit(url).hostname or "")
    return httpx.AsyncClient(
        base_url=url.rstrip("/"),
        auth=auth,
        timeout=_PATIENT,
        trust_env=not is_here,  # a proxy of the environment is not asked for this machine, nor given its proofs
    )


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
