"""A canary password in the url of a real PostgreSQL: it is found in no file and no log, whatever goes wrong."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import engines
import nbformat
import pytest
from conftest import PAGE, needs, notebook
from psycopg import sql

from kpikit import cli
from kpikit.report.disclosure import forms

CANARY = "Kanarien&vogel/9?+%=ü"
CONFIG = """\
business: {{name: Harbor Coffee}}
sources: {{shop: {{url: "{url}"{options}}}}}
tables:
  orders: {{from: shop.{table}, columns: {{customer_id: client, ordered_at: sold, amount: {amount}}}}}
"""
SHOWN = {
    "nothing": "1",
    "raises": 'import os\nraise RuntimeError("cannot reach " + data.config.sources["shop"].resolved())',
    "prints": 'import os, base64\nprint(base64.b64encode(b"tester:" + os.environ["SHOP_PASSWORD"].encode()).decode())',
    "shows": 'import os\nResult("x", "text", "T", "It is " + os.environ["SHOP_PASSWORD"])',
}
LOAD = "import kpikit as kk\ndata = kk.load(config)\ndata"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Yield where a PostgreSQL listens that knows the role ``canary``, with a table of orders."""
    needs(engines.NEEDS["postgres"], present=engines.present("postgres"))
    connection = engines.connection("postgres").con
    connection.execute("DROP TABLE IF EXISTS canary_sales")
    connection.execute("DROP ROLE IF EXISTS canary")
    connection.execute(sql.SQL("CREATE ROLE canary LOGIN PASSWORD {}").format(sql.Literal(CANARY)))
    connection.execute("CREATE TABLE canary_sales (client text, sold timestamp, amount float8)")
    connection.execute(
        "INSERT INTO canary_sales SELECT 'c' || n % 40, timestamp '2024-01-01' + n * interval '1 day', n FROM "
        "generate_series(1, 200) n"
    )
    connection.execute("GRANT SELECT ON canary_sales TO canary")
    yield f"127.0.0.1:{engines.postgres().port}"
    connection.execute("DROP TABLE canary_sales")
    connection.execute("DROP ROLE canary")


def said_and_written(folder: Path, *words: str, password: str = CANARY) -> tuple[int, str]:
    """Run kpikit; return its exit code and all that it said and wrote, its configuration apart."""
    environment = {**os.environ, "SHOP_PASSWORD": password, "KPIKIT_HASH_KEY": "a key for tests"}
    command = [sys.executable, "-m", "kpikit", *words]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, timeout=300, check=False)
    reports = folder / "reports"
    files = [path.read_bytes() for path in reports.rglob("*") if path.is_file()] if reports.is_dir() else []
    every = b"\n".join([done.stdout, done.stderr, *files])
    return done.returncode, every.decode("utf-8", "replace")


def leaks(text: str, secret: str = CANARY) -> list[str]:
    return [form for form in forms(secret) if form in text]


def configured(
    folder: Path, host: str, *, table: str = "canary_sales", amount: str = "amount", options: str = ""
) -> None:
    url = f"postgres://canary:${{SHOP_PASSWORD}}@{host}/postgres"
    text = CONFIG.format(url=url, options=options, table=table, amount=amount)
    (folder / "kpikit.yaml").write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("case", "code"),
    [
        ({}, 0),
        ({"options": ", in_place: true"}, 0),
        ({"password": CANARY + "x"}, 7),
        ({"host": "127.0.0.1:1"}, 7),
        ({"host": "no-such-host.invalid:5432"}, 7),
        ({"host": "127.0.0.1:port"}, 2),
        ({"table": "no_such_table"}, 2),
        ({"amount": "amount / (amount - amount)::integer::text::bytea"}, 2),
    ],
)
def test_checking_data_says_no_secret(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str],
    case: dict[str, str], code: int,
) -> None:  # fmt: skip
    case = {"host": server, **case}
    password = case.pop("password", CANARY)
    configured(tmp_path, **case)
    monkeypatch.setenv("SHOP_PASSWORD", password)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["kpikit", "--debug", "check"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    every = "".join(capfd.readouterr())
    assert ended.value.code == code, every
    assert "orders" in every or "kpikit.yaml" in every
    assert leaks(every, password) == leaks(every) == []


@pytest.mark.slow
@pytest.mark.parametrize(("what", "code"), [("nothing", 0), ("raises", 3), ("prints", 8), ("shows", 8)])
def test_a_report_holds_no_secret_nor_what_is_kept_of_a_refused_one(
    server: str, tmp_path: Path, what: str, code: int
) -> None:
    configured(tmp_path, server)
    toy = notebook([LOAD, "from kpikit.results import Result", SHOWN[what]])
    nbformat.write(toy, tmp_path / "toy.ipynb")
    words = ("--debug", "run", "toy.ipynb", "--config", "kpikit.yaml", "--log-format", "json")
    exit_code, every = said_and_written(tmp_path, *words, "--despite-failed-checks")
    assert exit_code == code, every[:3000]
    assert leaks(every) == []
    kept = list((tmp_path / "reports" / "toy").glob("*/*/notebook.ipynb"))
    assert len(kept) == 1
    if what == "raises":
        assert "[secret]" in kept[0].read_text(encoding="utf-8")
    if code == 8:  # what the gate refuses is kept without any output
        cells = nbformat.read(kept[0], as_version=4).cells
        assert not any(cell.get("outputs") for cell in cells)


@pytest.mark.slow
def test_a_wrong_password_fails_the_run_and_stands_nowhere(server: str, tmp_path: Path) -> None:
    configured(tmp_path, server)
    nbformat.write(notebook([LOAD, PAGE]), tmp_path / "toy.ipynb")
    wrong = "wrong-Kanarie"
    exit_code, every = said_and_written(tmp_path, "run", "toy.ipynb", "--config", "kpikit.yaml", password=wrong)
    assert exit_code == 7, every[:3000]
    assert leaks(every, wrong) == leaks(every) == []


def test_a_leak_would_be_seen() -> None:
    assert leaks(f"postgres://canary:{CANARY}@host")
