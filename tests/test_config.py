"""kpikit.yaml: what is read, and what each mistake is told."""

import json
import pickle
from datetime import date, time, timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from kpikit.config import Config, Table, load_config
from kpikit.errors import ConfigError, DataUnreachableError

FULL = """\
business: {name: Harbor Coffee, currency: EUR, timezone: Europe/Lisbon, week_start: sunday,
           hours: {mon-fri: "09:00-18:00", sat: "10:00-13:00"}, holidays: [2026-12-25]}
sources:
  shop: {url: "duckdb://shop.duckdb"}
tables:
  orders:
    from: shop.sales
    columns: {customer_id: client, ordered_at: ts, amount: "quantity * unit_price"}
    keep: "status <> 'test'"
economics: {margin_fraction: 0.42, annual_discount_rate: 0.10}
kpis: {csat: {variant: top_two_box}, churn: {inactive_days: 90, grace_days: 14}}
goals:
  - {kpi: csat, at_least: 0.88, by: 2026-12-31, owner: Support lead, baseline: 0.85}
benchmarks:
  - {kpi: nps, value: 44, source: "name and year of the study", kind: industry}
performance_indicators:
  - {id: on_time_delivery, title: Delivered on time, table: orders, eligible: "promised_at < :as_of",
     success: "delivered_at <= promised_at", better: higher, target: 0.95}
interventions:
  - {id: loyalty_card, name: Loyalty card, starts: 2026-02-01, kpi: repeat_purchase_rate,
     treated: "store in ('Alfama', 'Belém')"}
freshness: {orders: 2 days}
privacy: {min_cell: 5, customer_ids: hashed, staff: [Ana Silva]}
report: {title: Customer review, audience: executive, language: en, review_every: quarter, folder: reports}
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "kpikit.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def refused(folder: Path, text: str) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        load_config(written(folder, text))
    assert caught.value.exit_code == 2
    return caught.value


def test_the_whole_file_of_the_design_is_read(tmp_path: Path) -> None:
    config = load_config(written(tmp_path, FULL))
    assert config.business.week == "week-sunday"
    assert config.business.opening_hours[5] == (time(10), time(13))
    assert 6 not in config.business.opening_hours
    assert config.business.holidays == (date(2026, 12, 25),)
    assert config.tables["orders"].from_ == "shop.sales"
    assert config.tables["orders"].columns["amount"] == "quantity * unit_price"
    assert config.goals[0].by == date(2026, 12, 31)
    assert config.freshness == {"orders": timedelta(days=2)}
    assert config.performance_indicators[0].eligible == "promised_at < :as_of"
    assert config.economics.margin_fraction == 0.42
    assert (config.path, config.folder) == (tmp_path / "kpikit.yaml", tmp_path)
    assert load_config(tmp_path).fingerprint() == config.fingerprint()


def test_defaults_and_the_embedded_configuration(tmp_path: Path) -> None:
    config = load_config(written(tmp_path, "business: {name: Shop}\n"))
    assert (config.economics.margin_fraction, config.economics.annual_discount_rate) == (None, 0.10)
    assert (config.privacy.min_cell, config.privacy.customer_ids) == (5, "hashed")
    assert (Config.embedded().business.name, Config.embedded().business.currency) == ("CDNOW", "USD")


def test_a_configuration_is_frozen_and_its_fingerprint_follows_its_content(tmp_path: Path) -> None:
    first = load_config(written(tmp_path, FULL))
    with pytest.raises(ValidationError):
        first.business = first.business  # type: ignore[misc]
    assert load_config(written(tmp_path, FULL.replace("0.42", "0.43"))).fingerprint() != first.fingerprint()
    assert pickle.loads(pickle.dumps(first)).fingerprint() == first.fingerprint()


@pytest.mark.parametrize(
    ("text", "line", "parts"),
    [
        ("business:\n  nmae: Shop\n", 2, ["'nmae'", "Did you mean 'name'?", "expected one of name, currency"]),
        ("busines:\n  name: Shop\n", 1, ["Did you mean 'business'?"]),
        ("economics:\n  margin_fraction: a lot\n", 2, ["expected a number", "'a lot'"]),
        (
            "economics:\n  margin_fraction: 42\n",
            2,
            ["expected less than or equal to 1; found 42", "Write 42 % as 0.42."],
        ),
        (
            "economics:\n  month_factors: [1, 2, 3]\n",
            2,
            ["twelve factors, each above 0; found 3", "January"],
        ),
        ("economics:\n  month_factors: 1.2\n", 2, ["a list"]),
        ("economics:\n  month_factors: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 2]\n", 2, ["found 12, the smallest 0"]),
        ("privacy:\n  min_cell: 0\n", 2, ["expected greater than or equal to 1"]),
        ("privacy:\n  min_cell: five\n", 2, ["a whole number"]),
        ("business:\n  name: 7\n", 2, ["expected text", "found 7"]),
        ("business: Shop\n", 1, ["names with values"]),
        ("business:\n  week_start: mon\n", 2, ["'monday'", "'mon'"]),
        ("business:\n  timezone: Europe/Lisboa\n", 2, ["Did you mean 'Europe/Lisbon'?"]),
        ("business:\n  hours: {mon-fri: nine to five}\n", 2, ["opening hours such as"]),
        ("tables:\n  order:\n    from: a.csv\n", 2, ["Did you mean 'orders'?"]),
        ("tables:\n  orders:\n    from: a.csv\n    sql: SELECT 1\n", 2, ["either from or sql", "both"]),
        ("tables:\n  orders:\n    columns:\n      custmer_id: client\n", 4, ["Did you mean 'customer_id'?"]),
        ("goals:\n  - {kpi: csat, by: 2026-12-31}\n", 2, ["one of at_least and at_most", "neither"]),
        ("goals:\n  - kpi: csat\n    at_least: 0.9\n    by: next year\n", 4, ["a date such as 2026-12-31"]),
        ("freshness:\n  orders: soon\n", 2, ["'2 days'", "'soon'"]),
        ("goals:\n  kpi: csat\n", 1, ["a list"]),
    ],
)
def test_a_wrong_name_or_type_is_told_with_its_line(tmp_path: Path, text: str, line: int, parts: list[str]) -> None:
    message = str(refused(tmp_path, text))
    assert message.startswith(f"kpikit.yaml, line {line}")
    for part in parts:
        assert part in message


def test_several_mistakes_tell_the_first_and_how_many_more(tmp_path: Path) -> None:
    message = str(refused(tmp_path, "economics: {margin_fraction: x}\nprivacy: {min_cell: y}\n"))
    assert message.startswith("kpikit.yaml, line 1")
    assert "(1 more below it)" in message


def test_a_key_that_stands_twice_is_refused(tmp_path: Path) -> None:
    message = str(refused(tmp_path, "business:\n  name: A\n  name: B\n"))
    assert message.startswith("kpikit.yaml, line 3")
    assert "'name' once" in message
    assert "lines 2 and 3" in message


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("business:\n  name: [A\nother: 1\n", ["kpikit.yaml, line 3", "expected"]),
        ("business:\n\tname: A\n", ["kpikit.yaml, line 2", "no tabs"]),
        ("business: {name: A}\n---\nbusiness: {name: B}\n", ["one YAML document"]),
        ("", ["an empty file", "kpikit init"]),
        ("- a\n- b\n", ["a list or a single text"]),
        ("report:\n  title: 2026-13-45x\n  folder: 2026-13-45\n", ["kpikit.yaml"]),
    ],
)
def test_a_yaml_syntax_error_is_told_with_its_line(tmp_path: Path, text: str, parts: list[str]) -> None:
    message = str(refused(tmp_path, text))
    for part in parts:
        assert part in message


@pytest.mark.parametrize(
    "sql",
    ["a; DROP TABLE orders", "a;", "SELECT 1", "DROP TABLE x", "a +", "price, quantity", "total AS amount * 2", "''';"],
)
def test_sql_that_is_not_one_expression_is_refused(tmp_path: Path, sql: str) -> None:
    text = f"tables:\n  orders:\n    from: a.csv\n    columns:\n      amount: {json.dumps(sql)}\n"
    message = str(refused(tmp_path, text))
    assert message.startswith("kpikit.yaml, line 5: tables.orders.columns.amount")
    assert "one SQL expression" in message


def test_a_table_query_is_one_select(tmp_path: Path) -> None:
    assert "one SELECT" in str(refused(tmp_path, "tables:\n  orders:\n    sql: DELETE FROM x\n"))
    assert "2 statements" in str(refused(tmp_path, "tables:\n  orders:\n    sql: SELECT 1; SELECT 2\n"))
    assert load_config(written(tmp_path, "tables:\n  orders:\n    sql: SELECT 1 AS a\n")).tables["orders"].sql


def test_a_column_may_be_called_anything(tmp_path: Path) -> None:
    columns = {"customer_id": "Customer ID", "ordered_at": "Invoice-Date", "amount": "Price (EUR)"}
    text = f"tables:\n  orders:\n    from: a.csv\n    columns: {json.dumps(columns)}\n"
    assert load_config(written(tmp_path, text)).tables["orders"].columns == columns


def test_a_secret_is_never_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_FOLDER", "hush-hush")
    config = load_config(written(tmp_path, 'sources:\n  shop: {url: "${SHOP_FOLDER}/sales"}\n'))
    assert config.sources["shop"].resolved() == "hush-hush/sales"
    assert "hush" not in repr(config) + str(config) + config.model_dump_json() + config.fingerprint()


def test_a_missing_environment_variable_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SHOP_FOLDER", raising=False)
    message = str(refused(tmp_path, 'sources:\n  shop:\n    url: "${SHOP_FOLDER}"\n'))
    assert message.startswith("kpikit.yaml, line 3: sources.shop.url: expected the environment variable SHOP_FOLDER")


def test_a_secret_stands_only_in_a_url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAME", "x")
    assert "only in sources.*.url" in str(refused(tmp_path, 'business:\n  name: "${NAME}"\n'))


def test_a_password_in_the_file_is_refused_and_not_repeated(tmp_path: Path) -> None:
    message = str(refused(tmp_path, 'sources:\n  shop: {url: "postgres://ana:hunter2@server/shop"}\n'))
    assert "environment variable" in message
    assert "hunter2" not in message


def test_a_file_that_is_not_there_is_told_with_what_lies_beside(tmp_path: Path) -> None:
    written(tmp_path, FULL)
    with pytest.raises(DataUnreachableError, match=r"no such file; beside it: kpikit\.yaml") as caught:
        load_config(tmp_path / "kpikt.yaml")
    assert caught.value.exit_code == 7


def test_an_unknown_source_is_refused(tmp_path: Path) -> None:
    text = "sources: {shop: {url: data}}\ntables:\n  orders:\n    from: shpo.sales\n"
    message = str(refused(tmp_path, text))
    assert message.startswith("kpikit.yaml, line 4: tables.orders.from")
    assert "Did you mean 'shop'?" in message


def test_a_notebook_may_make_a_configuration_by_hand() -> None:
    config = Config(tables={"orders": Table(columns={"customer_id": "client"})})
    assert config.where("tables", "orders") == "tables.orders"
    assert config.folder == Path.cwd()


@pytest.mark.parametrize("written_as", ["Sunday", "SUNDAY", "sunday"])
def test_the_week_may_start_in_any_case(tmp_path: Path, written_as: str) -> None:
    assert load_config(written(tmp_path, f"business: {{week_start: {written_as}}}\n")).business.week == "week-sunday"


@pytest.mark.parametrize(
    "sql", ["amount IS NOT NULL", "CASE WHEN cancelled IS NULL THEN amt ELSE 0 END", "client BETWEEN 1 AND 1", "true"]
)
def test_words_of_sql_are_accepted_as_an_expression(tmp_path: Path, sql: str) -> None:
    assert load_config(written(tmp_path, f"tables:\n  orders: {{keep: {sql}}}\n")).tables["orders"].keep == sql
