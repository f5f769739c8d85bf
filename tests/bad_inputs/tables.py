"""The other tables: values that contradict each other, or the contract of their table."""

from __future__ import annotations

from bad_inputs.case import GOOD, Case, csv, table


def other(description: str, name: str, content: str, **answer: object) -> Case:
    """A second table beside good orders, in a file of its own."""
    sales = csv(
        *(f"{number},{line}" for number, line in enumerate(GOOD.splitlines()[1:])), header="order_id,client,day,total"
    )
    return Case(description, sales, table(name), {f"{name}.csv": content}, **answer)  # type: ignore[arg-type]


def reviewed(description: str, name: str, content: str, seen: str, do: str) -> Case:
    return other(description, name, content, code=0, grade="REVIEW", seen=(seen,), do=do)


CASES = (
    reviewed("a score off its scale", "survey_responses",
             csv("2024-01-05,nps,11,0,10", "2024-01-05,nps,5,0,10",
             header="responded_at,kind,score,scale_min,scale_max"),
             "score: 1 score outside its scale", "Check scale_min and scale_max"),
    reviewed("a ticket resolved before it was opened", "tickets",
             csv("1,2024-01-05 10:00,2024-01-04 09:00", "2,2024-01-05 10:00,2024-01-05 11:00",
             header="ticket_id,opened_at,resolved_at"),
             "resolved_at: 1 row with resolved_at before opened_at", "Correct them at the source"),
    other("a ticket resolved on its day, by dates alone", "tickets",
        csv("1,2024-01-05 10:00,2024-01-05", header="ticket_id,opened_at,resolved_at"), code=0, grade="PASS",
        reads={"count(resolved_at)": (1, "tickets")}),
    other("ticket ids that are there twice", "tickets", csv("1,2024-01-05", "1,2024-01-06",
        header="ticket_id,opened_at"),
        grade="FAIL", seen=("tickets, grain: 1 row repeats the ticket_id of another",),
        do="Export one row per ticket_id"),
    reviewed("a subscription that ends before it starts", "subscriptions",
             csv("a,2024-02-01,2024-01-01", header="customer_id,started_at,ended_at"),
             "ended_at: 1 row with ended_at before started_at", "Correct them at the source"),
    reviewed("subscriptions that overlap", "subscriptions",
             csv("a,2024-01-01,2024-03-01", "a,2024-02-01,", "b,2024-01-01,", header="customer_id,started_at,ended_at"),
             "overlaps: 1 span overlaps the next of the same customer_id", "Export each span once"),
    reviewed("a running subscription with a later one", "subscriptions",
             csv("a,2024-01-01,,x", "a,2024-02-01,,x", "a,2024-02-01,,y",
             header="customer_id,started_at,ended_at,plan"),
             "overlaps: 1 span overlaps the next of the same customer_id and plan", "Export each span once"),
    reviewed("a negative monthly amount", "subscriptions",
             csv("a,2024-02-01,,-5", header="customer_id,started_at,ended_at,monthly_amount"),
             "monthly_amount: 1 value not at least 0", "Correct them at the source"),
    reviewed("a negative duration", "sessions", csv("v,2024-02-01 10:00,-5", header="visitor_id,started_at,duration_s"),
             "duration_s: 1 value not at least 0", "Correct them at the source"),
    reviewed("spend without channel in a row", "spend", csv("2024-01-01,5,web", "2024-01-02,5,",
        header="spent_on,amount,channel"),
             "channel: 1 row without channel", "for all channels together only"),
    reviewed("spend without a column for the channel", "spend", csv("2024-01-01,5", "2024-01-02,6",
        header="spent_on,amount"),
             "channel: 2 rows without channel", "for all channels together only"),
    other("spend in two currencies", "spend", csv("2024-01-01,5,EUR", "2024-01-02,5,USD",
        header="spent_on,amount,currency"),
        expected="amounts in one currency", found="EUR (1 row) and USD (1 row)", fix="tables.spend.keep",
        where="spend: spend.csv, line 3"),
    other("an order line of an unknown order", "order_lines", csv("99,tea,5", header="order_id,product,amount"), code=0,
        grade="REVIEW",
        seen=("1 set aside (1 with no order)",), do="Look at the reasons"),
    other("a count of contacts that is no whole number", "tickets",
        csv("1,2024-01-05,2024-01-06,1.5", header="ticket_id,opened_at,resolved_at,contacts"),
        expected="a whole number",
        found="'1.5' in column contacts", fix="map the column", where="tickets.contacts: tickets.csv, line 2"),
    other("a second table without a needed column", "tickets", csv("1,2024-01-05", header="ticket_id,opened"),
        expected="columns ['opened_at']", found="[ticket_id, opened]", fix="tables.tickets.columns.opened_at: opened",
        where="tickets"),
    other("a second table without rows", "tickets", csv(header="ticket_id,opened_at"), expected="at least one row",
        found="a header without rows", fix="Export the table again", where="tickets: tickets.csv"),
)  # fmt: skip
