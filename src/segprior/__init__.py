"""Segment an image with nothing but that image: deep segmentation priors.

What is public is listed in ``__init__.pyi`` and imported when it is first used, so that
``import segprior`` is quick.
"""

import lazy_loader

from segprior._version import __version__ as __version__

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
