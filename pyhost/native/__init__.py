"""The native engine: a program printed as C, compiled, kept and loaded."""
