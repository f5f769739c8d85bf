"""How many answers a change needs, and what so many answers can show: published numbers and their inverse."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.power import NormalIndPower
from statsmodels.stats.proportion import proportion_effectsize

from kpikit.errors import ParameterError
from kpikit.scorecard import answers_needed, answers_needed_arcsine, detectable_change, detectable_share


def test_csat_85_to_88_percent_needs_2036_answers_in_each_period():
    assert answers_needed(0.85, 0.88) == 2036


def test_cohen_s_arcsine_gives_2031():
    assert answers_needed_arcsine(0.85, 0.88) == 2031


def test_the_arcsine_agrees_with_statsmodels():
    effect = proportion_effectsize(0.88, 0.85)
    expected = NormalIndPower().solve_power(effect, power=0.8, alpha=0.05)
    assert answers_needed_arcsine(0.85, 0.88) == math.ceil(expected)


@pytest.mark.parametrize("share", [0.05, 0.3, 0.5, 0.85])
@pytest.mark.parametrize("upwards", [True, False])
def test_what_can_be_detected_is_what_the_answers_were_needed_for(share, upwards):
    change = detectable_share(share, 3000, upwards=upwards)
    after = share + change if upwards else share - change
    assert answers_needed(share, after) in (3000, 3001)


def test_a_design_effect_of_two_hides_what_half_the_answers_would():
    assert detectable_share(0.85, 2036 / 2) == pytest.approx(detectable_share(0.85, 1018))
    assert detectable_share(0.85, 2036 / 2) > 1.35 * detectable_share(0.85, 2036)


def test_where_not_even_perfection_would_be_found_nothing_can_be_detected():
    assert math.isnan(detectable_share(0.98, 50))
    assert math.isnan(detectable_share(0.5, 0))
    assert math.isnan(detectable_share(1.0, 100))


def test_four_times_in_five_the_detectable_change_of_a_mean_is_found():
    random, error = np.random.default_rng(2), 1.5
    change = random.normal(detectable_change(error), error * math.sqrt(2), 20_000)
    found = np.abs(change) / (error * math.sqrt(2)) > stats.norm.ppf(0.975)
    assert found.mean() == pytest.approx(0.80, abs=0.01)


@pytest.mark.parametrize(("before", "after"), [(0.5, 0.5), (1.2, 0.5), (0.3, -0.1)])
def test_shares_that_are_none_are_refused(before, after):
    with pytest.raises(ParameterError, match="two different shares, 0 to 1"):
        answers_needed(before, after)
