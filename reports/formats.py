"""Formats of figures beside SVG; apart, because settings name them and must load nothing."""

from __future__ import annotations

from typing import Literal

Format = Literal["png", "pdf"]
FORMATS: tuple[Format, ...] = ("png", "pdf")
