"""Who asks or writes: person, role, studies, purpose; and what each role may do, as data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, unique

__all__ = ["GIVABLE_ROLES", "OWNER", "PERMISSIONS", "Permission", "Role", "Viewer"]


@unique
class Permission(Enum):
    """One thing a role may do. The values are kept in logs: never reuse one."""

    READ = "read"
    RECORD = "record"
    CORRECT = "correct"
    IMPORT = "import"
    IMPORT_HISTORIC = "import_historic"
    EXPORT = "export"
    EXPORT_SEALED = "export_sealed"
    VERIFY = "verify"
    REBUILD = "rebuild"
    READ_ACCESS_LOG = "read_access_log"
    MANAGE_TOKENS = "manage_tokens"


@unique
class Role(Enum):
    VIEWER = "viewer"
    OPERATOR = "operator"
    REVIEWER = "reviewer"
    INVESTIGATOR = "investigator"
    SAFETY_OFFICER = "safety_officer"
    ANALYST = "analyst"
    DATA_MANAGER = "data_manager"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"
    OWNER = "owner"  # built in; belongs to nobody; never on an ordinary token


# Those that a token can be made for.
GIVABLE_ROLES = tuple(role for role in Role if role is not Role.OWNER)

_P = Permission

# What each role may do, and the highest privacy tier it is shown unmasked.
PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.VIEWER: frozenset({_P.READ}),
    Role.OPERATOR: frozenset({_P.READ, _P.RECORD}),
    Role.REVIEWER: frozenset({_P.READ, _P.RECORD, _P.CORRECT}),
    Role.INVESTIGATOR: frozenset({_P.READ, _P.RECORD, _P.CORRECT, _P.EXPORT}),
    Role.SAFETY_OFFICER: frozenset({_P.READ, _P.RECORD, _P.CORRECT, _P.EXPORT}),
    Role.ANALYST: frozenset({_P.READ, _P.EXPORT}),
    Role.DATA_MANAGER: frozenset({_P.READ, _P.RECORD, _P.CORRECT, _P.IMPORT, _P.IMPORT_HISTORIC, _P.EXPORT, _P.VERIFY}),
    Role.AUDITOR: frozenset({_P.READ, _P.EXPORT, _P.VERIFY, _P.READ_ACCESS_LOG}),
    Role.ADMINISTRATOR: frozenset({_P.READ, _P.VERIFY, _P.REBUILD, _P.READ_ACCESS_LOG, _P.MANAGE_TOKENS}),
    Role.OWNER: frozenset(_P),
}

HIGHEST_TIER: dict[Role, int] = {
    Role.VIEWER: 0,
    Role.OPERATOR: 2,
    Role.REVIEWER: 2,
    Role.INVESTIGATOR: 3,
    Role.SAFETY_OFFICER: 3,
    Role.ANALYST: 1,
    Role.DATA_MANAGER: 2,
    Role.AUDITOR: 2,
    Role.ADMINISTRATOR: 1,
    Role.OWNER: 3,
}


@dataclass(frozen=True, kw_only=True)
class Viewer:
    """The one on whose behalf something is asked or written. ``studies`` None means all of them."""

    person: str  # a Person's key, or "owner"
    role: Role
    studies: frozenset[str] | None = None
    purpose: str | None = None

    def may(self, permission: Permission) -> bool:
        return permission in PERMISSIONS[self.role]

    @property
    def highest_tier(self) -> int:
        return HIGHEST_TIER[self.role]


OWNER = Viewer(person="owner", role=Role.OWNER)
