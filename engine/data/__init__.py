"""Data sets and input features."""

from engine.data.arrays import from_arrays
from engine.data.catalogue import catalogue, load_dataset, thumbnail
from engine.data.dataset import Baseline, Dataset, Split, Standardisation
from engine.data.features import FEATURES, Feature
from engine.data.options import Choice, Drawing, Option, Text
from engine.data.recipe import DatasetInfo
from engine.data.thumbnails import Thumbnail

__all__ = [
    "FEATURES",
    "Baseline",
    "Choice",
    "Dataset",
    "DatasetInfo",
    "Drawing",
    "Feature",
    "Option",
    "Split",
    "Standardisation",
    "Text",
    "Thumbnail",
    "catalogue",
    "from_arrays",
    "load_dataset",
    "thumbnail",
]
