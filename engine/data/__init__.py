"""Data sets and input features."""

from engine.data.arrays import from_arrays
from engine.data.catalogue import Thumbnail, catalogue, load_dataset, thumbnail
from engine.data.dataset import Dataset, Split, Standardisation
from engine.data.features import FEATURES, Feature
from engine.data.options import Option
from engine.data.recipe import DatasetInfo

__all__ = [
    "FEATURES",
    "Dataset",
    "DatasetInfo",
    "Feature",
    "Option",
    "Split",
    "Standardisation",
    "Thumbnail",
    "catalogue",
    "from_arrays",
    "load_dataset",
    "thumbnail",
]
