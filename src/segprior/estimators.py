"""Masks and label maps as scikit-learn style estimators."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

import numpy as np
from sklearn.base import BaseEstimator, ClusterMixin

from segprior.config.presets import Presets, resolve
from segprior.errors import ConfigError
from segprior.io.image import as_image
from segprior.methods.foreground.api import foreground
from segprior.methods.foreground.config import ForegroundConfig
from segprior.methods.multiclass.api import segment
from segprior.methods.multiclass.config import SegmentConfig
from segprior.runtime.seeding import RandomSource

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from segprior.callbacks import Callback
    from segprior.result import Segmentation

__all__ = ["ForegroundSegmenter", "Segmenter"]


class _OneImage(ClusterMixin, BaseEstimator):  # type: ignore[misc]
    """What the estimators share: a configuration, and a function that segments one image."""

    _config: ClassVar[type[Presets]]
    _function: ClassVar[Callable[..., Segmentation]]

    labels_: NDArray[Any]
    confidence_: NDArray[np.float32]
    segmentation_: Segmentation
    n_features_in_: int

    def resolved_config(self) -> Any:
        """Return the settings that :meth:`fit` will use.

        Raises
        ------
        ConfigError
            If they are not valid or do not fit together.
        """
        given = {
            name: value
            for name, value in self.get_params(deep=False).items()
            if name not in _NOT_SETTINGS and value is not None
        }
        if isinstance(self.working_size, str):
            if self.working_size != "full":
                raise ConfigError(
                    f"got working_size={self.working_size!r}; pass a whole number or 'full'"
                )
            given["working_size"] = None
        preset = self.preset
        if preset is None and self.config is None:
            preset = self._start(given)
        return resolve(self._config, preset, self.config, given)

    def _start(self, given: Mapping[str, Any]) -> str | None:
        """Choose the preset where none was named; None is the default."""
        return None

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
        image = as_image(X, channel_axis=self.channel_axis)
        self.segmentation_ = type(self)._function(
            image,
            config=config,
            rng=_as_rng(self.random_state),
            device=self.device,
            callback=self.callback,
        )
        self.labels_ = self.segmentation_.labels
        self.confidence_ = self.segmentation_.confidence
        self.n_features_in_ = image.shape[2]
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
        All settings at once, instead of ``preset``; those below still count.
    members, iterations : int, optional
        Settings of :class:`segprior.PriorConfig`. None, here and below, leaves a setting
        as the preset or the config has it.
    working_size : int or "full", optional
        Likewise; ``"full"`` fits the prior at the size of the image.
    method : {"consensus", "kmeans"}, optional
        A setting of :class:`segprior.ForegroundConfig`, as are all up to ``fill_holes``.
    reading : {"auto", "object", "things"}, optional
        See there.
    features : {"auto", "prior", "image"}, optional
        See there.
    window, n_clusters, n_init, min_size : int, optional
        See there.
    invert, fill_holes : bool, optional
        See there.
    random_state : int, RandomState, Generator or None
        An int gives the same result at each fit; None does not; a generator is drawn from.
    device : str
        Where the prior is fitted: ``"auto"``, ``"cpu"``, ``"cuda"`` or ``"mps"``.
    channel_axis : int or None
        Which axis of the image holds the channels; None for a grey image.
    callback : callable, optional
        Called once per iteration; see :mod:`segprior.callbacks`.

    Attributes
    ----------
    labels_ : ndarray of uint8, shape (H, W)
        0 for background, 1 for foreground.
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
    _function = staticmethod(foreground)

    def __init__(
        self,
        preset: str | None = None,
        *,
        config: ForegroundConfig | None = None,
        members: int | None = None,
        iterations: int | None = None,
        working_size: int | Literal["full"] | None = None,
        method: Literal["consensus", "kmeans"] | None = None,
        reading: Literal["auto", "object", "things"] | None = None,
        features: Literal["auto", "prior", "image"] | None = None,
        window: int | None = None,
        n_clusters: int | None = None,
        n_init: int | None = None,
        invert: bool | None = None,
        min_size: int | None = None,
        fill_holes: bool | None = None,
        random_state: RandomSource | np.random.RandomState = 0,
        device: str = "auto",
        channel_axis: int | None = -1,
        callback: Callback | None = None,
    ) -> None:
        # Kept as they are and checked by fit(), since clone() and set_params() rely on it.
        self.preset = preset
        self.config = config
        self.members = members
        self.iterations = iterations
        self.working_size = working_size
        self.method = method
        self.reading = reading
        self.features = features
        self.window = window
        self.n_clusters = n_clusters
        self.n_init = n_init
        self.invert = invert
        self.min_size = min_size
        self.fill_holes = fill_holes
        self.random_state = random_state
        self.device = device
        self.channel_axis = channel_axis
        self.callback = callback


class Segmenter(_OneImage):
    """Divide one image into classes, in scikit-learn's manner.

    Each fit looks at one image and learns nothing that another image could use, so there is
    ``fit_predict`` and no ``predict``. It does what :func:`segprior.segment` does.

    Parameters
    ----------
    preset : str, optional
        Where all settings start from; None is the default preset.
    config : SegmentConfig, optional
        All settings at once, instead of ``preset``; those below still count.
    method : {"hierarchy", "backprop", "continuity", "dynamic"}, optional
        A setting of :class:`segprior.SegmentConfig`, as are all up to
        ``min_size``. None leaves a setting as the preset or the config has it.
    coarseness : float, optional
        See there; for ``hierarchy``.
    edges : {"auto", "prior", "image"}, optional
        Likewise.
    superpixels : {"prior", "image", "none"}, optional
        See there.
    classes, min_classes, max_classes, iterations, min_size : int, optional
        See there.
    working_size : int or "full", optional
        See there; ``"full"`` works at the size of the image.
    connected : bool, optional
        See there.
    random_state : int, RandomState, Generator or None
        An int gives the same result at each fit; None does not; a generator is drawn from.
    device : str
        Where to compute: ``"auto"``, ``"cpu"``, ``"cuda"`` or ``"mps"``.
    channel_axis : int or None
        Which axis of the image holds the channels; None for a grey image.
    callback : callable, optional
        Called once per iteration; see :mod:`segprior.callbacks`.

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
    _function = staticmethod(segment)

    def __init__(
        self,
        preset: str | None = None,
        *,
        config: SegmentConfig | None = None,
        method: Literal["hierarchy", "backprop", "continuity", "dynamic"] | None = None,
        coarseness: float | None = None,
        edges: Literal["auto", "prior", "image"] | None = None,
        superpixels: Literal["prior", "image", "none"] | None = None,
        classes: int | None = None,
        min_classes: int | None = None,
        max_classes: int | None = None,
        iterations: int | None = None,
        min_size: int | None = None,
        working_size: int | Literal["full"] | None = None,
        connected: bool | None = None,
        random_state: RandomSource | np.random.RandomState = 0,
        device: str = "auto",
        channel_axis: int | None = -1,
        callback: Callback | None = None,
    ) -> None:
        self.preset = preset
        self.config = config
        self.method = method
        self.coarseness = coarseness
        self.edges = edges
        self.superpixels = superpixels
        self.classes = classes
        self.min_classes = min_classes
        self.max_classes = max_classes
        self.iterations = iterations
        self.min_size = min_size
        self.working_size = working_size
        self.connected = connected
        self.random_state = random_state
        self.device = device
        self.channel_axis = channel_axis
        self.callback = callback

    def _start(self, given: Mapping[str, Any]) -> str:
        return SegmentConfig.start(given)


_NOT_SETTINGS = frozenset(
    {"preset", "config", "random_state", "device", "channel_axis", "callback"}
)


def _as_rng(random_state: RandomSource | np.random.RandomState) -> RandomSource:
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(2**31 - 1))
    return random_state
