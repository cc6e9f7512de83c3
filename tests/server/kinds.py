"""Small networks of every kind, on small data."""

from __future__ import annotations

from typing import Any

TEXT = "the cat sat on the mat and the dog sat on the log. " * 6

KINDS: dict[str, Any] = {
    "convolution": {
        "data": {"name": "synthetic_images", "samples": 100},
        "layers": [
            {"kind": "conv2d", "filters": 2, "kernel": 5, "stride": 3},
            {"kind": "max_pool"},
            {"kind": "batch_norm"},
            {"kind": "conv2d", "filters": 2, "padding": "same", "groups": 2},
            {"kind": "flatten"},
            {"kind": "dropout"},
            {},
        ],
    },
    "recurrence": {
        "data": {"name": "own_text", "text": TEXT, "context": 8},
        "layers": [
            {"kind": "embedding", "units": 3},
            {"kind": "lstm", "units": 4},
            {"kind": "gru", "units": 3, "bidirectional": True},
            {"kind": "rnn", "units": 4, "truncation": 3},
            {},
        ],
        "clipping": {"kind": "norm"},
        "schedule": {"kind": "warmup", "then": {"kind": "cosine"}},
    },
    "transformer": {
        "data": {"name": "own_text", "text": TEXT, "context": 8},
        "layers": [
            {"kind": "embedding", "units": 4},
            {"kind": "positions"},
            {"kind": "transformer_block", "heads": 2, "dropout": 0.1},
            {"kind": "layer_norm"},
            {"kind": "unembedding"},
        ],
    },
    "speech": {
        "data": {"name": "vowels", "speakers": 10},
        "layers": [
            {"kind": "conv1d", "filters": 3},
            {"kind": "average_pool"},
            {"kind": "attention", "causal": False},
            {"kind": "global_max_pool"},
            {},
        ],
    },
    "last_state": {
        "data": {"name": "vowels", "speakers": 10},
        "layers": [{"kind": "lstm", "units": 4}, {}],
    },
    "factorisation": {
        "data": {"name": "ratings", "samples": 500, "users": 30, "items": 40},
    },
    "scorer": {
        "data": {"name": "ratings", "samples": 500, "users": 30, "items": 40},
        "layers": [{"kind": "field_embedding"}, {"units": 3}, {}],
    },
    "driving": {"data": {"name": "driving", "samples": 200}},
    "autoencoder": {
        "data": {"name": "synthetic_images", "samples": 100},
        "targets": "inputs",
        "layers": [
            {"kind": "noise", "deviation": 0.2},
            {"kind": "conv2d", "filters": 2, "stride": 4, "padding": "same"},
            {"kind": "flatten"},
            {"units": 2},
            {"units": 49},
            {"kind": "reshape", "shape": [7, 7, 1]},
            {"kind": "transposed_conv2d", "filters": 2},
            {"kind": "upsample"},
            {"kind": "conv2d", "kernel": 1},
        ],
    },
    "combining": {
        "data": {"name": "spirals", "samples": 60},
        "layers": [
            {"units": 4},
            {
                "kind": "residual",
                "layers": [{"units": 4, "l2": 0.01, "dropout": 0.1}, {"units": 4}],
            },
            {
                "kind": "concatenate",
                "branches": [[{"units": 3}], [], [{"kind": "activation", "activation": "swish"}]],
            },
            {"kind": "layer_norm"},
            {},
        ],
    },
    "pooling": {
        "data": {"name": "synthetic_images", "samples": 100},
        "layers": [
            {"kind": "average_pool", "size": 4},
            {"kind": "conv2d", "filters": 3},
            {"kind": "global_average_pool"},
            {},
        ],
    },
}
"""By what they show; together they have every kind of layer."""
