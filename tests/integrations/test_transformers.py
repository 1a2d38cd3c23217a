"""Hugging Face Transformers: its Trainer trains, resumes bit for bit and loads the best; models make the round trip."""

import copy

import pytest
import torch

transformers = pytest.importorskip("transformers")
pytest.importorskip("accelerate")

from pqtheory.networks.export import load_quantized, save_quantized  # noqa: E402

from .networks import METHODS, equal_states, latents, wrapped  # noqa: E402

pytestmark = [pytest.mark.filterwarnings("ignore")]


def language_model(seed=0):
    torch.manual_seed(seed)
    config = transformers.GPT2Config(
        vocab_size=24, n_positions=8, n_embd=16, n_layer=1, n_head=2, resid_pdrop=0.0
    )
    return transformers.GPT2LMHeadModel(config)


class Sentences(torch.utils.data.Dataset):
    def __init__(self):
        self.tokens = torch.randint(0, 24, (16, 8), generator=torch.Generator().manual_seed(0))

    def __len__(self):
        return len(self.tokens)

    def __getitem__(self, index):
        return {"input_ids": self.tokens[index], "labels": self.tokens[index]}


def trainer(folder, method, steps, **options):
    model = language_model()
    opt = wrapped(model, method)
    arguments = transformers.TrainingArguments(
        output_dir=str(folder),
        max_steps=steps,
        per_device_train_batch_size=4,
        save_strategy="steps",
        save_steps=2,
        eval_strategy="steps",
        eval_steps=2,
        lr_scheduler_type="constant",
        report_to=[],
        use_cpu=True,
        disable_tqdm=True,
        seed=0,
        **options,
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(opt, lambda _: 1.0)
    return transformers.Trainer(
        model=model,
        args=arguments,
        train_dataset=Sentences(),
        eval_dataset=Sentences(),
        optimizers=(opt, schedule),
    ), opt


@pytest.mark.parametrize("method", ["proxquant", "binaryconnect"])
def test_the_trainer_resumes_bit_for_bit_and_loads_the_best(method, tmp_path):
    whole, opt = trainer(tmp_path / "whole", method, 4)
    whole.train()
    assert opt.steps == 4
    again, other = trainer(tmp_path / "whole", method, 4)
    again.train(resume_from_checkpoint=str(tmp_path / "whole" / "checkpoint-2"))
    assert other.steps == 4
    assert all(map(torch.equal, latents(opt), latents(other)))
    assert equal_states(whole.model.state_dict(), again.model.state_dict())
    best, last = trainer(
        tmp_path / "best",
        method,
        4,
        load_best_model_at_end=True,
        metric_for_best_model="eval_loss",
        # the first checkpoint is the best by this measure
        greater_is_better=True,
    )
    best.train()
    assert best.state.best_global_step == 2
    there = best.state.best_model_checkpoint
    kept = transformers.GPT2LMHeadModel.from_pretrained(there).state_dict()
    assert equal_states(kept, best.model.state_dict())
    # what the best model shows are the latent weights from now on
    assert all(torch.equal(p, v) for p, v in last.latent_parameters())
    last.freeze()
    best.save_model(tmp_path / "frozen")
    back = transformers.GPT2LMHeadModel.from_pretrained(tmp_path / "frozen")
    assert equal_states(back.state_dict(), best.model.state_dict())


@pytest.mark.parametrize("method", METHODS)
def test_from_split_to_frozen_export_and_back(method, tmp_path):
    model, tokens = language_model(), Sentences().tokens
    opt = wrapped(model, method)
    for _ in range(3):
        opt.zero_grad()
        model(input_ids=tokens, labels=tokens).loss.backward()
        opt.step()
    opt.freeze()
    model.eval()
    file = tmp_path / "net.safetensors"
    # the head is the embedding
    state, names = opt.export(model)
    tied = {"lm_head.weight"} & set(names)
    save_quantized(file, {k: v for k, v in state.items() if k not in tied}, set(names) - tied)
    other = language_model(5).eval()
    missing, unexpected = other.load_state_dict(load_quantized(file), strict=False)
    assert set(missing) <= {"lm_head.weight"}
    assert not unexpected
    with torch.no_grad():
        assert torch.equal(model(input_ids=tokens).logits, other(input_ids=tokens).logits)
    again = wrapped(copy.deepcopy(model), method)
    again.load_state_dict(opt.state_dict())
    assert again.frozen
