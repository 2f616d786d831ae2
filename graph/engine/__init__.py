"""The database behind Bolt: the connection, the embedded server, the store's own layout."""

from graph.engine.bolt import Engine, Transaction, connect
from graph.engine.counting import StatementCount, statement_count
from graph.engine.embedded import DEFAULT_HEAP, EmbeddedEngine, EmbeddedServer
from graph.engine.folder import FolderLock, Holder, holder_of

__all__ = [
    "DEFAULT_HEAP",
    "EmbeddedEngine",
    "EmbeddedServer",
    "Engine",
    "FolderLock",
    "Holder",
    "StatementCount",
    "Transaction",
    "connect",
    "holder_of",
    "statement_count",
]
