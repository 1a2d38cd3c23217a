"""The tracker in a training loop that knows nothing of it."""

import torch
from torch import nn

from pqtheory.signs import SignTracker


def loop(net, after_epoch, epochs=4):
    """Adam on random data; gives the weights after each epoch."""
    g = torch.Generator().manual_seed(1)
    x, y = torch.randn(32, 3, 8, 8, generator=g), torch.randint(4, (32,), generator=g)
    optimizer = torch.optim.Adam(net.parameters(), lr=0.05)
    path = []
    for _ in range(epochs):
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        optimizer.step()
        after_epoch()
        path.append({name: p.detach().clone() for name, p in net.named_parameters()})
    return path


def made():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 5, 3), nn.BatchNorm2d(5), nn.Flatten(), nn.Linear(180, 4))


def test_three_lines_follow_any_loop_and_change_nothing():
    net, seen = made(), []
    start = {name: p.detach().clone() for name, p in net.named_parameters()}
    tracker = SignTracker(net.named_parameters())
    path = loop(net, lambda: seen.append(tracker.update(net.named_parameters())))
    for signs, before, weights in zip(seen, [start, *path], path, strict=False):
        for name, now in weights.items():
            flips = (now >= 0) != (before[name] >= 0)
            changed = (now >= 0) != (start[name] >= 0)
            assert signs[name].flips == flips.double().mean().item()
            assert signs[name].change_from_start == changed.double().mean().item()
    assert seen[-1]["all"].flips_per_weight > 0
    untracked = loop(made(), lambda: None)
    for tracked_weights, weights in zip(path, untracked, strict=True):
        for name in weights:
            assert torch.equal(tracked_weights[name], weights[name])
