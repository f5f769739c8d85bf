"""pyproject.toml, constraints.txt and environment.yml name the same packages; the Makefile says what it can do."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONSTRAINTS = (ROOT / "constraints.txt").read_text(encoding="utf-8")
CONSTRAINTS += "\n" + (ROOT / "constraints-engines.txt").read_text(encoding="utf-8")  # what the engines add
CONDA = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))

NEEDED = [Requirement(text) for text in PROJECT["project"]["dependencies"]]
DEV = [Requirement(text) for text in PROJECT["project"]["optional-dependencies"]["dev"]]
EXTRAS = PROJECT["project"]["optional-dependencies"]
ENGINES = [Requirement(text) for name in ("postgres", "spark", "schedule") for text in EXTRAS[name]]
BACKEND = [Requirement(text) for text in (*PROJECT["build-system"]["requires"], "editables")]
PINS = re.findall(r"^([\w.-]+)==(\S+)(?: ; (.+?))? \\$", CONSTRAINTS, re.MULTILINE)
CONDA_NAMES = {"matplotlib-base": "matplotlib", "python-duckdb": "duckdb", "playwright-python": "playwright"}


def pinned(name: str) -> list[Version]:
    return [Version(version) for pin, version, _ in PINS if pin == canonicalize_name(name)]


def conda_requirements() -> dict[str, Requirement]:
    *conda, pip = CONDA["dependencies"]
    parsed = [Requirement(text) for text in [*conda, *pip["pip"]] if not text.startswith(("pip", "-"))]
    return {canonicalize_name(CONDA_NAMES.get(one.name, one.name)): one for one in parsed}


def lower_bound(requirement: Requirement) -> Version | None:
    bounds = [Version(one.version) for one in requirement.specifier if one.operator == ">="]
    return max(bounds, default=None)


@pytest.mark.parametrize("requirement", [*NEEDED, *DEV, *ENGINES, *BACKEND], ids=str)
def test_every_exact_version_is_one_that_pyproject_allows(requirement: Requirement) -> None:
    versions = pinned(requirement.name)
    assert versions, f"{requirement.name} is not in constraints.txt: run make constraints"
    assert all(version in requirement.specifier for version in versions)


def test_every_exact_version_has_a_hash() -> None:
    blocks = re.split(r"\n(?=\S)", CONSTRAINTS.strip())
    unhashed = [block for block in blocks if not block.startswith("#") and "--hash=sha256:" not in block]
    assert len(PINS) > 100
    assert not unhashed


@pytest.mark.parametrize("python", ["3.11.9", "3.12.9", "3.13.9", "3.14.1"])
def test_one_version_of_each_package_for_each_python(python: str) -> None:
    environment = {"python_full_version": python, "python_version": python.rpartition(".")[0], "sys_platform": "linux"}
    chosen = [name for name, _, marker in PINS if not marker or Marker(marker).evaluate(environment)]
    assert len(chosen) == len(set(chosen))
    assert {canonicalize_name(one.name) for one in [*NEEDED, *DEV, *BACKEND]} <= set(chosen)


@pytest.mark.parametrize("name", ["constraints.txt", "constraints-engines.txt", "environment.yml", "pyproject.toml"])
def test_no_address_is_written_down(name: str) -> None:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    assert not [line for line in lines if re.search(r"://|--(extra-)?index|--find-links|\w\.(org|com|io|net)\b", line)]


def test_environment_yml_names_every_dependency_with_its_bounds() -> None:
    conda = conda_requirements()
    wanted = {canonicalize_name(one.name): one for one in [*NEEDED, *DEV, *BACKEND]}
    assert set(conda) == {*wanted, "python"}
    different = {name: str(conda[name]) for name, one in wanted.items() if conda[name].specifier != one.specifier}
    assert not different
    assert lower_bound(conda["python"]) == lower_bound(Requirement("python" + PROJECT["project"]["requires-python"]))


def test_the_makefile_has_at_most_nine_targets_and_help_lists_them() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"^([a-z]+):", makefile, re.MULTILINE)
    assert len(targets) <= 9
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert all(re.search(rf"make {target}\b", shown) for target in targets)
