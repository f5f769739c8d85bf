"""What customers say, and how far it may be trusted: scores by segment, who did not answer, what happened next.

Reads the small tables of ``kpikit.metrics.answers`` (as DataFrames) and returns results with a table and a paragraph.
Empty tables (something was not in the data) give results that say so.
"""

from kpikit.voice.acting import actions
from kpikit.voice.bias import kish, rake, response_by_group, survey_bias
from kpikit.voice.following import after_contact
from kpikit.voice.scores import by_segment, by_touchpoint, comments, score_distribution, set_aside

__all__ = [
    "actions",
    "after_contact",
    "by_segment",
    "by_touchpoint",
    "comments",
    "kish",
    "rake",
    "response_by_group",
    "score_distribution",
    "set_aside",
    "survey_bias",
]
