"""The true numbers of the coffee shop: everything that its tables are drawn from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType

from kpikit.errors import ParameterError

SEGMENTS = ("home", "office", "restaurant")
STORES = ("Alfama", "Belém", "Chiado", "Estrela", "web")
CARD_STORES = ("Alfama", "Belém")
START, AS_OF, CARD_STARTS, CARD_ENDS = date(2024, 9, 1), date(2026, 9, 17), date(2026, 2, 1), date(2026, 8, 1)
MOST_EXTRA_ORDERS = 5  # in a month, beside the first
NPS_SCORES, CSAT_SCORES, CES_SCORES = range(11), range(1, 6), range(1, 8)


def _fixed(**values: float) -> Mapping[str, float]:
    return field(default_factory=lambda: MappingProxyType(values))


def _each(home: float, office: float, restaurant: float) -> Mapping[str, float]:
    return _fixed(home=home, office=office, restaurant=restaurant)


def _shares(**values: tuple[float, ...]) -> Mapping[str, tuple[float, ...]]:
    return field(default_factory=lambda: MappingProxyType(values))


@dataclass(frozen=True)
class Parameters:
    """What is true of the shop. Shares, probabilities and rates are 0 to 1; a mapping has one value for each name.

    Raises
    ------
    ParameterError
        When shares do not add up to 1, or a probability is not one.
    """

    # who the customers are
    segments: Mapping[str, float] = _each(0.62, 0.26, 0.12)  # share of customers
    stores: Mapping[str, float] = field(  # share of customers, by the store that they keep to
        default_factory=lambda: MappingProxyType(dict(zip(STORES, (0.18, 0.17, 0.20, 0.15, 0.30), strict=True)))
    )
    channels: Mapping[str, float] = _fixed(
        search=0.35, social=0.25, referral=0.15, store=0.25
    )  # share of new customers
    countries: Mapping[str, float] = _fixed(PT=0.74, ES=0.11, FR=0.08, DE=0.07)  # share of customers

    # who comes back: probabilities from one calendar month to the next
    stay: Mapping[str, float] = _each(0.52, 0.64, 0.72)  # active → active, where the last delivery was on time
    late_effect: float = 0.12  # what a late last delivery takes off that
    back: Mapping[str, float] = _each(0.06, 0.08, 0.10)  # inactive → active
    card_lift: float = 1.25  # factor on active → active in the card's stores, for its first six months
    another: Mapping[str, float] = _each(
        0.28, 0.40, 0.48
    )  # probability of one more order in a month, five times at most

    # orders
    typical_amount: Mapping[str, float] = _each(24.0, 68.0, 145.0)  # EUR, median order of a median customer
    customer_sigma: float = 0.35  # standard deviation of log amounts between customers
    order_sigma: float = 0.45  # standard deviation of log amounts within a customer
    margin_fraction: float = 0.42  # share of the amount, on average
    refunded: float = 0.03  # share of orders that are refunded in full, 1 to 20 days later
    refund_shares_id: float = 0.5  # share of refunds that carry the id of their order
    late: Mapping[str, float] = _each(0.12, 0.10, 0.08)  # share of orders delivered after the promise
    intact: float = 0.975  # share of deliveries that arrive undamaged
    complete: float = 0.96  # share of deliveries with nothing missing
    preferred_payment: float = 0.93  # share of orders whose customer could pay as preferred

    # products: share of lines (a third at most), and share of lines returned 8 to 29 days after the order
    products: Mapping[str, float] = _fixed(
        **{"House blend": 0.33, "Single origin": 0.22, "Decaf": 0.13, "Capsules": 0.18, "Grinder": 0.05, "Mug": 0.09}
    )
    returned: Mapping[str, float] = _fixed(
        **{"House blend": 0.02, "Single origin": 0.03, "Decaf": 0.04, "Capsules": 0.05, "Grinder": 0.11, "Mug": 0.06}
    )
    rated: float = 0.20  # share of lines that get a rating, 8 to 18 days after the order
    ratings: tuple[float, ...] = (0.04, 0.06, 0.13, 0.32, 0.45)  # share of ratings 1 to 5

    # surveys
    invites_per_month: float = 0.25  # invitations per customer
    kinds: Mapping[str, float] = _fixed(nps=0.5, csat=0.3, ces=0.2)  # share of invitations
    bounced: float = 0.03  # share of invitations that are not delivered
    response: Mapping[str, float] = _each(0.16, 0.30, 0.46)  # share of delivered invitations that are answered
    kappa: float = 0.75  # probability that an answer follows the customer's own mood: scores correlate by its square
    nps_shares: Mapping[str, tuple[float, ...]] = _shares(  # share of scores 0 to 10
        home=(0.01, 0.01, 0.02, 0.02, 0.03, 0.05, 0.06, 0.11, 0.19, 0.24, 0.26),
        office=(0.01, 0.01, 0.01, 0.02, 0.02, 0.04, 0.05, 0.11, 0.21, 0.26, 0.26),
        restaurant=(0.01, 0.01, 0.01, 0.01, 0.02, 0.03, 0.04, 0.10, 0.20, 0.27, 0.30),
    )
    csat_shares: Mapping[str, tuple[float, ...]] = _shares(  # share of scores 1 to 5
        home=(0.03, 0.05, 0.10, 0.37, 0.45),
        office=(0.02, 0.04, 0.09, 0.37, 0.48),
        restaurant=(0.02, 0.03, 0.07, 0.36, 0.52),
    )
    ces_shares: Mapping[str, tuple[float, ...]] = _shares(  # share of scores 1 (hard) to 7 (easy)
        home=(0.02, 0.03, 0.06, 0.11, 0.22, 0.30, 0.26),
        office=(0.02, 0.02, 0.05, 0.10, 0.22, 0.32, 0.27),
        restaurant=(0.01, 0.02, 0.04, 0.09, 0.21, 0.34, 0.29),
    )
    contacted: float = 0.60  # share of detractors who are called, evenly over the 10 days after their answer

    # support
    cases_per_month: float = 0.03  # cases per customer, without repeats; six at most in all
    first_response_hours: float = 4.0  # median, if every case were answered
    first_response_sigma: float = 1.0  # standard deviation of its logarithm
    resolution_ratio: float = 9.0  # median of resolution time / first response time
    resolution_sigma: float = 0.5  # standard deviation of its logarithm
    forgotten: float = 0.01  # share of cases that nobody ever answers
    one_contact: float = 0.72  # share of solved cases with one contact
    repeated: float = 0.08  # share of solved cases whose customer comes back about the topic within 7 days
    reopened: float = 0.05  # share of solved cases

    # visits
    visitors_per_customer: float = 1.5
    known_visitors: float = 0.4  # share of visitors who are a known customer
    visit_channels: Mapping[str, float] = _fixed(search=0.40, social=0.30, direct=0.20, email=0.10)  # share of visitors
    conversion: Mapping[str, float] = _fixed(search=0.06, social=0.03, direct=0.10, email=0.12)  # buy within 7 days
    cart_to_checkout: float = 0.60  # step probabilities within 7 days; view → cart follows from the conversion
    checkout_to_purchase: float = 0.70
    late_purchase: float = 0.10  # share of the checkouts left behind that buy 8 to 20 days after the visit
    another_session: float = 0.35  # probability of one more visit within 14 days, four times at most
    visit_seconds: float = 150.0  # median
    visit_sigma: float = 1.1  # standard deviation of its logarithm

    # acquisition
    cac: Mapping[str, float] = _fixed(
        search=14.0, social=19.0, referral=6.0, store=4.0
    )  # EUR of media per new customer
    salaries_per_customer: float = 5.0  # EUR per new customer
    tools_per_customer: float = 1.5  # EUR per new customer

    # subscriptions
    subscribers: float = 0.15  # share of customers
    plans: Mapping[str, float] = _fixed(Classic=18.0, Barista=29.0, Office=75.0)  # EUR a month at the start
    ended: float = 0.04  # share of subscriptions that end in a month
    upgraded: float = 0.025  # share of the others that pay a quarter more from one month to the next
    downgraded: float = 0.015  # share of the others that pay a fifth less

    # what is wrong with the tables where mess is asked for
    duplicate_orders: float = 0.005  # share of order rows that come twice
    orders_without_customer: float = 0.01  # further orders, as a share of those that are no refund
    padded_ids: float = 0.002  # share of order rows whose customer id has blanks around it

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if name in SHARED:
                groups = [tuple(value.values())] if isinstance(value, Mapping) else [value]
                nested = isinstance(value, Mapping) and name.endswith("_shares")
                for group in value.values() if nested else groups:
                    _adds_up(name, group)
        for segment in SEGMENTS:
            stay, effect = self.stay[segment], self.late_effect
            _probability(f"card_lift · stay[{segment}]", self.card_lift * stay)
            _probability(f"stay[{segment}] − late_effect", stay - effect)
        _probability("three times the share of a product", 3 * max(self.products.values()))
        for channel, bought in self.conversion.items():
            _probability(f"view → cart of {channel}", bought / (self.cart_to_checkout * self.checkout_to_purchase))


SHARED = (
    "segments", "stores", "channels", "countries", "products", "ratings", "kinds", "nps_shares", "csat_shares",
    "ces_shares", "visit_channels",
)  # fmt: skip


def _adds_up(name: str, shares: tuple[float, ...]) -> None:
    if abs(sum(shares) - 1) > 1e-9 or min(shares) < 0:
        raise ParameterError("shares that add up to 1", got=f"{sum(shares):g}", where=name)


def _probability(name: str, value: float) -> None:
    if not 0 <= value <= 1:
        raise ParameterError("a probability, 0 to 1", got=f"{value:g}", where=name)
