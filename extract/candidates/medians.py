"""Medians of survival and of other times to an event, with their units, intervals and list partners.

    median-clause := "median" what? ( time interval? | number ("v"|"versus"|"and") time )+

A median of follow-up, age, dose or length of stay is not an effect.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from extract.candidates import nodes
from extract.candidates.intervals import read_interval
from extract.candidates.lexicon import TIME_UNITS, words
from extract.candidates.nodes import Node
from extract.candidates.printed import Interval, Printed

_SURVIVAL: Final = words(
    "survival os pfs dfs efs rfs ttp ttf dor ttd bcss css dss lrfs mfs dmfs rpfs ipfs pfs2 ttnt survived free"
    " progression relapse recurrence pps lrpfs mos mpfs"
)
_OTHER: Final = words(
    "follow followup age aged ages dose doses stay size psa bmi cycles number score scores course courses "
    "expression"
    " interquartile iqr observation volume length hospitalization treatment exposure value values cutoff "
    "cut level"
    " levels split percentage count counts income biomarker ctdna fraction cohort reduction change "
    "operative blood"
)
_NOT_A_VALUE_AFTER: Final = words(
    "at after within by every each first last for over during than least until beyond before past "
    "additional under"
    " per exceeding exceeded"
)
_GAIN: Final = words(
    "difference gain gains increase improvement benefit prolongation prolonged extended advantage shorter longer"
)
_VERSUS: Final = words("v vs versus against")
_JOINTS: Final = _VERSUS | words("and compared , or /")
_TIME_WORDS: Final = frozenset({"time", "duration", "interval"})


def bind_medians(found: Sequence[Node], *, about_survival: bool) -> list[Printed]:
    """Return the medians of time to event a sentence prints, in reading order.

    Parameters
    ----------
    found
        Nodes of one sentence.
    about_survival
        Whether the sentence before was about survival; used when this one only says "the median was".
    """
    marks = [index for index, node in enumerate(found) if node.kind == nodes.MEDIAN]
    values: list[Printed] = []
    of_survival = False
    for position, index in enumerate(marks):
        limit = marks[position + 1] if position + 1 < len(marks) else len(found)
        of_survival = _is_of_time_to_event(found, index, limit, about_survival, of_survival)
        if of_survival:
            values.extend(_values_of(found, index, limit))
    return values


def _is_of_time_to_event(
    found: Sequence[Node], index: int, limit: int, about_survival: bool, of_survival: bool
) -> bool:
    """Tell what this median is of: the words up to its number, else those before it."""
    seen_time = False
    for step in range(index + 1, min(limit, index + 16)):
        node = found[step]
        if node.kind in (nodes.TIME, nodes.NUMBER, nodes.RANGE):
            break
        word = node.lower
        if word in _SURVIVAL:
            return True
        if word in _TIME_WORDS:
            seen_time = True
        elif (seen_time and word in ("to", "until", "from")) or (seen_time and word in ("response", "remission")):
            return True
        elif word in _OTHER:
            return False
    return _said_before(found, index, about_survival, of_survival)


def _said_before(found: Sequence[Node], index: int, about_survival: bool, of_survival: bool) -> bool:
    """Tell from the words before "median" what it is of: the nearest telling word decides."""
    for step in range(index - 1, -1, -1):
        word = found[step].lower
        if word in _SURVIVAL:
            return True
        if word == "to" and step and found[step - 1].lower in _TIME_WORDS:
            return True
        if found[step].kind == nodes.MEDIAN:
            return of_survival
        if word in _OTHER and word not in ("treatment", "level", "levels", "cohort", "expression"):
            return False
    return about_survival


def _values_of(found: Sequence[Node], index: int, limit: int) -> list[Printed]:
    """Return the times that follow a "median" of a time to event."""
    values: list[Printed] = []
    level = None
    spread = False  # "(IQR 9-26) … and 14 months (8-25)": the second brackets hold no confidence interval either
    step = index + 1
    while step < limit:
        node = found[step]
        if node.kind == nodes.WORD and node.lower in ("follow", "followup"):
            break
        if node.kind == nodes.LEVEL:
            level = node
        spread = spread or node.lower in ("iqr", "range", "interquartile")
        if _is_value(found, step, index):
            interval = read_interval(found, step + 1, node.value, level, "median")
            if interval is not None and (not _fits(interval, node) or (spread and not interval.named)):
                interval = None
            unit = node.lower or _unit_behind(found, interval) or _unit_of_partner(found, step, limit)
            unit = unit or _unit_so_far(found, step, values, interval)
            if not unit:
                step += 1
                continue
            values.append(
                Printed(
                    "median",
                    node.value,
                    step,
                    index,
                    interval.after if interval else step + 1,
                    frozenset(),
                    interval,
                    unit=unit,
                    implicit=bool(values),
                )
            )
            step = values[-1].after
            continue
        step += 1
    return values


def _fits(interval: Interval, node: Node) -> bool:
    """Tell whether an interval can belong to a median: the median lies in it."""
    value = node.value
    if value is None:
        return False
    low_fits = interval.low is None or interval.low <= value
    return low_fits and (interval.high is None or value <= interval.high)


def _is_value(found: Sequence[Node], step: int, index: int) -> bool:
    """Tell whether a number can be a median: not a time point, a difference or an age."""
    node = found[step]
    if node.kind not in (nodes.TIME, nodes.NUMBER) or node.value is None or node.value < 0:
        return False
    before = found[step - 1]
    if before.lower in _NOT_A_VALUE_AFTER or before.lower in ("+", "±", "<", ">", "≤", "≥"):
        return False
    if before.lower == "-" and node.kind == nodes.TIME:
        return False
    near = {found[at].lower for at in range(max(index, step - 4), step)}
    return not (before.lower in ("of", "by") and near & _GAIN)


def _unit_so_far(found: Sequence[Node], step: int, values: Sequence[Printed], interval: Interval | None) -> str:
    """Return the unit of the median before, for "... months (95% CI ...) with A and 20.5 (17.0-24.0) without".

    Only a number with an interval around it, or one half of "77.2 v 52.6", can leave its unit out.
    """
    if not values or any(found[at].kind == nodes.RATIO for at in range(max(step - 4, 0), step)):
        return ""
    beside = {found[step - 1].lower, found[step + 1].lower if step + 1 < len(found) else ""}
    value = found[step].value or 0.0
    half_of_pair = bool(beside & _VERSUS) and value != int(value)  # "157 v 201" counts people
    return values[-1].unit if interval is not None or half_of_pair else ""


def _unit_behind(found: Sequence[Node], interval: Interval | None) -> str:
    """Return the unit printed after the interval: "16.3 (95% CI 14.3-18.1) months"."""
    if interval is None or interval.after >= len(found):
        return ""
    return TIME_UNITS.get(found[interval.after].lower, "")


def _unit_of_partner(found: Sequence[Node], step: int, limit: int) -> str:
    """Return the unit of the number's partner.

    "13.9 v 13.5 months", "29.5 [25.4-33.3] vs 25.2 [22.2-29.5] months".
    """
    joined = False
    for at in range(step + 1, min(step + 18, limit)):
        node = found[at]
        if (
            node.kind == nodes.TIME
            or (node.lower in TIME_UNITS and found[at - 1].kind != nodes.MARK)
            or (node.lower in TIME_UNITS and found[at - 1].lower in ")]")
        ):
            unit = node.lower if node.kind == nodes.TIME else TIME_UNITS[node.lower]
            return unit if joined else ""
        if node.kind == nodes.RATIO or node.lower == ";":
            return ""
        joined = joined or node.lower in _JOINTS
    return ""
