"""Optimizers, learning-rate schedules and gradient clipping, as a user describes them."""
