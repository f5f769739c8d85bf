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
LONGEST_CLOSING_DAYS = 7  # so many days without an order are taken as closed; more were not exported


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
        The first day that is not known. Empty: the end of ``period``, else the day after the newest order. A day more
        than a week after the newest order becomes the day after it, with a flag: what is not known is not zero.
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
    if not isinstance(config, (str, Path, Config)):
        raise ParameterError(
            "a kpikit.yaml, a Config or nothing",
            got=f"a {type(config).__name__}",
            fix="To load a table, pass tables={'orders': df}.",
            where="config",
        )
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
    decided: list[tuple[date, list[Flag]]] = []

    def known_before(newest_order: str) -> date:
        if not decided:  # orders are the first table
            newest = row(connection, newest_order)[0]
            decided.append(_as_of(as_of, period, newest or datetime.max - timedelta(days=2)))
        return decided[0][0]

    with tempfile.TemporaryDirectory(prefix="kpikit-") as folder:
        for name in names:
            raw = finding.raw_rows(connection, name, config, passed.get(name), Path(folder))
            staged[name] = stage(connection, name, raw, config, staged.get("orders"), known_before)
            if name == "orders":
                _refuse_nothing_usable(connection, staged[name])
    day, flags = decided[0]
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


def _refuse_nothing_usable(connection: Backend, orders: Staged) -> None:
    usable, refused = row(connection, f"SELECT count(*) FILTER (_reason IS NULL), count(*) FROM {orders.relation}")
    if not usable:
        counts = run(connection, f"SELECT _reason, count(*) FROM {orders.relation} GROUP BY 1 ORDER BY 2 DESC")
        raise ContractError(
            "at least one row that can be used",
            got=f"{refused:,} rows, all set aside: " + ", ".join(f"{reason} ({rows:,})" for reason, rows in counts),
            fix="Check the mapping of customer_id and ordered_at, and keep.",
            where="orders",
        )


def _as_of(as_of: str | date, period: str, newest: datetime) -> tuple[date, list[Flag]]:
    """Return the first day that is not known, and a flag where it lies after the data.

    More than a week after the newest order it would make empty periods real zeros, so the data's own end is taken.
    """
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
    text = f"as_of {day} lies {ahead:,} {'day' if ahead == 1 else 'days'} after the newest order ({newest.date()})"
    if ahead > LONGEST_CLOSING_DAYS:
        text += f": the data are known up to {newest.date()} only, and the report says so"
        day = default
    return day, [Flag("orders", "as_of after the data", 0, f"{text}.")]


def _fingerprint(connection: Backend, names: list[str], day: date) -> str:
    digest = hashlib.sha256(day.isoformat().encode())
    for name in names:
        schema = run(connection, f"DESCRIBE {name}")
        content = row(connection, f"SELECT count(*), CAST(sum(CAST(hash({name}) AS HUGEINT)) AS VARCHAR) FROM {name}")
        digest.update(repr((name, [column[:2] for column in schema], content)).encode())
    return digest.hexdigest()[:16]
