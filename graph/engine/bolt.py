"""The database behind Bolt, and nothing else of it: statements in, plain rows out.

Everything above works with any engine that speaks Bolt and Cypher; what differs between the engines is in
docs/engines.md.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import Any, TypeVar
from urllib.parse import urlsplit

import neo4j.time
import tenacity
from neo4j.exceptions import DriverError, Neo4jError

import neo4j
from graph.engine.counting import note_statement
from graph.engine.errors import is_lost_race, is_outage, is_transient, translate
from graph.errors import Misconfigured, StoreUnavailable

__all__ = ["Engine", "Transaction", "connect"]

T = TypeVar("T")

# What the driver logs (lost connections, full addresses) is told by our errors; a program that wants it adds a handler.
logging.getLogger("neo4j").addHandler(logging.NullHandler())

_SCHEMES = ("bolt", "bolt+s", "bolt+ssc", "neo4j", "neo4j+s", "neo4j+ssc")
_ARCADEDB = re.compile(r"ArcadeDB (\S+?)\)?$")
_PLAIN = frozenset({str, int, float, bool, bytes, type(None)})
_TIMES = (dt.date, dt.time, dt.timedelta, neo4j.time.Date, neo4j.time.Time, neo4j.time.Duration)


class Transaction:
    """One transaction that is not yet committed. Statements see what earlier ones wrote."""

    def __init__(self, transaction: neo4j.AsyncTransaction) -> None:
        self._transaction = transaction

    async def run(self, statement: str, /, **parameters: Any) -> list[dict[str, Any]]:
        """All rows, in the statement's own order (none is promised without ORDER BY)."""
        _refuse_times(parameters)
        note_statement(statement)
        result = await self._transaction.run(statement, parameters)
        return [dict(record) async for record in result]


class Engine:
    """A store that answers Cypher over Bolt. Belongs to the event loop it was made in.

    Writes of one process go one after the other: engines that check for conflicts only at the commit would
    otherwise refuse most of them. Writers in other processes are met by trying again.
    """

    def __init__(
        self,
        driver: neo4j.AsyncDriver,
        *,
        address: str,
        database: str,
        product: str,
        version: str,
        busy_seconds: float = 30.0,
        outage_seconds: float = 5.0,
    ) -> None:
        self._driver = driver
        self._database = database
        self._busy_seconds = busy_seconds
        self._outage_seconds = outage_seconds
        self._bookmarks: frozenset[str] = frozenset()
        self._writing = asyncio.Lock()
        self.address = address
        self.product = product
        self.version = version

    @property
    def driver(self) -> neo4j.AsyncDriver:
        """The driver itself, for neomodel's database object; statements sent through it are not counted."""
        return self._driver

    async def read(self, statement: str, /, **parameters: Any) -> list[dict[str, Any]]:
        """All rows. For large answers use ``stream``. Sees everything this engine object wrote or saw before, whole."""
        _refuse_times(parameters)

        async def once() -> list[dict[str, Any]]:
            async with self._session(neo4j.READ_ACCESS) as session:
                note_statement(statement)
                result = await session.run(statement, parameters)
                return [dict(record) async for record in result]

        return await self._patiently(once)

    async def write(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Runs ``work`` in one transaction and commits it; what it returned comes back.

        ``work`` may run several times, also after a commit whose acknowledgement was lost: it must look first
        whether it was already done. An exception out of it rolls everything back and is raised again. Do not
        call ``write`` inside it.
        """

        async def once() -> T:
            async with self._writing, self._session(neo4j.WRITE_ACCESS) as session:
                async with await session.begin_transaction() as transaction:
                    answer = await work(Transaction(transaction))
                    await transaction.commit()
                return answer

        return await self._patiently(once)

    async def stream(self, statement: str, /, **parameters: Any) -> AsyncIterator[dict[str, Any]]:
        """The rows one by one, fetched by the thousand; memory does not grow with their number.

        Not tried again once begun: a store that is lost on the way raises StoreUnavailable.
        """
        _refuse_times(parameters)
        note_statement(statement)
        try:
            async with self._session(neo4j.READ_ACCESS) as session:
                result = await session.run(statement, parameters)
                async for record in result:
                    yield dict(record)
        except (Neo4jError, DriverError) as error:
            raise self._told(error) from error

    async def close(self) -> None:
        await self._driver.close()

    @contextlib.asynccontextmanager
    async def _session(self, access: str) -> AsyncIterator[neo4j.AsyncSession]:
        """A session that sees, whole, what any earlier one wrote or saw a part of.

        Neo4j shows a commit to readers while it is still being applied: the new head, and not yet all of its edges.
        The bookmark of a read names the newest commit that it can have seen; who hands it in waits until that is whole.
        """
        before = self._bookmarks
        async with self._driver.session(
            database=self._database,
            default_access_mode=access,
            bookmarks=neo4j.Bookmarks.from_raw_values(before),
            fetch_size=1000,
        ) as session:
            yield session
            learnt = (await session.last_bookmarks()).raw_values
            if learnt != before:  # what others learnt meanwhile stays; what this one began with is contained in it
                self._bookmarks = (self._bookmarks - before) | learnt

    def _obituary(self) -> StoreUnavailable | None:
        """Why the store will not come back, where that is known: then there is nothing to wait for."""
        return None

    async def _patiently(self, once: Callable[[], Awaitable[T]]) -> T:
        def is_over(state: tenacity.RetryCallState) -> bool:
            error = state.outcome.exception() if state.outcome else None
            if error is None:
                return True
            elapsed = state.seconds_since_start or 0.0
            return elapsed >= (self._outage_seconds if is_outage(error) else self._busy_seconds)

        def is_worth_it(error: BaseException) -> bool:
            if is_outage(error):
                return self._obituary() is None
            return is_transient(error) or is_lost_race(error)

        retrying = tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception(is_worth_it),
            wait=tenacity.wait_random_exponential(multiplier=0.02, max=1.0),
            stop=is_over,
            reraise=True,
        )
        try:
            return await retrying(once)
        except (Neo4jError, DriverError) as error:
            raise self._told(error) from error

    def _told(self, error: Neo4jError | DriverError) -> Exception:
        if is_outage(error) and (obituary := self._obituary()):
            return obituary
        return translate(error, self.address) or error


async def connect(
    address: str, user: str, password: str, *, database: str = "neo4j", outage_seconds: float = 5.0
) -> Engine:
    """An engine on the store at ``address``, which has answered.

    ``address`` is bolt://host:port, or neo4j://host:port for a cluster; +s and +ssc after the scheme encrypt.
    Raises Misconfigured (address, user, password, database) or StoreUnavailable (no answer).
    """
    shown = _checked(address)
    driver = neo4j.AsyncGraphDatabase.driver(
        address,
        auth=(user, password),
        notifications_min_severity="OFF",  # else each unknown property is a warning in the log
        max_connection_lifetime=3600,
        connection_timeout=max(outage_seconds, 1.0),
    )
    try:
        product, version = await _greeted(driver, database)
    except (Neo4jError, DriverError) as error:
        await driver.close()
        raise (translate(error, shown) or error) from None  # the driver's text may hold more than it should
    return Engine(
        driver, address=shown, database=database, product=product, version=version, outage_seconds=outage_seconds
    )


async def _greeted(driver: neo4j.AsyncDriver, database: str) -> tuple[str, str]:
    server = await driver.get_server_info()
    async with driver.session(database=database) as session:
        await (await session.run("RETURN 1 AS one")).consume()  # an unknown database shows only now
    if arcadedb := _ARCADEDB.search(server.agent):
        return "ArcadeDB", arcadedb[1]
    return "Neo4j", server.agent.partition("/")[2]


def _checked(address: str) -> str:
    """The address as it may be shown. Raises Misconfigured, without repeating what may hold a password."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, urlsplit("")
    if parts.scheme not in _SCHEMES or not host:
        raise Misconfigured(
            "The address of the store is not one.",
            remedy=f"Write it as bolt://host:7687; schemes: {', '.join(_SCHEMES)}.",
        )
    if parts.username or parts.password:
        raise Misconfigured(
            "The address of the store holds a user name or a password.",
            remedy="Take them out; give them as settings of their own.",
        )
    if parts.path not in ("", "/") or parts.fragment:
        raise Misconfigured(
            "The address of the store goes on after host and port.", remedy="Give the database as a setting of its own."
        )
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}:{port or 7687}"


def _refuse_times(parameters: dict[str, Any]) -> None:
    """No date, time or duration may cross Bolt (docs/engines.md, "Times"): a mistake in this program."""
    waiting: list[Iterable[Any]] = [parameters.values()]
    while waiting:
        for value in waiting.pop():
            kind = type(value)
            if kind in _PLAIN:
                continue
            if kind is dict:
                waiting.append(value.values())
            elif kind is list or kind is tuple:
                waiting.append(value)
            elif isinstance(value, _TIMES):
                raise TypeError("a date or time was about to be sent to the store: send epoch milliseconds or text")
