"""``living-review meta``: a table a person brings, checked row by row, pooled, and told.

The result has the keys of DESIGN's contract, on the analysis (log) scale, and ``exp`` with the ratio scale.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, isfinite
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.effect_size import interval, log_hr_from_interval
from analysis.errors import AnalysisError
from analysis.models import MetaAnalysis, meta_analysis
from analysis.subgroups import subgroup_analysis
from flows.errors import SettingsError

FORMS = (("yi", "vi"), ("yi", "sei"), ("hr", "ci_low", "ci_high"))


@dataclass(frozen=True)
class StudyTable:
    """Checked input: labels, log effects and variances in the file's order, and the subgroup of each row."""

    labels: tuple[str, ...]
    yi: tuple[float, ...]
    vi: tuple[float, ...]
    groups: tuple[str, ...] | None


def analyse_table(file: Path, *, by: str | None, method: str, ci: str) -> dict[str, Any]:
    """Pool a table, and each subgroup of it if ``by`` names a column.

    Raises
    ------
    SettingsError
        The file cannot be read, or lacks the columns it needs.
    analysis.errors.AnalysisError
        A row that cannot be pooled; the message names row, value and remedy.
    """
    table = read_study_table(file, by=by)
    result = _as_json(_pool(table, range(len(table.yi)), method, ci), table.labels)
    result["study_estimates"] = [_study(table, i, result["level"]) for i in range(len(table.yi))]
    if table.groups is not None:
        groups = {}
        for group in dict.fromkeys(table.groups):
            rows = [i for i, name in enumerate(table.groups) if name == group]
            groups[group] = _as_json(_pool(table, rows, method, ci), tuple(table.labels[i] for i in rows))
        test = subgroup_analysis(table.yi, table.vi, table.groups, method=method, ci_method=ci)
        interaction = {"Q": test.q_between, "df": test.df, "p": test.p, "not_estimable": test.reason}
        result["by"] = {"column": by, "groups": groups, "interaction": interaction}
    return result


def read_study_table(file: Path, *, by: str | None) -> StudyTable:
    """Read and check a CSV; columns ``yi,vi`` or ``yi,sei`` or ``hr,ci_low,ci_high[,ci_level]`` (+ ``study``)."""
    try:
        # As text: what a cell says is checked here, not guessed by the reader.
        frame = pd.read_csv(file, dtype=str, keep_default_na=False, skipinitialspace=True)
    except OSError as error:
        raise SettingsError(f"{file}: cannot be read ({error.strerror})") from error
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file}: is not a CSV table: {error}") from error
    frame.columns = [str(name).strip() for name in frame.columns]
    form = next((form for form in FORMS if set(form) <= set(frame.columns)), None)
    if form is None:
        wanted = " or ".join(",".join(form) for form in FORMS)
        raise SettingsError(f"{file}: has columns {', '.join(frame.columns)}; needs {wanted}")
    if by is not None and by not in frame.columns:
        raise SettingsError(f"--by {by}: {file} has no such column; it has {', '.join(frame.columns)}")
    if frame.empty:
        raise SettingsError(f"{file}: has no rows; add at least one study")
    effects = [_effect(row, form, file, number) for number, row in enumerate(frame.to_dict("records"), start=2)]
    names = frame["study"] if "study" in frame.columns else [f"row {n}" for n in range(2, len(frame) + 2)]
    return StudyTable(
        labels=tuple(str(name) for name in names),
        yi=tuple(effect[0] for effect in effects),
        vi=tuple(effect[1] for effect in effects),
        groups=tuple(frame[by]) if by is not None else None,
    )


def _effect(row: dict[Any, Any], form: tuple[str, ...], file: Path, line: int) -> tuple[float, float]:
    cells = {name: _number(row[name], name, file, line) for name in form}
    if form == ("yi", "vi"):
        return cells["yi"], cells["vi"]
    if form == ("yi", "sei"):
        if cells["sei"] <= 0:
            raise SettingsError(f"{file}: line {line}: sei {row['sei']!r} must be above 0")
        return cells["yi"], cells["sei"] ** 2
    level = row.get("ci_level", "")
    try:
        effect = log_hr_from_interval(
            cells["hr"],
            ci_low=cells["ci_low"],
            ci_high=cells["ci_high"],
            ci_level=_number(level, "ci_level", file, line) if level else 95.0,
        )
    except AnalysisError as error:
        raise SettingsError(f"{file}: line {line}: {error}") from error
    return effect.log_hr, effect.se_log_hr**2


def _number(text: str, column: str, file: Path, line: int) -> float:
    try:
        number = float(text)
    except ValueError as error:
        raise SettingsError(
            f"{file}: line {line}: {column} is {text!r}, not a number; mend or remove the row"
        ) from error
    if not isfinite(number):
        raise SettingsError(f"{file}: line {line}: {column} is {text!r}; it must be finite")
    return number


def _pool(table: StudyTable, rows: range | list[int], method: str, ci: str) -> MetaAnalysis:
    return meta_analysis(
        [table.yi[i] for i in rows],
        [table.vi[i] for i in rows],
        method=method,
        ci_method=ci if len(rows) > 1 else "wald",
        labels=[table.labels[i] for i in rows],
    )


def _study(table: StudyTable, i: int, level: float) -> dict[str, float | None]:
    ratio, low, high = interval(table.yi[i], table.vi[i] ** 0.5, level=level)
    return {"estimate": ratio, "ci_low": low, "ci_high": high}


def _as_json(result: MetaAnalysis, labels: tuple[str, ...]) -> dict[str, Any]:
    scale = {name: getattr(result, name) for name in ("estimate", "ci_low", "ci_high", "pi_low", "pi_high")}
    return {
        "k": result.k,
        "method": result.method,
        "ci_method": result.ci_method,
        "level": result.level,
        "estimate": result.estimate,
        "se": result.se,
        "ci_low": result.ci_low,
        "ci_high": result.ci_high,
        "stat": result.stat,
        "df": result.df,
        "p": result.p,
        "tau2": result.tau2,
        "tau2_ci": result.tau2_ci,
        "I2": result.i2,
        "I2_ci": result.i2_ci,
        "H2": result.h2,
        "Q": result.q,
        "Q_p": result.q_p,
        "pi_low": result.pi_low,
        "pi_high": result.pi_high,
        "studies": list(labels),
        "weights": list(result.weights),
        "exp": {name: None if value is None else exp(value) for name, value in scale.items()},
        "not_estimable": result.not_estimable,
    }


def as_text(result: dict[str, Any]) -> str:
    """Return the result as lines for a terminal: each study, the pool, each subgroup, heterogeneity, prediction."""
    width = max(len(name) for name in [*result["studies"], "All studies"])
    lines = [
        f"{name:<{width}}  {_ratio(study)}  {weight:6.1f} %"
        for name, study, weight in zip(result["studies"], result["study_estimates"], result["weights"], strict=True)
    ]
    lines.append(f"{'All studies':<{width}}  {_ratio(result['exp'])}  k = {result['k']}, {_method(result)}")
    for name, group in result.get("by", {}).get("groups", {}).items():
        label = f"{result['by']['column']} = {name}"
        lines.append(f"{label:<{width}}  {_ratio(group['exp'])}  k = {group['k']}, {_method(group)}")
    if "by" in result:
        test = result["by"]["interaction"]
        lines.append(
            f"Test of interaction: Q {_shown(test['Q'], '.2f')} on {test['df']} df, p {_shown(test['p'], '.3g')}"
        )
    if result["tau2"] is not None:
        lines.append(
            f"Heterogeneity: tau2 {result['tau2']:.4f}{_limits(result['tau2_ci'], '.4f')}, "
            f"I2 {_shown(result['I2'], '.1f')} %{_limits(result['I2_ci'], '.1f')}, "
            f"Q {_shown(result['Q'], '.2f')} (p {_shown(result['Q_p'], '.3g')})"
        )
    if result["exp"]["pi_low"] is not None:
        lines.append(f"Prediction interval: {result['exp']['pi_low']:.3f} to {result['exp']['pi_high']:.3f}")
    lines += [f"Not estimable: {name}: {reason}" for name, reason in result["not_estimable"].items()]
    return "\n".join(lines)


def _ratio(scale: dict[str, float | None]) -> str:
    if scale["ci_low"] is None:
        return f"{scale['estimate']:7.3f} (interval not estimable)"
    return f"{scale['estimate']:7.3f} ({scale['ci_low']:.3f} to {scale['ci_high']:.3f})"


def _method(result: dict[str, Any]) -> str:
    return f"{result['method']}, {result['ci_method']}, {result['level']:g} %, p {_shown(result['p'], '.3g')}"


def _limits(limits: list[float] | tuple[float, float] | None, form: str) -> str:
    return "" if limits is None else f" ({limits[0]:{form}} to {limits[1]:{form}})"


def _shown(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)
