"""What holds on every page: who may see which, one frame, two languages, nothing from elsewhere, nothing unlabelled."""

from __future__ import annotations

import re

import pytest

from graph.viewer import Permission, Role, Viewer
from service.store import Store
from service.texts import LANGUAGE_COOKIE
from support.browsing import Reader, links_of, seal_of
from support.pages import Element, Page, read_page
from support.serving import ADDRESS, client_of, token_of

PAGES = [
    "/",
    "/view/search",
    "/view/search?q=MCB",
    "/view/node/CellLot:DP1",
    "/view/node/CellUnit:DP1%233",
    "/view/node/Equipment:INC-1",
    "/view/node/StoragePosition:TANK-A",
    "/view/node/Reagent:R-MED-8",
    "/view/operation/O07",
    "/view/operation/O21",
    "/view/operation/O23",
    "/view/trace",
    "/view/trace?start=CellLot:DP1&direction=backward&as=list",
    "/view/trace?start=CellLot:DP1&direction=backward&as=list&list=links",
    "/view/deviations",
    "/view/coverage",
    "/view/coverage?lot=CellLot:DP1",
    "/view/ledger",
    "/view/graphql",
]
ANSWERS = [
    path for path in PAGES if path not in {"/", "/view/search", "/view/trace", "/view/coverage", "/view/graphql"}
]


def _ids(page: Page) -> list[str]:
    return [each.attributes["id"] for each in page.walk() if "id" in each.attributes]


def _is_labelled(page: Page, field: Element) -> bool:
    if "aria-label" in field.attributes or "aria-labelledby" in field.attributes:
        return True
    if any(field in label.walk() for label in page.all("label")):
        return True
    return bool(field.attributes.get("id")) and bool(page.all("label", for_=field.attributes["id"]))


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_every_page_can_be_read_by_all_senses(trial_store: Store, language: str) -> None:
    """Landmarks, one heading of the first order, labels, headers of columns, no two elements of one name."""
    reader = await Reader.of(trial_store, language=language)
    for path in [*PAGES, "/view/import"]:
        page = await reader.open(path)
        assert page.one("html").attributes["lang"] == {"en": "en", "zh": "zh-CN"}[language], path
        assert len(page.all("h1")) == len(page.all("main")) == len(page.all("title")) == 1, path
        ids = _ids(page)
        assert len(ids) == len(set(ids)), f"{path}: {sorted(each for each in ids if ids.count(each) > 1)}"
        assert links_of(page)[0] == "#main"
        named = [
            each.attributes[name].split()
            for each in page.walk()
            for name in ("aria-labelledby", "aria-describedby", "for")
            if name in each.attributes
        ]
        assert {name for names in named for name in names} <= set(ids), path
        fields = [each for kind in ("input", "select", "textarea") for each in page.all(kind)]
        fields = [each for each in fields if each.attributes.get("type") != "hidden"]
        assert [each.attributes for each in fields if not _is_labelled(page, each)] == [], path
        assert all(each.text or "aria-label" in each.attributes for each in page.all("button")), path
        assert all("scope" in header.attributes for header in page.all("th")), path
        for area in page.all("div", class_="scroll"):  # what scrolls can be reached with the keyboard
            assert area.attributes["tabindex"] == "0", path
            assert {"aria-label", "aria-labelledby"} & set(area.attributes), path
        for drawing in page.all("svg"):
            assert drawing.attributes["aria-hidden"] == "true", "a mark stands beside the word that it means"


async def test_no_page_loads_or_runs_what_is_not_our_own_file(trial_store: Store) -> None:
    reader = await Reader.of(trial_store)
    for path in [*PAGES, "/view/import", "/sign-in"]:
        page = await reader.open(path)
        for each in page.walk():
            assert "style" not in each.attributes, path
            assert not [name for name in each.attributes if name.startswith("on")], path
            for name in ("src", "href", "action"):
                assert re.match(r"[/?#]", each.attributes.get(name, "/")), f"{path}: {each.attributes[name]}"
        assert page.all("style") == []
        assert all(each.attributes["src"].startswith("/static/") for each in page.all("script")), path


async def test_every_file_that_a_page_needs_is_served(trial_store: Store) -> None:
    reader = await Reader.of(trial_store)
    for path in ("/", "/view/import", "/view/graphql"):
        page = await reader.open(path)
        files = [each.attributes["src"] for each in page.all("script")]
        files += [each.attributes["href"] for each in page.all("link")]
        for file in files:
            assert (await reader.get(file)).status_code == 200, file


async def test_every_link_of_every_page_is_answered(trial_store: Store) -> None:
    reader = await Reader.of(trial_store)
    links = {link.partition("#")[0] for path in PAGES for link in links_of(await reader.open(path))} - {""}
    links = {link for link in links if not link.startswith("?")}
    assert len(links) > 100
    for link in sorted(links):
        answer = await reader.get(link)
        assert answer.status_code == 200, f"{link}: {answer.status_code}"


@pytest.mark.parametrize("path", ANSWERS)
async def test_every_answer_says_first_whether_it_is_whole_and_where_the_ledger_stood(
    trial_store: Store, path: str
) -> None:
    reader = await Reader.of(trial_store)
    main = (await reader.open(path)).one("main")
    head = (await trial_store.ledger.head()).seq
    first = next(each for each in main.walk() if each.attributes.get("id") == "completeness")
    assert first.text in {"✓ Complete", "▲ Not complete"}
    assert next(each for each in main.walk() if each.attributes.get("id") == "as-of-seq").text == str(head)
    elements = list(main.walk())
    tables = [elements.index(each) for each in main.all("table")]
    assert all(elements.index(first) < place for place in tables)


@pytest.mark.parametrize("role", list(Role))
async def test_the_frame_offers_what_the_role_may_do(trial_store: Store, role: Role) -> None:
    reader = await Reader.of(trial_store, role)
    start = await reader.open("/")
    offered = set(links_of(start))
    may = Viewer(person="P-01", role=role).may
    assert ("/view/import" in offered) is may(Permission.IMPORT)
    assert (await reader.get("/view/import")).status_code == (200 if may(Permission.IMPORT) else 403)
    ledger = await reader.open("/view/ledger")
    assert bool(ledger.all("button", id="verify")) is may(Permission.VERIFY)
    listed = await reader.open("/view/trace?start=CellLot:DP1&direction=backward&as=list")
    downloads = [link for link in listed.all("a") if "download" in link.attributes]
    assert bool(downloads) is may(Permission.EXPORT)
    for link in downloads:
        assert (await reader.get(link.attributes["href"])).status_code == 200
    assert "P-01" in start.one("header").text


@pytest.mark.parametrize(("path", "status"), [("/view/node/CellLot:NONE", 404), ("/view/nothing", 404)])
async def test_what_cannot_be_shown_is_a_page_too(trial_store: Store, path: str, status: int) -> None:
    for language, heading in (("en", "Not found"), ("zh", "未找到")):
        reader = await Reader.of(trial_store, language=language)
        page = await reader.open(path, status=status)
        assert page.one("h1").text == heading
        assert "/" in links_of(page.one("main"))


async def test_a_page_that_is_not_permitted_says_so_in_the_same_look(trial_store: Store) -> None:
    reader = await Reader.of(trial_store, Role.VIEWER, language="zh")
    for path in ("/view/import", "/view/node/Donor:D1", "/view/trace?start=Donor:D1&direction=forward&as=list"):
        page = await reader.open(path, status=403)
        assert page.one("h1").text == "无权访问"
        assert "/view/ledger" in links_of(page.one("header"))


async def _signed_in(store: Store, token: str, browser: str = "en") -> Reader:
    client = client_of(store)
    client.headers.update({"Accept": "text/html", "Accept-Language": browser})
    seal = seal_of((await client.get("/sign-in")).text)
    answer = await client.post("/sign-in", data={"token": token, "seal": seal}, headers={"Origin": ADDRESS})
    assert answer.status_code == 303
    return Reader(client)


async def test_the_language_that_a_person_chose_is_theirs_in_the_next_browser_too(store: Store) -> None:
    token = await token_of(store, Role.VIEWER, person="P-77")
    reader = await _signed_in(store, token)
    seal = seal_of((await reader.get("/view/trace")).text)
    chosen = await reader.client.post(
        "/language",
        data={"language": "zh", "seal": seal, "next": "/view/trace?as=form"},
        headers={"Origin": ADDRESS},
    )
    assert (chosen.status_code, chosen.headers["location"]) == (303, "/view/trace?as=form")
    assert (await reader.open("/view/trace")).one("h1").text == "追溯"
    elsewhere = await _signed_in(store, token)
    assert elsewhere.client.cookies[LANGUAGE_COOKIE] == "zh"
    assert (await elsewhere.open("/view/trace")).one("h1").text == "追溯"
    another = await _signed_in(store, await token_of(store, Role.VIEWER, person="P-78"))
    assert (await another.open("/view/trace")).one("h1").text == "Trace"


async def test_a_language_in_the_address_holds_for_that_view_only(store: Store) -> None:
    reader = await Reader.of(store)
    assert (await reader.open("/view/trace?language=zh")).one("h1").text == "追溯"
    assert (await reader.open("/view/trace")).one("h1").text == "Trace"


async def test_the_language_is_not_chosen_by_another_site(store: Store) -> None:
    reader = await _signed_in(store, await token_of(store, Role.VIEWER))
    for headers, seal in (({"Origin": "http://evil.example"}, "x"), ({"Origin": ADDRESS}, "x")):
        answer = await reader.client.post("/language", data={"language": "zh", "seal": seal}, headers=headers)
        assert answer.status_code == 403
    seal = seal_of((await reader.get("/view/trace")).text)
    answer = await reader.client.post(
        "/language", data={"language": "zh", "seal": seal, "next": "//evil.example"}, headers={"Origin": ADDRESS}
    )
    assert answer.headers["location"] == "/"


async def test_a_parameter_that_is_none_is_refused_on_every_page(trial_store: Store) -> None:
    reader = await Reader.of(trial_store)
    for path in {path.partition("?")[0] for path in PAGES}:
        page = read_page((await reader.get(path, nothing="1")).text)
        assert "nothing" in page.one("main").text, path
