"""The debugger: its verbs, what stops it, and the language of its conditions."""
