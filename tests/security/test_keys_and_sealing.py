"""Keys outlive nothing they should not; sealed values are whole, or gone."""

import hashlib
import multiprocessing
import stat
from pathlib import Path

import pytest
import rfc8785

from graph.errors import IntegrityBroken, Misconfigured
from graph.keys import KeyFile, MemoryKeys
from graph.sealing import keyed_digest, matches, seal, unseal

CONTEXT = multiprocessing.get_context("spawn")


def _ensure_many(path: str, mine: str) -> None:
    ring = KeyFile(path)
    for number in range(20):
        ring.ensure([f"Donor:{mine}{number}", f"Donor:both{number}"])


def test_a_key_file_is_read_by_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    KeyFile(path).ensure(["Donor:D1"])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o640)
    with pytest.raises(Misconfigured, match="read by others") as caught:
        KeyFile(path)
    assert "chmod 600" in caught.value.remedy


def test_keys_and_secrets_are_the_same_after_opening_again(tmp_path: Path) -> None:
    first = KeyFile(tmp_path / "keys")
    first.ensure(["Donor:D1", "Subject:S1"])
    again = KeyFile(tmp_path / "keys")
    key = first.key_of("Donor:D1")
    assert key is not None
    assert len(key) == 32
    assert again.key_of("Donor:D1") == key != again.key_of("Subject:S1")
    assert again.secret("one") == first.secret("one") != first.secret("two")
    again.ensure(["Donor:D1"])
    assert again.key_of("Donor:D1") == key


def test_an_open_ring_sees_what_another_process_made_and_destroyed(tmp_path: Path) -> None:
    here, there = KeyFile(tmp_path / "keys"), KeyFile(tmp_path / "keys")
    there.ensure(["Donor:D1", "Donor:D2"])
    assert here.key_of("Donor:D1") is not None
    there.destroy("Donor:D1")
    assert here.key_of("Donor:D1") is None
    assert here.key_of("Donor:D2") is not None


def test_processes_that_make_keys_at_once_agree_on_each(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    KeyFile(path)
    processes = [CONTEXT.Process(target=_ensure_many, args=(str(path), name)) for name in "ab"]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0]
    lines = path.read_text().splitlines()
    assert len(lines) == 1 + 60  # none twice, none lost


def test_a_line_cut_off_by_a_crash_is_dropped_and_the_file_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    KeyFile(path).ensure(["Donor:D1"])
    with path.open("ab") as file:
        file.write(b'{"person":"Donor:D2","ke')
    ring = KeyFile(path)
    assert ring.key_of("Donor:D2") is None
    ring.ensure(["Donor:D3"])
    assert KeyFile(path).key_of("Donor:D3") == ring.key_of("Donor:D3") is not None


def test_a_destroyed_key_is_no_longer_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    ring = KeyFile(path)
    ring.ensure(["Donor:D1", "Donor:D2"])
    ring.destroy("Donor:D1")
    assert "Donor:D1" not in path.read_text()
    assert "Donor:D2" in path.read_text()


@pytest.mark.parametrize(
    "content", ["nonsense\n", "{}\n", '{"format":"stemgraph-keys-1","master":"c2hvcnQ="}\n', "[]\n"]
)
def test_what_is_no_key_file_is_refused_and_not_quoted(tmp_path: Path, content: str) -> None:
    path = tmp_path / "keys"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(Misconfigured, match="not a key file") as caught:
        KeyFile(path)
    assert "c2hvcnQ" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_missing_key_file_of_a_used_store_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="missing"):
        KeyFile(tmp_path / "keys", must_exist=True)
    assert not (tmp_path / "keys").exists()


def test_a_sealed_value_comes_back_with_its_salt() -> None:
    ring = MemoryKeys()
    ring.ensure(["Donor:D1"])
    value = {"HIV": "non-reactive", "数": [1.5, None, True]}
    sealed = seal(value, ["Donor:D1"], ring)
    assert unseal(sealed.digest, sealed.ciphertext, sealed.persons, ring) == (value, sealed.salt)
    assert sealed.digest == hashlib.sha256(sealed.salt + rfc8785.dumps(value)).hexdigest()
    assert matches(value, sealed.digest, sealed.salt)
    assert not matches({"HIV": "reactive"}, sealed.digest, sealed.salt)
    assert seal(value, ["Donor:D1"], ring).digest != sealed.digest  # another salt
    assert seal(value, ["Donor:D1"], ring, sealed.salt).digest == sealed.digest


@pytest.mark.parametrize("gone", ["Donor:D1", "Donor:D2", "Donor:D3"])
def test_a_value_about_several_dies_with_any_of_them(gone: str) -> None:
    ring = MemoryKeys()
    pool = ["Donor:D3", "Donor:D1", "Donor:D2"]
    ring.ensure(pool)
    sealed = seal("carrier", pool, ring)
    assert unseal(sealed.digest, sealed.ciphertext, list(reversed(pool)), ring) is not None
    ring.destroy(gone)
    assert unseal(sealed.digest, sealed.ciphertext, sealed.persons, ring) is None
    ring.ensure(pool)  # a new key does not bring the old value back, and is no error
    assert unseal(sealed.digest, sealed.ciphertext, sealed.persons, ring) is None


def test_a_changed_ciphertext_or_digest_is_noticed() -> None:
    ring = MemoryKeys()
    ring.ensure(["Donor:D1"])
    one, other = seal(1, ["Donor:D1"], ring), seal(2, ["Donor:D1"], ring)
    with pytest.raises(IntegrityBroken):
        unseal(one.digest, other.ciphertext, one.persons, ring)
    with pytest.raises(IntegrityBroken):
        unseal(one.digest, one.ciphertext[:-1] + bytes([one.ciphertext[-1] ^ 1]), one.persons, ring)


def test_a_person_without_key_cannot_be_sealed_for() -> None:
    with pytest.raises(KeyError):
        seal(1, ["Donor:D1"], MemoryKeys())
    with pytest.raises(ValueError):
        seal(1, [], MemoryKeys())


def test_no_representation_shows_a_secret(tmp_path: Path) -> None:
    for ring in (MemoryKeys(), KeyFile(tmp_path / "keys")):
        ring.ensure(["Donor:D1"])
        sealed = seal("carrier", ["Donor:D1"], ring)
        key = ring.key_of("Donor:D1")
        assert key is not None
        shown = repr(ring) + repr(sealed) + str(vars(sealed)["digest"])
        for secret in (key, sealed.salt, sealed.ciphertext):
            assert repr(secret) not in shown
            assert secret.hex() not in shown


def test_keyed_digests_compare_equal_texts_within_one_ring_only() -> None:
    ring = MemoryKeys()
    assert keyed_digest("same person", "D1", ring) == keyed_digest("same person", "D1", ring)
    assert keyed_digest("same person", "e\u0301", ring) == keyed_digest("same person", "\u00e9", ring)
    assert keyed_digest("same person", "D1", ring) != keyed_digest("same person", "D2", ring)
    assert keyed_digest("same person", "D1", ring) != keyed_digest("other", "D1", ring)
    assert keyed_digest("same person", "D1", ring) != keyed_digest("same person", "D1", MemoryKeys())
