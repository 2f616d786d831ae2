"""What the product stands on is pinned, hashed, and each of it has a reason that a reader can find."""

from __future__ import annotations

import re
from collections import Counter
from importlib.metadata import PackageNotFoundError, metadata

import pytest

from support.house import ROOT, normal_name, project

LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-bench.lock")


def _direct() -> list[str]:
    extras = project()["project"]["optional-dependencies"]
    return [*project()["project"]["dependencies"], *(each for names in extras.values() for each in names)]


def _locked(lock: str) -> dict[str, str]:
    """Distribution -> its entry: version, marker, hashes."""
    text = (ROOT / lock).read_text(encoding="utf-8")
    entries = re.split(r"(?m)^(?=[A-Za-z0-9])", re.sub(r"(?m)^\s*#.*\n", "", text))
    return {normal_name(entry): entry for entry in entries if entry.strip()}


def _documented() -> Counter[str]:
    text = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    return Counter(normal_name(name) for name in re.findall(r"(?m)^\| `([^`]+)` \|", text))


@pytest.mark.parametrize("requirement", _direct())
def test_each_direct_dependency_is_pinned(requirement: str) -> None:
    assert re.match(r"^[a-z0-9-]+==[0-9][0-9a-z.]*(;.*)?$", requirement)


def test_dependencies_md_has_a_line_for_each_direct_dependency_and_no_other() -> None:
    assert _documented() == Counter({normal_name(requirement) for requirement in _direct()})


@pytest.mark.parametrize("lock", LOCKS)
def test_everything_locked_has_an_exact_version_and_hashes(lock: str) -> None:
    entries = _locked(lock)
    assert len(entries) > 20
    for entry in entries.values():
        assert re.match(r"^[a-z0-9-]+==\S+", entry)
        assert re.search(r"--hash=sha256:[0-9a-f]{64}\b", entry), entry


@pytest.mark.parametrize("lock", LOCKS)
def test_the_lock_names_no_index_and_no_folder(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert not re.search(r"--(extra-)?index-url|--find-links|://| @ |/tmp|/opt|/home", text)


def test_the_locks_hold_what_pyproject_pins() -> None:
    run, dev, bench = (_locked(lock) for lock in LOCKS)
    extras = project()["project"]["optional-dependencies"]
    for requirement in (*project()["project"]["dependencies"], *extras["build"]):
        assert run[normal_name(requirement)].startswith(requirement.split(";")[0])
    for requirement in extras["dev"]:
        assert dev[normal_name(requirement)].startswith(requirement.split(";")[0])
    for requirement in extras["bench"]:
        assert bench[normal_name(requirement)].startswith(requirement.split(";")[0])


@pytest.mark.parametrize("lock", LOCKS[1:])
def test_the_other_locks_only_add_to_the_one_that_users_run(lock: str) -> None:
    # The version, not for which interpreters: a package of the others may need it on more of them.
    run, more = (
        {name: entry.split(maxsplit=1)[0] for name, entry in _locked(each).items()}
        for each in ("requirements.lock", lock)
    )
    assert run.items() - more.items() <= {("setuptools", run["setuptools"])}


def test_what_is_measured_against_is_in_no_other_lock() -> None:
    run, dev, _ = (_locked(lock) for lock in LOCKS)
    for requirement in project()["project"]["optional-dependencies"]["bench"]:
        assert normal_name(requirement) not in run.keys() | dev.keys()


def test_what_builds_the_wheel_is_what_the_lock_holds() -> None:
    (builder,) = project()["build-system"]["requires"]
    assert builder in project()["project"]["optional-dependencies"]["build"]


def test_the_licences_are_as_dependencies_md_says() -> None:
    text = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    told = {normal_name(name): licence for name, licence in re.findall(r"(?m)^\| `([^`]+)` \|.*\| ([^|]+?) \|$", text)}
    wrong = {}
    for requirement in _direct():
        name = normal_name(requirement)
        try:
            found = metadata(name)
        except PackageNotFoundError:
            continue  # the embedded engine on a platform it has no wheels for
        if "License-Expression" in found and found["License-Expression"] != told[name]:
            wrong[name] = found["License-Expression"]
    assert wrong == {}
