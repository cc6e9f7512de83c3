"""Data sets and input features."""

from engine.data import tokenizer
from engine.data.assembly import standardised
from engine.data.catalogue import catalogue, load_dataset, register_dataset, thumbnail
from engine.data.dataset import Baseline, Dataset, Split, Standardisation
from engine.data.features import FEATURES, Feature
from engine.data.options import Choice, Drawing, Option, Text
from engine.data.recipe import DatasetInfo
from engine.data.sources import car, speech
from engine.data.sources.arrays import from_arrays
from engine.data.sources.autoencoder import as_autoencoder
from engine.data.sources.csv_table import from_csv
from engine.data.sources.race_track import Track, track
from engine.data.sources.sentiment import encode_words
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
    "Track",
    "as_autoencoder",
    "car",
    "catalogue",
    "encode_words",
    "from_arrays",
    "from_csv",
    "load_dataset",
    "register_dataset",
    "speech",
    "standardised",
    "thumbnail",
    "tokenizer",
    "track",
]
