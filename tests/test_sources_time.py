"""The property that makes a report on the past true: what happened at or after as_of changes nothing."""

from datetime import datetime, timedelta

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kpikit.config import Config, Table
from kpikit.errors import ContractError
from kpikit.sources import Data, load

AS_OF = datetime(2026, 3, 1)
MOMENTS = st.integers(-40 * 24, 40 * 24).map(lambda hours: AS_OF + timedelta(hours=hours))
LATER = st.integers(0, 90 * 24).map(lambda hours: AS_OF + timedelta(hours=hours))


@st.composite
def shops(draw: st.DrawFn) -> dict[str, pd.DataFrame]:
    size = draw(st.integers(1, 8))
    first = {"order_id": "o0", "customer_id": "a", "ordered_at": AS_OF - timedelta(days=50), "amount": 5.0}
    orders = [first | {"delivered_at": None, "is_intact": None, "paid_on": None}]
    for number in range(size):
        orders.append(
            {
                "order_id": draw(st.sampled_from(["o1", "o2", "o3", f"n{number}"])),
                "customer_id": draw(st.sampled_from(["a", "b", "c"])),
                "ordered_at": draw(MOMENTS),
                "amount": draw(st.sampled_from([-5.0, 0.0, 0.1, 0.2, 7.0])),
                "delivered_at": draw(MOMENTS),
                "is_intact": draw(st.booleans()),
                "paid_on": draw(MOMENTS),
            }
        )
    tickets = [
        {
            "ticket_id": str(number),
            "opened_at": draw(MOMENTS),
            "first_response_at": draw(MOMENTS),
            "resolved_at": draw(MOMENTS),
            "contacts": draw(st.integers(1, 5)),
            "reopened": draw(st.booleans()),
        }
        for number in range(size)
    ]
    spans = [
        {"customer_id": "a", "started_at": draw(MOMENTS), "ended_at": draw(MOMENTS), "plan": "p"} for _ in range(size)
    ]
    tables = {"orders": orders, "tickets": tickets, "subscriptions": spans}
    return {
        name: pd.DataFrame(rows).astype({"is_intact": object} if name == "orders" else {})
        for name, rows in tables.items()
    }


def rewritten(draw: st.DrawFn, shop: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return the shop with everything that is dated at or after as_of changed: whole rows, and single values."""
    times = {"orders": "ordered_at", "tickets": "opened_at", "subscriptions": "started_at"}
    follows = {"delivered_at": ["is_intact"], "resolved_at": ["contacts", "reopened"]}
    changed = {}
    for name, table in shop.items():
        rows = table.to_dict("records")
        for row in rows:
            unknown = row[times[name]] >= AS_OF
            for column, value in list(row.items()):
                if isinstance(value, datetime) and value >= AS_OF:
                    row[column] = draw(LATER)
                    for follower in follows.get(column, []):
                        row[follower] = not row[follower] if isinstance(row[follower], bool) else row[follower] + 1
            if unknown:
                row |= {key: draw(st.sampled_from(["a", "z"])) for key in ("customer_id",) if key in row}
                row |= {key: 99.0 for key in ("amount",) if key in row}
        changed[name] = pd.DataFrame(rows).astype({"is_intact": object} if name == "orders" else {})
    return changed


def content(data: Data) -> dict[str, list[tuple[object, ...]]]:
    return {name: [tuple(map(str, row)) for row in table.execute().itertuples()] for name, table in data.tables.items()}


@settings(max_examples=15, deadline=None)
@given(st.data())
def test_what_is_dated_at_or_after_as_of_changes_nothing(data: st.DataObject) -> None:
    shop = data.draw(shops())
    known = load(tables=shop, as_of="2026-03-01")
    other = load(tables=data.draw(st.composite(rewritten)(shop)), as_of="2026-03-01")
    assert content(other) == content(known)
    assert other.fingerprint == known.fingerprint
    assert all(row["ordered_at"] < AS_OF for row in known.orders.execute().to_dict("records"))


@settings(max_examples=10, deadline=None)
@given(shops(), st.booleans())
def test_rows_in_are_rows_used_and_rows_set_aside(shop: dict[str, pd.DataFrame], late: bool) -> None:
    data = load(tables=shop, as_of="2026-03-01" if late else "")
    for name, counts in data.counts.items():
        assert counts.rows_in == len(shop[name]) == counts.used + sum(counts.set_aside.values())


@settings(max_examples=15, deadline=None)
@given(LATER, st.booleans())
def test_an_expression_of_the_users_reads_nothing_that_was_not_known(later: datetime, as_text: bool) -> None:
    table = Table(keep="delivered_at IS NOT NULL OR order_id <> 'B'", columns={"late": "delivered_at > promised_at"})

    def loaded(delivered: datetime | None) -> Data:
        day = pd.Timestamp("2026-02-01")
        orders = pd.DataFrame(
            {
                "order_id": ["A", "B", "C"], "customer_id": ["a", "b", "c"], "ordered_at": day, "amount": 5.0,
                "promised_at": pd.Timestamp("2026-02-05"),
                "delivered_at": pd.Series([pd.Timestamp("2026-02-07"), delivered, None], dtype="datetime64[us]"),
            }
        )  # fmt: skip
        if as_text:
            orders["delivered_at"] = orders.delivered_at.dt.strftime("%Y-%m-%d %H:%M:%S")
            orders["promised_at"] = orders.promised_at.dt.strftime("%Y-%m-%d %H:%M:%S")
        newest = orders.tail(1).assign(order_id="N", ordered_at=pd.Timestamp("2026-03-05"))
        return load(
            Config(tables={"orders": table}), tables={"orders": pd.concat([orders, newest])}, as_of="2026-03-01"
        )

    known, other = loaded(None), loaded(later)
    assert content(other) == content(known)
    assert other.fingerprint == known.fingerprint
    assert known.counts["orders"].set_aside["keep is false"] == 1
    assert known.orders.execute().set_index("order_id").late["A"]


@pytest.mark.parametrize("later", ["25/03/2026", "03/25/2026"])
def test_what_is_dated_later_does_not_decide_between_day_and_month(tmp_path, later):
    path = tmp_path / "sales.csv"
    path.write_text(f"customer_id,ordered_at,amount\na,03/01/2026,1\nb,04/01/2026,2\nc,{later},3\n")
    config = Config(tables={"orders": Table(from_=str(path))})
    with pytest.raises(ContractError, match="dates that can be read in one way"):
        load(config, as_of="2026-03-15")


def test_a_format_that_the_known_rows_decide_is_read_whatever_comes_later(tmp_path):
    path = tmp_path / "sales.csv"
    path.write_text("customer_id,ordered_at,amount\na,23/01/2026,1\nb,04/01/2026,2\nc,05/05/2026,3\n")
    data = load(Config(tables={"orders": Table(from_=str(path))}), as_of="2026-03-15")
    assert data.orders.ordered_at.max().to_pyarrow().as_py().isoformat() == "2026-01-23T00:00:00"
