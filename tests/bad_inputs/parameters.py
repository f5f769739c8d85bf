"""Words of the command line that are wrong."""

from __future__ import annotations

from bad_inputs.case import GOOD, Case

TOY = ("run", "notebooks/toy.ipynb")


def run(name: str, *words: str, expected: str, found: str, fix: str, where: str = "toy") -> Case:
    """A mistake in the words after the toy notebook's name; nothing is started."""
    return Case(name, command=(*TOY, *words), expected=expected, found=found, fix=fix, where=where)


CASES = (
    run("a parameter that nobody knows", "-p", "audiense=x", expected="one of the parameters config (str)",
        found="'audiense'", fix="Did you mean 'audience'?"),
    run("a parameter of another type", "-p", "weeks=twelve", expected="a whole number", found="'twelve'",
        fix="The default is 12", where="toy, weeks"),
    run("a parameter without its value", "-p", "weeks", expected="-p name=value", found="'weeks'",
        fix="Put an equals sign", where="-p"),
    run("a parameter that is no name", "-p", "x y=1", expected="one of the parameters config (str)",
        found="'x y', which is not a name", fix="Pass one of these with -p name=value"),
    run("an as_of that is no date", "--as-of", "30.9.2026", expected="an ISO date such as 2026-09-30",
        found="'30.9.2026'", fix="year-month-day", where="as_of"),
    run("an as_of that no calendar has", "--as-of", "2026-02-30", expected="an ISO date", found="'2026-02-30'",
        fix="year-month-day", where="as_of"),
    run("a period that is none", "--period", "Q3", expected="a period such as 2026, 2026-Q3", found="'Q3'", fix="",
        where="period"),
    run("a period that no calendar has", "--period", "2026-13", expected="a period such as 2026, 2026-Q3",
        found="'2026-13'", fix="", where="period"),
    Case("a notebook misspelled", command=("run", "cohort_retentoin"), expected="one of the notebooks",
        found="'cohort_retentoin'", fix="Did you mean 'cohort_retention'?", where=""),
    Case("a notebook that is no notebook", also={"mine.ipynb": "not a notebook"}, command=("run", "mine.ipynb"), code=3,
        expected="a notebook in nbformat 4",
        found="does not appear to be JSON", fix="", where="mine.ipynb"),
    Case("an as_of that is no date, for check", command=("check", "--as-of", "soon"),
        expected="an ISO date such as 2026-09-30", found="'soon'",
        fix="year-month-day", where="as_of"),
    Case("an as_of before the data", command=("check", "--as-of", "2020-01-01"),
        expected="orders before as_of (2020-01-01)",
        found="the oldest on 2024-01-10", fix="Pass a later as_of", where="as_of"),
    Case("an as_of on the first day there is", command=("check", "--as-of", "0001-01-01"),
        expected="orders before as_of (0001-01-01)",
        found="the oldest on 2024-01-10", fix="Pass a later as_of", where="as_of"),
    Case("an as_of in a far future", command=("check", "--as-of", "9999-12-31"), code=0, grade="REVIEW",
        seen=("as_of 9999-12-31 lies 2,913,", "the data are known up to 2024-05-18 only"), do="Leave as_of empty"),
    Case("a KPI that nobody knows", command=("explain", "repeat_purchase_rat"), expected="the id of a KPI",
        found="'repeat_purchase_rat'",
        fix="Did you mean 'repeat_purchase_rate'?", where=""),
    Case("data for init that are not there", None, None, command=("init", "sales.csv"), code=7,
        expected="the data file", found="no such file",
        fix="Check the path", where=""),
    Case("data for init without orders", "a,b\n1,2\n", None, command=("init", "sales.csv"),
        expected="a table of orders with customer_id",
        found="no customer_id", fix="Write tables.orders", where=""),
    Case("a picture for init", b"\x89PNG\r\n\x1a\n" + bytes(99), None, command=("init", "sales.csv"),
        expected="a table as text", found="a PNG picture",
        fix="Export the table", where="sales.csv"),
    Case("init where a kpikit.yaml is", GOOD, command=("init", "sales.csv"), expected="no file yet at", found="one",
        fix="Move it away first", where="kpikit.yaml"),
    Case("the address of a server for init", GOOD, None, command=("init", "mysql://me:secret@host/shop"), code=7,
        expected="a file, a folder, or duckdb://FILE",
        found="mysql://", fix="Export its tables", where="DATA"),
)  # fmt: skip
