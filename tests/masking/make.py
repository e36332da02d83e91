"""Makes one file for each way in which a frame can be coded, with encoders by other people, and a file of mask rules.

    make.py FOLDER

Leaves FOLDER/in/<case>.dcm and FOLDER/rules.toml. A case is named
<syntax>_<encoder>_<bits allocated>-<bits stored>[s]_<photometric>[_<what is special>]_<frames>. Images are synthetic.
Says which encoders are missing, and which cases one refuses.
"""

import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

import numpy as np
import pydicom
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate

ROOT = "1.2.840.10008.1.2"
IMPLICIT, EXPLICIT, DEFLATED, BIG, RAW_FRAMES = ROOT, ROOT + ".1", ROOT + ".1.99", ROOT + ".2", ROOT + ".1.98"
RLE = ROOT + ".5"
JPEG = {name: ROOT + ".4." + end for name, end in {
    "baseline": "50", "extended": "51", "lossless": "57", "lossless-sv1": "70", "ls": "80", "ls-near": "81",
    "2000": "90", "2000-lossy": "91", "xl": "110", "xl-jpeg": "111", "xl-lossy": "112",
    "ht": "201", "ht-rpcl": "202", "ht-lossy": "203", "mpeg2": "100", "h264": "102", "hevc": "107"}.items()}

DEFLATED_FRAMES = ROOT + ".8.1"
UNKNOWN = {**{JPEG[name]: JPEG["ht"] for name in ("xl", "xl-jpeg", "xl-lossy")}, DEFLATED_FRAMES: ROOT + ".4.50"}

# Inside a block of eight, over the border of the image, touching a corner, one pixel wide.
MASKS = [(13, 9, 30, 17), (30, 20, 20, 10), (70, 50, 100, 100), (0, 40, 1, 5)]
ROWS, COLUMNS = 61, 84


def image(samples, allocated, stored, signed, frames, rows=ROWS, columns=COLUMNS):
    """Ramps, edges and noise in every stored bit: frames, rows, columns, samples."""
    random = np.random.default_rng([samples, stored, signed, frames])
    y, x = np.mgrid[0:rows, 0:columns]
    top = (1 << stored) - 1
    out = np.zeros((frames, rows, columns, samples), dtype=np.int64)
    for frame in range(frames):
        for sample in range(samples):
            ramp = (x * (sample + 1) + y * 2 + frame * 9) * max(top // 400, 1)
            ramp[20:24, :] = top
            ramp[:, 40:43] = 0
            out[frame, :, :, sample] = (ramp + random.integers(0, max(top // 16, 2), ramp.shape)) & top
    if signed:
        out -= 1 << (stored - 1)
    kind = {1: "u1", 8: "1", 16: "2", 32: "4"}[allocated]
    return out.astype("<u1" if allocated == 1 else f"<{'i' if signed else 'u'}{kind}")


def stored_bytes(pixels, allocated, photometric, planar):
    """Native pixel data, little endian, without padding."""
    if allocated == 1:
        return np.packbits(pixels.reshape(-1), bitorder="little").tobytes()
    if photometric == "YBR_FULL_422":
        pairs = pixels.reshape(pixels.shape[0], pixels.shape[1], -1, 2, 3)
        order = [pairs[..., 0, 0], pairs[..., 1, 0], pairs[..., 0, 1], pairs[..., 0, 2]]
        return np.stack(order, axis=-1).tobytes()
    return (pixels.transpose(0, 3, 1, 2) if planar else pixels).tobytes()


def data_set(name, number, pixels, syntax, allocated, stored, signed=False, photometric="MONOCHROME2", planar=0):
    """A secondary capture without pixel data."""
    frames, rows, columns, samples = pixels.shape
    uid = f"2.25.{7_000_000 + number}"
    meta = FileMetaDataset()
    many = {1: ".1", 8: ".2", 16: ".3", 32: ".3"}[allocated] if samples == 1 else ".4"
    meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.7" + (many if frames > 1 else "")
    meta.MediaStorageSOPInstanceUID = uid
    meta.TransferSyntaxUID = syntax
    ds = FileDataset(name, {}, file_meta=meta, preamble=bytes(128))
    ds.SOPClassUID, ds.SOPInstanceUID = meta.MediaStorageSOPClassUID, uid
    ds.StudyInstanceUID, ds.SeriesInstanceUID = "2.25.7000001", "2.25.7000002"
    ds.PatientName, ds.PatientID, ds.PatientBirthDate, ds.PatientSex = "Masked^Case", "M-1", "19600102", "O"
    ds.StudyDate, ds.StudyTime, ds.StudyID, ds.AccessionNumber, ds.ReferringPhysicianName = "20200304", "", "", "", ""
    ds.Modality, ds.ConversionType, ds.ImageType = "OT", "WSD", ["DERIVED", "SECONDARY"]
    ds.SeriesNumber, ds.InstanceNumber, ds.PatientOrientation = 1, number, ""
    ds.BodyPartExamined, ds.Laterality = "HAND", ""
    ds.SamplesPerPixel, ds.PhotometricInterpretation = samples, photometric
    ds.Rows, ds.Columns, ds.PixelRepresentation = rows, columns, int(signed)
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = allocated, stored, stored - 1
    if samples > 1:
        ds.PlanarConfiguration = planar
    if frames > 1:
        ds.NumberOfFrames = frames
        ds.FrameIncrementPointer = 0x00181063
        ds.FrameTime = 40
    if photometric == "PALETTE COLOR":
        for color in ("Red", "Green", "Blue"):
            setattr(ds, f"{color}PaletteColorLookupTableDescriptor", [256, 0, 16])
            setattr(ds, f"{color}PaletteColorLookupTableData", bytes(512))
    ds.BurnedInAnnotation = "YES"
    return ds


class Maker:
    """Writes cases, numbered, into a folder."""

    def __init__(self, folder):
        self.folder, self.number, self.left_out, self.missing = folder, 10, {}, {}

    def native(self, syntax_name, syntax, allocated, stored, *, signed=False, photometric="MONOCHROME2", samples=1,
               planar=0, frames=1, vr=None, special="", columns=COLUMNS):
        name = "_".join(filter(None, [
            syntax_name, "pydicom", f"{allocated}-{stored}{'s' if signed else ''}", photometric.lower().replace(" ", "-"),
            f"planar{planar}" if samples > 1 else "", special, str(frames)]))
        self.number += 1
        pixels = image(samples, allocated, stored, signed, frames, columns=columns)
        ds = data_set(name, self.number, pixels, syntax, allocated, stored, signed, photometric, planar)
        if syntax == RAW_FRAMES:
            each = [stored_bytes(one[None], allocated, photometric, planar) for one in pixels]
            ds.PixelData = encapsulate(each)
            ds["PixelData"].VR = "OB"
        else:
            raw = stored_bytes(pixels, allocated, photometric, planar)
            raw += bytes(len(raw) % 2)
            vr = vr or ("OW" if allocated > 8 else "OB")
            if syntax == BIG and vr == "OW":
                width = 2 if allocated <= 16 else 4
                raw = np.frombuffer(raw, f"<u{width}").byteswap().tobytes()
            ds.PixelData = raw
            ds["PixelData"].VR = "OW" if syntax == IMPLICIT else vr
        self.save(ds, name)
        return name

    def coded(self, syntax_name, encoder, syntax, allocated, stored, code, *, signed=False, photometric="MONOCHROME2",
              coded_as=None, samples=1, frames=1, special="", columns=COLUMNS):
        """`code` makes the bytes of one frame from its samples: rows, columns, samples."""
        name = "_".join(filter(None, [
            syntax_name, encoder, f"{allocated}-{stored}{'s' if signed else ''}", photometric.lower().replace(" ", "-"),
            special, str(frames)]))
        self.number += 1
        pixels = image(samples, allocated, stored, signed, frames, columns=columns)
        ds = data_set(name, self.number, pixels, syntax, allocated, stored, signed, coded_as or photometric)
        try:
            ds.PixelData = encapsulate([bytes(code(one)) for one in pixels], has_bot=frames > 1)
        except Exception as why:  # Any encoder may refuse in a way of its own.
            self.leave_out(name, why)
            return
        ds["PixelData"].VR = "OB"
        ds["PixelData"].is_undefined_length = True
        self.save(ds, name)

    def tool(self, syntax_name, words, syntax, *arguments, special="", **more):
        """Codes a native file with a program; `words` end before the two paths."""
        with tempfile.TemporaryDirectory() as folder:
            inner = Maker(Path(folder))
            inner.number = self.number
            path = Path(folder) / (inner.native("x", EXPLICIT, *arguments, **more) + ".dcm")
            self.number += 1
            name = "_".join(filter(None, [syntax_name, words[0], *path.stem.split("_")[2:-1], special, path.stem[-1]]))
            out = Path(folder) / "out"
            try:
                done = subprocess.run([*words, path, out], capture_output=True, text=True, timeout=60)
                if done.returncode or not out.exists():
                    raise ValueError((done.stderr.strip() or "it refuses").split("\n")[-1][:100])
                ds = pydicom.dcmread(out)
                if ds.file_meta.TransferSyntaxUID != syntax:
                    raise ValueError(f"it wrote {ds.file_meta.TransferSyntaxUID.name}")
                ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = f"2.25.{7_000_000 + self.number}"
                self.save(ds, name)
            except (OSError, ValueError, subprocess.TimeoutExpired) as why:
                self.leave_out(name, why)

    def leave_out(self, name, why):
        if isinstance(why, FileNotFoundError):
            self.missing[why.filename] = "it is not installed"
        else:
            self.left_out[name] = str(why).split("\n")[0][:100]

    def save(self, ds, name):
        path, syntax = self.folder / f"{name}.dcm", ds.file_meta.TransferSyntaxUID
        if syntax in UNKNOWN:
            # pydicom writes no syntax that it does not know, so one that it knows and that is as long stands in.
            ds.file_meta.TransferSyntaxUID = UNKNOWN[syntax]
        pydicom.dcmwrite(path, ds, enforce_file_format=True)
        if syntax in UNKNOWN:
            stored = lambda uid: uid.encode() + bytes(len(uid) % 2)
            path.write_bytes(path.read_bytes().replace(stored(UNKNOWN[syntax]), stored(syntax), 1))


GREYS = [(8, 8, {}), (16, 12, {}), (16, 16, {}), (16, 12, {"signed": True}), (16, 16, {"signed": True})]
RGB = {"photometric": "RGB", "samples": 3}


def native_cases(maker):
    for name, syntax in {"implicit-le": IMPLICIT, "explicit-le": EXPLICIT, "deflated": DEFLATED, "explicit-be": BIG,
                         "uncompressed-fragments": RAW_FRAMES}.items():
        for frames in (1, 3):
            for allocated, stored, more in [(1, 1, {}), *GREYS, (32, 32, {})]:
                maker.native(name, syntax, allocated, stored, frames=frames, **more)
                if allocated in (1, 8):
                    maker.native(name, syntax, allocated, stored, frames=frames, columns=83, special="odd", **more)
            maker.native(name, syntax, 8, 8, frames=frames, photometric="MONOCHROME1")
            maker.native(name, syntax, 8, 8, frames=frames, photometric="PALETTE COLOR")
            maker.native(name, syntax, 16, 16, frames=frames, photometric="PALETTE COLOR")
            for planar in (0, 1):
                maker.native(name, syntax, 8, 8, frames=frames, planar=planar, **RGB)
                maker.native(name, syntax, 16, 16, frames=frames, planar=planar, **RGB)
                maker.native(name, syntax, 8, 8, frames=frames, planar=planar, photometric="YBR_FULL", samples=3)
            maker.native(name, syntax, 8, 8, frames=frames, photometric="YBR_FULL_422", samples=3)
    for frames in (1, 3):
        maker.native("explicit-be", BIG, 8, 8, frames=frames, vr="OW", special="words")
        maker.native("explicit-be", BIG, 8, 8, frames=frames, vr="OW", special="words", columns=83)
        maker.native("explicit-be", BIG, 1, 1, frames=frames, vr="OW", special="words")


def dcmtk_cases(maker):
    jobs = [("rle", ["dcmcrle"], RLE), ("rle", ["gdcmconv", "--rle"], RLE),
            ("jpeg-lossless", ["dcmcjpeg", "+el"], JPEG["lossless"]),
            ("jpeg-lossless-sv1", ["dcmcjpeg", "+e1"], JPEG["lossless-sv1"]),
            ("jpeg-lossless-sv1", ["gdcmconv", "--jpeg"], JPEG["lossless-sv1"]),
            ("jpeg-ls", ["dcmcjpls"], JPEG["ls"]), ("jpeg-ls-near", ["dcmcjpls", "+en"], JPEG["ls-near"]),
            ("jpeg-ls", ["gdcmconv", "--jpegls"], JPEG["ls"]), ("jpeg-2000", ["gdcmconv", "--j2k"], JPEG["2000"])]
    for frames in (1, 3):
        for name, words, syntax in jobs:
            for allocated, stored, more in GREYS:
                maker.tool(name, words, syntax, allocated, stored, frames=frames, **more)
            maker.tool(name, words, syntax, 8, 8, frames=frames, photometric="MONOCHROME1")
            maker.tool(name, words, syntax, 8, 8, frames=frames, photometric="PALETTE COLOR")
            for planar in (0, 1):
                maker.tool(name, words, syntax, 8, 8, frames=frames, planar=planar, **RGB)
        maker.tool("rle", ["dcmcrle"], RLE, 32, 32, frames=frames)
        maker.tool("rle", ["dcmcrle"], RLE, 16, 16, frames=frames, **RGB)
        for predictor in range(1, 8):
            words = ["dcmcjpeg", "+el", "+sv", str(predictor)]
            maker.tool("jpeg-lossless", words, JPEG["lossless"], 16, 12, frames=frames, special=f"sv{predictor}")
        for way in ("sample", "line", "none"):
            words = ["dcmcjpls", f"+i{way[0]}"]
            maker.tool("jpeg-ls", words, JPEG["ls"], 8, 8, frames=frames, special=way, **RGB)
        for name, word in (("baseline", "+eb"), ("extended", "+ee")):
            maker.tool(f"jpeg-{name}", ["dcmcjpeg", word], JPEG[name], 8, 8, frames=frames)
            for special, ratio in {"444": "+s4", "422": "+s2", "411-full": "+n1", "411": "+np"}.items():
                words = ["dcmcjpeg", word, ratio]
                maker.tool(f"jpeg-{name}", words, JPEG[name], 8, 8, frames=frames, special=special, **RGB)
            maker.tool(f"jpeg-{name}", ["dcmcjpeg", word, "+cr"], JPEG[name], 8, 8, frames=frames, special="rgb", **RGB)
        maker.tool("jpeg-extended", ["dcmcjpeg", "+ee"], JPEG["extended"], 16, 12, frames=frames)


def jpeg_case(maker, special, words, samples, frames):
    """One frame by `cjpeg`, which knows restart markers and more samplings."""
    def code(pixels):
        head = f"P{6 if samples == 3 else 5}\n{pixels.shape[1]} {pixels.shape[0]}\n255\n".encode()
        return subprocess.run(["cjpeg", *words], input=head + pixels.tobytes(), capture_output=True, check=True).stdout
    colours = {"photometric": "YBR_FULL_422", "samples": 3} if samples == 3 else {}
    maker.coded("jpeg-baseline", "cjpeg", JPEG["baseline"], 8, 8, code, frames=frames, special=special, **colours)


def library_cases(maker):
    try:
        import imagecodecs as ic
    except ImportError:
        maker.missing["imagecodecs"] = "it is not installed: HTJ2K, JPEG XL and more of JPEG 2000"
        return
    flat = lambda pixels: pixels[..., 0] if pixels.shape[-1] == 1 else pixels
    for frames in (1, 3):
        grey = [("", 8, 8, {}), ("", 16, 12, {}), ("", 16, 16, {}), ("", 16, 12, {"signed": True})]
        for special, allocated, stored, more in [*grey, ("", 8, 8, RGB)]:
            colour = {"coded_as": "YBR_RCT"} if "samples" in more else {}
            bits = {"bitspersample": stored}
            for name, key, given in [("jpeg-2000", "2000", {"reversible": True}),
                                     ("jpeg-2000-lossy", "2000-lossy", {"level": 40}),
                                     ("jpeg-2000-lossy", "2000-lossy", {"reversible": True})]:
                as_ = {"coded_as": "YBR_ICT"} if colour and "level" in given else colour
                what = "exact" if key == "2000-lossy" and "reversible" in given else special
                maker.coded(name, "openjpeg", JPEG[key], allocated, stored, lambda p, given=given: ic.jpeg2k_encode(
                    np.ascontiguousarray(flat(p)), codecformat="j2k", **bits, **given), frames=frames, special=what,
                    **more, **as_)
            for name, key, given in [("htj2k", "ht", {"reversible": True}),
                                     ("htj2k-rpcl", "ht-rpcl", {"reversible": True}),
                                     ("htj2k-lossy", "ht-lossy", {"reversible": False, "level": 0.01})]:
                as_ = {"coded_as": "YBR_ICT"} if colour and name == "htj2k-lossy" else colour
                maker.coded(name, "openjph", JPEG[key], allocated, stored, lambda p, given=given: ic.htj2k_encode(
                    np.ascontiguousarray(flat(p)), **given), frames=frames, special=special, **more, **as_)
            if "signed" not in more:
                maker.coded("jpeg-xl", "libjxl", JPEG["xl"], allocated, stored, lambda p: ic.jpegxl_encode(
                    np.ascontiguousarray(flat(p)), lossless=True, usecontainer=False, bitspersample=stored),
                    frames=frames, **more)
                maker.coded("jpeg-xl-lossy", "libjxl", JPEG["xl-lossy"], allocated, stored, lambda p: ic.jpegxl_encode(
                    np.ascontiguousarray(flat(p)), lossless=False, distance=1.0, usecontainer=False,
                    bitspersample=stored), frames=frames, **more, **({"coded_as": "XYB"} if colour else {}))
        maker.coded("jpeg-xl-jpeg", "libjxl", JPEG["xl-jpeg"], 8, 8, lambda p: ic.jpegxl_encode_jpeg(
            ic.jpeg8_encode(flat(p)), usecontainer=False), frames=frames)
        maker.coded("jpeg-xl-jpeg", "libjxl", JPEG["xl-jpeg"], 8, 8, lambda p: ic.jpegxl_encode_jpeg(
            ic.jpeg8_encode(p, subsampling="420"), usecontainer=False), frames=frames, coded_as="YBR_FULL_422", **RGB)
        maker.coded("jpeg-extended", "libjpeg", JPEG["extended"], 16, 12, lambda p: ic.jpeg8_encode(
            flat(p), level=90, bitspersample=12), frames=frames)


def other_cases(maker):
    for frames in (1, 3):
        for samples in (1, 3):
            jpeg_case(maker, "restart", ["-restart", "2"], samples, frames)
            jpeg_case(maker, "optimised", ["-optimize", "-quality", "95"], samples, frames)
        for sampling in ("2x2", "2x1", "1x2", "4x1", "1x1"):
            jpeg_case(maker, sampling, ["-sample", sampling], 3, frames)
        jpeg_case(maker, "progressive", ["-progressive"], 1, frames)
        for allocated, stored, more in [(8, 8, {}), (16, 16, {}), (8, 8, RGB)]:
            for bad in ("mpeg2", "h264", "hevc"):
                if (allocated, frames) == (8, 3):
                    maker.coded(bad, "noise", JPEG[bad], allocated, stored, lambda p: p.tobytes()[:900], frames=frames, **more)

    def whole(pixels):
        coder = zlib.compressobj(wbits=-15)
        return coder.compress(pixels.tobytes()) + coder.flush()
    for allocated, stored, more in [(8, 8, {}), (16, 12, {}), (8, 8, RGB)]:
        maker.coded("deflated-frames", "zlib", DEFLATED_FRAMES, allocated, stored, whole, frames=3, **more)


def main():
    folder = Path(sys.argv[1])
    (folder / "in").mkdir(parents=True, exist_ok=True)
    maker = Maker(folder / "in")
    for cases in (native_cases, dcmtk_cases, library_cases, other_cases):
        cases(maker)
    lines = ['[[rule]]', 'id = "matrix"', 'source = "the proof matrix"',
             'match = { keyword = "Modality", op = "equals", value = "OT" }', 'mask = [']
    lines += [f"  {{ x = {x}, y = {y}, w = {w}, h = {h} }}," for x, y, w, h in MASKS]
    (folder / "rules.toml").write_text("\n".join([*lines, "]", ""]))
    for word, names in {"left out": maker.left_out, "missing": maker.missing}.items():
        for name, why in names.items():
            print(f"{word}: {name}: {why}")
    print(f"{len(list((folder / 'in').iterdir()))} cases")


if __name__ == "__main__":
    main()
