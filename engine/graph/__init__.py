"""The graph of ops on symbolic tensors, and its reverse-mode differentiation."""
