"""Figures: marks stand where the numbers say, whatever the numbers."""

from __future__ import annotations

import itertools
import math
import re
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.errors import GateError
from reports.figures.axis import log_axis
from reports.figures.flow_chart import check_sums, flow_chart
from reports.figures.forest import cumulative, forest, leave_one_out
from reports.figures.night_calendar import night_calendar
from reports.figures.rows_plot import LARGEST_MARK, PlotRow, rows_plot
from reports.figures.scatter import FEWEST_FOR_FUNNEL, baujat, funnel
from reports.model import Flow, FlowBox, Interval
from reports.templating import environment
from reports.terms import terms_of
from tests.reports.snapshots import COHORTS, TRIALS, Printed, flow, protocol, synthesis

TERMS = terms_of(protocol())
ratios = st.floats(1e-6, 1e6)


@st.composite
def intervals(draw: st.DrawFn) -> Interval:
    low, estimate, high = sorted(draw(st.tuples(ratios, ratios, ratios)))
    return Interval(estimate=estimate, low=low, high=high, level=95.0)


@settings(deadline=None)
@given(st.lists(intervals(), min_size=1, max_size=8))
def test_the_axis_holds_1_and_keeps_order_whatever_the_intervals(given_intervals: list[Interval]) -> None:
    axis = log_axis(given_intervals, left=10, right=370)
    assert axis.low <= 0.5
    assert axis.high >= 2.0
    assert [t.label for t in axis.ticks].count("1") == 1
    for one in given_intervals:
        span = axis.span(one)
        assert 10 <= span.x_low <= span.x <= span.x_high <= 370
        assert span.cut_low == (one.low < axis.low)
        assert span.cut_high == (one.high > axis.high)


def test_equal_steps_on_the_axis_are_equal_ratios() -> None:
    axis = log_axis([Interval(estimate=1, low=0.5, high=2, level=95)], left=0, right=100)
    assert axis.x(1.0) == pytest.approx(50.0)
    assert axis.x(math.sqrt(2)) == pytest.approx(75.0)


def test_one_imprecise_study_does_not_squeeze_the_axis() -> None:
    axis = log_axis([Interval(estimate=1.2, low=0.0002, high=7200, level=95)], left=0, right=100)
    assert (axis.low, axis.high) == (0.1, 10.0)


def test_ticks_never_crowd() -> None:
    axis = log_axis([Interval(estimate=1, low=0.1, high=10, level=95)], left=0, right=280)
    xs = [t.x for t in axis.ticks]
    assert all(b - a >= 30 for a, b in itertools.pairwise(xs))


def test_the_area_of_a_mark_is_proportional_to_the_weight() -> None:
    rows = [
        PlotRow("study", name, Interval(estimate=1, low=0.8, high=1.25, level=95), "", weight)
        for name, weight in (("a", 80.0), ("b", 20.0))
    ]
    plot = rows_plot(rows, anchor="a", title="t", finding="f")
    large, small = (row.side for row in plot.wide.rows)
    assert large == LARGEST_MARK
    assert (small / large) ** 2 == pytest.approx(0.25, abs=0.01)


def test_the_diamond_spans_the_pooled_interval() -> None:
    found = synthesis(TRIALS)
    plot = forest(found, anchor="f", title="t", terms=TERMS)
    assert plot is not None
    assert found.primary is not None
    pooled = next(row for row in plot.wide.rows if row.row.kind == "pooled")
    points = [float(p.split(",")[0]) for p in pooled.diamond.split()]
    axis = plot.wide.axis
    ratio = found.primary.ratio
    assert points == [axis.x(ratio.low), axis.x(ratio.estimate), axis.x(ratio.high), axis.x(ratio.estimate)]


def test_a_single_study_has_neither_diamond_nor_prediction_interval() -> None:
    plot = forest(synthesis(TRIALS[:1]), anchor="f", title="t", terms=TERMS)
    assert plot is not None
    assert [row.row.kind for row in plot.wide.rows] == ["study"]


def test_nothing_to_draw_is_no_plot() -> None:
    empty = synthesis([])
    assert forest(empty, anchor="f", title="t", terms=TERMS) is None
    assert cumulative(empty, anchor="f", title="t", terms=TERMS) is None
    assert leave_one_out(empty, anchor="f", title="t", terms=TERMS) is None


def test_observational_rows_are_grouped_by_how_immortal_time_was_handled() -> None:
    members = [one for one in COHORTS if one.subtype == "all"]
    plot = forest(synthesis(members, body="observational"), anchor="f", title="t", terms=TERMS)
    assert plot is not None
    headings = [row.row.label for row in plot.wide.rows if row.row.kind == "heading"]
    assert headings == ["Immortal time handled: landmark analysis", "Immortal time not handled"]
    assert plot.hollow


def test_both_layouts_draw_the_same_numbers_as_well_formed_svg() -> None:
    plot = forest(synthesis(TRIALS), anchor="f", title="A & B <plot>", terms=TERMS)
    template = environment().from_string('{% from "svg/rows_plot.svg" import rows_plot %}<p>{{ rows_plot(plot) }}</p>')
    root = ElementTree.fromstring(template.render(plot=plot))
    drawn = [
        sorted(
            t for text in svg.iter("{http://www.w3.org/2000/svg}text") if re.match(r"\d\.\d+ \(", t := text.text or "")
        )
        for svg in root
    ]
    assert len(drawn) == 2
    assert drawn[0] == drawn[1]
    assert len(drawn[0]) == len(TRIALS) + 1


def test_a_funnel_is_drawn_from_ten_studies_on() -> None:
    many = [Printed(f"S{i}", 2000 + i, (50, 50), (0.7 + i / 50, 0.4, 1.4 + i / 20)) for i in range(10)]
    assert funnel(synthesis(many[: FEWEST_FOR_FUNNEL - 1]), anchor="f", title="t") is None
    drawn = funnel(synthesis(many), anchor="f", title="t")
    assert drawn is not None
    assert len(drawn.dots) == 10


def test_the_contours_of_a_funnel_are_the_usual_levels_of_significance() -> None:
    many = [Printed(f"S{i}", 2000 + i, (50, 50), (0.7 + i / 50, 0.4, 1.4 + i / 20)) for i in range(10)]
    drawn = funnel(synthesis(many), anchor="f", title="t")
    assert drawn is not None
    assert [name for name, _ in drawn.areas] == ["c99", "c95", "c90"]
    widths = []
    for _, points in drawn.areas:
        xs = [float(point.split(",")[0]) for point in points.split()]
        widths.append(xs[2] - xs[1])
    # 2.576 : 1.960 : 1.645, the normal quantiles of two-sided 0.01, 0.05 and 0.10.
    assert widths[0] / widths[1] == pytest.approx(2.576 / 1.960, abs=0.01)
    assert widths[1] / widths[2] == pytest.approx(1.960 / 1.645, abs=0.01)
    assert "Egger" in drawn.finding
    # The sides are those of the pooled ratio: a study above 0.8 still may favour surgery.
    assert re.search(r"around a pooled ratio of \d\.\d\d: \d+ lie below it, \d+ above\.", drawn.finding)


def test_the_baujat_plot_names_the_study_that_moves_the_result() -> None:
    # Leaving MF07-01 out moves the ratio from 0.93 to 1.00, further than any other (published_poolings, last row).
    drawn = baujat(synthesis(TRIALS), anchor="b", title="t")
    assert drawn is not None
    assert drawn.finding == "MF07-01 adds most to the heterogeneity and moves the result most."
    assert [dot.label for dot in drawn.dots] == [one.study_id for one in TRIALS]
    assert len(drawn.rows) == 5


def test_the_labels_of_a_baujat_plot_cover_neither_one_another_nor_a_dot() -> None:
    # ABCSG-28 and E2108 lie at nearly the same height: one label ran across the other.
    names = {"ABCSG-28": "ABCSG-28 POSYTIVE"}
    found = synthesis(TRIALS)
    points = tuple(p.model_copy(update={"label": names.get(p.label, p.label)}) for p in found.influence)
    drawn = baujat(found.model_copy(update={"influence": points}), anchor="b", title="t")
    assert drawn is not None
    named = [dot for dot in drawn.dots if dot.named]
    assert [dot.label for dot in named] == ["ABCSG-28 POSYTIVE", "MF07-01", "E2108"]
    boxes = []
    for dot in named:
        assert dot.named is not None
        (x, y), width = dot.named, 6.5 * len(dot.label)  # letters of 12 pixels are 6 to 6.5 wide on average
        boxes.append((x - width if dot.left else x, y - 9, x if dot.left else x + width, y + 2))
    boxes += [(dot.x - 4, dot.y - 4, dot.x + 4, dot.y + 4) for dot in drawn.dots]
    for number, one in enumerate(boxes):
        for other in boxes[number + 1 :]:
            apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
            assert apart, (one, other)
        assert one[0] >= 46
        assert one[2] <= 420


def test_heterogeneity_of_zero_is_drawn_sensibly() -> None:
    same = [Printed(f"S{i}", 2000 + i, (50, 50), (0.8 + i / 1000, 0.6 - i / 100, 1.0667)) for i in range(12)]
    found = synthesis(same)
    assert found.primary is not None
    assert found.primary.tau2 == 0
    for plot in (baujat(found, anchor="b", title="t"), funnel(found, anchor="f", title="t")):
        for dot in plot.dots if plot else ():
            assert math.isfinite(dot.x)
            assert math.isfinite(dot.y)


def test_the_calendar_tells_failed_incomplete_and_missing_nights_apart_by_shape() -> None:
    log = {"2026-11-16": ("complete", 3), "2026-11-17": ("failed", 0), "2026-11-19": ("incomplete", 140)}
    drawn = night_calendar(log, through="2026-11-20T02:00:00Z")
    assert drawn is not None
    assert [cell.state for cell in drawn.cells] == ["complete", "failed", "none", "incomplete", "none"]
    assert [cell.new for cell in drawn.cells] == ["3", "", "", "99+", ""]
    assert drawn.finding.startswith("Of 5 nights 1 had a complete search, 2 a failed or incomplete one, 2 none; 143")
    assert night_calendar({}, through="2026-11-20") is None


def test_letters_of_risk_of_bias_stand_at_the_right_of_their_row() -> None:
    row = PlotRow(
        "study", "A", Interval(estimate=1, low=0.8, high=1.25, level=95), "1", 100, "100 %", letters=("L", "H")
    )
    plot = rows_plot([row], anchor="f", title="t", finding="x", letter_headers=("1", "A"))
    template = environment().from_string('{% from "svg/rows_plot.svg" import rows_plot %}<p>{{ rows_plot(plot) }}</p>')
    wide = ElementTree.fromstring(template.render(plot=plot))[0]
    letters = [t for t in wide.iter("{http://www.w3.org/2000/svg}text") if "mid" in (t.get("class") or "")]
    assert [t.text for t in letters] == ["1", "A", "LH"]
    assert letters[2].get("x") == f"{letters[0].get('x')} {letters[1].get('x')}"


def test_the_flow_diagram_holds_every_box_once_and_nothing_overlaps() -> None:
    for width, main in ((720.0, 400.0), (380.0, 380.0)):
        chart = flow_chart(flow(), name="wide", width=width, main=main, chars=40)
        assert sorted(b.key for b in chart.boxes) == sorted(b.key for b in flow().boxes)
        for column in (True, False):
            boxes = sorted((b for b in chart.boxes if b.side == column), key=lambda b: b.y)
            assert all(a.y + a.height <= b.y for a, b in itertools.pairwise(boxes))
        assert all(b.y + b.height <= chart.height for b in chart.boxes)


def test_an_edge_to_an_unknown_box_is_refused() -> None:
    wrong = Flow(boxes=(FlowBox(key="a", label="A", count=1),), edges=(("a", ("b",)),), exclusion_reasons=())
    with pytest.raises(GateError, match="names 'b', which is no box"):
        check_sums(wrong)


def test_all_eight_letters_of_robins_i_stand_inside_the_picture_and_the_sides_of_the_axis_do_not_overlap() -> None:
    interval = Interval(estimate=1, low=0.8, high=1.25, level=95)
    row = PlotRow("study", "A", interval, "1", 100, "100 %", letters=tuple("LMECSH?L"))
    headers = (*"1234567", "All")
    plot = rows_plot([row], anchor="f", title="t", finding="x", letter_headers=headers)
    layout = plot.wide.layout
    # Half of "All" in bold 12 pixels is under 10 pixels wide.
    assert layout.letter_x(8) + 10 <= layout.width
    assert layout.letter_x(1) - 6 >= layout.weight_right
    template = environment().from_string('{% from "svg/rows_plot.svg" import rows_plot %}<p>{{ rows_plot(plot) }}</p>')
    wide = ElementTree.fromstring(template.render(plot=plot))[0]
    sides = {t.get("class"): float(t.get("x") or 0) for t in wide.iter() if "favours" in (t.text or "") and t.get("x")}
    assert sides["end"] < plot.wide.x_one < sides["start"]
