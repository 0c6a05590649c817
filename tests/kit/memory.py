"""What this process holds in tensors: the bytes of all live storages, each once."""

import gc
import warnings

import torch


def live_bytes() -> int:
    gc.collect()
    storages: dict[int, int] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for thing in gc.get_objects():
            if isinstance(thing, torch.Tensor) and thing.device.type != "meta":
                storage = thing.untyped_storage()
                storages[storage.data_ptr()] = storage.nbytes()
    return sum(storages.values())
