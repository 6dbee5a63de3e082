"""The card on the methods page says what the model is, from the model itself."""

from __future__ import annotations

from extract.screening.model_card import model_card
from extract.screening.model_settings import SVM_C, WEIGHTS


def test_the_card_names_the_models_and_their_settings() -> None:
    card = "; ".join(model_card())
    assert f"support vector machine (squared hinge, C {SVM_C}" in card
    assert "topics at depths 50, 100, 150" in card
    assert all(f"{name} {weight:g}" in card for name, weight in WEIGHTS.items())
