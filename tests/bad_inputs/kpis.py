"""What the KPIs count, and what kpikit.yaml says of them: surveys, support, visits, spend, goals, indicators, hours."""

from __future__ import annotations

from bad_inputs.case import CONFIG, GOOD, Case, csv, table
from bad_inputs.configuration import line
from bad_inputs.tables import other, reviewed

INDICATOR = "performance_indicators: [{id: mine, title: Mine, "
ORDERS = GOOD.splitlines()[1:]
SCALED = "responded_at,kind,score,scale_min,scale_max"
IDENTIFIED = "response_id,responded_at,kind,score"
INVITED = "invite_id,sent_at,response_id,responded_at"


def answered(description: str, *rows: str, seen: str, do: str, header: str = "responded_at,kind,score") -> Case:
    """Answers to a survey that need a review."""
    return reviewed(description, "survey_responses", csv(*rows, header=header), seen, do)


def dated(description: str, column: str, day: str, seen: str, do: str) -> Case:
    """Good orders with one more time, wrong in the first."""
    rows = (f"{order},{'' if place else day}" for place, order in enumerate(ORDERS))
    return Case(
        description, csv(*rows, header=f"client,day,total,{column}"), code=0, grade="REVIEW", seen=(seen,), do=do
    )


def said(description: str, text: str, *seen: str, do: str, fails: bool = False) -> Case:
    """A section at the end of a good kpikit.yaml that the audit answers."""
    grade = {"code": 2, "grade": "FAIL"} if fails else {"code": 0, "grade": "REVIEW"}
    return Case(description, GOOD, f"{CONFIG}{text}\n", seen=seen, do=do, **grade)  # type: ignore[arg-type]  # two kinds


def hours(name: str, text: str, expected: str, found: str, fix: str) -> Case:
    """Opening hours in line 1."""
    config = CONFIG.replace("Coffee}", f"Coffee, hours: {{{text}}}}}")
    where = "kpikit.yaml, line 1: business.hours"
    return Case(name, GOOD, config, expected=expected, found=found, fix=fix, where=where)


SURVEYS = (
    answered("an NPS score of 11, without a scale in the table", "2024-01-05,nps,11", "2024-01-06,nps,5",
        "2024-01-07,csat,5", seen="score: 1 score outside its scale (nps: 1 of 2)",
        do="No KPI counts such answers, none clips them"),
    other("satisfaction in percent", "survey_responses",
        csv("2024-01-05,csat,80", "2024-01-06,csat,100", "2024-01-07,csat,5", header="responded_at,kind,score"),
        grade="FAIL", seen=("score: 2 scores outside their scale (csat: 2 of 3)",), do="Check scale_min and scale_max"),
    answered("an NPS on a scale of 1 to 5", "2024-01-05,nps,4,1,5", "2024-01-06,nps,9,0,10", "2024-01-06,nps,8,0,10",
        header=SCALED, seen="scale: 1 answer to NPS on another scale than 0 to 10",
        do="the lowest and the highest answer that could be given"),
    answered("a scale that ends where it begins", "2024-01-05,csat,4,5,5", "2024-01-06,csat,4,1,5",
        "2024-01-06,csat,4,1,5", header=SCALED,
        seen="scale: 1 answer with scale_min not below scale_max", do="Map scale_min and scale_max"),
    other("the ends of the scale swapped", "survey_responses", csv("2024-01-05,csat,4,5,1", "2024-01-06,csat,4,5,1",
        header=SCALED), grade="FAIL",
        seen=("scale: 2 answers with scale_min not below scale_max",), do="No KPI counts such answers"),
    answered("a kind of survey that nobody counts", "2024-01-05,npss,9", "2024-01-06,nps,9",
        seen="kind: 1 row of a kind that no KPI counts: 'npss' (1 row)", do="Did you mean 'nps' for 'npss'?"),
    other("a kind of survey in capitals, with blanks", "survey_responses",
        csv("2024-01-05, NPS ,9", "2024-01-06,nps,3", header="responded_at,kind,score"), code=0, grade="PASS",
        seen=("survey_responses, kind: 0 rows of a kind that no KPI counts",),
        reads={"count(*) FILTER (lower(kind) = 'nps')": (2, "survey_responses")}),
    answered("a score that is missing", "2024-01-05,nps,", "2024-01-06,nps,9",
        seen="missing scores: 1 answer of 2 without a score, set aside", do="no answer, and not a passive"),
    other("response ids that are there twice", "survey_responses", csv("1,2024-01-05,nps,9", "1,2024-01-06,nps,3",
        header=IDENTIFIED), grade="FAIL",
        seen=("response_id: 1 row that repeats a response_id of the same kind",), do="Export one row per answer"),
    other("a form with two questions", "survey_responses", csv("1,2024-01-05,nps,9", "1,2024-01-05,csat,4",
        header=IDENTIFIED), code=0, grade="PASS",
        seen=("response_id: 0 rows that repeat",)),
    other("an invitation that was answered twice", "survey_invites", csv("1,2024-01-05,7", "1,2024-01-05,8",
        header="invite_id,sent_at,response_id"), grade="FAIL",
        seen=("survey_invites, grain: 1 row repeats the invite_id of another",), do="Export one row per invite_id"),
    reviewed("an answer to two invitations", "survey_invites",
        csv("1,2024-01-05,7,2024-01-06", "2,2024-01-05,7,2024-01-06", header=INVITED),
        "response_id: 1 invitation with the response_id of another",
        "one answer makes several invitations answered"),
    reviewed("an answer before its invitation", "survey_invites", csv("1,2024-01-05,7,2024-01-04", "2,2024-01-05,,",
        header=INVITED), "responded_at: 1 row with responded_at before sent_at",
        "such an invitation counts as not answered"),
    Case("an answer before its invitation, in the other table", csv(*(f"{place},{order}" for place, order in
        enumerate(ORDERS)), header="order_id,client,day,total"), table("survey_invites") + table("survey_responses")[
        len(CONFIG):], {"survey_invites.csv": csv("1,2024-01-05,7,2024-01-06", header=INVITED),
        "survey_responses.csv": csv("7,2024-01-04,nps,9", header=IDENTIFIED)}, code=0,
        grade="REVIEW", seen=("survey_invites, answers: 1 answer given before the invitation was sent",),
        do="Check the clocks and the ids"),
)  # fmt: skip
EVENTS = (
    reviewed("a first response before the case was opened", "tickets", csv("1,2024-01-05 10:00,2024-01-05 09:00",
        "2,2024-01-05 10:00,2024-01-05 11:00", header="ticket_id,opened_at,first_response_at"),
        "first_response_at: 1 row with first_response_at before opened_at", "counts as answered at once"),
    reviewed("a case solved before its first response", "tickets",
        csv("1,2024-01-05 10:00,2024-01-05 12:00,2024-01-05 11:00",
        header="ticket_id,opened_at,first_response_at,resolved_at"),
        "resolved_at: 1 row with resolved_at before first_response_at", "each time counts by itself"),
    reviewed("a visit that converted before it began", "sessions", csv("v,2024-02-01 10:00,2024-02-01 09:00",
        header="visitor_id,started_at,converted_at"), "converted_at: 1 row with converted_at before started_at",
        "is not counted"),
    reviewed("negative spend", "spend", csv("2024-01-01,5,web", "2024-01-02,-5,web", header="spent_on,amount,channel"),
        "amount: 1 amount below 0", "as a credit note does"),
    reviewed("spend of an unknown kind", "spend", csv("2024-01-01,5,web,meida", "2024-01-02,5,web,Media",
        header="spent_on,amount,channel,kind"),
        "kind: 1 row of a kind that is not media, salaries, tools: 'meida'", "Did you mean 'media' for 'meida'?"),
    other("salaries without a channel", "spend", csv("2024-01-01,5,web,media", "2024-01-02,5,,salaries",
        header="spent_on,amount,channel,kind"), code=0, grade="PASS", seen=("channel: 0 rows without channel",)),
    reviewed("a customer referred by themselves", "customers", csv("a,a", "b,a", header="customer_id,referred_by"),
        "referred by oneself: 1 customer referred by themselves", "They count as not referred"),
    reviewed("a customer referred by nobody known", "customers", csv("a,", "b,z", header="customer_id,referred_by"),
        "referred by unknown: 1 customer referred by somebody who is not in customers", "Export every customer"),
    dated("an order delivered before it was placed", "delivered_at", "2024-01-01",
        "orders, delivered_at: 1 row with delivered_at before ordered_at", "Correct them at the source"),
    dated("an order promised before it was placed", "promised_at", "2024-01-01",
        "orders, promised_at: 1 row with promised_at before ordered_at", "such an order counts as late"),
    reviewed("a dated order line of an unknown order", "order_lines", csv("99,tea,5,2024-01-10",
        header="order_id,product,amount,ordered_at"),
        "orders known: 1 line of an order that is not there, worth 5.00", "Export the orders of the same time"),
    reviewed("lines that do not add up to their order", "order_lines", csv("0,tea,5", "0,mug,3", "1,tea,11.5",
        header="order_id,product,amount"),
        "sums: lines sum to another amount in 1 of 2 orders: 10.50 on the orders, 8.00 on the lines",
        "Is it shipping, a discount or a refund"),
    reviewed("a line returned before it was ordered", "order_lines", csv("0,tea,10.5,2024-01-01",
        header="order_id,product,amount,returned_at"), "returned_at: 1 row with returned_at before ordered_at",
        "Correct them at the source"),
    reviewed("a rating of 9", "order_lines", csv("0,tea,10.5,9,2024-01-20",
        header="order_id,product,amount,rating,rated_at"), "rating: 1 rating not from 1 to 5",
        "Map rating so that it runs from 1 to 5"),
    reviewed("an action about an unknown KPI", "actions", csv("Call back,retention_rat,2024-01-05",
        "Card,retention_rate,2024-01-05", header="title,kpi,started_on"),
        "kpi: 1 action for an unknown KPI: 'retention_rat' (1 row)",
        "Did you mean 'retention_rate' for 'retention_rat'?"),
    reviewed("an action done before it began", "actions", csv("Call back,retention_rate,2024-02-05,2024-01-05",
        header="title,kpi,started_on,done_on"), "done_on: 1 row with done_on before started_on",
        "Correct them at the source"),
    other("an action that is overdue", "actions", csv("Call back,retention_rate,2024-01-05,2024-02-05,",
        header="title,kpi,started_on,due_on,done_on"), code=0, grade="PASS",
        reads={"count(*) FILTER (done_on IS NULL)": (1, "actions")}),
)  # fmt: skip
SETTINGS = (
    line("a goal for an unknown KPI", "goals: [{kpi: retention_rat, at_least: 0.8, by: 2026-12-31}]",
        "the id of a KPI", "'retention_rat'", "Did you mean 'retention_rate'?", "kpikit.yaml, line 6: goals.0.kpi"),
    line("a benchmark for an unknown KPI", "benchmarks: [{kpi: revenu, value: 3, source: a study}]",
        "the id of a KPI", "'revenu'", "Did you mean 'revenue'?", "kpikit.yaml, line 6: benchmarks.0.kpi"),
    line("an intervention on an unknown KPI",
        "interventions: [{id: card, name: Card, starts: 2024-02-01, kpi: retention_rat}]",
        "the id of a KPI", "'retention_rat'", "Did you mean 'retention_rate'?",
        "kpikit.yaml, line 6: interventions.0.kpi"),
    line("settings of an unknown KPI", "kpis: {repeat_purchase: {within_days: 60}}", "the id of a KPI",
        "'repeat_purchase'", "Did you mean 'repeat_purchase_rate'?", "kpikit.yaml, line 6: kpis.repeat_purchase"),
    line("a setting that the KPI does not have", "kpis: {csat: {variantt: mean}}", "one of variant, survey",
        "'variantt'", "Did you mean 'variant'?", "kpikit.yaml, line 6: kpis.csat.variantt"),
    line("a setting of a KPI that has none", "kpis: {revenue: {variant: net}}", "no settings: revenue has none",
        "'variant'", "Remove it", "kpikit.yaml, line 6: kpis.revenue.variant"),
    line("a setting of the wrong type", "kpis: {repeat_purchase_rate: {within_days: many}}",
        "a whole number such as 90", "'many'", "Write it so",
        "kpikit.yaml, line 6: kpis.repeat_purchase_rate.within_days"),
    line("a question of your own with an unknown setting", "kpis: {again: {kind: again, statistics: mean}}",
        "one of kind, statistic", "'statistics'", "Did you mean 'statistic'?",
        "kpikit.yaml, line 6: kpis.again.statistics"),
    line("a goal with both at_least and at_most",
        "goals: [{kpi: retention_rate, at_least: 0.8, at_most: 0.9, by: 2026-12-31}]",
        "one of at_least and at_most", "both", "Write one of them", "kpikit.yaml, line 6: goals.0"),
    said("a goal in percent", "goals: [{kpi: csat, at_least: 85, by: 2099-12-31}]",
        "kpikit.yaml, line 6: goals.0.at_least: 85 for csat, which runs from 0 to 1", do="Write 85 % as 0.85",
        fails=True),
    said("a goal of 0.4 for a score in points", "goals: [{kpi: nps, at_least: 0.4, by: 2099-12-31}]",
        "kpikit.yaml, line 6: goals.0.at_least: 0.4 for nps, which runs from -100 to 100 points", do="Is 40 meant?"),
    said("a goal above all points", "goals: [{kpi: nps, at_least: 120, by: 2099-12-31}]",
        "goals.0.at_least: 120 for nps, which runs from -100 to 100 points", do="Write a number from -100 to 100",
        fails=True),
    said("a benchmark in percent", "benchmarks: [{kpi: retention_rate, value: 62, source: a study}]",
        "kpikit.yaml, line 6: benchmarks.0.value: 62 for retention_rate", do="Write 62 % as 0.62", fails=True),
    said("a goal in percent for revenue kept", "goals: [{kpi: net_revenue_retention, at_least: 105, by: 2099-12-31}]",
        "105 for net_revenue_retention, where 1 is 100 %", do="Write 105 % as 1.05"),
    said("a goal whose date is over", "goals: [{kpi: retention_rate, at_least: 0.8, by: 2023-12-31}]",
        "dates of goals: 1 goal with a date before 2024-05-19",
        "kpikit.yaml, line 6: goals.0.by: retention_rate, due on 2023-12-31", do="Set a new date, or remove the goal"),
    said("a target of an indicator in percent", f"{INDICATOR}success: amount > 12, target: 95}}]",
        "performance_indicators.0.target: 95 for mine", do="Write 95 % as 0.95", fails=True),
    line("an indicator of two statements", f"{INDICATOR}success: 'amount > 1; drop table orders'}}]",
        "one SQL expression or column name", "2 statements", "without ';'",
        "kpikit.yaml, line 6: performance_indicators.0.success"),
    line("an indicator that is no condition", f"{INDICATOR}success: amount + 1}}]", "true or false",
        "amount + 1, which is a number", "Compare it with something",
        "kpikit.yaml, line 6: performance_indicators.0.success"),
    said("an indicator of an unknown column", f"{INDICATOR}success: amout > 1}}]",
        "kpikit.yaml, line 6: performance_indicators.0.success: found 'amout'",
        do="Did you mean 'amount'?", fails=True),
    said("an indicator of a column that is not mapped", f"{INDICATOR}success: delivered_at <= promised_at}}]",
        "indicator mine: it reads delivered_at, promised_at, which orders has not",
        do="Map tables.orders.columns.delivered_at"),
    said("an indicator of a table that is not there", f"{INDICATOR}table: tickets, success: contacts = 1}}]",
        "indicator mine: its table tickets is not there", do="Add tables.tickets, or remove the indicator"),
    said("an indicator that is never true", f"{INDICATOR}success: amount > 1000000}}]",
        "indicator mine: success is never true in 60 eligible rows: amount > 1000000", do="Check success"),
    said("an indicator whose rows are never eligible",
        f"{INDICATOR}eligible: amount > 1000000, success: amount > 12}}]",
        "indicator mine: no row of orders is ever eligible: amount > 1000000", do="Check eligible"),
    line("an indicator that is there twice",
        f"{INDICATOR}success: amount > 1}}, {{id: mine, title: Again, success: amount > 2}}]",
        "indicators with different ids", "'mine'", "Rename one of them",
        "kpikit.yaml, line 6: performance_indicators.1.id"),
    line("an indicator called like a KPI", f"{INDICATOR}success: amount > 1}}]".replace("mine", "revenue"),
        "an id of its own", "'revenue'", "Rename it", "kpikit.yaml, line 6: performance_indicators.0.id"),
    hours("opening hours that are closed every day", "mon-sun: closed", "opening hours on at least one weekday",
        "a schedule without open hours", "or leave hours out"),
    hours("opening hours of an unknown weekday", 'mun-fri: "09:00-18:00"', "weekdays such as mon-fri or sat",
        "'mun-fri'", 'Write them as {mon-fri: "09:00-18:00"}'),
    hours("opening hours that are no times", "mon-fri: all day", 'opening hours such as "09:00-18:00", or closed',
        "'all day'", "Write them so"),
    Case("opening hours that are not stated", GOOD, CONFIG.replace("Coffee}", "Coffee, hours: {}}"), code=0,
        grade="PASS", reads={"count(*)": 60}),
)  # fmt: skip
