"""Fields of layers by their paths in the description."""

from __future__ import annotations

import pytest

from engine import Concatenate, Dense, DescriptionError, LayerNorm, Residual
from engine.diagnostics.description_paths import located, with_field

LAYERS = [
    Dense(4, "tanh"),
    Residual([LayerNorm(), Concatenate([[], [Dense(3)], [Dense(1), Dense(2)]])]),
    Dense(1),
]


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("layers[0]", "dense1"),
        ("layers[1].layers[0]", "residual2/layer_norm1"),
        ("layers[1].layers[1].branches[1][0]", "residual2/concatenate2/dense1"),
        ("layers[1].layers[1].branches[2][1]", "residual2/concatenate2/dense3"),
    ],
)
def test_a_layer_is_found_and_changed_at_its_path(path: str, name: str) -> None:
    assert located(LAYERS, name)[0] == path
    field = "epsilon" if name.endswith("norm1") else "l2"
    changed = with_field(LAYERS, f"{path}.{field}", 0.5)
    assert getattr(located(changed, name)[1], field) == 0.5
    assert [a == b for a, b in zip(changed, LAYERS, strict=True)].count(False) == 1


@pytest.mark.parametrize(
    "path",
    [
        "layers[0]",
        "layers[0].unit",
        "layers[0].kind",
        "layers[0].l2.value",
        "layers[0].layers[0].l2",
        "layers[3].l2",
        "layers.l2",
        "layers[1].branches[0][0].l2",
        "layers[1].layers[1].branches[0][0].l2",
    ],
)
def test_what_is_no_field_is_refused(path: str) -> None:
    with pytest.raises(DescriptionError, match="a field of this network's layers"):
        with_field(LAYERS, path, 0.5)
