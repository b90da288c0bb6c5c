"""Contacts: reading and erasing them, their groups, properties, history and suppressions."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
