"""DataFrames handed to the engine: what is missing is null, whatever pandas holds in its place."""

from __future__ import annotations

import pandas as pd
import pytest

from kpikit.contracts import as_table
from kpikit.handing import in_engine

pytestmark = pytest.mark.usefixtures("engine")


def test_by_hand_a_missing_text_and_a_missing_number_are_null():
    table = in_engine(pd.DataFrame({"shop": ["north", None], "score": [1.5, float("nan")], "floor": [1, 2]}))
    missing = table.filter(table.shop.isnull(), table.score.isnull())  # noqa: PD003 - ibis has no isna
    assert missing.floor.to_pyarrow().to_pylist() == [2]


def test_a_column_that_is_missing_altogether_gets_its_type_from_the_contract():
    opened = pd.to_datetime(["2026-01-05 09:00", "2026-01-06 09:00"]).as_unit("us")
    frame = pd.DataFrame({"ticket_id": ["a", "b"], "opened_at": opened}).assign(
        resolved_at=None, contacts=None, reopened=None, topic=None, note=None
    )
    table = as_table("tickets", frame)
    kinds = {name: str(table[name].type()) for name in ("contacts", "reopened", "topic", "note")}
    assert kinds == {"contacts": "int64", "reopened": "boolean", "topic": "string", "note": "string"}
    assert table.resolved_at.type().is_timestamp()
    assert table.columns == tuple(frame.columns)
    assert table.count().to_pyarrow().as_py() == 2


def test_nanoseconds_become_microseconds():
    moment = pd.Timestamp("2026-01-05 09:00:00.123456789")
    table = in_engine(pd.DataFrame({"at": pd.Series([moment]).astype("datetime64[ns]")}))
    assert pd.Timestamp(table["at"].max().to_pyarrow().as_py()) == pd.Timestamp("2026-01-05 09:00:00.123456")
