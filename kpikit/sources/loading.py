"""All of it in order: configuration and tables in, :class:`Data` known up to ``as_of`` out."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ibis.expr.types as ir

from kpikit.config import Config, load_config
from kpikit.contracts import CONTRACTS
from kpikit.errors import ContractError, ParameterError, one_of
from kpikit.formatting import agreed, counted
from kpikit.periods import LONGEST_CLOSING_DAYS, as_date, named_window
from kpikit.results import AUDIENCES
from kpikit.sources import choosing, finding, finishing
from kpikit.sources.data import Data, Flag
from kpikit.sources.engine import connect, enough_room, row, run
from kpikit.sources.finishing import Place, Staged
from kpikit.sources.inplace import Reader
from kpikit.sources.places import InDuckDB, OnServer
from kpikit.sources.servers import Server
from kpikit.sources.staging import stage, staged_name

if TYPE_CHECKING:
    from ibis.backends.duckdb import Backend

FILE = "kpikit.yaml"
COFFEE_SHOP, CDNOW = EXAMPLES = ("coffee_shop", "cdnow")


def load(
    config: str | Path | Config = "",
    *,
    as_of: str | date = "",
    period: str = "",
    audience: str = "",
    tables: Mapping[str, Any] | None = None,
    example: str = COFFEE_SHOP,
) -> Data:
    """Return the business's tables: mapped, typed, in local time, cut and masked at ``as_of``.

    Parameters
    ----------
    config
        A kpikit.yaml, a :class:`Config`, or empty: the kpikit.yaml in the current folder when there is one, otherwise
        the data that come with the package, see ``example``.
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
    example
        What stands in where there is no configuration: ``coffee_shop`` (every table, simulated) or ``cdnow`` (real
        orders, 1997-01 to 1998-06).

    Returns
    -------
    Data
        ``orders`` has one row per order: ``customer_id`` (text), ``ordered_at`` (local timestamp), ``amount``
        (float64, in the business's currency), ``is_activity`` (boolean), and every other column that came along.

    Raises
    ------
    ConfigError, ContractError, DataUnreachableError, ParameterError
        Each with what was expected, what was found and what to do.

    >>> load(example="cdnow").describe().text
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
    one_of("example", example, EXAMPLES)
    settings, origin = _settings(config, passed)
    if origin == "embedded":
        settings, passed = _embedded(settings, example)
    names = [name for name in CONTRACTS if name in passed or name in settings.tables]
    if "orders" not in names:
        raise settings.error(
            "tables", expected="tables.orders, which every report needs", got=", ".join(names) or "no table",
            fix="Add it; kpikit init DATA proposes the mapping.",
        )  # fmt: skip
    request = Request(settings, origin, names, passed, as_of, period)
    stays = choosing.placed(names, settings, passed)
    if stays is not None:
        data = _left_in_place(request, *stays)
    else:
        connection = connect()
        try:
            data = _copied(request, connection)
        except BaseException:
            connection.disconnect()
            raise
    return replace(data, audience=audience or settings.report.audience)


def _settings(config: str | Path | Config, passed: Mapping[str, Any]) -> tuple[Config, str]:
    if isinstance(config, Config):
        return config, "config" if config.tables and not passed else "tables" if passed else "embedded"
    if config:
        return load_config(config), "config"
    if passed:
        return Config(), "tables"
    if Path(FILE).is_file():
        return load_config(FILE), "config"
    return Config(), "embedded"


def _embedded(settings: Config, example: str) -> tuple[Config, dict[str, Any]]:
    """Return the data that come with the package, and their configuration where none was given."""
    from kpikit.datasets import cdnow, coffee_shop

    is_given = settings != Config()
    if example == CDNOW:
        return settings if is_given else Config.embedded(), {"orders": cdnow()}
    shop = coffee_shop()
    return settings if is_given else shop.config, dict(shop.tables)


@dataclass(frozen=True)
class Request:
    """What to load: the configuration, the tables' names (orders first), those that were passed, and up to when."""

    config: Config
    origin: str
    names: list[str]
    passed: Mapping[str, Any]
    as_of: str | date
    period: str

    @property
    def until(self) -> date | None:
        """The day that was asked for, as ``as_of`` or as a period's end."""
        if self.as_of:
            return as_date(self.as_of)
        return named_window(self.period).end if self.period else None

    def decide(self, newest: datetime | None) -> tuple[date, list[Flag]]:
        """Return the first day that is not known, from the newest order where it was not asked for."""
        _refuse_the_last_day(newest)
        return _as_of(self.as_of, self.period, newest or datetime.max - timedelta(days=2))


def _copied(request: Request, connection: Backend) -> Data:
    """Copy the tables into DuckDB, type them there and finish them."""
    staged: dict[str, Staged] = {}
    decided: list[tuple[date, list[Flag]]] = []

    def known_before(newest_order: str) -> date:
        if not decided:  # orders are the first table
            decided.append(request.decide(row(connection, newest_order)[0]))
        return decided[0][0]

    with tempfile.TemporaryDirectory(prefix="kpikit-", dir=os.environ.get("KPIKIT_TEMP_DIRECTORY")) as folder:
        for name in request.names:
            raw = finding.raw_rows(connection, name, request.config, request.passed.get(name), Path(folder))
            staged[name] = stage(connection, name, raw, request.config, staged.get("orders"), known_before)
            if name == "orders":
                _refuse_nothing_usable(staged[name])
    with enough_room():
        data = _finished(request, staged, InDuckDB(connection), *decided[0])
    for name in staged:
        run(connection, f"DROP TABLE IF EXISTS {staged_name(name)}")
    return data


def _left_in_place(request: Request, server: Server, raw: dict[str, ir.Table]) -> Data:
    """Leave the tables on their server: mapped, typed and finished there."""
    orders = Reader(server, "orders", request.config)
    day, flags = request.decide(orders.newest(raw["orders"]))
    staged = {"orders": orders.stage(raw["orders"], day, None)}
    with server.computing(request.config.where("tables")):
        _refuse_nothing_usable(staged["orders"])
        for name in request.names[1:]:
            staged[name] = Reader(server, name, request.config).stage(raw[name], day, staged["orders"].table)
        return _finished(request, staged, OnServer(), day, flags)


def _finished(request: Request, staged: Mapping[str, Staged], place: Place, day: date, flags: list[Flag]) -> Data:
    finished = {name: finishing.finish(item, day, place) for name, item in staged.items()}
    contents = [(name, item.table.schema().items(), place.content(item.table)) for name, item in finished.items()]
    digest = hashlib.sha256(day.isoformat().encode())
    for name, columns, content in contents:
        digest.update(repr((name, [(column, str(kind)) for column, kind in columns], content)).encode())
    return Data(
        config=request.config,
        tables={name: item.table for name, item in finished.items()},
        as_of=day,
        newest={name: item.newest for name, item in finished.items()},
        counts={name: item.counts for name, item in finished.items()},
        flags=(
            *flags,
            *(flag for item in staged.values() for flag in item.flags),
            *(flag for item in finished.values() for flag in item.flags),
        ),
        fingerprint=digest.hexdigest()[:16],
        origin=request.origin,
        reported_period=request.period,
        until=request.until,
    )


def _refuse_the_last_day(newest: datetime | None) -> None:
    """No day follows 9999-12-31, and it is written where a date is missing or has no end."""
    if newest and newest.date() >= date.max:
        raise ContractError(
            "orders dated before 9999-12-31",
            got="one on that day, or dated infinity",
            fix="If it stands for no date, map ordered_at: nullif(YOUR_COLUMN, '9999-12-31'); such rows are set aside.",
            where="orders.ordered_at",
        )


def _refuse_nothing_usable(orders: Staged) -> None:
    rows = orders.table.group_by("_reason").aggregate(rows=lambda t: t.count()).to_pyarrow().to_pylist()
    if all(group["_reason"] is not None for group in rows):
        rows = sorted(rows, key=lambda group: -group["rows"])
        refused = sum(group["rows"] for group in rows)
        reasons = ", ".join(f"{group['_reason']} ({group['rows']:,})" for group in rows)
        aside = agreed(refused, "set aside", "all set aside")
        raise ContractError(
            "at least one row that can be used",
            got=f"{counted(refused, 'row')}, {aside}: {reasons}" if refused else "no rows",
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
    text = f"as_of {day} lies {counted(ahead, 'day')} after the newest order ({newest.date()})"
    if ahead > LONGEST_CLOSING_DAYS:
        text += f": the data are known up to {newest.date()} only, and the report says so"
        day = default
    return day, [Flag("orders", "as_of after the data", 0, f"{text}.")]
