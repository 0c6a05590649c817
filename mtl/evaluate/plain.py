"""A model that only predicts: no optimizer, no sharding; each rank has its own copy."""

import torch
from torch import Tensor

from mtl.data.strip import Strip
from mtl.model.batch import to_device
from mtl.model.multihead import MultiHead


class PlainPredictor:
    """Predicts with a whole model on one device."""

    def __init__(self, model: MultiHead, *, device: torch.device, dtype: torch.dtype) -> None:
        """Move the model there."""
        self._model = model.to(device=device, dtype=dtype).eval()
        self._device = device
        self._dtype = dtype

    def predict(self, strip: Strip) -> Tensor:
        """All heads' scores of a strip, flat and fp32."""
        model = self._model
        width = model.config.head_width
        batch = to_device(strip, model.head_names, device=self._device, dtype=self._dtype, width=width)
        with torch.inference_mode():
            scores: Tensor = model(batch, scores=True)
        return scores
