"""Your own table, from CSV: can a network learn that one column is the product of two others?

python examples/own_table.py
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from engine import Adam, Dense, Network, from_csv
from server import debug

rows = [f"{a / 5:.1f},{b / 5:.1f},{a * b / 25:.2f}" for a in range(-9, 10) for b in range(-9, 10)]
data = from_csv("\n".join(["a,b,product", *rows]), target="product", title="Products")
network = Network(inputs=2, layers=[Dense(16, "tanh"), Dense(1)], optimizer=Adam(0.01))
machine = debug(network, data, batch_size=32, seed=0)
print(f"left at step {machine.step_count}")
