"""A newcomer's first hour: what the README tells them to type works, from the checkout and from the wheel."""

import os
import random
import re
import shlex
import subprocess
import sys
import zipfile
from datetime import date, timedelta
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
COMMANDS = [words for block in BLOCKS for line in block.splitlines() if (words := shlex.split(line, comments=True))]
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet")


def run(*command: str, cwd: Path, **environment: str) -> str:
    environment = {**os.environ, **environment}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, f"{shlex.join(command)}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
    return done.stdout


def write_sales(path: Path) -> None:
    """Write 150 customers of a shop that opened in January 2025, with column names of its own."""
    rng = random.Random(7)
    lines = ["order_no,client,order_date,total"]
    for customer in range(150):
        day = date(2025, 1, 1) + timedelta(days=rng.randrange(240))
        while day < date(2026, 1, 1):
            lines.append(f"{len(lines)},C{customer:03d},{day},{rng.lognormvariate(3, 0.5):.2f}")
            day += timedelta(days=1 + int(rng.expovariate(1 / 70)))
            if rng.random() < 0.2:
                break
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_setting_up_and_testing_are_one_command_each() -> None:
    assert ["make", "report"] in COMMANDS
    assert ["make", "test"] in COMMANDS


def test_every_make_target_shown_exists() -> None:
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    shown = {words[words.index("make") + 1] for words in COMMANDS if "make" in words}
    assert shown <= set(targets)


@pytest.mark.slow
def test_every_kpikit_command_shown_works_in_order(tmp_path: Path) -> None:
    write_sales(tmp_path / "sales.csv")
    shown = [words[1:] for words in COMMANDS if Path(words[0]).name == "kpikit"]
    assert {"init", "check", "run"} <= {words[0] for words in shown}
    for words in shown:
        run(sys.executable, "-m", "kpikit", *words, cwd=tmp_path)
    assert (tmp_path / "reports" / "index.html").is_file()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    run(*PIP, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(ROOT), cwd=folder)
    return next(folder.glob("kpikit-*.whl"))


@pytest.mark.slow
def test_wheel_holds_every_module_notebook_and_template(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    package = {path.relative_to(ROOT).as_posix() for path in (ROOT / "kpikit").rglob("*") if path.is_file()}
    notebooks = {f"kpikit/notebooks/{path.name}" for path in (ROOT / "notebooks").glob("*.ipynb")}
    assert {name for name in package if "__pycache__" not in name} | notebooks <= names
    assert not [name for name in names if name.startswith(("tests/", "reports/", "benchmarks/"))]


@pytest.mark.slow
def test_wheel_lists_and_runs_away_from_the_checkout(wheel: Path, tmp_path: Path) -> None:
    library, elsewhere = tmp_path / "library", tmp_path / "elsewhere"
    elsewhere.mkdir()
    run(*PIP, "install", "--no-deps", "--no-index", "--target", str(library), str(wheel), cwd=elsewhere)
    paths = "import kpikit; from kpikit.report import notebooks; print(kpikit.__file__, notebooks.folder(), sep='\\n')"
    found = run(sys.executable, "-c", paths, cwd=elsewhere, PYTHONPATH=str(library)).split()
    assert found == [str(library / "kpikit" / "__init__.py"), str(library / "kpikit" / "notebooks")]
    name = min(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))
    assert name in run(sys.executable, "-m", "kpikit", "list", cwd=elsewhere, PYTHONPATH=str(library))
    run(sys.executable, "-m", "kpikit", "run", name, cwd=elsewhere, PYTHONPATH=str(library))
    assert (elsewhere / "reports" / name / "latest.html").is_file()
    assert (elsewhere / "reports" / "index.html").is_file()
