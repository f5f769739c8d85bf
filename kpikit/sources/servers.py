"""PostgreSQL and Spark: connected by URL, their tables found, their rows copied where they are not used in place."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import sqlglot
from ibis import udf
from sqlglot import exp

from kpikit.errors import ConfigError, ContractError, DataUnreachableError, KpikitError, listed, nearest
from kpikit.sources.engine import first_line

if TYPE_CHECKING:
    pass

KINDS = {"postgres": "PostgreSQL", "postgresql": "PostgreSQL", "spark": "Spark", "pyspark": "Spark"}
EXTRAS = {"PostgreSQL": "postgres", "Spark": "spark"}
# Tables, views, materialised and foreign ones, each with its schema's place on the search path.
TABLES = """
SELECT n.nspname, c.relname, array_position(current_schemas(false), n.nspname) FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' AND has_schema_privilege(n.oid, 'USAGE') ORDER BY 1, 2
"""
SECONDS_TO_CONNECT = 10
SETTINGS = "SET client_encoding = 'UTF8'; SET TimeZone = 'UTC'; SET DateStyle = 'ISO'; SET extra_float_digits = 1"
# To compile each of the many small parts of a KPI's query takes a server minutes; older ones know no such setting.
NO_COMPILER = "SELECT set_config(name, 'off', false) FROM pg_settings WHERE name = 'jit'"
FIXES = {
    "password": "Check the user and the password in the environment variable of the url.",
    "refused": "Start the server, or check host and port in the url.",
    "translate host": "Check the host in the url.",
    "does not exist": "Check the database and the user in the url.",
    "timeout": "Check host and port in the url, and that a firewall lets you through.",
}


@dataclass(frozen=True)
class Server:
    """A connected server: ``PostgreSQL`` or ``Spark``, its Ibis backend, and what to call it (no secret in it)."""

    kind: str
    backend: Any = field(repr=False)
    address: str
    where: str = ""
    folder: str = ""

    def table(self, name: str) -> ir.Table:
        """Return ``table`` or ``schema.table``; an error that lists the tables when there is none of that name."""
        known = self._tables()
        if name in known:
            schema, bare = known[name]
            with self.reachable():
                return self.backend.table(bare, database=schema or None)
        path = self._file(name)
        if path is not None:
            with self.reachable():
                return self.backend.read_parquet(str(path))
        hint = nearest(name, known)
        raise ConfigError(
            f"one of the tables {listed(known, 12)} at {self.address}" if known else f"tables at {self.address}",
            got=f"{name!r}" + ("" if known else ", and none that this user may read") if name else "no table",
            fix=f"Did you mean {hint!r}?" if hint else "Write from: SOURCE.TABLE." if known else "GRANT SELECT.",
            where=self.where,
        )

    def query_of(self, name: str) -> str:
        """Return the SELECT of a whole table, as the server writes it."""
        return str(self.backend.compile(self.table(name)))

    def close(self) -> None:
        """Leave PostgreSQL; a Spark session belongs to whoever made it."""
        if self.kind == "PostgreSQL":
            self.backend.con.close()

    def query(self, sql: str) -> ir.Table:
        """Return one SELECT in the server's own dialect; tables that are files of a Spark source get their names."""
        try:
            with self.reachable():
                for table in sqlglot.parse_one(sql, dialect=self.dialect).find_all(exp.Table):
                    path = self._file(table.name)
                    if path is not None and table.name not in self._tables():
                        self.backend.read_parquet(str(path), table_name=table.name)
                return self.backend.sql(sql)
        except DataUnreachableError:
            raise
        except Exception as error:
            raise ConfigError(
                f"SQL that {self.kind} can run", got=first_line(error), fix=f"Try it there: {sql}", where=self.where
            ) from None

    @property
    def dialect(self) -> str:
        """The dialect of SQL, as sqlglot calls it."""
        return "postgres" if self.kind == "PostgreSQL" else "spark"

    def instants(self, rows: ir.Table) -> list[str]:
        """Return the columns of Spark's type TIMESTAMP, which Ibis does not tell from TIMESTAMP_NTZ."""
        schema = self.backend._session.sql(self.backend.compile(rows)).schema
        return [part.name for part in schema if part.dataType.typeName() == "timestamp"]

    def local_time(self, moment: ir.Value, zone: str) -> ir.Value:
        """Return an instant as the local time of a zone."""
        dtypes = moment.type(), dt.string
        if self.kind == "Spark":
            convert = udf.scalar.builtin(_instant_zone, name="from_utc_timestamp", signature=(dtypes, dt.timestamp))
            return convert(moment, zone)
        convert = udf.scalar.builtin(_zone_instant, name="timezone", signature=(dtypes[::-1], dt.timestamp))
        return convert(zone, moment)

    @contextmanager
    def reachable(self) -> Iterator[None]:
        """Turn a connection that breaks, or a right that is missing, into our error."""
        lost: tuple[type[Exception], ...] = ()
        refused: tuple[type[Exception], ...] = ()
        if self.kind == "PostgreSQL":
            import psycopg

            lost, refused = (psycopg.OperationalError,), (psycopg.errors.InsufficientPrivilege,)
        try:
            yield
        except refused as error:
            raise self._unreachable(first_line(error), "Ask for the right to read the table (GRANT SELECT).") from None
        except lost as error:
            raise self._unreachable(
                f"the connection was lost: {first_line(error)}", "Run again; nothing of this run was published."
            ) from None

    @contextmanager
    def computing(self, where: str) -> Iterator[None]:
        """Turn what the server says about a value, or about an expression, into our error."""
        try:
            with self.reachable():
                yield
        except KpikitError:
            raise
        except Exception as error:
            raise ContractError(
                f"columns and expressions that {self.kind} can compute", got=first_line(error),
                fix=f"Expressions are DuckDB's, translated: cast it, or compute it in a view on {self.kind}.",
                where=where,
            ) from None  # fmt: skip

    def _unreachable(self, got: str, fix: str) -> DataUnreachableError:
        return DataUnreachableError(f"{self.kind} at {self.address} to answer", got=got, fix=fix, where=self.where)

    def _tables(self) -> dict[str, tuple[str, str]]:
        """Return how tables and views may be called → their schema and name; the schema may be left out on the path."""
        if self.kind == "Spark":
            return {name: ("", name) for name in sorted(self.backend.list_tables())}
        with self.reachable():
            rows = self.backend.con.execute(TABLES).fetchall()
        bare = {name: (schema, name) for schema, name, place in sorted(rows, key=lambda row: -(row[2] or 0)) if place}
        return {f"{schema}.{name}": (schema, name) for schema, name, _ in rows} | bare

    def _file(self, name: str) -> Path | None:
        """Return the Parquet file or folder of a Spark source that has a folder."""
        if not self.folder:
            return None
        found = (Path(self.folder) / f"{name}{ending}" for ending in ("", ".parquet"))
        return next((path for path in found if path.exists()), None)


def _zone_instant(zone, moment):  # type: ignore[no-untyped-def]
    """Stand for ``timezone`` of PostgreSQL."""


def _instant_zone(moment, zone):  # type: ignore[no-untyped-def]
    """Stand for ``from_utc_timestamp`` of Spark."""


def pushed(sql: str, source: str, dialect: str) -> str | None:
    """Return a SELECT of kpikit.yaml in a server's dialect, where all its tables are that source's; else None."""
    tree = sqlglot.parse_one(sql, dialect="duckdb")
    inner = {common.alias_or_name: f"_cte_{common.alias_or_name}" for common in tree.find_all(exp.CTE)}
    for table in list(tree.find_all(exp.Table)):
        if not table.db and table.name in inner:  # renamed, or it would stand for the table it is called after
            if not table.alias:
                table.set("alias", exp.TableAlias(this=exp.to_identifier(table.name)))
            table.set("this", exp.to_identifier(inner[table.name]))
            continue
        if (table.catalog or table.db) != source:
            return None
        table.set("db", exp.to_identifier(table.db) if table.catalog else None)
        table.set("catalog", None)
    for common in tree.find_all(exp.CTE):
        common.args["alias"].set("this", exp.to_identifier(inner[common.alias]))
    return tree.sql(dialect=dialect)


def is_server(url: str) -> bool:
    """Say whether a url means a server that kpikit connects to, rather than a file."""
    return url.partition("://")[0].casefold() in KINDS and "://" in url


def kind_of(url: str) -> str:
    """Return what a server is called: ``PostgreSQL`` or ``Spark``."""
    return KINDS[url.partition("://")[0].casefold()]


def connect(url: str, where: str) -> Server:
    """Return the server that a url means.

    Raises
    ------
    ConfigError
        When the driver is not installed, or the url cannot be read.
    DataUnreachableError
        When the server does not answer, or refuses.
    """
    kind = kind_of(url)
    try:
        return _postgres(url, where) if kind == "PostgreSQL" else _spark(url, where)
    except ImportError as error:
        raise ConfigError(
            f"the driver of {kind}",
            got=f"{error.name or error} is not installed",
            fix=f"pip install 'kpikit[{EXTRAS[kind]}]'",
            where=where,
        ) from None


def of_backend(backend: Any) -> Server:
    """Return the server behind an Ibis table that was passed."""
    return Server(KINDS[backend.name], backend, f"the {backend.name} connection passed")


def _postgres(url: str, where: str) -> Server:
    import ibis
    import psycopg

    try:
        parts = urlsplit(url)
        if parts.netloc.count("@") > 1 or "@" in parts.path:  # a password that is not quoted would pass for a host
            raise ValueError
        address = f"{parts.hostname or 'localhost'}:{parts.port or 5432}{parts.path}"
        connection = psycopg.connect(
            url, connect_timeout=SECONDS_TO_CONNECT, autocommit=True, application_name="kpikit"
        )
        connection.execute(SETTINGS)
        connection.execute(NO_COMPILER)
    except (ValueError, psycopg.ProgrammingError):  # its text would repeat the url, and the password in it
        raise ConfigError(
            "a url such as postgres://user:${PASSWORD}@host:5432/database", got="one that cannot be read",
            fix="Check the port and the parameters after '?'; in a password write @ as %40 and / as %2F.", where=where,
        ) from None  # fmt: skip
    except psycopg.OperationalError as error:
        got = _reason(str(error), parts.password)
        fix = next((advice for sign, advice in FIXES.items() if sign in got), "Check the url and the server.")
        raise DataUnreachableError(f"PostgreSQL at {address} to answer", got=got, fix=fix, where=where) from None
    backend = ibis.postgres.from_connection(connection)
    weakref.finalize(backend, connection.close)  # tables left in place need it as long as anybody holds them
    return Server("PostgreSQL", backend, address, where)


def _reason(message: str, password: str | None) -> str:
    """Return the reason within what libpq says, in one line and without the password."""
    line = " ".join(message.split())
    reason = line.rpartition("FATAL:")[2].rpartition("failed: ")[2].partition("Is the server running")[0].strip()
    return reason.replace(password, "…") if password else reason


def _spark(url: str, where: str) -> Server:
    """Return the active session, or one on the master that the url names: spark://local/FOLDER, spark://HOST:PORT."""
    import ibis
    from pyspark.sql import SparkSession

    parts = urlsplit(url)
    local = parts.netloc.partition("[")[0] in {"", "local"}
    master = (parts.netloc if "[" in parts.netloc else "local[*]") if local else f"spark://{parts.netloc}"
    session = SparkSession.getActiveSession()
    if session is None:
        builder = SparkSession.builder.master(master).appName("kpikit").config("spark.ui.showConsoleProgress", "false")
        try:
            session = (builder.config("spark.driver.host", "127.0.0.1") if local else builder).getOrCreate()
        except Exception as error:
            raise DataUnreachableError(
                f"Spark at {master} to answer", got=_cause(error), where=where,
                fix="Check that Java is installed and, for a cluster, that the master runs.",
            ) from None  # fmt: skip
    return Server("Spark", ibis.pyspark.connect(session), master, where, parts.path)


def _cause(error: Exception) -> str:
    """Return the line of Java's trace that names what went wrong, or the first line there is."""
    named = [line for line in str(error).splitlines() if "Exception: " in line]
    return named[0].rpartition("Exception: ")[2].strip() if named else first_line(error)
