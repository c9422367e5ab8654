"""Learners: losses, optimizers, parameters, passes over recordings, traces, and the file of what was learned."""
