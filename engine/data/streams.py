"""Independent random streams, one for each pair of a seed and a purpose."""

from __future__ import annotations

import hashlib

import numpy as np

MAX_SEED = 2**32 - 1


def stream(seed: int, purpose: str) -> np.random.Generator:
    """A generator whose numbers depend on `seed` and `purpose` only.

    Philox is counter-based and keyed by 128 bits (Salmon et al., "Parallel random numbers: as easy
    as 1, 2, 3", SC 2011). So two purposes never share numbers, and drawing more numbers for one
    purpose (such as noise) does not change another (such as the split).
    """
    digest = hashlib.blake2b(purpose.encode(), digest_size=8).digest()
    key = np.array([seed, int.from_bytes(digest, "little")], dtype=np.uint64)
    return np.random.Generator(np.random.Philox(key=key))
