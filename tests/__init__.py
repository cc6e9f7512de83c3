"""The tests; the tree mirrors what it tests."""
