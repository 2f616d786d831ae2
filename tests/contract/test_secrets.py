"""Values of tier 3, keys and tokens are nowhere in the clear: not in the database's files, its log, a backup, argv."""

from __future__ import annotations

import base64
import shutil
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import psutil

from graph.engine import EmbeddedServer, connect
from graph.keys import KeyFile
from graph.models import install
from graph.viewer import OWNER, Role
from service.settings import Settings
from service.store import Store, open_store
from support.bench_sheet import BenchSheet
from support.stores import StartEngine, import_all, lines_of, open_again, record

# Found nowhere else. What is not secret shows that the search would find what is there.
SECRETS = {
    "history": "zyxomma tillyardi in the family",
    "amended history": "orthetrum glaucum since childhood",
    "ethnicity": "Libellulidae",
    "birth date": "1961-11-23",
    "contact": "kontakt-q7x9@odonata.example",
    "visit": "visit of the pantala flavescens",
    "findings": "斜痣蜻未见异常",
    "event": "crocothemis servilia rash",
    "result": "sympetrum-positive",
    "amended result": "brachythemis-negative",
    "corrected result": "diplacodes-equivocal",
    "genes": "A*99:77 B*88:66",
    "amended genes": "A*97:75 B*86:64",
    "refused": "trithemis aurora syndrome",
}
NUMBER = 918273.6457
PUBLIC = "anisoptera-sop-7"


def _records() -> Iterator[list[dict[str, Any]]]:
    """Requests that carry a secret wherever a record can carry one."""
    sheet = BenchSheet()
    sheet.node("Document", PUBLIC)
    sheet.node("Person", "P-09", contact=SECRETS["contact"])
    sheet.donor("D1", medical_history=SECRETS["history"], birth_date=SECRETS["birth date"])
    sheet.subject("S1")
    sheet.node("ReferenceRange", "R1", item="glucose", low=3, high=6, allowed_low=1, allowed_high=20)
    wrong = sheet.act(
        "TESTED", [_end("Donor", "D1")], [_result("Q1", "HIV", SECRETS["result"]), _result("Q2", "glucose", NUMBER)]
    )
    sheet.collected("D1", "T1", data={"collection_method": PUBLIC})
    sheet.separated("T1", "L1")
    sheet.act("TESTED", [_end("CellLot", "L1")], [_result("Q3", "HLA typing", SECRETS["genes"])])
    sheet.cryopreserved("L1", "DP1", units=2)
    sheet.act("FOLLOWED_UP", [_end("Subject", "S1")], data={"visit": SECRETS["visit"], "findings": SECRETS["findings"]})
    event = {"kind": "AdverseEvent", "id": "AE1", "data": {"term": SECRETS["event"]}}
    sheet.act("EXPERIENCED", [_end("Subject", "S1")], [event])
    yield sheet.records
    begin = len(sheet.records)
    sheet.amendment("Donor", "D1", medical_history=SECRETS["amended history"], ethnicity=SECRETS["ethnicity"])
    sheet.amendment("QCResult", "Q1", test_result=SECRETS["amended result"])
    sheet.amendment("QCResult", "Q3", test_result=SECRETS["amended genes"])
    mended = [_result("Q1", "HIV", SECRETS["corrected result"]), _result("Q2", "glucose", NUMBER + 1)]
    yield sheet.records[begin:]
    sheet.correction(wrong, {**wrong, "outputs": mended})
    yield sheet.records[-1:]


def _end(kind: str, key: str) -> dict[str, Any]:
    return {"kind": kind, "id": key}


def _result(key: str, item: str, found: object) -> dict[str, Any]:
    return {"kind": "QCResult", "id": key, "data": {"test_item": item, "test_result": found}}


def _forms(text: str) -> list[bytes]:
    """The ways in which a program might have written it down."""
    plain = text.encode()
    forms = [plain, text.encode("unicode_escape"), plain.hex().encode(), base64.b64encode(plain)[:-4]]
    forms.append(text.encode("utf-16-le")[:-1])  # without its last zero the other byte order holds it as well
    return list(dict.fromkeys(forms))


async def _wanted(store: Store, keys: Path) -> dict[str, list[bytes]]:
    """What must be found nowhere, by name."""
    wanted = {name: _forms(text) for name, text in SECRETS.items()}
    for name, number in (("number", NUMBER), ("corrected number", NUMBER + 1)):
        wanted[name] = [str(number).encode(), struct.pack("<d", number), struct.pack(">d", number)]
    for role in (Role.VIEWER, Role.ADMINISTRATOR):
        token = await store.tokens.create("P-01", role, None)
        session = await store.tokens.sign_in(token.plain)
        assert session is not None
        wanted[f"token of the {role.value}"] = _forms(token.plain)
        wanted[f"session of the {role.value}"] = _forms(session.plain)
    for line in KeyFile(keys).path.read_text("utf-8").splitlines():
        for part in line.split('"'):
            if len(part) == 44 and part.endswith("="):  # 32 bytes, in base64
                wanted[f"key {len(wanted)}"] = [
                    part.encode(),
                    base64.b64decode(part),
                    base64.b64decode(part).hex().encode(),
                ]
    return wanted


def _found(paths: Iterable[Path], wanted: dict[str, list[bytes]]) -> list[str]:
    """Which of it stands in one of the files."""
    found = []
    for path in paths:
        content = path.read_bytes()
        found += [f"{name} in {path.name}" for name, forms in wanted.items() if any(form in content for form in forms)]
    return found


def _files(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("*")) if path.is_file()]


async def _fill(store: Store) -> None:
    for records in _records():
        await import_all(store, records)
    refused = await record(
        store, [{"record": "node", "kind": "Donor", "id": "D1", "data": {"medical_history": SECRETS["refused"]}}]
    )
    assert not refused.accepted
    assert SECRETS["refused"] not in str(refused)


async def test_no_value_key_or_token_is_in_the_files_the_log_or_the_arguments_of_the_engine(
    start_engine: StartEngine, tmp_path: Path
) -> None:
    server = await start_engine()
    keys = tmp_path / "keys" / "keys.jsonl"
    engine = await connect(server.address, server.user, server.password)
    await install(engine)
    store = await open_again(engine, keyring=KeyFile(keys))
    await _fill(store)
    wanted = await _wanted(store, keys)
    wanted["password of the engine"] = [server.password.encode()]
    assert len(wanted) > len(SECRETS) + 8
    async for entry in store.ledger.entries():
        assert not [name for name, forms in wanted.items() if forms[0] in repr(entry).encode()]
    process = psutil.Process(server.pid)
    told = "\0".join([*process.cmdline(), *(f"{name}={value}" for name, value in process.environ().items())]).encode()
    assert [name for name, forms in wanted.items() if any(form in told for form in forms)] == []
    await engine.close()
    server.kill()  # what a kill leaves: files, and the log of writes that are not yet in them
    folder = tmp_path / ("store" if isinstance(server, EmbeddedServer) else "home")
    assert _found(_files(folder), {"public": _forms(PUBLIC)}), "the search finds nothing at all"
    assert _found(_files(folder), wanted) == []


async def test_a_copy_of_the_folder_without_its_keys_tells_no_value_and_none_can_be_opened(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data")
    async with open_store(settings, make=True) as store:
        await _fill(store)
        wanted = await _wanted(store, settings.key_file)
    shutil.copytree(settings.data, tmp_path / "copy", ignore=shutil.ignore_patterns(settings.key_file.name))
    assert _found(_files(tmp_path / "copy"), {"public": _forms(PUBLIC)})
    assert _found(_files(tmp_path / "copy"), wanted) == []
    assert _found([settings.key_file], wanted) != []  # and with it they would be found: the keys, nothing else
    assert all(name.startswith("key ") for name in _found([settings.key_file], wanted))
    other = Settings(data=tmp_path / "copy", keys=tmp_path / "other keys")
    KeyFile(other.key_file)
    async with open_store(other, make=False) as store:
        donor = (await store.reader.nodes({"Donor": ["D1"]}))["Donor", "D1"]
        assert await store.ledger.vault.open([donor.values["medical_history"]["sealed"]]) == {}
        assert SECRETS["amended history"].encode() not in b"".join(await lines_of(store, sealed=True))


async def test_a_destroyed_key_takes_every_value_of_that_person_and_no_other(store: Store) -> None:
    sheet = BenchSheet()
    sheet.donor("D1", blood_type="AB+")
    sheet.donor("D2", blood_type="O+")
    for donor in ("1", "2"):
        sheet.act("TESTED", [_end("Donor", f"D{donor}")], [_result(f"H{donor}", "HIV", "negative")])
        sheet.collected(f"D{donor}", f"T{donor}")
        sheet.separated(f"T{donor}", f"L{donor}")
        sheet.act("TESTED", [_end("CellLot", f"L{donor}")], [_result(f"G{donor}", "HLA typing", f"A*0{donor}:01")])
    sheet.pooled(["L1", "L2"], "POOL")
    sheet.act("TESTED", [_end("CellLot", "POOL")], [_result("G3", "HLA typing", "mixed")])
    await import_all(store, sheet.records)
    later = BenchSheet(prefix="later-")
    await import_all(
        store,
        [
            later.amendment("QCResult", "G1", test_result="A*03:01"),
            later.amendment("QCResult", "G2", test_result="A*04:01"),
        ],
    )
    store.keyring.destroy("Donor:D1")
    text = b"".join(await lines_of(store, sealed=True)).decode()
    for gone in ("AB+", "A*01:01", "A*03:01", "mixed"):
        assert f'"{gone}"' not in text
    for kept in ("O+", "A*02:01", "A*04:01"):
        assert f'"{kept}"' in text
    assert (await store.ledger.verify()).is_intact


async def test_the_access_log_names_what_was_read_and_no_value(store: Store) -> None:
    sheet = BenchSheet()
    sheet.donor("D1", medical_history=SECRETS["history"])
    await import_all(store, sheet.records)
    store.access_log.append(OWNER, "node", ["Donor:D1"], 3)
    await store.access_log.flush()
    rows = await store.engine.read("MATCH (a:Access) RETURN properties(a) AS p")
    assert len(rows) == 1
    assert SECRETS["history"] not in repr(rows)
