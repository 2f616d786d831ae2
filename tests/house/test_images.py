"""What the containers run is what the tests ran."""

from __future__ import annotations

import re

from support.house import ROOT, project

COMPOSE = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")


def test_compose_runs_the_neo4j_that_the_contract_suite_tests() -> None:
    tested = re.search(r"<neo4j\.version>([^<]+)<", (ROOT / "tests" / "neo4j" / "pom.xml").read_text(encoding="utf-8"))
    assert tested is not None
    assert f"image: neo4j:{tested[1]}-community" in COMPOSE


def test_images_are_pinned() -> None:
    assert re.findall(r"(?m)^FROM (?!python:3\.\d+\.\d+-slim-\w+( AS \w+)?$).*", DOCKERFILE) == []
    assert f"image: stemgraph:{project()['project']['version']}" in COMPOSE


def test_the_image_is_made_from_the_lock_and_does_not_run_as_root() -> None:
    assert "--require-hashes --requirement requirements.lock" in DOCKERFILE
    assert re.findall(r"(?m)^USER (\w+)", DOCKERFILE) == ["stemgraph"]


def test_no_password_stands_in_the_compose_file_or_in_an_argument() -> None:
    given = re.findall(r"PASSWORD[=:](?!\?) *(\S+)", COMPOSE)  # `:?` asks for one that is missing
    assert given
    assert all(value.startswith(("${", '\\"$${')) for value in given)
    assert "cypher-shell -p" not in COMPOSE


def test_both_services_say_when_they_are_healthy() -> None:
    assert COMPOSE.count("healthcheck:") == 2
    assert "condition: service_healthy" in COMPOSE
    assert "/readyz" in COMPOSE
    assert "/readyz" in DOCKERFILE
