"""Whether a learner's answers are right: `progressbus.check`, and other libraries' checks."""
