"""Notifications: emails and webhooks about imports, exports and feeds.

An event becomes a payload (JSON, see `payloads`) once. A webhook gets the signed payload, an email a digest of it in
plain text and HTML. Neither contains contacts' data, only counts, file names, headers, error codes and row numbers;
an attached error file, if the settings ask for one, does.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
