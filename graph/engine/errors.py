"""What the driver raises, told in the product's own errors; which of it is worth another try."""

from __future__ import annotations

from graph.errors import Conflict, Misconfigured, StemgraphError, StoreUnavailable
from graph.saying import said
from neo4j import exceptions as driver

__all__ = ["is_lost_race", "is_outage", "is_transient", "translate"]

_UNKNOWN_DATABASE = "Neo.ClientError.Database.DatabaseNotFound"


def is_transient(error: BaseException) -> bool:
    """Whether two writers met and one may simply go again."""
    return isinstance(error, driver.TransientError)


def is_outage(error: BaseException) -> bool:
    """Whether the store could not be reached, or was lost on the way. What was sent may have been stored."""
    return isinstance(error, driver.ServiceUnavailable | driver.SessionExpired)


def is_lost_race(error: BaseException) -> bool:
    """Whether a unique constraint refused: two at once created the same key, or the work is wrong.

    ArcadeDB 26.10 tells many a meeting of two writers so, where Neo4j would have let one wait for the other.
    """
    return isinstance(error, driver.ConstraintError)


def translate(error: BaseException, address: str) -> StemgraphError | None:
    """Our error for one of the driver's; None for what is a fault in a statement of this program.

    The driver's own message is never passed on: it may hold a value or a key.
    """
    if isinstance(error, driver.AuthError):
        return Misconfigured(
            said("The store at {address} refused the user name or the password.", address=address),
            remedy=said("Check both; after several wrong tries Neo4j refuses the right one too for some seconds."),
        )
    if isinstance(error, driver.ClientError) and error.code == _UNKNOWN_DATABASE:
        return Misconfigured(
            said("The store at {address} has no database of that name.", address=address),
            remedy=said("Name one that exists; the first database of Neo4j is called neo4j."),
        )
    if is_lost_race(error):
        return Conflict(
            said(
                "The store at {address} already holds something under one of the keys to be written.", address=address
            ),
            remedy=said("Look at what is there now, then decide whether to send the request again."),
        )
    if is_transient(error):
        return StoreUnavailable(
            said("The store at {address} was too busy with other writers.", address=address),
            remedy=said("Send the same request again; nothing of it was applied."),
        )
    if is_outage(error):
        return StoreUnavailable(
            said("The store at {address} does not answer.", address=address),
            remedy=said("Check that it runs and can be reached, then send the same request again; it is applied once."),
        )
    if isinstance(error, driver.ConfigurationError):
        return Misconfigured(
            said("The store at {address} cannot be used with these settings.", address=address),
            remedy=said("Check the address."),
        )
    if isinstance(error, driver.DatabaseError):
        return StoreUnavailable(
            said("The store at {address} failed ({code}).", address=address, code=error.code),
            remedy=said("Look into the log of the store, then try again."),
        )
    return None
