"""From a cell's execution to an event in memory: all that happens on the cell's own thread."""
