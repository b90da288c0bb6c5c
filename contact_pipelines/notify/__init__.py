"""Telling people what became of their files: what is told, how it looks, and how it is sent.

An event becomes a payload (JSON, see `payloads`), once. A webhook gets the payload as it is, signed; an email gets it
as a digest, in plain text and HTML. Neither holds a contact's data: counts, file names, columns' headers, codes of
errors and row numbers. Only an error file that the settings ask to attach does.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
