"""Whether results are the same bytes as before, command by command.

    python benchmarks/same_bytes.py --against REVISION [--only tiles batch]
    python benchmarks/same_bytes.py --record FILE.json [--only tiles batch] [--of REVISION]
    python benchmarks/same_bytes.py --compare FILE.json

Runs every command of the command line and the functions of the package on small versions of the
sample images, each in a process of its own, and takes the digest of each file that appears, of what
is printed (without seconds, and folders by name only) and of the exit code. ``--against`` does so
with the package of another git revision too and lists what differs. ``--record`` keeps the digests
of today, or of a revision, and ``--compare`` holds today's against such a record; both only on one
kind of processor, which the record names, since sums are rounded in the order of its registers.

``same_bytes.json`` is the record of the compiled loops with AVX-512 (``segprior --version`` tells
which are in use; ``SEGPRIOR_LOOPS`` chooses others, whose sums are rounded in another order).
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT / "examples" / "images"
SHORT = "--members 2 --iterations 6 --working-size 48"
DIP = "--first-iterations 4 --second-iterations 4 --working-size 48"

# Each line is one process after the other in a folder of its own; a command, or Python code.
CASES: dict[str, Sequence[str]] = {
    "help": (
        "--help", "--version", "foreground --help", "segment --help", "prior --help",
        "double-dip --help", "analyze --help", "batch --help", "batch segment --help",
        "batch double-dip --help", "reproduce --help", "evaluate --help",
        "evaluate regions --help", "evaluate foreground --help",
    ),
    "foreground": (
        "foreground chelsea.png -o m.png --overlay --cutout --confidence --table --json",
        "foreground cell.png coffee.png -o many/ --reading things --min-size 20 --fill-holes",
        "foreground coffee.png -o m.tif --reading object --invert --seed 3",
    ),
    "foreground-formats": tuple(
        f"foreground cell.png -o m.{suffix} {more}"
        for suffix, more in (
            ("geojson", ""), ("json", "--format coco"), ("json", "--format labelme"),
            ("npy", ""), ("ome.tif", ""), ("zarr", ""),
        )
    ),
    "foreground-inputs": (
        "foreground bands.npy -o bands.tif --json",
        "foreground deep.tif -o deep.png --value-range 0,4000",
        "foreground planes.tif -o page.png --page 1",
        "foreground first.npy -o first.png --channel-axis 0",
        "foreground alpha.png -o alpha.png.png --alpha keep",
        "foreground image.zarr -o zarr.png",
        "foreground flat.png -o flat.png.png --json",
    ),
    "foreground-dsp": (
        f"foreground chelsea.png -o m.png --preset dsp {SHORT} --save-prior --json",
        f"foreground chelsea.png -o n.png --preset dsp {SHORT} --snapshots 3,6",
        "foreground chelsea.png -o i.png --preset dsp --features image --clusters 4 --window 3",
        f"prior chelsea.png -o p.npz {SHORT}",
        "foreground chelsea.png -o q.png --preset dsp --prior p.npz",
        "foreground chelsea.png -o r.png --prior p.npz --reading object",
    ),
    "prior": (
        f"prior coffee.png -o p.png {SHORT} --snapshots 2,4 --json",
        f"prior coffee.png -o p.npz {SHORT} --features up2:6,down1:3,up1:4",
        f"prior bands.npy -o b.npy {SHORT}",
        "prior cell.png -o l.npz --members 3 --iterations 4 --working-size full --shared-noise",
        "prior coffee.png -o m.npz --members 4 --iterations 4 --median lower --working-size 40",
    ),
    "segment": (
        "segment coffee.png -o s.png --overlay --boundaries --confidence --table --json",
        "segment coffee.png -o t.png --coarseness 1 --min-size 40 --connected",
        "segment coffee.png -o u.tif --classes 5 --working-size 64",
        "segment noisy.png -o n.png --members 2 --json",
        "segment bands.npy -o b.geojson --edges prior --members 2",
        "segment coffee.png -o e.png --min-classes 40 --max-classes 60",
        "segment chelsea.png -o h.png --coarseness 0,.5 --hierarchy h.npz --ucm h.npy --table",
        "segment h.npz -o again.png --coarseness 1,.3 --confidence --ucm --json",
        "segment flat.png -o f.png --hierarchy --ucm f.tif",
    ),
    "segment-networks": (
        "segment coffee.png -o b.png --preset backprop --members 2 --iterations 12 --json",
        "segment coffee.png -o i.png --method backprop --superpixels image --iterations 12"
        " --n-superpixels 200 --warmup 3 --restarts",
        "segment coffee.png -o c.png --method continuity --iterations 10 --continuity 2"
        " --working-size 80 --json",
        "segment coffee.png -o d.png --method dynamic --iterations 10 --weighting fsf"
        " --working-size 80 --channels 20 --initial uniform",
        "segment coffee.png -o m.png --scribbles marks.png --iterations 10 --superpixels none"
        " --working-size 80",
        "segment coffee.png -o x.png --method dynamic --iterations 10 --classes 3"
        " --working-size 80",
    ),
    "double-dip": (
        f"double-dip chelsea.png -o a/ {DIP} --json",
        f"double-dip chelsea.png -o b/ --hint saliency {DIP}",
        f"double-dip chelsea.png -o c/ --scribbles marks.png {DIP}",
        f"double-dip chelsea.png -o d/ --hint mask.png {DIP}",
    ),
    "analyze": ("analyze coffee.png -o a/ --members 2 --iterations 6 --working-size 48 --json",),
    "tiles": (
        "foreground large.tif -o t.tif --tiles --tile-size 64 --overlap 16 --scale 1 --json",
        "foreground large.tif -o h.tif --tiles --tile-size 64 --overlap 16 --scale 0.5 "
        "--reading things",
        "foreground large.tif -o d.tif --tiles --tile-size 64 --overlap 16 --preset dsp "
        "--members 2 --iterations 5 --sampled-tiles 2 --json",
        "foreground large.tif -o i.tif --tiles --tile-size 64 --overlap 16 --preset dsp "
        "--features image",
        "segment large.tif -o s.tif --tiles --scale 0.5 --json",
        "segment large.tif -o c.tif --tiles --tile-size 64 --overlap 16 --method continuity "
        "--iterations 6 --working-size 64 --json",
        "segment large.tif -o b.zarr --tiles --tile-size 64 --overlap 16 --method backprop "
        "--iterations 6 --members 2 --working-size 64",
    ),
    "batch": (
        "batch foreground tree -o out --workers 1 --overlay --table",
        "batch foreground tree -o out --workers 1 --overlay --table --json",
        "batch foreground tree -o out --workers 1 --seed 2",
        "batch segment list.txt -o parts --workers 2 --coarseness 0",
        f"batch prior tree -o priors --workers 1 --pattern *.png {SHORT}",
        f"batch double-dip list.txt -o dips --workers 1 {DIP}",
    ),
    "evaluate": (
        "evaluate foreground --images scored --masks masks -m fast -m image -m baselines"
        " -o f.json --per-image f.csv --save-predictions kept",
        "evaluate foreground --images scored --masks masks --predictions kept/otsu",
        "evaluate regions --images scored --truth masks -m levels -m felzenszwalb:scale=50"
        " -m slic -m continuity:iterations=4,working_size=64 --boundaries -o r.csv",
        "evaluate regions --images scored --truth masks -m hierarchy -m felzenszwalb --curve"
        " --thresholds 9 --boundary-thresholds 4 --boundaries -o h.json",
    ),
    "reproduce": (f"reproduce -o r --only figure2 --preset fast {SHORT}",),
    "errors": (
        "", "nothing", "foreground", "foreground none.png -o m.png", "foreground coffee.png",
        "foreground coffee.png -o m.xyz", "foreground coffee.png -o m.png --members 0",
        "foreground coffee.png -o m.png --window 4 --preset dsp",
        "foreground coffee.png -o m.png --window 5",
        "foreground coffee.png -o m.png --reading object --preset dsp",
        "foreground coffee.png -o m.png --n-clusters 3",
        "foreground coffee.png -o m.png --clusters 1 --preset dsp",
        "foreground coffee.png -o m.png --method otsu",
        "foreground coffee.png -o m.png --preset best",
        "foreground coffee.png -o m.png --features what",
        "foreground coffee.png -o m.png --page 2",
        "foreground coffee.png -o m.png --page -2",
        "foreground coffee.png -o m.png --channel-axis 3",
        "foreground first.npy -o m.png --channel-axis 7",
        "foreground coffee.png -o m.png --value-range 3,1",
        "foreground coffee.png -o m.png --max-pixels 100",
        "foreground coffee.png -o m.png --alpha some",
        "foreground coffee.png -o m.png --device tpu",
        "foreground coffee.png -o m.png --seed -1",
        "foreground coffee.png -o m.png --min-size -1",
        "foreground coffee.png -o m.png --prior coffee.png",
        "foreground coffee.png -o m.png --snapshots 0",
        "foreground coffee.png -o m.png --working-size 8",
        "foreground coffee.png -o m.tif --tiles --scale 0",
        "foreground large.tif -o m.tif --tiles --fill-holes",
        "foreground large.tif -o m.tif --tiles --tile-size 8",
        "foreground large.tif -o m.tif --tiles --memory 1K",
        "foreground large.tif -o m.tif --tiles --overlay",
        "foreground large.tif -o m.tif --tiles --overlap 900 --tile-size 64",
        "foreground wide.npy -o m.jpg",
        "segment coffee.png -o m.png --coarseness 2",
        "segment coffee.png -o m.png --n-superpixels 10",
        "segment coffee.png -o m.png --method backprop --coarseness 0.3",
        "segment coffee.png -o m.png --method backprop --edges image",
        "segment coffee.png -o m.png --method watershed",
        "segment coffee.png -o m.png --classes 100000",
        "segment coffee.png -o m.png --min-classes 5 --max-classes 2",
        "segment coffee.png -o m.png --momentum 1 --preset backprop",
        "segment coffee.png -o m.png --channels 4 --classes 9 --preset backprop",
        "segment coffee.png -o m.png --scribbles marks.png --method hierarchy",
        "segment coffee.png -o m.png --scribbles cell.png",
        "segment coffee.png -o m.png --edges none",
        "segment flat.png -o m.png --classes 3",
        "segment coffee.png -o m.png --prior none.npz --edges image",
        "segment none.npz -o m.png",
        "segment none.npz -o m.png --overlay",
        "segment coffee.png -o m.png --hierarchy m.png",
        "segment coffee.png -o m.png --ucm --method continuity",
        "segment coffee.png -o m.png --coarseness 0,1 --classes 3",
        "segment large.tif -o m.tif --tiles --min-size 5",
        "segment large.tif -o m.tif --tiles --connected --method continuity",
        "prior coffee.png -o p.png --features up9:3", "prior coffee.png -o p.png --median top",
        "prior coffee.png -o p.png --learning-rate 0", "prior coffee.png -o p.npz --features up2",
        "double-dip coffee.png -o d/ --radius 0", "double-dip coffee.png -o d/ --hint none.png",
        "double-dip coffee.png -o d.png", "analyze coffee.png -o a/ --windows 2",
        "analyze coffee.png -o a/ --members 0", "batch", "batch nothing", "batch foreground",
        "batch foreground tree", "batch foreground tree -o out --workers -1",
        "batch foreground tree -o out --window 5", "batch segment tree -o out --interval 0",
        "batch segment tree -o out --scribbles marks.png", "evaluate", "evaluate regions",
        "evaluate regions --images scored --truth masks",
        "evaluate regions --images scored --truth masks -m slick",
        "evaluate regions --images scored --truth masks -m slic:segments=3",
        "evaluate regions --images scored --truth masks -m hierarchy:coarseness=4",
        "evaluate regions --images scored --truth masks -m fast --every 0",
        "evaluate foreground --images scored --masks masks -m fast:window=5",
        "reproduce -o r --only figure12", "reproduce -o r --members 0",
    ),
    "python": (
        "!segprior.foreground(image).save('a.png')",
        "!np.save('b.npy', segprior.foreground(image[..., 0], channel_axis=None).confidence)",
        "!segprior.foreground(image, preset='dsp', members=2, iterations=5).save('c.png')",
        "!segprior.segment(image, coarseness=0).save('d.png')",
        "!segprior.segment(image, preset='published', iterations=5, warmup=2, members=2,"
        " n_superpixels=90, working_size=64).save('e.png')",
        "!h = segprior.segment_hierarchy(image); np.savez('f.npz', r=h.regions, m=h.merges,"
        " c=h.costs, b=h.ucm(), t=h.cut(n_segments=9))",
        "!p = segprior.fit_prior(image, members=2, iterations=6, features=[('up2', 6),"
        " ('up3', 6)]); p.save('g.npz'); segprior.segment(image, prior=p).save('h.png')",
        "!segprior.double_dip(image, first_iterations=4, second_iterations=4,"
        " working_size=48).save('i')",
        "!np.save('j.npy', segprior.as_image('bands.npy', value_range=(0, 2)))",
        "!np.save('k.npy', segprior.ForegroundSegmenter(random_state=1).fit_predict(image))",
        "!np.save('l.npy', segprior.Segmenter(random_state=1).fit_predict(image))",
        "!print(segprior.foreground(image).table(image)['area'])",
        "!print(segprior.__all__)",
    ),
}  # fmt: skip
CODE = "import numpy as np, segprior; image = segprior.as_image('chelsea.png'); "


def make_inputs(folder: Path) -> None:
    """Write what the commands read: the sample images, small, and what can be made of them."""
    import tifffile
    import zarr

    def small(name: str, shape: tuple[int, int]) -> Image.Image:
        return Image.open(SAMPLES / name).convert("RGB").resize(shape)

    chelsea, coffee, cell = (
        small("chelsea.jpg", (120, 80)), small("coffee.jpg", (120, 80)), small("cell.png", (96, 96))
    )  # fmt: skip
    for name, picture in (("chelsea", chelsea), ("coffee", coffee), ("cell", cell)):
        picture.save(folder / f"{name}.png")
    rng = np.random.default_rng(0)
    pixels = np.asarray(coffee).astype(float)
    noisy = np.clip(pixels + rng.normal(0, 30, pixels.shape), 0, 255)
    Image.fromarray(noisy.astype(np.uint8)).save(folder / "noisy.png")
    Image.fromarray(np.full((40, 50, 3), 90, np.uint8)).save(folder / "flat.png")
    bands = np.stack([*np.moveaxis(np.asarray(chelsea), 2, 0), np.asarray(coffee)[..., 0]], 2)
    np.save(folder / "bands.npy", (bands / 255).astype(np.float32))
    np.save(folder / "wide.npy", np.repeat(bands / 255, 2, 2).astype(np.float32))
    np.save(folder / "first.npy", np.moveaxis(bands, 2, 0))
    grey = np.asarray(cell)[..., 0]
    tifffile.imwrite(folder / "deep.tif", grey.astype(np.uint16) * 16)
    tifffile.imwrite(folder / "planes.tif", np.stack([grey, grey.T, 255 - grey]))
    shape = np.zeros((80, 120), np.uint8)
    shape[20:60, 30:90] = 255
    Image.merge("RGBA", [*chelsea.split(), Image.fromarray(shape)]).save(folder / "alpha.png")
    Image.fromarray(shape).save(folder / "mask.png")
    marks = np.zeros((80, 120), np.uint8)
    marks[30:34, 40:80], marks[2:5, 5:100] = 1, 2
    Image.fromarray(marks).save(folder / "marks.png")
    zarr.save(str(folder / "image.zarr"), np.asarray(cell))
    large = np.asarray(Image.open(SAMPLES / "coffee.jpg").convert("RGB").resize((220, 150)))
    tifffile.imwrite(folder / "large.tif", large, tile=(64, 64), photometric="rgb")
    (folder / "tree" / "inner").mkdir(parents=True)
    chelsea.save(folder / "tree" / "one.png")
    cell.save(folder / "tree" / "inner" / "two.png")
    coffee.save(folder / "tree" / "three.tif")
    (folder / "list.txt").write_text("chelsea.png\ncoffee.png\nmissing.png\n", encoding="utf-8")
    for name, picture in (("chelsea", chelsea), ("coffee", coffee)):
        for place, what in (("scored", picture), ("masks", Image.fromarray(shape))):
            (folder / place).mkdir(exist_ok=True)
            what.save(folder / place / f"{name}.png")


def run_case(lines: Sequence[str], inputs: Path, source: Path) -> dict[str, str]:
    """Run the lines of a case one after the other; return digests by line and file."""
    found: dict[str, str] = {}
    environment = {
        **os.environ, "PYTHONPATH": str(source), "OMP_NUM_THREADS": "1", "COLUMNS": "100",
        "PYTHONWARNINGS": "ignore",
    }  # fmt: skip
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "work"
        shutil.copytree(inputs, folder)
        before = _files(folder)
        for line in lines:
            words = (
                ["-c", CODE + line[1:]]
                if line.startswith("!")
                else ["-m", "segprior", *line.split()]
            )
            done = subprocess.run(
                [sys.executable, *words], cwd=folder, env=environment, capture_output=True,
                text=True, check=False, stdin=subprocess.DEVNULL,
            )  # fmt: skip
            text = _without_times(f"{done.stdout}\n--\n{done.stderr}\n--\n{done.returncode}")
            if (
                line.startswith("evaluate") and not done.returncode
            ):  # a table with columns of seconds; the files have more
                text = re.sub(r"\s+", " ", re.sub(r"\b\d+\.\d+\b", "", text))
            text, settings = _settings_apart(text)
            found[line] = text.replace(name, "") if _is_short(text) else _digest(text.encode())
            if settings:
                found[f"{line} (settings)"] = _digest(settings.encode())
            after = _files(folder)
            for file in sorted(after):
                if before.get(file) != after[file]:
                    found[f"{line} > {file}"], *settings = after[file].split()
                    if settings:
                        found[f"{line} > {file} (settings)"] = settings[0]
            before = after
    return found


def _is_short(text: str) -> bool:
    """Whether it is a line or two, which are kept as they are, to be read where they differ."""
    return len(text) < 300


def _without_times(text: str) -> str:
    text = re.sub(r'("(?:cpu_)?seconds[^"]*": )[-\d.e]+', r"\g<1>0", text)
    text = re.sub(r'("(?:started|finished|time|mtime|mtime_ns|date|version)": )("[^"]*"|[\d.e+]+)',
                  r"\g<1>0", text)  # fmt: skip
    text = re.sub(r"\b\d+(\.\d+)? s\b", "0 s", text)
    return re.sub(r"/tmp/\w+/work", "WORK", text)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


def _files(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): _content(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _content(path: Path) -> str:
    """Digest of a file; of an ``.npz`` of its arrays, and of texts without the seconds in them."""
    data = path.read_bytes()
    if path.suffix == ".npz":
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            parts = [name.encode() + _plain(name, file.read(name)) for name in file.namelist()]
        return _digest(b"".join(parts))
    if path.suffix == ".csv":
        return _digest(_without_columns(data.decode()).encode())
    if path.suffix in (".html", ".md"):  # pages that say how long it took
        return _digest(re.sub(r"\d+\.?\d* s\b", "", data.decode()).encode())
    if path.suffix in (".json", ".jsonl"):
        text, settings = _settings_apart(_plain(path.name, data).decode())
        return " ".join(_digest(part.encode()) for part in (text, settings) if part)
    return _digest(_plain(path.name, data))


def _settings_apart(text: str) -> tuple[str, str]:
    """JSON, in lines or whole, without the settings in it, and these by themselves."""
    settings: list[Any] = []

    def without(value: Any) -> Any:
        if isinstance(value, list):
            return [without(item) for item in value]
        if not isinstance(value, dict):
            return value
        settings.extend(
            value[name] for name in value if name in ("settings", "config", "settings_hash")
        )
        # The digest of what a result depends on stands for its settings in some files.
        left_out = ("settings", "config", "settings_hash", "key")
        return {name: without(item) for name, item in value.items() if name not in left_out}

    lines = []
    try:
        lines.append(json.dumps(without(json.loads(text))))
    except ValueError:
        for line in text.splitlines():
            try:
                lines.append(json.dumps(without(json.loads(line))))
            except ValueError:
                lines.append(line)
    return "\n".join(lines), json.dumps(settings) if settings else ""


def _without_columns(text: str) -> str:
    """A table without its columns of seconds."""
    head, *rows = (line.split(",") for line in text.splitlines())
    kept = [number for number, name in enumerate(head) if "second" not in name]
    return "\n".join(",".join(row[number] for number in kept) for row in [head, *rows])


def _plain(name: str, data: bytes) -> bytes:
    if name.endswith((".json", ".jsonl", "meta", "meta.npy")):
        return _without_times(data.decode("utf-8", "replace")).encode()
    return data


@contextmanager
def checked_out(revision: str) -> Iterator[Path]:
    """The package's source at a revision, in a work tree of its own."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name) / "tree"
        git = ["git", "-C", str(ROOT), "worktree"]
        subprocess.run([*git, "add", "-q", "--detach", str(place), revision], check=True)
        try:
            yield place / "src"
        finally:
            subprocess.run([*git, "remove", "--force", str(place)], check=True)


def run_all(names: Sequence[str], sources: Sequence[Path]) -> list[dict[str, dict[str, str]]]:
    """Run cases with each of some sources; return their digests by case."""
    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(2) as pool:
        inputs = Path(name)
        make_inputs(inputs)
        waiting = [
            {case: pool.submit(run_case, CASES[case], inputs, source) for case in names}
            for source in sources
        ]
        return [{case: future.result() for case, future in of.items()} for of in waiting]


def differences(
    before: Mapping[str, Mapping[str, str]], today: Mapping[str, Mapping[str, str]]
) -> list[str]:
    """Say in lines what is not as it was."""
    lines = []
    for case in today:
        one, other = before.get(case, {}), today[case]
        for key in [*one, *(key for key in other if key not in one)]:
            if one.get(key) != other.get(key):
                lines += [f"{case}: {key}", f"  was {one.get(key)!r}", f"  is  {other.get(key)!r}"]
    return lines


def processor() -> dict[str, Any]:
    """What the digests depend on beside the code."""
    path = Path("/proc/cpuinfo")
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    flags = sorted(set(re.findall(r"\b(avx2|avx512f|amx_tile|asimd)\b", text)))
    return {"vectors": flags, "python": sys.version.split()[0], "numpy": np.__version__}


def main() -> int:
    """Run the cases that were asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--against", metavar="REVISION")
    parser.add_argument("--record", type=Path, metavar="FILE.json")
    parser.add_argument("--of", metavar="REVISION")
    parser.add_argument("--compare", type=Path, metavar="FILE.json")
    parser.add_argument("--only", nargs="+", choices=[*CASES], default=[*CASES])
    words = parser.parse_args()
    here = ROOT / "src"
    if words.against:
        with checked_out(words.against) as there:
            before, today = run_all(words.only, [there, here])
    else:
        with checked_out(words.of) if words.of else nullcontext(here) as source:
            (today,) = run_all(words.only, [source])
        if words.record:
            content = {"of": processor(), "cases": today}
            words.record.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
        if words.compare is None:
            print(sum(map(len, today.values())), "digests")
            return 0
        kept = json.loads(words.compare.read_text(encoding="utf-8"))
        if kept["of"] != processor():
            print(f"the record is of {kept['of']}, this is {processor()}: use --against")
        before = kept["cases"]
    lines = differences(before, today)
    print(*lines, sep="\n")
    count = sum(map(len, today.values()))
    print(f"{count} digests, {sum(not line.startswith('  ') for line in lines)} differ")
    return 1 if lines else 0


if __name__ == "__main__":
    raise SystemExit(main())
