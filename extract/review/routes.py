"""Ways from a value without an interval to a log hazard ratio; a reviewer chooses, only the choice is stored."""

from __future__ import annotations

from extract.candidates.routes import Facts, Route, routes_to_log_hr
from extract.errors import DecisionError
from extract.review.checked import check_input
from extract.review.curves import DeriveCurve, curve_route
from extract.schema.curve import CURVE_FIELDS
from extract.schema.value import ReportedValue
from extract.schema.vocabulary import Arm, RouteName

ROUTE_FIELDS = ("route", "favours_arm", "events_total", "o_minus_e", "o_minus_e_variance", *CURVE_FIELDS)
"""Fields of a value that serve only its route."""

LABELS = {
    RouteName.HR_AND_P.value: "printed ratio and its exact p value",
    RouteName.O_MINUS_E.value: "observed minus expected events and their variance",
    RouteName.P_AND_EVENTS.value: "log-rank p value and numbers of events",
    RouteName.MEDIANS.value: "medians of both arms and their events (the weakest)",
    RouteName.SURVIVAL_CURVE.value: "digitised survival curves and numbers at risk",
}


def has_interval(value: ReportedValue) -> bool:
    """Tell whether a value prints all that the usual way needs: ratio, both limits and their level."""
    return None not in (value.estimate, value.ci_low, value.ci_high, value.ci_level)


def routes_of(value: ReportedValue) -> tuple[Route, ...]:
    """Return the routes open to a value that prints no interval, least assumed first; none where one is printed."""
    if has_interval(value):
        return ()
    favours = None if value.favours_arm in (None, Arm.NOT_STATED) else value.favours_arm == Arm.SURGERY
    facts = Facts(o_minus_e=value.o_minus_e, variance=value.o_minus_e_variance, favours_intervention=favours)
    return tuple(route for route in routes_to_log_hr(check_input(value), facts) if route.name in list(RouteName))


def chosen_route(value: ReportedValue, derive: DeriveCurve | None = None) -> Route | None:
    """Return the route a reviewer chose for a value, with its number; None if none was chosen.

    Parameters
    ----------
    derive
        Computes the number of digitised curves; without it that route has none, its inputs are only checked.

    Raises
    ------
    DecisionError
        The value prints an interval, or does not hold what the route needs; the message says what.
    """
    if value.route is None:
        return None
    if has_interval(value):
        raise DecisionError("route: an interval is printed with its level; it is used, leave the route empty")
    if value.route == RouteName.SURVIVAL_CURVE:
        return curve_route(value, derive)
    for route in routes_of(value):
        if route.name == value.route:
            if route.log_hr is None:
                raise DecisionError(f"route: {value.route} gives no number here: {route.problem}")
            return route
    needs = {
        RouteName.HR_AND_P: "the estimate and an exact p value (not a limit such as < 0.05)",
        RouteName.O_MINUS_E: "o_minus_e and o_minus_e_variance",
        RouteName.P_AND_EVENTS: "an exact p value and events (of both arms, or events_total)",
        RouteName.MEDIANS: "medians and events of both arms",
    }[RouteName(value.route)]
    raise DecisionError(f"route: {value.route} needs {needs}")


def route_in_words(route: Route) -> str:
    """Return a route with its inputs and what it assumes, for the study's table."""
    assumed = f"; assumes: {route.approximation}" if route.approximation else ""
    return f"no interval printed; log hazard ratio from {LABELS[route.name]} ({route.inputs_in_words()}){assumed}"
