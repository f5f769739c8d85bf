"""All of it in order: configuration and tables in, :class:`Data` known up to ``as_of`` out."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kpikit.config import Config, load_config
from kpikit.contracts import CONTRACTS
from kpikit.errors import ContractError, ParameterError, one_of
from kpikit.periods import as_date, named_window
from kpikit.results import AUDIENCES
from kpikit.sources import finding, finishing
from kpikit.sources.data import Data, Flag
from kpikit.sources.engine import connect, row, run
from kpikit.sources.staging import Staged, stage

if TYPE_CHECKING:
    from ibis.backends.duckdb import Backend

FILE = "kpikit.yaml"


def load(
    config: str | Path | Config = "",
    *,
    as_of: str | date = "",
    period: str = "",
    audience: str = "",
    tables: Mapping[str, Any] | None = None,
) -> Data:
    """Return the business's tables: mapped, typed, in local time, cut and masked at ``as_of``.

    Parameters
    ----------
    config
        A kpikit.yaml, a :class:`Config`, or empty: the kpikit.yaml in the current folder when there is one, otherwise
        the data that come with the package (CDNOW, 1997-01 to 1998-06).
    as_of
        The first day that is not known. Empty: the end of ``period``, else the day after the newest order.
    period
        ``2026``, ``2026-Q3``, ``2026-09`` or ``2026-09-14``: sets an empty ``as_of`` to its end, or to the end of the
        data where that is earlier.
    audience
        ``executive``, ``manager`` or ``frontline``: whom the page names as its reader. Empty: as configured.
    tables
        Name of a contract → DataFrame or Ibis table, instead of what the configuration says for that name. Mapped by
        the configuration's ``tables.<name>.columns``, else by kpikit's own column names.

    Returns
    -------
    Data
        ``orders`` has one row per order: ``customer_id`` (text), ``ordered_at`` (local timestamp), ``amount``
        (float64, in the business's currency), ``is_activity`` (boolean), and every other column that came along.

    Raises
    ------
    ConfigError, ContractError, DataUnreachableError, ParameterError
        Each with what was expected, what was found and what to do.

    >>> load().describe().text
    'CDNOW: 69,659 orders, known up to 1998-06-30.'
    """
    if audience:
        one_of("audience", audience, AUDIENCES)
    passed = dict(tables or {})
    for name in passed:
        one_of("tables", name, CONTRACTS)
    settings, origin = _settings(config, passed)
    if origin == "embedded":
        from kpikit.datasets import cdnow

        passed = {"orders": cdnow()}
    names = [name for name in CONTRACTS if name in passed or name in settings.tables]
    if "orders" not in names:
        raise settings.error(
            "tables", expected="tables.orders, which every report needs", got=", ".join(names) or "no table",
            fix="Add it; kpikit init DATA proposes the mapping.",
        )  # fmt: skip
    connection = connect()
    try:
        data = _loaded(connection, settings, origin, names, passed, as_of, period)
        return replace(data, audience=audience or settings.report.audience)
    except BaseException:
        connection.disconnect()
        raise


def _settings(config: str | Path | Config, passed: Mapping[str, Any]) -> tuple[Config, str]:
    if isinstance(config, Config):
        return config, "config" if config.tables and not passed else "tables" if passed else "embedded"
    if config:
        return load_config(config), "config"
    if passed:
        return Config(), "tables"
    if Path(FILE).is_file():
        return load_config(FILE), "config"
    return Config.embedded(), "embedded"


def _loaded(
    connection: Backend,
    config: Config,
    origin: str,
    names: list[str],
    passed: Mapping[str, Any],
    as_of: str | date,
    period: str,
) -> Data:
    staged: dict[str, Staged] = {}
    with tempfile.TemporaryDirectory(prefix="kpikit-") as folder:
        for name in names:
            raw = finding.raw_rows(connection, name, config, passed.get(name), Path(folder))
            staged[name] = stage(connection, name, raw, config, staged.get("orders"))
    newest = _newest_order(connection, staged["orders"])
    day, flags = _as_of(as_of, period, newest)
    finished = {name: finishing.finish(connection, item, day) for name, item in staged.items()}
    for item in staged.values():
        run(connection, f"DROP TABLE IF EXISTS {item.relation}")
        flags += item.flags
    tables = {name: connection.table(name) for name in names}
    return Data(
        config=config,
        tables=tables,
        as_of=day,
        newest={name: item.newest for name, item in finished.items()},
        counts={name: item.counts for name, item in finished.items()},
        flags=(*flags, *(flag for item in finished.values() for flag in item.flags)),
        fingerprint=_fingerprint(connection, names, day),
        origin=origin,
        reported_period=period,
    )


def _newest_order(connection: Backend, orders: Staged) -> datetime:
    newest, refused = row(
        connection, f"SELECT max(ordered_at) FILTER (_reason IS NULL), count(*) FROM {orders.relation}"
    )
    if newest is None:
        counts = run(connection, f"SELECT _reason, count(*) FROM {orders.relation} GROUP BY 1 ORDER BY 2 DESC")
        raise ContractError(
            "at least one row that can be used",
            got=f"{refused:,} rows, all set aside: " + ", ".join(f"{reason} ({rows:,})" for reason, rows in counts),
            fix="Check the mapping of customer_id and ordered_at, and keep.",
            where="orders",
        )
    return newest  # type: ignore[no-any-return]


def _as_of(as_of: str | date, period: str, newest: datetime) -> tuple[date, list[Flag]]:
    """Return the first day that is not known, and a flag where it lies after the data."""
    default = newest.date() + timedelta(days=1)
    if not as_of and not period:
        return default, []
    if not as_of:
        window = named_window(period)
        if window.start >= default:
            raise ParameterError(
                f"a period that begins before the data end ({default - timedelta(days=1)})", got=period, where="period"
            )
        return min(window.end, default), []
    day = as_date(as_of)
    ahead = (day - default).days
    if ahead <= 0:
        return day, []
    text = f"as_of {day} lies {ahead:,} {'day' if ahead == 1 else 'days'} after the newest order ({newest.date()})."
    return day, [Flag("orders", "as_of after the data", 0, text)]


def _fingerprint(connection: Backend, names: list[str], day: date) -> str:
    digest = hashlib.sha256(day.isoformat().encode())
    for name in names:
        schema = run(connection, f"DESCRIBE {name}")
        content = row(connection, f"SELECT count(*), CAST(sum(CAST(hash({name}) AS HUGEINT)) AS VARCHAR) FROM {name}")
        digest.update(repr((name, [column[:2] for column in schema], content)).encode())
    return digest.hexdigest()[:16]
