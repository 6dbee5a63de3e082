"""Errors of the analysis engine.

::

    AnalysisError
    ├── InputError        a person can mend it: the message names the row, the value and the remedy
    └── NotEstimable      the input is sound but holds no information on the quantity asked for

Everything else that is raised from this package is a bug and keeps its traceback.
"""

from __future__ import annotations


class AnalysisError(Exception):
    """Root of the errors of this package."""


class InputError(AnalysisError):
    """An input that cannot be analysed and that the person who supplied it can correct."""


class NotEstimable(AnalysisError):
    """A quantity the input cannot inform, raised where a result without it would be no result."""
