"""What teachers tell the learner, from the server to under the next cell."""
