"""The three row plots of a synthesis: forest, cumulative, leave-one-out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from reports.bias import StudyBias, letters
from reports.figures.rows_plot import PlotRow, RowsPlot, rows_plot
from reports.model import Input, Interval, Synthesis
from reports.notation import count, decimal, immortal_time_words, level, limits, ratio, ratio_number
from reports.terms import Terms


def ordered_inputs(synthesis: Synthesis) -> tuple[Input, ...]:
    """Return the inputs in the order of plot and table: by year; observational ones by immortal-time handling first."""
    if synthesis.body == "randomised":
        return tuple(sorted(synthesis.inputs, key=lambda i: (i.year or 9999, i.label, i.value_id)))
    return tuple(sorted(synthesis.inputs, key=lambda i: (_immortal_rank(i), i.year or 9999, i.label, i.value_id)))


LONGEST_TWICE = 12
"""Rows up to which secondary plots are laid out for a phone as well; longer ones scroll sideways in their box."""


def forest(
    synthesis: Synthesis,
    *,
    anchor: str,
    title: str,
    terms: Terms,
    groups: bool = True,
    bias: Mapping[str, Sequence[StudyBias]] | None = None,
) -> RowsPlot | None:
    """Return the forest plot of a synthesis, or None when nothing can be drawn.

    Parameters
    ----------
    bias
        Agreed risk of bias by study; when any study here was judged, its letters stand at the right of its row.
    """
    if not synthesis.inputs:
        return None
    observational = synthesis.body == "observational"
    rows: list[PlotRow] = []
    inputs = ordered_inputs(synthesis)
    judged = _judged(synthesis, bias or {})
    if observational and groups:
        for handling, members in groupby(inputs, key=lambda i: i.immortal_time):
            rows.append(PlotRow("heading", f"Immortal time {immortal_time_words(handling)}"))
            rows += [_study_row(one, judged) for one in members]
    else:
        rows += [_study_row(one, judged) for one in inputs]
    events = any(one.events_surgery is not None or one.events_control is not None for one in inputs)
    rows += _summary_rows(synthesis)
    ci = synthesis.primary.ratio.level if synthesis.primary else 95.0
    return rows_plot(
        rows,
        anchor=anchor,
        title=title,
        finding=synthesis.conclusion,
        cell_headers=(_header(terms.short, events=events), _header(terms.none, events=events)),
        text_header=f"Hazard ratio ({level(ci)} CI)",
        weight_header="Weight",
        hollow=observational,
        favours=terms.favours,
        letter_headers=judged.headers,
    )


@dataclass(frozen=True)
class _Judged:
    """Letters of each study, and their headers; both empty when no study was judged."""

    headers: tuple[str, ...] = ()
    letters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def _judged(synthesis: Synthesis, bias: Mapping[str, Sequence[StudyBias]]) -> _Judged:
    found = [a for one in synthesis.inputs for a in bias.get(one.study_id, ()) if a.outcome == synthesis.outcome]
    if not found:
        return _Judged()
    domains = [row.domain for row in found[0].domains]
    return _Judged(
        headers=(*(domain.lstrip("DB") for domain in domains), "All"),
        letters={
            one.study_id: letters(bias.get(one.study_id, ()), synthesis.outcome, domains=domains)
            for one in synthesis.inputs
        },
    )


def _header(arm: str, *, events: bool) -> str:
    words = arm[:1].upper() + arm[1:]
    return f"{words}, e/n" if events else words


def cumulative(synthesis: Synthesis, *, anchor: str, title: str, terms: Terms) -> RowsPlot | None:
    """Return how the pooled result moved as studies were published, or None below two steps."""
    steps = synthesis.cumulative
    if len(steps) < 2:
        return None
    rows = [
        PlotRow(
            "study",
            step.label if number == 0 else f"+ {step.label}",
            step.ratio,
            ratio(step.ratio),
            cells=(str(step.year) if step.year else "", f"k = {step.k}"),
        )
        for number, step in enumerate(steps)
    ]
    return rows_plot(
        rows,
        anchor=anchor,
        title=title,
        finding=(
            f"From {ratio(steps[0].ratio)} with the first study to {ratio(steps[-1].ratio)} with {steps[-1].k} studies."
        ),
        label_header="Studies so far",
        cell_headers=("Year", ""),
        hollow=synthesis.body == "observational",
        text_header=f"Hazard ratio ({level(steps[-1].ratio.level)} CI)",
        favours=terms.favours,
        narrow=len(rows) <= LONGEST_TWICE,
    )


def leave_one_out(synthesis: Synthesis, *, anchor: str, title: str, terms: Terms) -> RowsPlot | None:
    """Return the pooled result without each study in turn, or None below three studies."""
    left = synthesis.leave_one_out
    if len(left) < 3:
        return None
    rows = [
        PlotRow("study", f"without {one.label}", one.ratio, ratio(one.ratio), cells=("", _i2(one.i2))) for one in left
    ]
    lowest = min(left, key=lambda one: one.ratio.estimate)
    highest = max(left, key=lambda one: one.ratio.estimate)
    return rows_plot(
        rows,
        anchor=anchor,
        title=title,
        finding=(
            f"The pooled ratio lies between {ratio_number(lowest.ratio.estimate)} (without {lowest.label}) and "
            f"{ratio_number(highest.ratio.estimate)} (without {highest.label})."
        ),
        label_header="Left out",
        cell_headers=("", "I²"),
        hollow=synthesis.body == "observational",
        text_header=f"Hazard ratio ({level(left[0].ratio.level)} CI)",
        favours=terms.favours,
        narrow=len(rows) <= LONGEST_TWICE,
    )


def _study_row(one: Input, judged: _Judged) -> PlotRow:
    year = f" ({one.year})" if one.year and str(one.year) not in one.label else ""
    return PlotRow(
        "study",
        f"{one.label}{year}",
        one.ratio,
        ratio(one.ratio),
        one.weight_percent,
        f"{decimal(one.weight_percent, 1)} %",
        (_arm(one.events_surgery, one.n_surgery), _arm(one.events_control, one.n_control)),
        judged.letters.get(one.study_id, ()),
    )


def _arm(events: int | None, people: int | None) -> str:
    """Return an arm as ``67/134``, or its people alone where events are not reported."""
    n = count(people, missing="–")
    return n if events is None else f"{count(events)}/{n}"


def _summary_rows(synthesis: Synthesis) -> Sequence[PlotRow]:
    pooled = synthesis.primary
    if pooled is None or synthesis.k < 2:
        return ()
    rows = [
        PlotRow(
            "pooled", f"Pooled, {synthesis.k} studies", pooled.ratio, ratio(pooled.ratio, decimals=3), 100.0, "100 %"
        )
    ]
    if pooled.prediction is not None:
        rows.append(_prediction_row(pooled.prediction))
    return rows


def _prediction_row(prediction: Interval) -> PlotRow:
    return PlotRow("prediction", "Prediction interval", prediction, limits(prediction))


def _immortal_rank(one: Input) -> int:
    order = ("clone_censor_weight", "time_varying", "landmark", "not_applicable", "none")
    return order.index(one.immortal_time) if one.immortal_time in order else len(order)


def _i2(value: float | None) -> str:
    return "" if value is None else f"{value:.0f} %"
