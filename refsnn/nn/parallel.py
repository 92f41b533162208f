"""One step of training: the gradients of a batch by backpropagation, over slabs."""

from dataclasses import replace

from refsnn.nn.through_time import loss_over_time, rows


def _segments(layers):
    """Runs of layers that each slab passes on its own, cut at every layer that needs the whole
    batch.
    """
    start = 0
    for i, layer in enumerate(layers):
        if layer.whole_batch:
            yield range(start, i)
            yield range(i, i + 1)
            start = i + 1
    yield range(start, len(layers))


def _forward(layers, segment, h, run):
    """One slab through a segment: its output and the caches."""
    caches = []
    for i in segment:
        h, cache = layers[i].forward(h, run)
        caches.append(cache)
    return h, caches


def _backward(layers, segment, caches, dy):
    """One slab back through a segment: the gradient in its input and, by layer, in the parameters.

    Below the first layer with parameters nobody asks for gradients.
    """
    first = next((i for i, layer in enumerate(layers) if layer.params), len(layers))
    gradients = {}
    for i, cache in zip(reversed(segment), reversed(caches), strict=True):
        if i == first:
            gradients[i] = layers[i].gradients(cache, dy)
        elif i > first:
            dy, gradients[i] = layers[i].backward(cache, dy)
    return dy, gradients


def _added(slab_gradients, run_all):
    """The slabs' gradients added in order, a layer a thread."""

    def layer(i):
        total = slab_gradients[0][i]
        for gradients in slab_gradients[1:]:
            for name, gradient in gradients[i].items():
                total[name] += gradient
        return i, total

    return dict(run_all(layer, list(slab_gradients[0])))


def _own_losses(layers, segment, caches):
    return sum(layers[i].own_loss(cache) for i, cache in zip(segment, caches, strict=True))


def _reports(layers, segment, caches, watch):
    return (
        {i: layers[i].report(cache) for i, cache in zip(segment, caches, strict=True)}
        if watch
        else {}
    )


def _averaged(slab_reports, shares):
    """Means of what the slabs report, by their shares of the batch; of layers that report
    something.
    """
    return {
        i: {
            name: sum(
                share * report[i][name] for share, report in zip(shares, slab_reports, strict=True)
            )
            for name in named
        }
        for i, named in slab_reports[0].items()
        if named
    }


def gradient_step(net, x_seq, y, run, run_all, loss="mean", watch=False):
    """Loss, number right, the layers' gradients, new running statistics, and reports if `watch`,
    for one batch.

    `x_seq` is (steps, N, ...), with one step where the network repeats it itself. The batch is cut
    into fixed slabs, and the slabs' gradients are added in order: the same bits for any number of
    threads. A slab passes the layers on its own, but for layers that need the whole batch; after
    the last of these it goes to the loss and back in one go, so that what it computes is still in
    cache. What layers add to the loss by themselves is taken of every slab, by its share of the
    batch.
    """
    layers, parts, n = net.layers, net.slabs(len(y), run.T, x_seq.shape[2:]), len(y)
    shares = [(part.stop - part.start) / n for part in parts]
    runs = [replace(run, share=share) for share in shares]
    if any(layer.stochastic for layer in layers):
        runs = [
            replace(one, rng=rng) for one, rng in zip(runs, run.rng.spawn(len(parts)), strict=True)
        ]
    *segments, last = _segments(layers)
    hs, kept = [rows(x_seq, part) for part in parts], []
    for segment in segments:
        whole = len(segment) == 1 and layers[segment.start].whole_batch
        if whole:
            hs, caches = layers[segment.start].forward_slabs(hs, run, run_all)
        else:
            results = run_all(
                lambda job, segment=segment: _forward(layers, segment, *job),
                list(zip(hs, runs, strict=True)),
            )
            hs, caches = [h for h, _ in results], [cache for _, cache in results]
        kept.append((segment, whole, caches))

    def there_and_back(job):
        part, h, slab_run = job
        outputs, caches = _forward(layers, last, h, slab_run)
        value, doutputs, scores = loss_over_time(outputs, y[part], run.T, loss)
        dy, gradients = _backward(
            layers, last, caches, doutputs * doutputs.dtype.type(slab_run.share)
        )
        right = int((scores.argmax(axis=1) == y[part]).sum())
        value = value * slab_run.share + _own_losses(layers, last, caches)
        return value, right, dy, gradients, _reports(layers, last, caches, watch)

    results = run_all(there_and_back, list(zip(parts, hs, runs, strict=True)))
    losses, right, dys, slab_gradients, slab_reports = zip(*results, strict=True)
    totals, total = _added(slab_gradients, run_all), sum(losses)
    statistics, reports = {}, _averaged(slab_reports, shares)
    for segment, whole, caches in reversed(kept):
        if whole:
            dys, totals[segment.start] = layers[segment.start].backward_slabs(caches, dys, run_all)
            statistics[segment.start] = caches.buffers
        else:
            results = run_all(
                lambda job, segment=segment: _backward(layers, segment, *job),
                list(zip(caches, dys, strict=True)),
            )
            dys = [dy for dy, _ in results]
            totals |= _added([gradients for _, gradients in results], run_all)
            reports |= _averaged(
                [_reports(layers, segment, slab, watch) for slab in caches], shares
            )
            total += sum(_own_losses(layers, segment, slab) for slab in caches)
    return total, sum(right), totals, statistics, reports
