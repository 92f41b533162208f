"""The accuracy of a converted network without simulating it.

Every public function raises ValueError or TypeError, with one sentence, on bad input.
"""

from refsnn.predict.accuracy import predict_accuracy, rectified_gaussian_accuracy
from refsnn.predict.result import Domain, Prediction

__all__ = ["Domain", "Prediction", "predict_accuracy", "rectified_gaussian_accuracy"]
