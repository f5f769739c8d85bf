"""Which server, if any, the tables stay on: Spark's, a source's with ``in_place``, and that of passed Ibis tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ibis.expr.types as ir

from kpikit.config import Config
from kpikit.config import Table as Settings
from kpikit.errors import ConfigError
from kpikit.sources import finding, servers
from kpikit.sources.servers import Server

HERE = "this process"


def placed(names: list[str], config: Config, passed: Mapping[str, Any]) -> tuple[Server, dict[str, ir.Table]] | None:
    """Return the one server that all tables stay on, and their raw rows there; None when they are copied into DuckDB.

    Raises
    ------
    ConfigError
        When some stay on a server and others elsewhere: no engine could join them.
    """
    homes = {name: _home(name, config, passed.get(name)) for name in names}
    if set(homes.values()) <= {HERE}:
        return None
    if len(set(homes.values())) > 1:
        described = ", ".join(f"{name} in {home.partition(' connection')[0]}" for name, home in homes.items())
        raise ConfigError(
            "all tables on one server, or all copied", got=described, where=config.where("tables"),
            fix="Write in_place: false for the PostgreSQL source, or put the other tables onto the same server.",
        )  # fmt: skip
    home = homes[names[0]]
    if home not in config.sources:
        return servers.of_backend(passed[names[0]].get_backend()), {name: passed[name] for name in names}
    server = servers.connect(config.sources[home].resolved(), config.where("sources", home, "url"))
    return server, {name: _rows(server, home, name, config) for name in names}


def _home(name: str, config: Config, passed: Any) -> str:
    """Return the source whose server a table stays on, the backend of a passed table, or ``HERE``."""
    if passed is not None:
        backend = passed.get_backend() if isinstance(passed, ir.Table) else None
        on_server = backend.name in servers.KINDS if backend else False
        return f"{backend.name} connection {id(backend)}" if backend and on_server else HERE
    settings = config.tables.get(name, Settings())
    if settings.from_ is not None:
        source, _ = finding.source_of(settings.from_, config)
        return source if source and _stays(config, source) else HERE
    for source in config.sources:
        if settings.sql is not None and _stays(config, source) and servers.pushed(settings.sql, source, "postgres"):
            return source
    return HERE


def _stays(config: Config, source: str) -> bool:
    url = config.sources[source].resolved()
    return servers.is_server(url) and (config.sources[source].in_place or servers.kind_of(url) == "Spark")


def _rows(server: Server, source: str, name: str, config: Config) -> ir.Table:
    settings = config.tables[name]
    if settings.sql is not None:
        return server.query(servers.pushed(settings.sql, source, server.dialect) or settings.sql)
    return server.table(finding.source_of(settings.from_ or "", config)[1])
