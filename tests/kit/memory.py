"""What this process holds in tensors: the bytes of all live storages, each once."""

import gc
import warnings

import torch


def live_bytes() -> int:
    """Also of gradients, which have no Python object of their own until somebody asks."""
    gc.collect()
    storages: dict[int, int] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tensors = [thing for thing in gc.get_objects() if isinstance(thing, torch.Tensor)]
        tensors += [tensor.grad for tensor in tensors if tensor.is_leaf and tensor.grad is not None]
        sparse = [tensor for tensor in tensors if tensor.is_sparse]
        tensors = [tensor for tensor in tensors if not tensor.is_sparse]
        tensors += [part for tensor in sparse for part in (tensor._indices(), tensor._values())]
        for tensor in tensors:
            if tensor.device.type != "meta":
                storage = tensor.untyped_storage()
                storages[storage.data_ptr()] = storage.nbytes()
    return sum(storages.values())
