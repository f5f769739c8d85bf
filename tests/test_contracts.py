"""What each table must have, and what a table that lacks it is told."""

from __future__ import annotations

import ibis
import pandas as pd
import pytest

from kpikit.contracts import CONTRACTS, COUNT, FLAG, ID, NUMBER, TEXT, TIME, Column, Contract, as_table, missing_columns
from kpikit.errors import ContractError

ORDERS = pd.DataFrame({"customer_id": ["a"], "ordered_at": [pd.Timestamp("2024-01-01")], "amount": [1.0]})


def test_every_table_of_the_design_has_a_contract():
    assert set(CONTRACTS) == {
        "orders", "order_lines", "customers", "subscriptions", "survey_responses", "survey_invites", "feedback",
        "tickets",
        "sessions", "events", "spend", "actions",
    }  # fmt: skip


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=lambda contract: contract.name)
def test_a_contract_is_consistent(contract):
    names = [column.name for column in contract.columns]
    assert len(set(names)) == len(names)
    assert contract.needed
    assert contract.grain
    assert {column.kind for column in contract.columns} <= {ID, TEXT, TIME, NUMBER, COUNT, FLAG}
    assert contract.column(contract.time).kind == TIME
    assert contract.key == "" or contract.column(contract.key).kind == ID


@pytest.mark.parametrize("contract", CONTRACTS.values(), ids=lambda contract: contract.name)
def test_what_is_known_later_names_a_time_of_the_same_table(contract):
    for column in contract.columns:
        assert column.known_at == "" or contract.column(column.known_at).kind == TIME


def test_outcomes_of_a_delivery_are_known_with_the_delivery_and_a_promise_at_once():
    orders = CONTRACTS["orders"]
    assert orders.column("is_intact").known_at == "delivered_at"
    assert orders.column("promised_at").known_at == ""


def test_needed_and_column():
    contract = Contract("t", "one t", (Column("a", ID, needed=True), Column("b", TEXT)))
    assert contract.needed == ("a",)
    assert contract.column("b").kind == TEXT
    assert contract.column("mine") is None


def test_a_frame_becomes_a_table_and_keeps_the_user_s_own_columns():
    table = as_table("orders", ORDERS.assign(shop="north"))
    assert table.columns == ("customer_id", "ordered_at", "amount", "shop")
    assert table.to_pandas().shop.tolist() == ["north"]


def test_a_table_stays_on_its_engine():
    table = ibis.memtable(ORDERS)
    assert as_table("orders", table) is table


def test_dates_become_timestamps_at_midnight():
    table = as_table("orders", ibis.memtable(ORDERS).mutate(ordered_at=ibis.date("2024-02-29")))
    assert table.ordered_at.type().is_timestamp()
    assert table.to_pandas().ordered_at.tolist() == [pd.Timestamp("2024-02-29")]


def test_a_time_column_without_any_value_is_taken_as_a_time():
    table = as_table("orders", ibis.memtable(ORDERS).mutate(delivered_at=ibis.null()))
    assert table.delivered_at.type().is_timestamp()


def test_a_missing_column_is_named_with_what_to_write_and_the_nearest():
    with pytest.raises(ContractError) as caught:
        as_table("orders", ORDERS.rename(columns={"customer_id": "custmer_id"}))
    assert str(caught.value) == (
        "orders: expected columns ['customer_id']; found [custmer_id, ordered_at, amount]. "
        "Map it in kpikit.yaml: tables.orders.columns.customer_id: custmer_id"
    )


def test_a_missing_column_without_a_near_name_says_your_column():
    assert "tables.orders.columns.amount: YOUR_COLUMN" in str(missing_columns("orders", ["amount"], ["zzz"]))


def test_the_by_column_is_needed_too():
    with pytest.raises(ContractError, match=r"expected columns \['shop'\]"):
        as_table("orders", ORDERS, also=("shop",))


def test_time_as_text_is_refused_and_told_how_to_convert():
    with pytest.raises(
        ContractError, match=r"orders: expected ordered_at as a timestamp or date; found string\. .*to_datetime"
    ):
        as_table("orders", ORDERS.assign(ordered_at="2024-01-01"))


def test_time_with_a_zone_is_refused_not_shifted():
    with pytest.raises(ContractError, match="local time without a zone; found time zone Europe/Lisbon"):
        as_table("orders", ORDERS.assign(ordered_at=ORDERS.ordered_at.dt.tz_localize("Europe/Lisbon")))


def test_a_column_that_is_optional_is_checked_where_it_is_there():
    with pytest.raises(ContractError, match="expected delivered_at as a timestamp"):
        as_table("orders", ORDERS.assign(delivered_at="soon"))
