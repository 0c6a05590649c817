"""The gradient of the word table, of whose rows a step touches few; the others are zero, and left alone."""

import torch
from torch import Tensor


class TableGradient:
    """A sum of gradients that lasts from step to step, and which of its rows may differ from zero."""

    def __init__(self, total: Tensor) -> None:
        """Sum up in `total`, whatever it holds."""
        self.total = total
        self._rows: list[Tensor] | None = None
        """None where it is all of them."""

    def add(self, gradient: Tensor, *, first: bool) -> None:
        """Add a gradient, sparse or not; a step's `first` replaces what the last step left."""
        if not gradient.is_sparse:
            self._rows = None
            if first:
                self.total.copy_(gradient)
            else:
                self.total.add_(gradient)
            return
        if first:
            self._clear()
        # Not coalesced: a word occurs again and again, and here is one pass that adds all up.
        rows = gradient._indices()[0]
        self.total.index_add_(0, rows, gradient._values().to(self.total.dtype))
        if self._rows is not None:
            self._rows.append(rows)

    def touched(self) -> Tensor:
        """The rows that may differ from zero, each once."""
        if self._rows is None:
            return self.total
        return self.total.index_select(0, torch.unique(torch.cat(self._rows)))

    def _clear(self) -> None:
        if self._rows is None:
            self.total.zero_()
        else:
            self.total.index_fill_(0, torch.cat(self._rows), 0.0)
        self._rows = []
