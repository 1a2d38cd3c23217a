"""Lightning: its Trainer trains, checkpoints, resumes bit for bit, and the best checkpoint is loaded at the end."""

import pytest
import torch
from torch import nn

lightning = pytest.importorskip("lightning")

from .networks import METHODS, classifier, equal_states, examples, latents, wrapped  # noqa: E402

pytestmark = [pytest.mark.filterwarnings("ignore")]


class Module(lightning.LightningModule):
    def __init__(self, method):
        super().__init__()
        self.net, self.method = classifier(), method

    def configure_optimizers(self):
        return wrapped(self.net, self.method)

    def training_step(self, batch, _):
        x, y = batch
        return nn.functional.cross_entropy(self.net(x), y)

    def validation_step(self, batch, _):
        x, y = batch
        self.log("loss", nn.functional.cross_entropy(self.net(x), y))


def fitted(method, folder, epochs, resume=None):
    data = torch.utils.data.TensorDataset(*examples())
    loader = torch.utils.data.DataLoader(data, batch_size=8)
    best = lightning.pytorch.callbacks.ModelCheckpoint(folder, monitor="loss", save_last=True)
    trainer = lightning.Trainer(
        max_epochs=epochs,
        accelerator="cpu",
        callbacks=[best],
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        gradient_clip_val=1.0,
    )
    module = Module(method)
    trainer.fit(module, loader, loader, ckpt_path=resume)
    return module, trainer.optimizers[0], best


@pytest.mark.parametrize("method", METHODS)
def test_train_resume_and_the_best_at_the_end(method, tmp_path):
    whole, opt, _ = fitted(method, tmp_path / "whole", 4)
    fitted(method, tmp_path / "parts", 2)
    module, again, best = fitted(
        method, tmp_path / "parts", 4, resume=str(tmp_path / "parts" / "last.ckpt")
    )
    assert opt.steps == again.steps == 16
    assert equal_states(whole.state_dict(), module.state_dict())
    assert all(map(torch.equal, latents(opt), latents(again)))
    state = torch.load(best.best_model_path, weights_only=True)["state_dict"]
    module.load_state_dict(state)
    again.freeze()
    exported, names = again.export(module.net)
    assert all(len(row.unique()) <= 4 for name in names for row in exported[name])
    assert equal_states(exported, module.net.state_dict())
