#!/usr/bin/env python3
"""Images a second of a training loop in Python's PyTorch: the counterpart of train_bench.

Usage: train_throughput.py [--network mobilenet_v2|resnet50] [--batch N] [--device cpu|cuda] [--precision fp32|tf32|bf16]
                           [--steps N] [--warmup N] [--image-size N] [--threads N] [--loss bce|supcon] [--ema DECAY]
                           [--pictures DIR]

Does what Lookbook's trainer does, by the ways that PyTorch recommends: pictures as uint8 on the device, gathered by index;
crop, flip, colours and erasing there; channels_last; bfloat16 autocast for the backbone, float32 heads and losses; AdamW
(fused on a GPU) with decayed and plain groups; gradients clipped to length 1; the loss read every 16 steps. Needs torch
alone; with --pictures, which decodes the *.jpg of a folder once into memory with as many threads, OpenCV too. Prints one
line of JSON.
"""
import argparse
import concurrent.futures
import itertools
import json
import math
import pathlib
import time

import torch
import torch.nn.functional as F
from torch import nn

CLASSES = 46
READ_EVERY = 16
LUMA = (0.299, 0.587, 0.114)
MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)


def conv_norm(inputs, outputs, kernel=3, stride=1, groups=1, activation=None):
    layers = [nn.Conv2d(inputs, outputs, kernel, stride, (kernel - 1) // 2, groups=groups, bias=False),
              nn.BatchNorm2d(outputs)]
    return nn.Sequential(*layers, *([activation] if activation else []))


class InvertedResidual(nn.Module):
    def __init__(self, inputs, outputs, stride, expansion):
        super().__init__()
        hidden = inputs * expansion
        layers = [] if expansion == 1 else [conv_norm(inputs, hidden, 1, activation=nn.ReLU6(True))]
        layers.append(conv_norm(hidden, hidden, 3, stride, hidden, nn.ReLU6(True)))
        layers.append(conv_norm(hidden, outputs, 1))
        self.conv = nn.Sequential(*layers)
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x):
        return x + self.conv(x) if self.residual else self.conv(x)


def mobilenet_v2():
    layers, inputs = [conv_norm(3, 32, 3, 2, activation=nn.ReLU6(True))], 32
    for expansion, channels, repeats, stride in [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2),
                                                 (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]:
        for i in range(repeats):
            layers.append(InvertedResidual(inputs, channels, stride if i == 0 else 1, expansion))
            inputs = channels
    layers.append(conv_norm(inputs, 1280, 1, activation=nn.ReLU6(True)))
    return nn.Sequential(*layers), 1280, 0.2


class Bottleneck(nn.Module):
    def __init__(self, inputs, width, stride):
        super().__init__()
        outputs = 4 * width
        self.branch = nn.Sequential(conv_norm(inputs, width, 1, activation=nn.ReLU(True)),
                                    conv_norm(width, width, 3, stride, activation=nn.ReLU(True)),
                                    conv_norm(width, outputs, 1))
        self.shortcut = conv_norm(inputs, outputs, 1, stride) if stride != 1 or inputs != outputs else nn.Identity()

    def forward(self, x):
        return F.relu(self.branch(x) + self.shortcut(x), inplace=True)


def resnet50():
    layers, inputs = [conv_norm(3, 64, 7, 2, activation=nn.ReLU(True)), nn.MaxPool2d(3, 2, 1)], 64
    for i, (width, repeats) in enumerate([(64, 3), (128, 4), (256, 6), (512, 3)]):
        for j in range(repeats):
            layers.append(Bottleneck(inputs, width, 2 if i > 0 and j == 0 else 1))
            inputs = 4 * width
    return nn.Sequential(*layers), 2048, 0.0


class Network(nn.Module):
    def __init__(self, name, embedding):
        super().__init__()
        self.backbone, dim, dropout = {"mobilenet_v2": mobilenet_v2, "resnet50": resnet50}[name]()
        self.classifier = nn.Sequential(nn.Dropout(dropout), nn.Linear(dim, CLASSES))
        self.embedding = nn.Sequential(nn.Linear(dim, 128, bias=False), nn.BatchNorm1d(128)) if embedding else None

    def forward(self, images, autocast):
        with autocast:
            feature = self.backbone(images).mean((2, 3), dtype=torch.float32)
        return self.classifier(feature), F.normalize(self.embedding(feature)) if self.embedding else None


class Augment:
    """Crop of 70 to 100 % of the area, flip, colours within 20 %, a box erased in one image of four."""

    def __init__(self, device, size):
        self.size = size
        self.device = device
        vector = lambda values: torch.tensor(values, device=device).view(1, 3, 1, 1)
        self.luma, self.mean, self.std = vector(LUMA), vector(MEAN), vector(STD)
        self.fill = (self.mean * 255).round()
        self.places = torch.arange(size, device=device, dtype=torch.float32)

    def uniform(self, low, high, count):
        return torch.empty(count, device=self.device).uniform_(low, high)

    def boxes(self, count):
        area = self.uniform(0.02, 0.15, count) * self.size ** 2
        aspect = (self.uniform(-1, 1, count) * math.log(3.3)).exp()
        chosen = (self.uniform(0, 1, count) < 0.25).float()
        width = (area * aspect).sqrt().round().clamp_max(self.size) * chosen
        height = (area / aspect).sqrt().round().clamp_max(self.size) * chosen
        left = (self.uniform(0, 1, count) * (self.size - width + 1)).floor()
        top = (self.uniform(0, 1, count) * (self.size - height + 1)).floor()
        return left, left + width, top, top + height

    def __call__(self, pixels):
        count = pixels.size(0)
        column = lambda values: values.view(-1, 1, 1, 1)
        images = pixels.permute(0, 3, 1, 2).float()
        scale = self.uniform(0.7, 1.0, count).sqrt()
        flip = torch.where(self.uniform(0, 1, count) < 0.5, -1.0, 1.0)
        room = 1 - scale
        theta = torch.zeros(count, 2, 3, device=self.device)
        theta[:, 0, 0], theta[:, 1, 1] = scale * flip, scale
        theta[:, 0, 2], theta[:, 1, 2] = self.uniform(-1, 1, count) * room, self.uniform(-1, 1, count) * room
        grid = F.affine_grid(theta, images.shape, align_corners=True)
        images = F.grid_sample(images, grid, padding_mode="reflection", align_corners=True)
        bright, contrast, saturation = (column(self.uniform(0.8, 1.2, count)) for _ in range(3))
        grey = (images * self.luma).sum(1, keepdim=True)
        mean = grey.mean((2, 3), keepdim=True)
        images.mul_(bright * contrast * saturation).add_(
            grey * (bright * contrast * (1 - saturation)) + mean * (bright * (1 - contrast))).clamp_(0, 255)
        left, right, top, bottom = map(column, self.boxes(count))
        x, y = self.places.view(1, 1, 1, -1), self.places.view(1, 1, -1, 1)
        images = torch.where((x >= left) & (x < right) & (y >= top) & (y < bottom), self.fill, images)
        return images.div_(255).sub_(self.mean).div_(self.std)


def supcon_jaccard(rows, targets, temperature=0.1, beta=2.0):
    own = torch.eye(rows.size(0), dtype=torch.bool, device=rows.device)
    logits = rows @ rows.t() / temperature
    log_q = logits - logits.masked_fill(own, -1e9).logsumexp(1, keepdim=True)
    shared = targets @ targets.t()
    sizes = targets.sum(1)
    united = sizes[:, None] + sizes[None] - shared
    weights = (shared / united.clamp_min(1e-12)).pow(beta).masked_fill(own, 0)
    total = weights.sum(1)
    terms = -(weights * log_q).sum(1) / total.masked_fill(total <= 0, 1)
    counted = total > 0
    return terms.masked_fill(~counted, 0).sum() / counted.sum().clamp_min(1)


def make_optimizer(net, device):
    decayed = [p for p in net.parameters() if p.dim() > 1]
    plain = [p for p in net.parameters() if p.dim() <= 1]
    return torch.optim.AdamW([{"params": decayed, "weight_decay": 0.05}, {"params": plain, "weight_decay": 0}],
                             lr=1e-3, betas=(0.9, 0.999), eps=1e-8, fused=device.type == "cuda")


def read_pictures(folder, count, size):
    """uint8[count, size, size, 3]: the *.jpg of a folder in order, again and again where they are fewer."""
    import cv2
    cv2.setNumThreads(1)
    pixels = torch.empty((count, size, size, 3), dtype=torch.uint8)
    rows = pixels.numpy()

    files = sorted(pathlib.Path(folder).glob("*.jpg"))
    # As Lookbook does: the strongest reduced decode that leaves twice the size. All pictures are taken to be of one size.
    side = min(cv2.imread(str(files[0])).shape[:2])
    flag = next((flag for factor, flag in ((8, cv2.IMREAD_REDUCED_COLOR_8), (4, cv2.IMREAD_REDUCED_COLOR_4),
                                           (2, cv2.IMREAD_REDUCED_COLOR_2)) if side >= 2 * size * factor),
                cv2.IMREAD_COLOR)

    def read(item):
        row, path = item
        image = cv2.imread(str(path), flag)
        rows[row] = cv2.cvtColor(cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2RGB)

    with concurrent.futures.ThreadPoolExecutor(torch.get_num_threads()) as pool:
        for _ in pool.map(read, enumerate(itertools.islice(itertools.cycle(files), count))):
            pass
    return pixels


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--network", default="mobilenet_v2", choices=["mobilenet_v2", "resnet50"])
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--image-size", type=int, default=128)
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    parser.add_argument("--precision", default="fp32", choices=["fp32", "tf32", "bf16"])
    parser.add_argument("--loss", default="bce", choices=["bce", "supcon"])
    parser.add_argument("--ema", type=float, default=0)
    parser.add_argument("--steps", type=int, default=32)
    parser.add_argument("--warmup", type=int, default=16)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--pictures", default="")
    args = parser.parse_args()

    if args.threads:
        torch.set_num_threads(args.threads)
    device = torch.device(args.device)
    if device.type == "cuda":
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = args.precision == "tf32"
        torch.backends.cudnn.benchmark = True
    torch.manual_seed(1)
    steps = args.warmup + args.steps
    count = steps * args.batch
    decode = 0.0
    if args.pictures:
        start = time.perf_counter()
        pixels = read_pictures(args.pictures, count, args.image_size).to(device)
        decode = (time.perf_counter() - start) * args.steps / steps
    else:
        pixels = torch.empty((count, args.image_size, args.image_size, 3), dtype=torch.uint8, device=device)
        for part in pixels.split(1024):
            part.random_(0, 256)
    targets = (torch.rand(count, CLASSES, device=device) < 0.06).float()
    net = Network(args.network, args.loss == "supcon").to(device, memory_format=torch.channels_last).train()
    optimizer = make_optimizer(net, device)
    augment = Augment(device, args.image_size)
    autocast = torch.autocast(device.type, dtype=torch.bfloat16, enabled=args.precision == "bf16")
    parameters = list(net.parameters())
    average = [p.detach().clone() for p in parameters] if args.ema else None
    order = torch.randperm(count).to(device)
    waiting = []

    def wait():
        if device.type == "cuda":
            torch.cuda.synchronize()

    for step in range(steps):
        if step == args.warmup:
            wait()
            start = time.perf_counter()
        rows = order[step * args.batch:(step + 1) * args.batch]
        wanted = targets.index_select(0, rows)
        images = augment(pixels.index_select(0, rows)).contiguous(memory_format=torch.channels_last)
        logits, embedding = net(images, autocast)
        loss = F.binary_cross_entropy_with_logits(logits, wanted)
        if embedding is not None:
            loss = loss + supcon_jaccard(embedding, wanted)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        norm = nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        if average:
            torch._foreach_lerp_(average, [p.detach() for p in parameters], 1 - args.ema)
        waiting.append(torch.stack([loss.detach(), norm]))
        if len(waiting) == READ_EVERY:
            last_loss = torch.stack(waiting).cpu()[-1, 0].item()
            waiting.clear()
    wait()
    seconds = time.perf_counter() - start
    if waiting:
        last_loss = waiting[-1][0].item()
    print(json.dumps({
        "program": f"python torch {torch.__version__}", "network": args.network, "batch": args.batch,
        "image_size": args.image_size, "device": args.device, "precision": args.precision, "augment": "batch",
        "loss": args.loss, "optimizer": "adamw", "ema": args.ema, "steps": args.steps, "threads": torch.get_num_threads(),
        "seconds": seconds, "decode_seconds": decode, "images_per_second": args.steps * args.batch / seconds,
        "images_per_second_with_decode": args.steps * args.batch / (seconds + decode), "last_loss": last_loss}))


if __name__ == "__main__":
    main()
