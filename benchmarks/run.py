"""Times of the library's work, warm, beside PyTorch's where it is installed: `make bench`.

Every row is the median of seven runs after two for warming up. Both sides compute the same thing, which is checked
before a ratio is printed. Prints a table, and names the BLAS kernel, the threads and the versions it was measured
with.
"""
import importlib.util
import platform
import statistics
import time

import numpy as np
import threadpoolctl

from refsnn import __version__, convert, nn, snn
from refsnn.kernels.threads import available, workers
from refsnn.nn.step import gradient_step

WARM, RUNS = 2, 7


def milliseconds(work):
    """Median time of `work()`."""
    times = []
    for _ in range(WARM + RUNS):
        start = time.perf_counter()
        work()
        times.append(1e3 * (time.perf_counter() - start))
    return statistics.median(times[WARM:])


def cnn(rng):
    """The network conv16-pool-conv32-pool-dense128-dense10."""
    return nn.Sequential([
        nn.Conv2d(1, 16, 3, padding=1, rng=rng), nn.ReLU(), nn.AvgPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1, rng=rng), nn.ReLU(), nn.AvgPool2d(2),
        nn.Flatten(), nn.Dense(7 * 7 * 32, 128, rng=rng), nn.ReLU(), nn.Dense(128, 10, rng=rng)])


def mlp(rng):
    """The network 784-512-512-10."""
    return nn.Sequential([nn.Flatten(), nn.Dense(784, 512, rng=rng), nn.ReLU(), nn.Dense(512, 512, rng=rng), nn.ReLU(),
                          nn.Dense(512, 10, rng=rng)])


def gradients_ours(net, x, y, threads):
    """Loss and gradients of a batch, as `nn.fit` computes them, and the work to be timed."""
    def work():
        with workers(threads) as run_all:
            return gradient_step(net, x[None], y, nn.Run(train=True), run_all)
    loss, _, gradients, *_ = work()
    return loss, gradients[0]["weight"], work


def gradients_torch(net, x, y, threads):
    """The same in PyTorch, on its own layout."""
    import torch
    torch.set_num_threads(threads)
    layers = []
    for layer in net:
        if isinstance(layer, nn.Conv2d):
            twin = torch.nn.Conv2d(layer.c_in, layer.c_out, layer.kernel_size, padding=layer.padding)
            twin.weight.data = torch.tensor(layer.weight.transpose(3, 2, 0, 1).copy())
            twin.bias.data = torch.tensor(layer.bias)
        elif isinstance(layer, nn.Dense):
            weight = layer.weight
            if layer.n_in == 7 * 7 * 32:      # channel-first features
                weight = weight.reshape(7, 7, 32, -1).transpose(2, 0, 1, 3).reshape(layer.n_in, -1)
            twin = torch.nn.Linear(layer.n_in, layer.n_out)
            twin.weight.data, twin.bias.data = torch.tensor(weight.T.copy()), torch.tensor(layer.bias)
        else:
            twin = {"ReLU": torch.nn.ReLU(), "AvgPool2d": torch.nn.AvgPool2d(2), "Flatten": torch.nn.Flatten()}[
                type(layer).__name__]
        layers.append(twin)
    model, criterion = torch.nn.Sequential(*layers), torch.nn.CrossEntropyLoss()
    x, y = torch.tensor(x.transpose(0, 3, 1, 2).copy()), torch.tensor(y)

    def work():
        model.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        return loss
    return work().item(), model[0].weight.grad.numpy().transpose(2, 3, 1, 0), work


def training_rows(rng):
    """Loss and gradients of a batch of 128 images of 28 x 28."""
    net, x, y = cnn(rng), rng.random((128, 28, 28, 1), dtype=np.float32), rng.integers(0, 10, 128)
    for threads in sorted({1, available()}):
        loss, weight, work = gradients_ours(net, x, y, threads)
        ours, peer = milliseconds(work), None
        if importlib.util.find_spec("torch"):
            peer_loss, peer_weight, work = gradients_torch(net, x, y, threads)
            # float32 sums in another order: both agree to a few hundred units in the last place
            if not (np.isclose(loss, peer_loss, rtol=1e-4) and np.allclose(weight, peer_weight, rtol=1e-2, atol=1e-4)):
                raise SystemExit("The two libraries computed different gradients; no ratio is printed.")
            peer = milliseconds(work)
        yield ["CNN gradients, batch 128", threads, ours, peer]


def simulation_rows(rng):
    """1,000 images of 28 x 28 through converted networks, T = 16, encoding included."""
    x = rng.random((1000, 28, 28, 1), dtype=np.float32)**3
    for name, build in (("MLP", mlp), ("CNN", cnn)):
        net = convert.to_spiking(build(rng), calibration_data=x[:100])
        for encoder in (snn.Direct(), snn.Poisson()):
            for threads in sorted({1, available()}):
                label = f"{name} simulation, {type(encoder).__name__}, T = 16"
                yield [label, threads, milliseconds(lambda net=net, encoder=encoder, threads=threads: snn.simulate(
                    net, x, 16, encoder=encoder, rng=np.random.default_rng(0), threads=threads)), None]


def main():
    """Print the table."""
    rng = np.random.default_rng(0)
    rows = []
    for row in [*training_rows(rng), *simulation_rows(rng)]:
        work, threads, ours, peer = row
        rows.append([work, str(threads), f"{ours:.1f}", "" if peer is None else f"{peer:.1f}",
                     "" if peer is None else f"{peer / ours:.2f}"])
    kernels = {library.get("architecture", "?") for library in threadpoolctl.threadpool_info()
               if library["user_api"] == "blas"}
    for row in [["work", "threads", "refsnn ms", "torch ms", "torch / refsnn"], *rows]:
        print(f"{row[0]:<38}" + "".join(f"{cell:>16}" for cell in row[1:]))
    print(f"refsnn {__version__}, NumPy {np.__version__} ({', '.join(sorted(kernels))}), Python "
          f"{platform.python_version()}, {platform.machine()}")
    if not importlib.util.find_spec("torch"):
        print("PyTorch is not installed, so only our own times are shown; `make parity` says how to get a CPU build.")


if __name__ == "__main__":
    main()
