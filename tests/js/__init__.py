"""Unit tests of the page's scripts, in Node, without a browser: the tree mirrors static/js."""
