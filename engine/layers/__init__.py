"""Layers as compositions of ops, a file a kind: the description and how it is built."""

from engine.layers.base import Layer
from engine.layers.dense import Dense
from engine.layers.dropout import Dropout

KINDS: dict[str, type[Layer]] = {kind.kind: kind for kind in (Dense, Dropout)}

__all__ = ["KINDS", "Dense", "Dropout", "Layer"]
