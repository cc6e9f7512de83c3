"""The graph of ops on symbolic tensors, and reverse-mode differentiation of it."""
