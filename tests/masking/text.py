"""Makes frames with a line of text in many transfer syntaxes, and checks that a search hid it in each.

    text.py make FOLDER
    text.py check FOLDER RELEASE VAULT

Leaves FOLDER/in/<case>.dcm. A case is wrong where the text is still there, or where a sample changed that lies farther than
sixteen pixels, a letter, from it; after a coding with losses only the first is looked at.
"""

import csv
import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

import compare
import make

ROWS, COLUMNS, AT, TEXT = 200, 320, (40, 90), "SHISAKU^HANA 19610203"


def image(samples, allocated, stored, signed, frames, rows=ROWS, columns=COLUMNS):
    """A slope and noise in the lower half of the range, and letters at its top: frames, rows, columns, samples."""
    random = np.random.default_rng([samples, stored, frames])
    top = (1 << stored) - 1
    slope = top // 8 + np.arange(ROWS)[:, None, None] * top // 1000
    out = slope + random.integers(0, top // 40, (frames, ROWS, columns, samples))
    out[:, letters()] = top
    return out.astype(f"<u{allocated // 8}")


def letters():
    """Which pixels belong to the letters."""
    small = Image.new("1", (COLUMNS // 2, ROWS // 2))
    ImageDraw.Draw(small).text((AT[0] // 2, AT[1] // 2), TEXT, fill=1, font=ImageFont.load_default_imagefont())
    return np.asarray(small.resize((COLUMNS, ROWS), Image.NEAREST))


def made(folder):
    make.image = image
    (folder / "in").mkdir(parents=True, exist_ok=True)
    maker = make.Maker(folder / "in")
    wide = {"columns": COLUMNS}
    for name, syntax in {"implicit-le": make.IMPLICIT, "explicit-le": make.EXPLICIT, "deflated": make.DEFLATED,
                         "explicit-be": make.BIG, "uncompressed-fragments": make.RAW_FRAMES}.items():
        maker.native(name, syntax, 16, 12, **wide)
        maker.native(name, syntax, 8, 8, **wide, **make.RGB)
    jobs = [("rle", ["dcmcrle"], make.RLE), ("jpeg-lossless", ["dcmcjpeg", "+e1"], make.JPEG["lossless-sv1"]),
            ("jpeg-ls", ["dcmcjpls"], make.JPEG["ls"]), ("jpeg-2000", ["gdcmconv", "--j2k"], make.JPEG["2000"])]
    for name, words, syntax in jobs:
        maker.tool(name, words, syntax, 16, 12, **wide)
        maker.tool(name, words, syntax, 8, 8, **wide)
    maker.tool("jpeg-baseline", ["dcmcjpeg", "+eb"], make.JPEG["baseline"], 8, 8, **wide)
    for word, names in {"left out": maker.left_out, "missing": maker.missing}.items():
        for name, why in names.items():
            print(f"{word}: {name}: {why}")


def judged(source, row, release):
    """Returns what is wrong with a case, or nothing."""
    if row["state"] != "released":
        return f"{row['state']}: {row['reason']}"
    decoded = []
    for path in (source, release / row["release"]):
        syntax = compare.pydicom.dcmread(path, stop_before_pixels=True).file_meta.TransferSyntaxUID
        every = [compare.attempt(decode, path)[0] for decode in compare.decoders(syntax).values()]
        decoded.append(next((one for one in every if one is not None), None))
    before, after = decoded
    if before is None or after is None or before.shape != after.shape:
        return "nothing here decodes it"
    ink = letters()
    y, x = np.nonzero(ink)
    # Of what was bright no more than a twentieth stays bright.
    bright = after[:, ink] > (before.max() + before[:, ~ink].max()) / 2
    if bright.mean() > 0.05:
        return f"{bright.mean():.0%} of the text is still there"
    near = np.zeros(ink.shape, bool)
    near[y.min() - 16 : y.max() + 17, x.min() - 16 : x.max() + 17] = True
    changed = (before != after)[:, ~near].sum()
    return f"{changed} samples changed beside the text" if changed and "baseline" not in source.stem else ""


def main():
    if sys.argv[1] == "make":
        return made(Path(sys.argv[2]))
    folder, release, vault = map(Path, sys.argv[2:5])
    with open(vault / "index.csv", newline="") as file:
        rows = {Path(row["source"]).stem: row for row in csv.DictReader(file)}
    wrong = {source.stem: judged(source, rows[source.stem], release) for source in sorted((folder / "in").iterdir())}
    for name, why in wrong.items():
        print(f"| {name} | {why or 'hidden'} |")
    sys.exit(any(wrong.values()) or not wrong)


if __name__ == "__main__":
    main()
