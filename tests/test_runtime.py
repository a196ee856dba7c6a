"""Seeds, tiers and chunks."""

import pytest
import torch

from memorize import runtime


def test_streams_are_named_and_repeatable():
    one = torch.rand(4, generator=runtime.generator("a", seed=1))
    assert torch.equal(one, torch.rand(4, generator=runtime.generator("a", seed=1)))
    assert not torch.equal(one, torch.rand(4, generator=runtime.generator("b", seed=1)))
    assert not torch.equal(one, torch.rand(4, generator=runtime.generator("a", seed=2)))


def test_master_seed_comes_from_the_environment(monkeypatch):
    monkeypatch.setenv("MEMORIZE_SEED", "17")
    assert runtime.derived_seed("a") == runtime.derived_seed("a", 17)
    monkeypatch.setenv("MEMORIZE_SEED", "x")
    with pytest.raises(ValueError, match="MEMORIZE_SEED must be an integer, got 'x'"):
        runtime.derived_seed("a")


def test_tier_is_one_of_two(monkeypatch):
    monkeypatch.delenv("MEMORIZE_TIER", raising=False)
    assert runtime.tier() == "laptop"
    monkeypatch.setenv("MEMORIZE_TIER", "cluster")
    with pytest.raises(ValueError, match="MEMORIZE_TIER must be one of laptop, gpu"):
        runtime.tier()


def test_device_can_be_chosen(monkeypatch):
    monkeypatch.setenv("MEMORIZE_DEVICE", "meta")
    assert runtime.device() == torch.device("meta")


def test_chunks_add_up():
    assert list(runtime.chunks(10, 4)) == [4, 4, 2]
    assert list(runtime.chunks(3, 5)) == [3]
    with pytest.raises(ValueError, match="chunk must be an integer of at least 1"):
        list(runtime.chunks(3, 0))
