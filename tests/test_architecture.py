"""The layer table of ARCHITECTURE.md, kept true by reading the imports."""

import ast
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[1]
MODULES = sorted((ROOT / "kpikit").rglob("*.py"))
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))

LAYERS = (
    "errors periods formatting results palette keyfigures notebookstyle summaries spreadsheets scrubbing cells legible "
    "forecasts",
    "intervals contracts config timeline handing",
    "sources proposals datasets",
    "metrics cohorts customers features",
    "kpis clv churn renewals retention survival voice impact links scorecard checks privacy growth performance support "
    "ledger",
    "plots",
    "report",
    "cli commands options project scheduling terminal __main__ __init__",
)
LAYER = {name: layer for layer, names in enumerate(LAYERS) for name in names.split()}
LOWER = ((), (0,), (0, 1), (0, 1), (0, 1), (0,), (0, 1, 2), tuple(range(7)))  # beside the layer itself
MAY_ALSO_CALL = {"kpis": (3,)}
PACKAGES = (
    "",
    "ibis numpy scipy statsmodels pydantic pydantic_core yaml sqlglot",
    "ibis pandas sqlglot",  # sqlglot: the columns an expression of kpikit.yaml reads
    "ibis",
    "pandas numpy scipy sklearn statsmodels threadpoolctl",
    "pandas numpy matplotlib cycler seaborn jinja2 markupsafe",
    "papermill nbformat nbclient nbconvert jupyter_client jupyter_core traitlets filelock jinja2 markupsafe pydantic "
    "playwright",
    "typer rich jupyter_scheduler",
)
IN_FUNCTIONS_ONLY = {2: "duckdb psycopg pyspark pyarrow", 4: "lifetimes"}
LONGER_THAN_350_LINES: dict[str, str] = {}  # path: the reason


def imports(tree: ast.Module) -> Iterator[tuple[str, bool]]:
    """Yield (dotted name, whether inside a function) of what runs; what only a type checker reads runs nowhere."""
    unread = {id(inner) for node in ast.walk(tree) if is_typing_block(node) for inner in ast.walk(node)}
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    inside = {id(inner) for function in functions for inner in ast.walk(function)}
    for node in (node for node in ast.walk(tree) if id(node) not in unread):
        if isinstance(node, ast.Import):
            yield from ((alias.name, id(node) in inside) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            names = [f"kpikit.{alias.name}" for alias in node.names] if module == "kpikit" else [module]
            yield from ((name, id(node) in inside) for name in names)


def is_typing_block(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING"}


def breaches(path: str, source: str) -> list[str]:
    """Return what a module at a path such as ``report/gate.py`` imports against the table."""
    home = path.split("/")[0].removesuffix(".py")
    if home not in LAYER:
        return [f"{path}: give {home} a layer"]
    layer, found = LAYER[home], []
    lower = {*LOWER[layer], *MAY_ALSO_CALL.get(home, ()), layer}
    always = {*PACKAGES[layer].split(), *sys.stdlib_module_names}
    if layer == 7:
        return []
    for name, in_function in imports(ast.parse(source)):
        first, _, rest = name.partition(".")
        allowed = always | set(IN_FUNCTIONS_ONLY.get(layer, "").split()) if in_function else always
        target = LAYER.get(rest.split(".")[0], 7) if first == "kpikit" else None
        if (target not in lower) if target is not None else (first not in allowed):
            found.append(f"{path} (layer {layer}) imports {name}{' in a function' if in_function else ''}")
    if layer == 3 and any(call in source for call in (".execute(", ".to_pandas(", ".to_pyarrow(")):
        found.append(f"{path} (layer 3) executes: its caller decides when")
    return found


def calls_print(source: str) -> bool:
    calls = (node.func for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    return any(isinstance(function, ast.Name) and function.id == "print" for function in calls)


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_module_keeps_to_its_layer_and_size(module: Path) -> None:
    path, source = module.relative_to(ROOT / "kpikit").as_posix(), module.read_text(encoding="utf-8")
    assert not breaches(path, source)
    assert module.stem not in {"utils", "util", "helpers", "common", "misc"}, "name it for what it does"
    assert path == "cli.py" or not calls_print(source), "the library returns, the command line prints"
    assert len(source.splitlines()) <= 350 or path in LONGER_THAN_350_LINES


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.name)
def test_notebooks_use_the_public_names_only(notebook: Path) -> None:
    import kpikit

    cells = [cell.source for cell in nbformat.read(notebook, as_version=4).cells if cell.cell_type == "code"]
    tree = ast.parse("\n".join(cells))
    assert {name for name, _ in imports(tree)} <= {"kpikit"}
    reached = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and is_kk(node.value)}
    assert reached <= set(kpikit.__all__)


def is_kk(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id == "kk"


def test_public_names_are_sorted_and_importable() -> None:
    kpikit = import_module("kpikit")
    assert list(kpikit.__all__) == sorted(kpikit.__all__)
    assert all(getattr(kpikit, name) is not None for name in kpikit.__all__)


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("errors.py", "import numpy"),
        ("intervals.py", "import pandas as pd"),
        ("contracts.py", "from kpikit.sources import connect"),
        ("sources.py", "import duckdb"),
        ("metrics/sales.py", "import pandas"),
        ("metrics/sales.py", "def f(table):\n    return table.execute()"),
        ("cohorts.py", "from kpikit import kpis"),
        ("clv.py", "from lifetimes import BetaGeoFitter"),
        ("clv.py", "from kpikit.customers import histories"),
        ("retention.py", "def f():\n    import matplotlib.pyplot"),
        ("plots/cohort.py", "from kpikit.clv import fit"),
        ("report/gate.py", "from kpikit.plots import tiles"),
        ("report/gate.py", "import kpikit as kk"),
        ("utils.py", ""),
    ],
)
def test_a_breach_of_the_table_is_seen(path: str, source: str) -> None:
    assert breaches(path, source)


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("sources.py", "def connect(url):\n    import duckdb"),
        ("clv.py", "def fit(table):\n    from lifetimes import BetaGeoFitter"),
        ("kpis.py", "from kpikit.metrics import sales"),
        ("clv.py", "if TYPE_CHECKING:\n    import ibis"),
        ("report/run.py", "from kpikit.report import gate\nfrom kpikit.periods import Window"),
    ],
)
def test_what_the_table_allows_passes(path: str, source: str) -> None:
    assert not breaches(path, source)
