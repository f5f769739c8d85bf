"""A machine that refuses: a folder in the way, a full disk, too little memory."""

from __future__ import annotations

import errno
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from conftest import needs

from bad_inputs.case import GOOD, Case, csv

TOY = ("run", "notebooks/toy.ipynb")


@contextmanager
def mounted(folder: Path, size: str, fill: bool = False) -> Iterator[None]:
    """Mount a tiny disk on ``folder``, where the machine lets us; with ``fill`` nothing more fits on it."""
    folder.mkdir(exist_ok=True)
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(folder)], capture_output=True, check=False
    )
    needs("the right to mount a small disk (root)", present=done.returncode == 0)
    try:
        if fill:
            with suppress(OSError), (folder / "filler").open("wb", buffering=0) as file:
                while file.write(bytes(4096)):
                    pass
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@contextmanager
def reports_on_a_small_disk(folder: Path) -> Iterator[None]:
    with mounted(folder / "disk", "1m"):
        yield


@contextmanager
def a_full_folder(folder: Path) -> Iterator[None]:
    with mounted(folder / "disk", "64k", fill=True):
        yield
        assert [path.name for path in (folder / "disk").iterdir()] == ["filler"]


@contextmanager
def no_room_to_decode(folder: Path) -> Iterator[None]:
    import tempfile

    with mounted(folder / "disk", "64k", fill=True), pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(folder / "disk"))
        yield


@contextmanager
def a_file_in_the_way(folder: Path) -> Iterator[None]:
    (folder / "out").write_text("a file in the way", encoding="utf-8")
    yield


@contextmanager
def a_disk_that_cannot_be_read(folder: Path) -> Iterator[None]:
    """The bytes of sales.csv cannot be read, as on a broken disk or without permission (root may read all)."""
    opened = Path.open

    def refusing(path: Path, *words: object, **more: object) -> object:
        if path.name == "sales.csv" and sys._getframe(1).f_globals["__name__"].startswith("kpikit"):
            raise PermissionError(errno.EACCES, "Permission denied")
        return opened(path, *words, **more)  # type: ignore[call-overload]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "open", refusing)
        yield


def many_rows() -> bytes:
    return csv(*(f"customer {n},2024-01-{1 + n % 28:02},{n}.25" for n in range(200_000))).encode()


CASES = (
    Case("a file in the place of the reports folder", command=(*TOY, "--folder", "out"), setting=a_file_in_the_way,
        code=1,
        expected="a folder that can be written", found="file exists", fix="choose another folder with --folder",
        where="out"),
    Case("a reports folder that cannot be made", command=(*TOY, "--folder", "/proc/kpikit"), code=1,
        expected="a folder that can be written", found="no such file or directory",
        fix="choose another folder with --folder",
        where="/proc/kpikit"),
    Case("a disk without room for reports", command=(*TOY, "--folder", "disk"), setting=reports_on_a_small_disk, code=1,
        expected="50 MB free on the disk", found="1 MB", fix="Free some space", where="disk"),
    Case("no room to decode a file", csv("José,2024-01-05,3", *["Zoë,2024-01-06,4"] * 9000).encode("latin-1"),
        setting=no_room_to_decode, code=1,
        expected="room to decode a file in", found="No space left", fix="set TMPDIR", where=""),
    Case("no room to write kpikit.yaml", GOOD.replace("client", "customer_id"), None, command=("init", "sales.csv",
        "--config", "disk/kpikit.yaml"),
        setting=a_full_folder, code=1, expected="to write", found="No space left", fix="Choose another folder",
        where=""),
    Case("a file that may not be read", setting=a_disk_that_cannot_be_read, code=7, expected="the data file",
        found="Permission denied",
        fix="Check its permissions", where="sales.csv"),
    Case("too little memory for the file", many_rows, env={"KPIKIT_MEMORY_LIMIT": "4MB", "KPIKIT_THREADS": "2"},
        code=1,
        expected="enough memory", found="MiB", fix="Raise KPIKIT_MEMORY_LIMIT", where=""),
    Case("a memory limit that is no size", env={"KPIKIT_MEMORY_LIMIT": "lots"}, expected="limits that DuckDB accepts",
        found="KPIKIT_MEMORY_LIMIT=lots", fix="Set it to a size such as 4GB", where="environment"),
    Case("no thread", env={"KPIKIT_THREADS": "0"}, expected="limits that DuckDB accepts", found="KPIKIT_THREADS=0",
        fix="a whole number of threads from 1",
        where="environment"),
    Case("a number of threads that is none", env={"KPIKIT_THREADS": "two"}, expected="limits that DuckDB accepts",
        found="KPIKIT_THREADS=two",
        fix="a whole number of threads from 1", where="environment"),
)  # fmt: skip
