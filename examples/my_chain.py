"""A chain of one's own for the command line.

    pyhost learn dry.wav target.wav --chain examples/my_chain.py:echo -o learned.json

A file may hold several chains; each is a function of one signal.
"""

import pyhost as ph


def echo(x):
    """Sum the dry sound and one echo, 25 ms later, darker each time it comes round."""
    level = ph.param("level", 0.3, minimum=0.0, maximum=0.9)
    cutoff = ph.param("cutoff", 4_000.0, minimum=200.0, maximum=12_000.0, unit="Hz", scale="log")
    return ph.feedback(lambda y1: x + level * ph.lowpass(ph.delay(y1, 1_200), cutoff))


if __name__ == "__main__":
    print(ph.compile(echo))
