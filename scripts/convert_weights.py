#!/usr/bin/env python3
"""Makes a weights file that `network.init` of a recipe can name out of one that it cannot.

  python scripts/convert_weights.py INPUT OUTPUT [--trust]

INPUT is anything that torch.load reads: a state dict written by torch before 1.6, a checkpoint that holds one under
"state_dict", "model" or "net", or a whole pickled module. A pickle can run any program when it is loaded, so
everything but plain tensors needs --trust; the module's classes must be importable then. TorchScript and state dicts
of torch 1.6 and later need no conversion.

OUTPUT ends with .safetensors (needs the package safetensors) or with .pth. A leading "module.", as DataParallel adds
it, is taken off the names. Needs torch.
"""
import argparse
import collections
import pathlib
import sys

import torch

NESTED = ("state_dict", "model", "net")


def load(path, trust):
    try:
        return torch.load(path, map_location="cpu", weights_only=not trust)
    except Exception as error:  # torch.load raises many kinds.
        hint = "" if trust else " (a module or another object? --trust loads it, and runs what it contains)"
        sys.exit(f"convert_weights: {path}: {error}{hint}")


def state_dict_of(loaded, path):
    """The names and tensors of whatever was loaded."""
    if isinstance(loaded, torch.nn.Module):
        return loaded.state_dict()
    if isinstance(loaded, dict):
        for key in NESTED:
            if isinstance(loaded.get(key), (dict, torch.nn.Module)):
                return state_dict_of(loaded[key], path)
        if any(isinstance(value, torch.Tensor) for value in loaded.values()):
            return loaded
    sys.exit(f"convert_weights: {path} holds a {type(loaded).__name__} without a state dict")


def clean(state):
    """Tensors alone, each with memory of its own, without "module."."""
    out, dropped = collections.OrderedDict(), []
    for name, value in state.items():
        if isinstance(value, torch.Tensor):
            out[name.removeprefix("module.")] = value.detach().clone().contiguous()
        else:
            dropped.append(name)
    return out, dropped


def save(state, path):
    if path.suffix == ".safetensors":
        try:
            from safetensors.torch import save_file
        except ImportError:
            sys.exit("convert_weights: pip install safetensors, or name an output that ends with .pth")
        save_file(state, path)
    elif path.suffix in (".pth", ".pt"):
        torch.save(state, path)
    else:
        sys.exit(f"convert_weights: {path} ends with neither .safetensors nor .pth")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("input", type=pathlib.Path)
    parser.add_argument("output", type=pathlib.Path)
    parser.add_argument("--trust", action="store_true", help="load other objects than tensors, running their code")
    args = parser.parse_args()
    state, dropped = clean(state_dict_of(load(args.input, args.trust), args.input))
    save(state, args.output)
    print(f"wrote {args.output}: {len(state)} tensors" + (f"; without {', '.join(dropped)}" if dropped else ""))


if __name__ == "__main__":
    main()
