"""Imports: the way of a file from where it lies into the contact store, and back out again by undoing it."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
