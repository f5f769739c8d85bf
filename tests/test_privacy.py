"""Customer ids on pages: equal keys give equal hashes, and the key stays with its user."""

from __future__ import annotations

import hmac
import stat
import sys
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256

import pytest

from kpikit import privacy
from kpikit.errors import MachineError, ParameterError


@pytest.fixture(autouse=True)
def own_configuration_folder(monkeypatch, tmp_path):
    monkeypatch.delenv("APPDATA", raising=False)
    monkeypatch.delenv(privacy.KEY_VARIABLE, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    return tmp_path


def test_the_hash_is_hmac_sha_256(monkeypatch):
    monkeypatch.setenv(privacy.KEY_VARIABLE, "k")
    assert privacy.hashed(["ann"]) == [hmac.new(b"k", b"ann", sha256).hexdigest()[:12]]


def test_the_same_key_gives_the_same_hash_and_another_key_another(monkeypatch):
    monkeypatch.setenv(privacy.KEY_VARIABLE, "one")
    first = privacy.hashed(["ann", "bob", "ann"])
    assert first == privacy.hashed(["ann", "bob", "ann"])
    assert first[0] == first[2] != first[1]
    monkeypatch.setenv(privacy.KEY_VARIABLE, "two")
    assert not set(first) & set(privacy.hashed(["ann", "bob"]))


def test_the_environment_wins_over_the_kept_key(monkeypatch, tmp_path):
    kept = privacy.hash_key()
    monkeypatch.setenv(privacy.KEY_VARIABLE, "given")
    assert privacy.hash_key() == b"given" != kept


def test_with_a_key_given_nothing_is_written(monkeypatch, tmp_path):
    monkeypatch.setenv(privacy.KEY_VARIABLE, "given")
    privacy.hashed(["ann"])
    assert list(tmp_path.iterdir()) == []


def test_a_key_is_made_once_for_its_user_only(tmp_path):
    key = privacy.hash_key()
    path = tmp_path / "kpikit" / "hash.key"
    assert path.read_bytes() == key == privacy.hash_key()
    assert len(key) == 64
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_notebooks_that_run_side_by_side_get_one_key():
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda _: privacy.hash_key(), range(16)))) == 1


def test_a_folder_that_cannot_be_written_says_what_to_do(monkeypatch, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("a file where a folder should be")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(blocked))
    with pytest.raises(MachineError, match=r"found .*Error: .*Set KPIKIT_HASH_KEY .* or privacy\.customer_ids: clear"):
        privacy.hashed(["ann"])


def test_a_key_file_left_empty_is_an_error_not_an_endless_wait(monkeypatch, tmp_path):
    monkeypatch.setattr(privacy, "SECONDS_BETWEEN_ATTEMPTS", 0)
    (tmp_path / "kpikit").mkdir()
    (tmp_path / "kpikit" / "hash.key").touch()
    with pytest.raises(MachineError, match=r"hash\.key: .*the file is empty: delete it"):
        privacy.hash_key()


def test_a_user_without_a_home_folder_says_what_to_do(monkeypatch):
    monkeypatch.delenv("XDG_CONFIG_HOME")

    def homeless() -> None:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(privacy.Path, "home", homeless)
    with pytest.raises(MachineError, match=r"Could not determine home directory.*Set KPIKIT_HASH_KEY"):
        privacy.hash_key()


def test_clear_ids_need_no_key(tmp_path):
    assert privacy.hashed(["ann", 7], mode="clear") == ["ann", "7"]
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_mode_is_refused_before_anything_is_shown():
    with pytest.raises(ParameterError, match="Did you mean 'hashed'"):
        privacy.hashed(["ann"], mode="hash")
