// Filled in by the steps that follow.
