"""The public names, each with its place; loaded when first used."""

from .analysis.analyze import analyze as analyze
from .analysis.result import Analysis as Analysis
from .callbacks import EarlyStopping as EarlyStopping, Event as Event, ProgressBar as ProgressBar
from .config.analysis import AnalysisConfig as AnalysisConfig
from .config.double_dip import DoubleDipConfig as DoubleDipConfig
from .methods.foreground.config import ForegroundConfig as ForegroundConfig
from .config.prior import PriorConfig as PriorConfig
from .config.steering import PredictorConfig as PredictorConfig
from .config.running import CurveConfig as CurveConfig, EvaluateConfig as EvaluateConfig
from .methods.multiclass.config import SegmentConfig as SegmentConfig
from .config.tiles import TileConfig as TileConfig
from .errors import (
    Cancelled as Cancelled,
    ConfigError as ConfigError,
    EmptyResultWarning as EmptyResultWarning,
    ImageError as ImageError,
    InputWarning as InputWarning,
    OutputError as OutputError,
    SegpriorError as SegpriorError,
)
from .estimators import ForegroundSegmenter as ForegroundSegmenter, Segmenter as Segmenter
from .evaluation.evaluate import (
    evaluate_foreground as evaluate_foreground,
    evaluate_instances as evaluate_instances,
    evaluate_hierarchies as evaluate_hierarchies,
    evaluate_regions as evaluate_regions,
)
from .io.image import as_image as as_image
from .large import (
    TiledResult as TiledResult,
    foreground_tiles as foreground_tiles,
    segment_tiles as segment_tiles,
)
from .methods.double_dip.api import double_dip as double_dip
from .methods.double_dip.result import DoubleDip as DoubleDip
from .methods.foreground.api import foreground as foreground
from .methods.multiclass.api import segment as segment
from .methods.multiclass.levels import Hierarchy as Hierarchy
from .methods.multiclass.hierarchy import segment_hierarchy as segment_hierarchy
from .predictor import Predictor as Predictor
from .prior.prior import Prior as Prior, fit_prior as fit_prior
from .result import Segmentation as Segmentation
from .tensorboard import TensorBoard as TensorBoard

__all__: list[str]
__version__: str
