"""A job that is killed while it trains."""

from refsnn.nn import training


def in_epoch_2(monkeypatch):
    """The second epoch that is trained ends with Ctrl-C; returns the list of epochs begun."""
    train_epoch, begun = training._train_epoch, []

    def watched(task, state, epoch, *others):
        begun.append(epoch)
        if len(begun) == 2:
            raise KeyboardInterrupt
        return train_epoch(task, state, epoch, *others)

    monkeypatch.setattr(training, "_train_epoch", watched)
    return begun
