"""Executable proofs and experiments: how small may a two-layer network be and still memorize?"""

__version__ = "0.1.0"
