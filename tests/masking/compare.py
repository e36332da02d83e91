"""Compares masked files with their originals through decoders by other people, and prints a table.

    compare.py FOLDER RELEASE VAULT

FOLDER is what make.py left; every file of FOLDER/in was given to the program with FOLDER/rules.toml. Each original is
decoded by every decoder that can, its output by the same decoders. Outside the effective regions of the ledger no sample
may differ; inside the requested ones all samples must be equal. A decoder that misreads an original which another one
reads right is left out of that case, and the table says so. Ends with 1 when that fails, or when a case whose frames can be
masked was not released.
"""

import csv
import json
import subprocess
import sys
import tempfile
import warnings
import zlib
from collections import Counter, defaultdict
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pydicom
from pydicom.encaps import generate_frames
from pydicom.pixels import pixel_array

from make import DEFLATED_FRAMES, JPEG, MASKS, RAW_FRAMES, RLE, ROOT, image

warnings.simplefilter("ignore")
try:
    import imagecodecs
except ImportError:
    imagecodecs = None

# What cannot be masked must be quarantined: video, progressive frames, which are retired, and lossy JPEG XL, whose
# samples no two decoders agree on.
HELD = ("mpeg2", "h264", "hevc", "jpeg-baseline_cjpeg_8-8_monochrome2_progressive", "jpeg-xl-lossy")
NATIVE = {ROOT, ROOT + ".1", ROOT + ".1.99", ROOT + ".2"}
# An irreversible wavelet may be rounded one up or down, and what is frozen is what OpenJPEG makes of it.
ROUNDED = {"htj2k-lossy": "imagecodecs"}


def shaped(array, ds):
    frames, samples = int(ds.get("NumberOfFrames", 1)), ds.SamplesPerPixel
    return np.asarray(array).reshape(frames, ds.Rows, ds.Columns, samples).astype(np.int64)


def by_pydicom(path):
    ds = pydicom.dcmread(path)
    return shaped(pixel_array(ds, raw=True), ds)


def by_frames(path):
    """Uncompressed frames in fragments, each read as a native file of its own."""
    ds = pydicom.dcmread(path)
    frames = list(generate_frames(ds.PixelData, number_of_frames=int(ds.get("NumberOfFrames", 1))))
    ds.file_meta.TransferSyntaxUID = ROOT + ".1"
    ds["PixelData"].is_undefined_length = False
    ds.NumberOfFrames, decoded = 1, []
    for frame in frames:
        ds.PixelData = frame
        decoded.append(shaped(pixel_array(ds, raw=True), ds))
    return np.concatenate(decoded)


def by_program(words):
    """A program that writes a native file; no colour is converted."""
    def decode(path):
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "out.dcm"
            subprocess.run([*words, path, out], check=True, capture_output=True, timeout=60)
            ds = pydicom.dcmread(out)
            if ds.file_meta.TransferSyntaxUID not in NATIVE:
                raise ValueError("it is still coded")
            return shaped(pixel_array(ds, raw=True), ds)
    return decode


def by_imagecodecs(path):
    ds = pydicom.dcmread(path)
    syntax = ds.file_meta.TransferSyntaxUID
    name = {value: key for key, value in JPEG.items()}.get(syntax, "")
    if syntax == DEFLATED_FRAMES:
        kind = np.dtype(f"<u{ds.BitsAllocated // 8}")
        decode = lambda frame: np.frombuffer(zlib.decompressobj(wbits=-15).decompress(frame), kind)
    elif name.startswith("ls"):
        decode = imagecodecs.jpegls_decode
    elif name.startswith("2000"):
        decode = imagecodecs.jpeg2k_decode
    elif name.startswith("ht"):
        decode = imagecodecs.htj2k_decode
    elif name == "xl-jpeg":
        decode = lambda frame: jpeg(imagecodecs.jpegxl_decode_jpeg(frame), ds)
    elif name == "baseline":
        decode = lambda frame: jpeg(frame, ds)
    elif name.startswith("xl"):
        decode = imagecodecs.jpegxl_decode
    elif name.startswith("lossless"):
        decode = imagecodecs.jpegsof3_decode
    else:
        raise ValueError("not of its kinds")
    frames = generate_frames(ds.PixelData, number_of_frames=int(ds.get("NumberOfFrames", 1)))
    decoded = shaped([decode(frame) for frame in frames], ds)
    # Signs are the data set's matter to most of its decoders.
    low = 1 << ds.BitsStored - 1
    return (decoded + low & 2 * low - 1) - low if ds.PixelRepresentation else decoded


def jpeg(frame, ds):
    """Decodes with libjpeg-turbo; no colour is converted."""
    return imagecodecs.jpeg8_decode(frame, outcolorspace="YCBCR" if ds.SamplesPerPixel == 3 else None)


def decoders(syntax):
    if syntax == RAW_FRAMES:
        return {"pydicom": by_frames}
    found = {"pydicom": by_pydicom}
    if imagecodecs:
        found["imagecodecs"] = by_imagecodecs
    name = {value: key for key, value in JPEG.items()}.get(syntax, "")
    if syntax == RLE:
        found["dcmtk"] = by_program(["dcmdrle"])
    elif name in ("baseline", "extended", "lossless", "lossless-sv1"):
        found["dcmtk"] = by_program(["dcmdjpeg", "--conv-never"])
    elif name.startswith("ls"):
        found["dcmtk"] = by_program(["dcmdjpls"])
    elif syntax in NATIVE:
        found["dcmtk"] = by_program(["dcmconv", "+te"])
    if syntax == RLE or name.startswith(("2000", "ls", "lossless")):
        found["gdcm"] = by_program(["gdcmconv", "--raw"])
    return found


def attempt(decode, path):
    try:
        return decode(path), ""
    except Exception as why:  # Any decoder may refuse in a way of its own.
        return None, str(why).split("\n")[0][:80]


def area(shape, rectangles, grow=0):
    """True in the pixels of the rectangles, `grow` wider on each side (narrower when negative)."""
    inside = np.zeros(shape, dtype=bool)
    for x, y, width, height in rectangles:
        left, top = max(x - grow, 0), max(y - grow, 0)
        inside[top:max(y + height + grow, 0), left:max(x + width + grow, 0)] = True
    return inside


def differences(before, after, effective, subsampled, rounded):
    """What is wrong with one pair of decoded images."""
    if before.shape != after.shape:
        return [f"shape {before.shape} became {after.shape}"]
    wrong = []
    for sample in range(before.shape[3]):
        # A decoder that smooths subsampled colour carries it over the border; the luminance is exact.
        ring = 2 if subsampled and sample > 0 else 0
        hidden = area(before.shape[1:3], effective, ring)
        changed = np.abs(before - after)[:, ~hidden, sample]
        # One decoder lets a value wrap around that another one rounds within its range.
        changed = np.where(np.isin(changed, (1, 255, 4095, 65535)), 0, changed) if rounded else changed
        if changed.size and changed.max():
            wrong.append(f"sample {sample}: {np.count_nonzero(changed)} differ outside, by {changed.max()}")
        filled = area(before.shape[1:3], MASKS) & ~area_border(before.shape[1:3], effective, ring)
        values = after[:, filled, sample]
        if values.size and values.min() != values.max():
            wrong.append(f"sample {sample}: not constant inside, {values.min()} to {values.max()}")
    if np.array_equal(before, after):
        wrong.append("nothing is hidden")
    return wrong


def area_border(shape, effective, ring):
    """True within `ring` pixels of a border between hidden and other pixels."""
    if not ring:
        return np.zeros(shape, dtype=bool)
    hidden = np.pad(area(shape, effective), ring, mode="edge")
    near = np.zeros(shape, dtype=bool)
    for dy in range(2 * ring + 1):
        for dx in range(2 * ring + 1):
            near |= ~hidden[dy:dy + shape[0], dx:dx + shape[1]]
    return near


def check(name, source, output, leaf):
    """Compares one pair; returns output syntax, decoders that agreed, what is wrong, what to know."""
    before_head, after_head = (pydicom.dcmread(path, stop_before_pixels=True) for path in (source, output))
    shape = (before_head.Rows, before_head.Columns)
    effective = [mask["effective"] for mask in leaf["masks"]]
    syntax = after_head.file_meta.TransferSyntaxUID
    wrong, agreed = [], []
    if (area(shape, MASKS) & ~area(shape, effective)).any():
        wrong.append("the ledger's effective regions do not cover what was asked for")
    subsampled = name.startswith(("jpeg-baseline", "jpeg-extended", "jpeg-xl-jpeg")) and before_head.SamplesPerPixel == 3
    before_syntax, after_decoders = before_head.file_meta.TransferSyntaxUID, decoders(syntax)
    originals, notes = readable(name, source, before_head, decoders(before_syntax))
    for decoder, before in originals.items():
        if before_syntax != syntax and decoder not in after_decoders:
            continue
        after, why = attempt(after_decoders[decoder], output)
        rounded = ROUNDED.get(name.split("_")[0]) == decoder
        found = [f"the output does not decode: {why}"] if after is None else differences(
            before, after, effective, subsampled, rounded)
        wrong += [f"{decoder}: {text}" for text in found]
        agreed += [f"{decoder} but for rounding" if rounded else decoder] if not found else []
    if not agreed and not wrong:
        wrong.append("no decoder decodes the original")
    return syntax, agreed, wrong, notes


def readable(name, source, head, candidates):
    """Decodes an original by all decoders; leaves out those that misread what another one reads right."""
    decoded = {decoder: attempt(decode, source)[0] for decoder, decode in candidates.items()}
    decoded = {decoder: array for decoder, array in decoded.items() if array is not None}
    frames = int(head.get("NumberOfFrames", 1))
    truth = image(head.SamplesPerPixel, head.BitsAllocated, head.BitsStored, head.PixelRepresentation == 1, frames,
                  columns=head.Columns)
    right = {decoder for decoder, array in decoded.items() if np.array_equal(array, truth)}
    if not right or right == set(decoded):
        return decoded, []
    return {decoder: decoded[decoder] for decoder in decoded if decoder in right}, [
        f"{decoder} misreads the original" for decoder in decoded if decoder not in right]


def judge(source, row, release, leaves):
    """Returns the kind of outcome of one case and what the table says of it."""
    name, held = source.stem, source.stem.startswith(HELD)
    if row["state"] != "released":
        return "held as it must be" if held else "not released", f"{row['state']}: {row['reason']}"
    output = release / row["release"]
    leaf = leaves[pydicom.dcmread(output, stop_before_pixels=True).SOPInstanceUID]
    syntax, agreed, wrong, notes = check(name, source, output, leaf)
    wrong += ["it should have been held"] if held else []
    line = "WRONG: " + "; ".join(wrong) if wrong else "exact by " + ", ".join(agreed)
    before = pydicom.dcmread(source, stop_before_pixels=True).file_meta.TransferSyntaxUID
    line += f", written as {syntax}" if before != syntax else ""
    return "wrong" if wrong else "exact", line + "".join(f" ({note})" for note in notes)


def main():
    folder, release, vault = map(Path, sys.argv[1:4])
    ledger = [json.loads(line) for line in (release / "audit/ledger.jsonl").read_text().splitlines()]
    leaves = {leaf["instance"]: leaf for leaf in ledger if "instance" in leaf}
    with open(vault / "index.csv", newline="") as file:
        rows = {Path(row["source"]).stem: row for row in csv.DictReader(file)}
    table, failed, counts = defaultdict(list), [], Counter()
    sources = sorted((folder / "in").iterdir())
    with ProcessPoolExecutor() as pool:
        jobs = [pool.submit(judge, source, rows[source.stem], release, leaves) for source in sources]
    for source, job in zip(sources, jobs):
        kind, line = job.result()
        counts[kind] += 1
        failed += [f"{source.stem}: {line}"] if kind in ("wrong", "not released") else []
        case, frames = source.stem.rsplit("_", 1)
        table[case].append((frames, line))
    for case, lines in table.items():
        kinds = {line for _, line in lines}
        for line in sorted(kinds):
            frames = "+".join(frames for frames, one in lines if one == line)
            print(f"| {case} | {frames} | {line} |")
    print("".join(f"\n{count} {what}" for what, count in sorted(counts.items())))
    if failed:
        print("\nfailed:", *failed, sep="\n  ")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
