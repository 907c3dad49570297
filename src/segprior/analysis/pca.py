"""The first principal component of an image whose channels are the samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Component", "principal_component"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Component:
    """The first principal component of an image whose channels are the samples.

    Attributes
    ----------
    plane : ndarray of float32, shape (H, W)
        The component: the picture along which the channels differ most, of length 1.
    scores : ndarray of float32, shape (C,)
        How much of it each channel has, beyond the mean of the channels.
    explained : float
        Share of the variance between channels that it explains, in [0, 1]; NaN where the
        channels do not differ, as in a grey image.
    """

    plane: NDArray[np.float32]
    scores: NDArray[np.float32]
    explained: float


def principal_component(image: NDArray[Any]) -> Component:
    """Find the first principal component of an image, its channels being the samples.

    Parameters
    ----------
    image : ndarray of shape (H, W, C)
        Any scale.

    Returns
    -------
    Component
    """
    rows, columns, channels = image.shape
    samples = np.moveaxis(np.asarray(image, np.float64), -1, 0).reshape(channels, -1)
    if np.ptp(samples, axis=0).max() <= 1e-9:
        blank = np.zeros((rows, columns), np.float32)
        return Component(plane=blank, scores=np.zeros(channels, np.float32), explained=float("nan"))
    from sklearn.decomposition import PCA

    # The solver picked for so many pixels by default draws random numbers.
    pca: Any = PCA(n_components=1, svd_solver="full")
    scores = pca.fit_transform(samples)[:, 0]
    return Component(
        plane=pca.components_[0].reshape(rows, columns).astype(np.float32),
        scores=scores.astype(np.float32),
        explained=float(pca.explained_variance_ratio_[0]),
    )
