"""ProgressBus in marimo, which finds it by entry points."""
