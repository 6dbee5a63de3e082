"""The card on the methods page says what the model is, from the model itself."""

from __future__ import annotations

import json

from extract.screening.model_card import model_card
from extract.screening.ranker import MODEL_VERSION, Ranking


def test_the_card_names_version_features_and_training_size():
    card = model_card(Ranking((), included=12, excluded=340))

    assert card["version"] == MODEL_VERSION
    assert (card["training_included"], card["training_excluded"]) == (12, 340)
    assert any("50, 100, 150" in str(feature) for feature in card["features"])
    assert json.loads(json.dumps(card)) == card
