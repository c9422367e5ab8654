"""From a graph of signals to a `Program`, and from a `Program` to an engine that runs it."""
