"""Chains as graphs of signals: expressions, parameters, primitives, blocks and the text form."""
