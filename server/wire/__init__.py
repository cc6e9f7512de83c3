"""What goes over the wire: commands, errors, frames, formulas as JSON."""
