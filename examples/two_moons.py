"""Train a network for a while, then open it in the debugger.

python examples/two_moons.py
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from engine import Adam, Dense, Machine, Network, compile, load_dataset
from server import debug

data = load_dataset("moons", samples=300, noise=0.15, seed=1)
network = Network(
    inputs=2,
    layers=[Dense(8, "tanh"), Dense(8, "tanh"), Dense(1, "sigmoid")],
    loss="binary_cross_entropy",
    optimizer=Adam(0.01),
)
machine = Machine(compile(network, data, batch_size=16, seed=3))
machine.run(200)
machine = debug(machine, breakpoints=["loss < 0.05"])
print(f"left at step {machine.step_count} with loss {float(machine.read('loss/L')):.4f}")
