"""The engines that the tests run on: DuckDB in the process, a PostgreSQL of our own on loopback, a local Spark."""

from __future__ import annotations

import atexit
import contextlib
import functools
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ibis

ENGINES = ("duckdb", "postgres", "pyspark")
NEEDS = {
    "postgres": "PostgreSQL and its driver (a server's programs on the machine; pip install kpikit[postgres])",
    "pyspark": "Spark (Java on the machine; pip install kpikit[spark])",
}
PASSWORD = "a password of the tests"


@dataclass(frozen=True)
class Postgres:
    """A running server: where it listens, and the process that is ours to end."""

    port: int
    process: subprocess.Popen[bytes]
    folder: Path

    def url(self, database: str = "postgres", password: str = PASSWORD) -> str:
        return f"postgres://tester:{password.replace(' ', '%20')}@127.0.0.1:{self.port}/{database}"

    def stop(self) -> None:
        self.process.send_signal(signal.SIGINT)  # a fast shutdown: it does not wait for clients
        self.process.wait(30)
        shutil.rmtree(self.folder, ignore_errors=True)


def present(engine: str) -> bool:
    """Say whether the machine has an engine and its driver."""
    programs = {"postgres": _postgres_program("postgres"), "pyspark": shutil.which("java")}
    return engine == "duckdb" or (driver(engine) and programs[engine] is not None)


def driver(engine: str) -> bool:
    """Say whether the Python side of an engine is installed."""
    return importlib.util.find_spec({"postgres": "psycopg"}.get(engine, engine)) is not None


def temporary_folder() -> str:
    """Return a folder that is gone when the tests are over."""
    folder = tempfile.mkdtemp(prefix="kpikit-tests-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@functools.cache
def connection(engine: str) -> Any:
    """Return the one connection of the test run to an engine, started at the first call."""
    if engine == "duckdb":
        return ibis.duckdb.connect()
    if engine == "postgres":
        return connect_postgres(postgres())
    return ibis.pyspark.connect(spark())


def connect_postgres(server: Postgres) -> Any:
    return ibis.postgres.connect(
        host="127.0.0.1", port=server.port, user="tester", password=PASSWORD, database="postgres"
    )


@functools.cache
def postgres() -> Postgres:
    """Return the server of the test run, started at the first call."""
    server = start_postgres()
    atexit.register(server.stop)
    return server


def start_postgres() -> Postgres:
    """Start a server of its own on a free port of loopback; ``initdb`` refuses root, so then it belongs to postgres."""
    folder = Path(tempfile.mkdtemp(prefix="kpikit-postgres-"))
    (folder / "password").write_text(PASSWORD, encoding="utf-8")
    owner: dict[str, Any] = {}
    if os.geteuid() == 0:
        owner = {"user": "postgres", "group": "postgres", "extra_groups": []}
        for path in (folder, folder / "password"):
            shutil.chown(path, "postgres", "postgres")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data = folder / "data"
    create = [_postgres_program("initdb"), "-D", data, "-U", "tester", "--auth=scram-sha-256", "--no-sync"]
    create += ["--encoding=UTF8", "--locale=C.UTF-8", f"--pwfile={folder / 'password'}"]
    subprocess.run(list(map(str, create)), check=True, capture_output=True, cwd=folder, **owner)
    settings = [
        "fsync=off",
        "jit=off",
        "listen_addresses=127.0.0.1",
        f"unix_socket_directories={folder}",
        "timezone=Asia/Tokyo",
    ]
    start = [
        _postgres_program("postgres"),
        "-D",
        data,
        "-p",
        port,
        *(word for item in settings for word in ("-c", item)),
    ]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(list(map(str, start)), stdout=log, stderr=log, cwd=folder, **owner)
    server = Postgres(port, process, folder)
    for _ in range(300):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            if "ready to accept connections" in (folder / "log").read_text(errors="replace"):
                return server
        time.sleep(0.1)
    server.stop()
    raise RuntimeError("PostgreSQL did not start: " + (folder / "log").read_text(errors="replace"))


def _postgres_program(name: str) -> str | None:
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)  # where Debian keeps them
    return str(found[0]) if found else shutil.which(name)


@functools.cache
def spark() -> Any:
    """Return a local Spark session; its zone is far from UTC, so that a time that depends on it shows."""
    from pyspark.sql import SparkSession

    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # what Spark starts to read a DataFrame
    folder = tempfile.mkdtemp(prefix="kpikit-spark-")
    settings = {
        "spark.ui.enabled": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.sql.shuffle.partitions": "1",
        "spark.default.parallelism": "1",
        "spark.sql.session.timeZone": "Asia/Tokyo",
        "spark.sql.warehouse.dir": folder,
        "spark.driver.memory": "1g",
        "spark.log.level": "ERROR",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.codegen.wholeStage": "false",  # a handful of rows is sooner interpreted than compiled
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    }
    builder = SparkSession.builder.master("local[1]").appName("kpikit tests")
    for key, value in settings.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(session.stop)
    return session


@contextlib.contextmanager
def default(engine: str) -> Iterator[Any]:
    """Make DataFrames that are handed to kpikit run on an engine."""
    before = ibis.options.default_backend
    ibis.set_backend(connection(engine))
    try:
        yield connection(engine)
    finally:
        ibis.options.default_backend = before
