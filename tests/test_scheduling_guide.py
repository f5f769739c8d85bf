"""The examples of docs/scheduling.md: what they show stands in their files, and their commands run."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from textwrap import dedent

import nbformat
import pytest
import yaml
from test_readme import write_sales

from kpikit.report import locks
from kpikit.report.run import EXIT_CODES_BY_WEIGHT

ROOT = Path(__file__).parents[1]
GUIDE = (ROOT / "docs" / "scheduling.md").read_text(encoding="utf-8")
EXAMPLES = ROOT / "docs" / "examples"
BLOCKS = [(kind, dedent(text)) for kind, text in re.findall(r"^```(\w+)\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)]
FOLDER = "/srv/shop"  # of the examples
ONE = "kpikit run cohort_retention"  # of the notebooks that `kpikit run` would make
CONFIG = """business: {name: Harbor Coffee, currency: EUR, timezone: Europe/Lisbon}
sources: {sales: {url: "${SHOP_FILES}"}}
tables:
  orders:
    from: sales.sales
    columns: {order_id: order_no, customer_id: client, ordered_at: order_date, amount: total}
"""


def example(name: str) -> str:
    return (EXAMPLES / name).read_text(encoding="utf-8")


def blocks(kind: str) -> list[str]:
    return [text for one, text in BLOCKS if one == kind]


def steps() -> list[dict[str, str]]:
    return yaml.safe_load(example("github-actions.yml"))["jobs"]["reports"]["steps"]


def dag_call() -> dict[str, ast.expr]:
    """Return the arguments of the operator in the example DAG."""
    calls = [node for node in ast.walk(ast.parse(example("airflow_dag.py"))) if isinstance(node, ast.Call)]
    operator = next(call for call in calls if ast.unparse(call.func) == "BashOperator")
    return {str(one.arg): one.value for one in operator.keywords}


def dag_command() -> str:
    """Return the value of COMMAND, as Airflow gets it; the operator is given nothing else."""
    assert ast.unparse(dag_call()["bash_command"]) == "COMMAND"
    tree, values = ast.parse(example("airflow_dag.py")), dict[str, str]()
    for line in tree.body:
        if isinstance(line, ast.Assign):
            exec(ast.unparse(line), values)
    return values["COMMAND"]


def cron_lines() -> tuple[dict[str, str], str]:
    """Return the variables and the command of the crontab, as cron reads them."""
    lines = [line for line in example("crontab").splitlines() if line and not line.startswith("#")]
    variables = dict(line.split("=", 1) for line in lines if re.match(r"\w+=", line))
    (entry,) = (line for line in lines if not re.match(r"\w+=", line))
    command = entry.split(maxsplit=5)[5]
    assert not re.search(r"(?<!\\)%", command), "cron reads a bare % as the end of the command"
    return variables, command.replace(r"\%", "%")


def test_what_the_guide_shows_stands_in_the_files_of_the_examples() -> None:
    (cron,) = blocks("crontab")
    assert cron in example("crontab")
    (workflow,) = blocks("yaml")
    assert yaml.safe_load(workflow) == [step for step in steps() if step.get("name") in ("Check the data", "Reports")]
    command, operator, setting = blocks("python")
    assert command.strip() in example("airflow_dag.py")
    assert setting in example("jupyter_server_config.py")
    ast.parse(operator)
    linked = re.findall(r"\]\((examples/[\w.-]+)\)", GUIDE)
    assert sorted({Path(link).name for link in linked}) == sorted(path.name for path in EXAMPLES.iterdir())


def test_the_guide_names_every_exit_code_and_their_order() -> None:
    rows = re.findall(r"^\| (\d+) \|(.*)\|$", GUIDE, re.MULTILINE)
    assert {int(code) for code, _ in rows} == {0, *EXIT_CODES_BY_WEIGHT}
    assert {cells.count("|") for _, cells in rows} == {5}
    assert f"the weightiest is told: {', '.join(map(str, EXIT_CODES_BY_WEIGHT))}." in GUIDE


def test_the_workflow_keeps_the_reports_after_a_failure_and_holds_no_secret() -> None:
    document = yaml.safe_load(example("github-actions.yml"))
    assert document[True]["schedule"] == [{"cron": "23 6 * * 1"}]  # YAML 1.1 reads `on` as true
    (job,) = document["jobs"].values()
    assert all(re.fullmatch(r"\$\{\{ secrets\.\w+ \}\}", value) for value in job["env"].values())
    upload = next(step for step in job["steps"] if "upload-artifact" in step.get("uses", ""))
    assert (upload["if"], upload["with"]["path"]) == ("always()", "reports")


def test_the_dag_skips_what_is_locked_and_names_what_airflow_has() -> None:
    arguments = dag_call()
    assert ast.literal_eval(arguments["skip_on_exit_code"]) == [6]
    assert ast.literal_eval(arguments["retries"]) == 3
    assert {"task_id", "bash_command", "cwd", "env", "append_env", "retry_delay"} <= set(arguments)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder like /srv/shop: data, a kpikit.yaml that needs a secret, and an environment with kpikit."""
    folder = tmp_path_factory.mktemp("shop")
    write_sales(folder / "sales.csv")
    (folder / "kpikit.yaml").write_text(CONFIG, encoding="utf-8")
    (folder / "secrets.sh").write_text("export SHOP_FILES=. KPIKIT_HASH_KEY='a key for tests'\n", encoding="utf-8")
    programs = folder / ".venv" / "bin"
    programs.mkdir(parents=True)
    start = f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m kpikit "$@"\n'
    (programs / "kpikit").write_text(start, encoding="utf-8")
    (programs / "kpikit").chmod(0o755)
    return folder


def sh(command: str, shop: Path, *, shell: tuple[str, ...] = ("/bin/sh", "-c"), **environment: str):
    """Run a command of an example in an environment that holds nothing else."""
    assert "kpikit run " in command or "/kpikit run " in command or "kpikit check" in command
    adapted = re.sub(r"kpikit run(?= )", ONE, command).replace(FOLDER, str(shop))
    variables = {name: value.replace(FOLDER, str(shop)) for name, value in environment.items()}
    given = [f"{name}={value}" for name, value in {"HOME": str(shop), **variables}.items()]
    return subprocess.run(
        ["env", "-i", *given, *shell, adapted], cwd=shop, capture_output=True, text=True, timeout=600, check=False
    )


@pytest.mark.slow
def test_the_line_of_the_crontab_prints_only_what_failed(shop: Path) -> None:
    variables, command = cron_lines()
    assert variables.pop("MAILTO")
    done = sh(command, shop, **variables)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), "cron would mail this"
    reports = shop / "reports" / "cohort_retention"
    assert (reports / "latest.html").is_file()
    with locks.held(reports, "cohort_retention"):
        locked = sh(command, shop, **variables)
    assert locked.returncode == 6
    assert "locked" in locked.stdout


@pytest.mark.slow
def test_the_commands_of_the_workflow_and_of_the_dag_run(shop: Path) -> None:
    path = f"{FOLDER}/.venv/bin:/usr/bin:/bin"
    secrets = {"SHOP_FILES": ".", "KPIKIT_HASH_KEY": "a key for tests"}
    commands = [step["run"] for step in steps() if "kpikit " in step.get("run", "") and "pip" not in step["run"]]
    assert len(commands) == 2
    for command in commands:
        done = sh(command, shop, shell=("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c"), PATH=path, **secrets)
        assert done.returncode == 0, done.stderr

    today = datetime.now(UTC).date().isoformat()
    assert "{{ dag_run.run_after | ds }}" in dag_command()
    done = sh(
        dag_command().replace("{{ dag_run.run_after | ds }}", today),
        shop,
        shell=("bash", "-c"),
        PATH="/usr/bin:/bin",
        **secrets,
    )
    assert done.returncode == 0, done.stderr
    assert '"event": "finished"' in done.stderr
    assert done.stdout == "reports/index.html\n"


@pytest.mark.slow
def test_a_notebook_runs_as_airflows_papermill_operator_runs_it(shop: Path) -> None:
    """With the very arguments that the provider (3.13) gives papermill."""
    (operator,) = (ast.parse(text).body[0].value for text in blocks("python") if "PapermillOperator(" in text)
    given = {one.arg: ast.literal_eval(one.value) for one in operator.keywords}
    shutil.copy(ROOT / "notebooks" / Path(given["input_nb"]).name, shop)
    parameters = {name: value.replace(FOLDER, str(shop)) for name, value in given["parameters"].items()}
    call = (
        "import papermill; papermill.execute_notebook('cohort_retention.ipynb', 'executed.ipynb', "
        f"parameters={parameters!r}, progress_bar=False, report_mode=True, log_output=False, kernel_name='python3', "
        "language=None, engine_name=None)"
    )
    environment = {**os.environ, "SHOP_FILES": str(shop), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", call],
        cwd=shop,
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    executed = nbformat.read(shop / "executed.ipynb", as_version=4)
    shown = [output for cell in executed.cells for output in cell.get("outputs", ())]
    assert any("application/vnd.kpikit.result+json" in output.get("data", {}) for output in shown)


@pytest.mark.slow
def test_data_out_of_reach_leave_the_last_good_report_and_a_page_about_it(shop: Path) -> None:
    variables, command = cron_lines()
    reports = shop / "reports" / "cohort_retention"
    good = (reports / "latest.html").read_bytes()
    (shop / "sales.csv").rename(shop / "away.csv")
    lost = sh(command.replace("--retries 2", "--retries 0"), shop, **variables)
    assert lost.returncode == 7
    assert "data not reachable" in lost.stdout
    assert "sales" in (reports / "last-failure.html").read_text(encoding="utf-8")
    assert (reports / "latest.html").read_bytes() == good
