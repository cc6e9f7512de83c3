"""The wire protocol: commands, errors, frames, and formulas as JSON."""
