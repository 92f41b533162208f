"""The accuracy of a converted network without simulating it, and tuning a conversion through the
closed form.
"""

from refsnn.predict.accuracy import predict_accuracy, rectified_gaussian_accuracy
from refsnn.predict.result import Domain, Prediction
from refsnn.predict.tuning import tune_conversion

__all__ = [
    "Domain",
    "Prediction",
    "predict_accuracy",
    "rectified_gaussian_accuracy",
    "tune_conversion",
]
