"""Measures ProgressBus beside its peers. Python's standard library only."""
