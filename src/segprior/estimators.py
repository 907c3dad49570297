"""Masks and label maps as scikit-learn style estimators."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator, ClusterMixin

from segprior.config.presets import resolve
from segprior.errors import ConfigError
from segprior.io.image import open_planes
from segprior.methods.config import MethodConfig
from segprior.methods.foreground.api import find_foreground
from segprior.methods.foreground.config import ForegroundConfig
from segprior.methods.multiclass.api import find_classes
from segprior.methods.multiclass.config import SegmentConfig
from segprior.runtime.seeding import RandomSource, as_seed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from segprior.callbacks import Callback
    from segprior.result import Segmentation

__all__ = ["ForegroundSegmenter", "Segmenter"]


class _OneImage(ClusterMixin, BaseEstimator):  # type: ignore[misc]
    """What the estimators share: a configuration, and a function that segments one image.

    Options of the configuration are parameters by their own names. All are kept as they are given
    and checked by :meth:`fit`, since ``clone`` and ``set_params`` rely on it.
    """

    _config: ClassVar[type[MethodConfig]]
    _function: ClassVar[Callable[..., Segmentation]]

    labels_: NDArray[Any]
    confidence_: NDArray[np.float32]
    segmentation_: Segmentation
    n_features_in_: int

    def __init__(
        self,
        preset: str | None = None,
        *,
        config: Any = None,
        random_state: RandomSource | np.random.RandomState = 0,
        device: str = "auto",
        channel_axis: int | None = -1,
        callback: Callback | None = None,
        **options: Any,
    ) -> None:
        self.preset = preset
        self.config = config
        self.random_state = random_state
        self.device = device
        self.channel_axis = channel_axis
        self.callback = callback
        self.__dict__.update(options)

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters, and those options that were given."""
        return {**super().get_params(deep), **self._options()}

    def set_params(self, **params: Any) -> Self:
        """Set parameters and options; an option of None is left to the preset or ``config``."""
        known = self._config.option_names()
        super().set_params(**{name: value for name, value in params.items() if name not in known})
        self.__dict__.update({name: value for name, value in params.items() if name in known})
        return self

    def _options(self) -> dict[str, Any]:
        own = super().get_params(deep=False)
        return {
            name: value
            for name, value in vars(self).items()
            if name not in own and not name.endswith("_")
        }

    def resolved_config(self) -> Any:
        """Return the settings that :meth:`fit` will use.

        Raises
        ------
        ConfigError
            If they are not valid or do not fit together.
        """
        given = {name: value for name, value in self._options().items() if value is not None}
        if isinstance(size := given.get("working_size"), str):
            if size != "full":
                raise ConfigError(
                    option="working_size", got=size, cure="pass a whole number or 'full'"
                )
            given["working_size"] = None
        return resolve(self._config, self.preset, self.config, given)

    def fit(self, X: Any, y: object = None) -> Self:
        """Segment one image.

        Parameters
        ----------
        X : str, path, bytes, file object, PIL image, array or tensor of shape (H, W) or (H, W, C)
            Anything that :func:`segprior.as_image` takes.
        y : None
            Not used; present by convention.

        Returns
        -------
        estimator
            This one.

        Raises
        ------
        ImageError
            If the image cannot be used.
        ConfigError
            If a parameter is not valid.
        """
        config = self.resolved_config()
        image = open_planes(X, channel_axis=self.channel_axis).only()
        self.segmentation_ = type(self)._function(
            image,
            config,
            seed=as_seed(_as_rng(self.random_state)),
            device=self.device,
            callback=self.callback,
        )
        self.labels_ = self.segmentation_.labels
        self.confidence_ = self.segmentation_.confidence
        self.n_features_in_ = image.full.shape[2]
        return self

    def fit_predict(self, X: Any, y: object = None) -> NDArray[Any]:
        """Segment one image and return its labels, (H, W); see :meth:`fit`."""
        return self.fit(X).labels_


class ForegroundSegmenter(_OneImage):
    """Tell the object of one image from its background, in scikit-learn's manner.

    Each fit looks at one image and learns nothing that another image could use, so there is
    ``fit_predict`` and no ``predict``. It does what :func:`segprior.foreground` does.

    Parameters
    ----------
    preset : str, optional
        Where all settings start from; None is the default preset.
    config : ForegroundConfig, optional
        All settings at once, instead of ``preset``; the options below still count.
    random_state : int, RandomState, Generator or None
        An int gives the same result at each fit; None does not; a generator is drawn from.
    device : str
        Where the prior is fitted: ``"auto"``, ``"cpu"``, ``"cuda"`` or ``"mps"``.
    channel_axis : int or None
        Which axis of the image holds the channels; None for a grey image.
    callback : callable, optional
        Called once per iteration; see :mod:`segprior.callbacks`.
    **options
        Options of :class:`segprior.ForegroundConfig`, of its method and of its prior, as in
        ``window=3`` or ``members=5``. None leaves an option as the preset or the config has it;
        a ``working_size`` of ``"full"`` is the size of the image.

    Attributes
    ----------
    labels_ : ndarray of uint8, shape (H, W)
        0 for background, 1 for foreground; with ``instances=True`` int32, 1 to n for things.
    confidence_ : ndarray of float32, shape (H, W)
        How sure each label is, in [0, 1].
    segmentation_ : Segmentation
        Both of them with score, evidence, settings, seed and time.
    n_features_in_ : int
        Channels of the image.

    See Also
    --------
    segprior.foreground : The same as a function.

    Examples
    --------
    >>> import numpy as np
    >>> from segprior.estimators import ForegroundSegmenter
    >>> image = np.full((48, 48, 3), 40, np.uint8)
    >>> image[16:32, 12:36] = 200
    >>> segmenter = ForegroundSegmenter("dsp", features="image", window=1)
    >>> int(segmenter.fit_predict(image).sum())
    384
    """

    _config = ForegroundConfig
    _function = staticmethod(find_foreground)


class Segmenter(_OneImage):
    """Divide one image into classes, in scikit-learn's manner.

    Each fit looks at one image and learns nothing that another image could use, so there is
    ``fit_predict`` and no ``predict``. It does what :func:`segprior.segment` does.

    Parameters
    ----------
    preset, random_state, device, channel_axis, callback
        As for :class:`ForegroundSegmenter`.
    config : SegmentConfig, optional
        All settings at once, instead of ``preset``; the options below still count.
    **options
        Options of :class:`segprior.SegmentConfig`, of its method and of its prior, as in
        ``classes=5`` or ``coarseness=0``, likewise.

    Attributes
    ----------
    labels_ : ndarray of int32, shape (H, W)
        1 to n, from the largest area to the smallest.
    confidence_ : ndarray of float32, shape (H, W)
        How sure each label is, in [0, 1].
    segmentation_ : Segmentation
        Both of them with score, curves, settings, seed and time.
    n_features_in_ : int
        Channels of the image.

    See Also
    --------
    segprior.segment : The same as a function.
    """

    _config = SegmentConfig
    _function = staticmethod(find_classes)


def _as_rng(random_state: RandomSource | np.random.RandomState) -> RandomSource:
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(2**31 - 1))
    return random_state
