"""The datasets refsnn knows: what they are, whom to cite, and where their official files come
from.
"""

from dataclasses import dataclass
from typing import NamedTuple


class Remote(NamedTuple):
    """An official file: where it is, its size in bytes and its published checksum."""

    url: str
    size: int
    sha256: str

    @property
    def filename(self):
        """Last part of the address."""
        return self.url.rsplit("/", 1)[1]


@dataclass(frozen=True)
class Entry:
    """One dataset.

    The files (or folders) `members` are read from `data_home/folder`, else from
    `data_home/archive`, else from `system_folder`. A bundled dataset has none of them. One without
    `remotes` is got by hand from `page`, in `size` bytes, about.
    """

    name: str
    what: str
    licence: str
    citation: str
    folder: str = ""
    members: tuple[str, ...] = ()
    remotes: tuple[Remote, ...] = ()
    archive: str | None = None
    system_folder: str | None = None
    page: str | None = None
    size: int = 0


# Addresses, sizes and checksums as TensorFlow Datasets records them
# (tensorflow_datasets/url_checksums): the sites of the authors, for MNIST a copy. The authors
# themselves publish MD5 sums only, or none.
FASHION_MNIST_SITE = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"
MNIST_SITE = "https://storage.googleapis.com/cvdf-datasets/mnist/"
CIFAR_SITE = "https://www.cs.toronto.edu/~kriz/"
IDX_FILES = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)
KRIZHEVSKY = (
    "A. Krizhevsky (2009), Learning multiple layers of features from tiny images, "
    "University of Toronto"
)

ENTRIES = {
    entry.name: entry
    for entry in (
        Entry(
            "digits",
            "1,797 handwritten digits, 8 x 8, grey, bundled",
            "CC BY 4.0",
            "E. Alpaydin and C. Kaynak (1998), Optical Recognition of Handwritten Digits, UCI "
            "Machine Learning Repository, https://doi.org/10.24432/C50P49",
        ),
        Entry(
            "fashion-mnist",
            "70,000 articles of clothing, 28 x 28, grey",
            "MIT",
            "H. Xiao, K. Rasul and R. Vollgraf (2017), Fashion-MNIST: a novel image dataset for "
            "benchmarking machine learning algorithms, https://arxiv.org/abs/1708.07747",
            folder="fashion-mnist",
            members=IDX_FILES,
            system_folder="/usr/share/datasets/fashion-mnist",
            remotes=(
                Remote(
                    FASHION_MNIST_SITE + IDX_FILES[0],
                    26_421_880,
                    "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
                ),
                Remote(
                    FASHION_MNIST_SITE + IDX_FILES[1],
                    29_515,
                    "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
                ),
                Remote(
                    FASHION_MNIST_SITE + IDX_FILES[2],
                    4_422_102,
                    "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
                ),
                Remote(
                    FASHION_MNIST_SITE + IDX_FILES[3],
                    5_148,
                    "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
                ),
            ),
        ),
        Entry(
            "mnist",
            "70,000 handwritten digits, 28 x 28, grey",
            "CC BY-SA 3.0",
            "Y. LeCun, L. Bottou, Y. Bengio and P. Haffner (1998), Gradient-based learning "
            "applied to document recognition, Proceedings of the IEEE 86(11), 2278-2324, "
            "https://doi.org/10.1109/5.726791",
            folder="mnist",
            members=IDX_FILES,
            remotes=(
                Remote(
                    MNIST_SITE + IDX_FILES[0],
                    9_912_422,
                    "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
                ),
                Remote(
                    MNIST_SITE + IDX_FILES[1],
                    28_881,
                    "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
                ),
                Remote(
                    MNIST_SITE + IDX_FILES[2],
                    1_648_877,
                    "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
                ),
                Remote(
                    MNIST_SITE + IDX_FILES[3],
                    4_542,
                    "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
                ),
            ),
        ),
        Entry(
            "cifar10",
            "60,000 photographs in 10 classes, 32 x 32, colour",
            "none stated",
            KRIZHEVSKY,
            folder="cifar-10-batches-bin",
            archive="cifar-10-binary.tar.gz",
            members=(*(f"data_batch_{i}.bin" for i in range(1, 6)), "test_batch.bin"),
            remotes=(
                Remote(
                    CIFAR_SITE + "cifar-10-binary.tar.gz",
                    170_052_171,
                    "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
                ),
            ),
        ),
        Entry(
            "cifar100",
            "60,000 photographs in 100 classes, 32 x 32, colour",
            "none stated",
            KRIZHEVSKY,
            folder="cifar-100-binary",
            archive="cifar-100-binary.tar.gz",
            members=("train.bin", "test.bin"),
            remotes=(
                Remote(
                    CIFAR_SITE + "cifar-100-binary.tar.gz",
                    168_513_733,
                    "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec",
                ),
            ),
        ),
        Entry(
            "nmnist",
            "70,000 recordings of MNIST by an event camera, 34 x 34",
            "CC BY-SA 4.0",
            "G. Orchard, A. Jayawant, G. K. Cohen and N. Thakor (2015), Converting static image "
            "datasets to spiking neuromorphic datasets using saccades, Frontiers in Neuroscience "
            "9, 437, https://doi.org/10.3389/fnins.2015.00437",
            folder="N-MNIST",
            members=("Train", "Test"),
            page="https://www.garrickorchard.com/datasets/n-mnist",
            size=1_100_000_000,
        ),
    )
}
