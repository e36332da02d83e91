#!/usr/bin/env python3
"""Masked throughput of each transfer syntax, beside the C codecs on the same frames in the same minute.

Needs numpy, imagecodecs, pydicom, pylibjpeg-rle and python-gdcm; see README.md. One thread each; CPU time is what
the ratios are made of, since a busy machine does not stretch it as it stretches wall time.

    masked.py --mask-frames target/release/examples/mask_frames [--tokumei target/release/tokumei] [--only WORD]
"""

import argparse
import math
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import gdcm
import imagecodecs as ic
import numpy as np
import pydicom
import rle.rle
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate, get_frame
from pydicom.uid import UID

SEED = 20261122
TS = "1.2.840.10008.1.2"
LITTLE, RLE, DEFLATED = f"{TS}.1", f"{TS}.5", f"{TS}.8.1"


# ---------------------------------------------------------------- frames

def ellipse(size, level, noise, random):
    """A body in air with a few organs and noise, as 64-bit floats."""
    y, x = np.mgrid[-1:1:size * 1j, -1:1:size * 1j]
    image = np.where((x / 0.8) ** 2 + (y / 0.6) ** 2 < 1, level, level * 0.02)
    for _ in range(8):
        cx, cy = random.uniform(-0.5, 0.5), random.uniform(-0.35, 0.35)
        rx, ry = random.uniform(0.05, 0.2), random.uniform(0.05, 0.2)
        image = image + level * random.uniform(-0.2, 0.3) * (((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 < 1)
    return image + level * 0.05 * np.sin(5 * x + 3 * y) + random.normal(0, noise, image.shape)


def text_line(image, value):
    """A line that looks like burned-in letters where the mask goes."""
    height, width = 24, image.shape[1] // 4
    cells = np.random.default_rng(7).random((6, width // 4)) < 0.4
    image[12:12 + height, 8:8 + cells.shape[1] * 4][np.kron(cells, np.ones((4, 4), bool))] = value


def make_images():
    random = np.random.default_rng(SEED)
    ct = np.clip(ellipse(512, 1100, 12, random), 0, 65535).astype(np.uint16)
    cr = np.clip(ellipse(2048, 2600, 18, random), 0, 4095).astype(np.uint16)
    sector = ellipse(1024, 150, 12, random)[:768]
    rgb = np.stack([sector + random.normal(0, 3, sector.shape) for _ in range(3)], axis=2)
    rgb[300:500, 300:500] *= (1.2, 0.8, 0.6)
    rgb = np.clip(rgb, 0, 255).astype(np.uint8)
    # Most ultrasound is this: grey that is stored as colour, less noisy.
    calm = np.clip(ellipse(1024, 150, 2, random)[:768], 0, 255).astype(np.uint8)
    calm = np.stack([calm] * 3, axis=2)
    text_line(ct, 3000), text_line(cr, 4095), text_line(rgb, 255), text_line(calm, 255)
    return {
        "CT 512² 16-bit": ct,
        "CR 2048² 12-bit": cr,
        "CR 2048² 8-bit": (cr >> 4).astype(np.uint8),
        "US 1024×768 RGB": rgb,
        "US 1024×768 grey as RGB": calm,
    }


# ---------------------------------------------------------------- cases

@dataclass
class Case:
    name: str
    syntax: str
    image: str
    stored: int
    photometric: str
    encode: Callable
    decode: Callable
    library: str
    bar: float = 0.5
    # Encodes what `decode` gave; `encode` where it is not said.
    encode_again: Callable | None = None


def one_thread(encode, **options):
    return lambda image: encode(image, numthreads=1, **options)


def deflate(image):
    stream = zlib.compressobj(6, zlib.DEFLATED, -15)
    return stream.compress(image.tobytes()) + stream.flush()


def make_cases(images):
    stored = {name: 12 if "12-bit" in name else image.itemsize * 8 for name, image in images.items()}
    ct, cr, cr8, us, calm = images
    cases = []

    def add(name, syntax, image, photometric, encode, decode, library, **more):
        bits = stored[image]
        cases.append(Case(name, syntax, image, bits, photometric, encode, decode, library, **more))

    for image in (ct, cr, us, calm):
        pixels = images[image]
        bits = stored[image]
        mono = "RGB" if pixels.ndim == 3 else "MONOCHROME2"
        ybr = "YBR_RCT" if pixels.ndim == 3 else mono
        ict = "YBR_ICT" if pixels.ndim == 3 else mono
        pair = (pixels.shape, pixels.dtype)
        add("native", LITTLE, image, mono, lambda p: p.tobytes(),
            lambda b, pair=pair: np.frombuffer(b, pair[1]).reshape(pair[0]).copy(), "memcpy", bar=0.7)
        add("deflated", DEFLATED, image, mono, deflate,
            lambda b, pair=pair: np.frombuffer(zlib.decompress(b, -15), pair[1]).reshape(pair[0]), "zlib")
        add("RLE", RLE, image, mono, rle_encoder(pixels),
            lambda b, p=pixels: np.frombuffer(ic.dicomrle_decode(b, p.dtype), p.dtype), "imcd, pylibjpeg-rle",
            # What is decoded lies plane by plane, which this encoder does not take: it gets the same pixels.
            encode_again=lambda _, p=pixels, e=rle_encoder(pixels): e(p))
        turbo = dict(bitspersample=bits) if bits > 8 else {}
        for syntax, predictor in ((".57", 4), (".70", 1)):
            add(f"JPEG lossless {syntax}", f"{TS}.4{syntax}", image, mono,
                lambda p, n=predictor, turbo=turbo: ic.jpeg8_encode(p, lossless=True, predictor=n, **turbo),
                ic.jpeg8_decode, "libjpeg-turbo")
        add("JPEG-LS .80", f"{TS}.4.80", image, mono, ic.jpegls_encode, ic.jpegls_decode, "CharLS")
        add("JPEG-LS .81", f"{TS}.4.81", image, mono, lambda p: ic.jpegls_encode(p, level=2), ic.jpegls_decode, "CharLS")
        j2k = dict(codecformat="j2k", bitspersample=bits)
        decode = one_thread(ic.jpeg2k_decode)
        add("JPEG 2000 .90", f"{TS}.4.90", image, ybr, one_thread(ic.jpeg2k_encode, reversible=True, **j2k), decode, "OpenJPEG")
        add("JPEG 2000 .91", f"{TS}.4.91", image, ict,
            one_thread(ic.jpeg2k_encode, level=60, reversible=False, **j2k), decode, "OpenJPEG",
            encode_again=one_thread(ic.jpeg2k_encode, reversible=True, **j2k))
        high = lambda p: ic.htj2k_encode(p, reversible=True)
        add("HTJ2K .201", f"{TS}.4.201", image, ybr, high, ic.htj2k_decode, "OpenJPH")
        add("HTJ2K .201→.90", f"{TS}.4.201", image, ybr, high, ic.htj2k_decode, "OpenJPH, OpenJPEG",
            encode_again=one_thread(ic.jpeg2k_encode, reversible=True, **j2k))
        for effort in (1, 3, 7) if image in (ct, us) else (1, 3):
            add(f"JPEG XL .110 e{effort}", f"{TS}.4.110", image, mono,
                one_thread(ic.jpegxl_encode, lossless=True, effort=effort, bitspersample=bits),
                one_thread(ic.jpegxl_decode), "libjxl")

    add("JPEG .50", f"{TS}.4.50", cr8, "MONOCHROME2", lambda p: ic.jpeg8_encode(p, 90), ic.jpeg8_decode, "libjpeg-turbo", bar=1.0)
    for subsampling in ("420", "422", "444"):
        encode = lambda p, s=subsampling: ic.jpeg8_encode(p, 90, subsampling=s)
        add(f"JPEG .50 {subsampling}", f"{TS}.4.50", us, "YBR_FULL_422", encode, ic.jpeg8_decode, "libjpeg-turbo", bar=1.0)
    add("JPEG .51", f"{TS}.4.51", cr, "MONOCHROME2", lambda p: ic.jpeg8_encode(p, 90, bitspersample=12), ic.jpeg8_decode,
        "libjpeg-turbo", bar=1.0)
    return cases


def rle_encoder(image):
    """An encoder of pylibjpeg-rle for one shape."""
    rows, columns = image.shape[:2]
    samples = 1 if image.ndim == 2 else image.shape[2]
    return lambda pixels: bytes(rle.rle.encode_frame(pixels.tobytes(), rows, columns, samples, image.itemsize * 8, "<"))


# ---------------------------------------------------------------- measuring

def cost(work, least=0.03):
    """The CPU seconds of one call, over so many calls that the clock can count them."""
    start = time.process_time()
    work()
    once = time.process_time() - start
    if once >= least:
        return once
    calls = min(2000, math.ceil(least / max(once, 1e-6)))
    start = time.process_time()
    for _ in range(calls):
        work()
    return (time.process_time() - start) / calls


def ours(program, *arguments):
    done = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True)
    if done.returncode:
        return None, done.stderr.strip()[-120:]
    found = {}
    for line in done.stdout.splitlines():
        words = line.split()
        first = "" if "=" in words[0] else words[0] + "_"
        found |= {first + key: value for key, value in (word.split("=") for word in words if "=" in word)}
    return found, None


def measure(case, images, program, folder, times, region=None):
    image = images[case.image]
    frame = bytes(case.encode(image))
    path = folder / "frame"
    path.write_bytes(frame)
    rows, columns = image.shape[:2]
    samples = 1 if image.ndim == 2 else image.shape[2]
    shape = f"{columns}x{rows}x{samples}/{image.itemsize * 8}/{case.stored}:{case.photometric}"
    region = region or f"0,0,{columns // 3},48"
    again = case.encode_again or case.encode
    decodes, both, masks, own = [], [], [], []
    found = None
    for _ in range(times):
        decodes.append(cost(lambda: case.decode(frame)) * 1e3)
        both.append(cost(lambda: again(case.decode(frame))) * 1e3)
        # Turn by turn, so that a busy minute is busy for both.
        found, failure = ours(program, "frames", case.syntax, shape, region, 1, path)
        if failure:
            return f"| {case.name} | {case.image} | {case.library} | {statistics.median(decodes):.2f} | {statistics.median(both):.2f} | | {failure} | | | |"
        masks.append(float(found["mask_cpu_ms"]))
        own.append(float(found["decode_cpu_ms"]))
    decode, reference, mask = (statistics.median(figures) for figures in (decodes, both, masks))
    spread = f"{min(masks):.2f}–{max(masks):.2f}"
    ratio = reference / mask
    size = image.nbytes / 1e6
    verdict = "" if ratio >= case.bar else " **below**"
    return (f"| {case.name} | {case.image} | {case.library} | {decode:.2f} | {reference:.2f} | {statistics.median(own):.2f} "
            f"| {mask:.2f} ({spread}) | {size / mask * 1e3:.0f} | {ratio:.2f} ≥ {case.bar}{verdict} "
            f"| {float(found['peak_mib']):.0f} | {found['bytes_exact']} |")


HEAD = """| syntax | image | reference | its decode, ms | its decode + encode, ms | our decode, ms | our mask, ms (spread) | MB/s | throughput ours / reference | peak, MiB | exact outside |
|---|---|---|--:|--:|--:|--:|--:|--:|--:|---|"""


def gdcm_rle(images, program, folder, times):
    """RLE once more, beside gdcm: both of its changes of transfer syntax, in this process."""
    for name, image in images.items():
        if "8-bit" in name:
            continue
        samples = 1 if image.ndim == 2 else 3
        stored = 12 if "12-bit" in name else image.itemsize * 8
        frame = bytes(rle_encoder(image)(image))
        instance = make_instance(folder / "rle.dcm", [frame], image, RLE, stored)
        native, packed = gdcm.TransferSyntax.ExplicitVRLittleEndian, gdcm.TransferSyntax.RLELossless

        def change(*syntaxes):
            """Reads the instance, or gdcm would keep what it decoded once, and changes its transfer syntax."""
            reader = gdcm.ImageReader()
            reader.SetFileName(str(instance))
            assert reader.Read()
            picture, changers = reader.GetImage(), []
            for syntax in syntaxes:
                changers.append(gdcm.ImageChangeTransferSyntax())
                changers[-1].SetTransferSyntax(gdcm.TransferSyntax(syntax))
                changers[-1].SetInput(picture)
                assert changers[-1].Change()
                picture = changers[-1].GetOutput()

        (folder / "frame").write_bytes(frame)
        shape = f"{image.shape[1]}x{image.shape[0]}x{samples}/{image.itemsize * 8}/{stored}:" + ("MONOCHROME2" if samples == 1 else "RGB")
        decodes, both, masks, own = [], [], [], []
        for _ in range(times):
            decodes.append(cost(lambda: change(native)) * 1e3)
            both.append(cost(lambda: change(native, packed)) * 1e3)
            found, failure = ours(program, "frames", RLE, shape, f"0,0,{image.shape[1] // 3},48", 1, folder / "frame")
            assert not failure, failure
            masks.append(float(found["mask_cpu_ms"]))
            own.append(float(found["decode_cpu_ms"]))
        decode, reference, mask = (statistics.median(figures) for figures in (decodes, both, masks))
        print(f"| RLE | {name} | gdcm, with its reading of the file | {decode:.2f} | {reference:.2f} | {statistics.median(own):.2f} "
              f"| {mask:.2f} ({min(masks):.2f}–{max(masks):.2f}) | {image.nbytes / mask / 1e3:.0f} | {reference / mask:.2f} ≥ 0.5"
              f"{'' if reference / mask >= 0.5 else ' **below**'} | {float(found['peak_mib']):.0f} | {found['bytes_exact']} |", flush=True)


def native_file(program, folder, times):
    """A file of 800 frames of 512², 16 bits, copied plainly and masked."""
    print("\n## Native: a file copied plainly and masked, 256 KiB at a time\n")
    print("| file | plain copy, CPU ms | masked copy, CPU ms | CPU ratio | plain, wall ms | masked, wall ms | wall ratio | `cp`, CPU ms | peak, MiB |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|")
    source, target = folder / "native", folder / "copy"
    for shape, frames, size, region in (
        ("512x512x1/16/16:MONOCHROME2", 800, 512 * 512 * 2, "0,0,170,48"),
        ("512x512x1/16/16:MONOCHROME2", 800, 512 * 512 * 2, "0,0,512,512"),
        ("1024x768x3/8/8:RGB", 176, 1024 * 768 * 3, "0,0,341,48"),
        ("8192x8192x1/1/1:MONOCHROME2", 50, 8192 * 1024, "3,0,2729,48"),
    ):
        block = np.random.default_rng(SEED).integers(0, 256, size, np.uint8).tobytes()
        with open(source, "wb") as file:
            for _ in range(frames):
                file.write(block)
        found, failure = ours(program, "native", shape, frames, region, times, source, target)
        assert not failure, failure
        copies = []
        for _ in range(times):
            before = os.times()
            subprocess.run(["cp", source, target], check=True)
            after = os.times()
            copies.append((after.children_user - before.children_user + after.children_system - before.children_system) * 1e3)
        cpu = float(found["copy_cpu_ms"]), float(found["mask_cpu_ms"])
        wall = float(found["copy_wall_ms"]), float(found["mask_wall_ms"])
        print(f"| {frames} × {shape}, {size * frames / 1e6:.0f} MB, region {region} | {cpu[0]:.0f} | {cpu[1]:.0f} | {cpu[0] / cpu[1]:.2f} ≥ 0.7 "
              f"| {wall[0]:.0f} | {wall[1]:.0f} | {wall[0] / wall[1]:.2f} | {statistics.median(copies):.0f} | {float(found['peak_mib']):.1f} |", flush=True)
    source.unlink(), target.unlink()


# ---------------------------------------------------------------- the whole program

def make_instance(path, frames, image, syntax, stored, count=None):
    """Writes an instance whose frames are repeated up to `count`."""
    count = count or len(frames)
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = UID(syntax)
    colour = image.ndim == 3
    multi = "1.2.840.10008.5.1.4.1.1.3.1"
    meta.MediaStorageSOPClassUID = UID(multi)
    meta.MediaStorageSOPInstanceUID = UID(f"2.25.{SEED}{count}")
    data = FileDataset(str(path), {}, file_meta=meta, preamble=b"\0" * 128)
    data.SOPClassUID, data.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    data.StudyInstanceUID, data.SeriesInstanceUID = f"2.25.{SEED}1", f"2.25.{SEED}2"
    data.PatientName, data.PatientID, data.PatientBirthDate, data.PatientSex = "Bench^Mark", "BENCH-1", "19700101", "O"
    data.StudyDate = data.ContentDate = "20260101"
    data.StudyTime = data.ContentTime = "120000"
    data.AccessionNumber, data.ReferringPhysicianName, data.StudyID = "B1", "", "1"
    data.Modality, data.Manufacturer, data.ManufacturerModelName = "US", "BENCHWORKS", "MASKER"
    data.SeriesNumber, data.InstanceNumber, data.PatientOrientation = "1", "1", ""
    data.ImageType, data.LossyImageCompression = ["ORIGINAL", "PRIMARY"], "00"
    data.BurnedInAnnotation = "YES"
    data.NumberOfFrames, data.FrameTime, data.FrameIncrementPointer = str(count), "40", 0x00181063
    data.SamplesPerPixel = 3 if colour else 1
    data.PhotometricInterpretation = "MONOCHROME2"
    if colour:
        data.PhotometricInterpretation = "YBR_FULL_422" if syntax.endswith(".50") else "RGB"
        data.PlanarConfiguration = 0
    data.Rows, data.Columns = image.shape[:2]
    data.BitsAllocated, data.BitsStored, data.HighBit, data.PixelRepresentation = image.itemsize * 8, stored, stored - 1, 0
    if syntax.endswith(".50"):
        data.LossyImageCompression, data.LossyImageCompressionRatio = "01", "10"
        data.LossyImageCompressionMethod = "ISO_10918_1"
    all_frames = [frames[at % len(frames)] for at in range(count)]
    data.PixelData = b"".join(all_frames) if syntax == LITTLE else encapsulate(all_frames)
    data["PixelData"].VR = "OW" if image.itemsize == 2 else "OB"
    data["PixelData"].is_undefined_length = syntax != LITTLE
    data.save_as(path, enforce_file_format=True)
    return path


RULES = """[[rule]]
id = "bench-1"
source = "benches/masked.py"
match = {{ keyword = "Manufacturer", op = "equals", value = "BENCHWORKS" }}
mask = [{{ x = 0, y = 0, w = {width}, h = 48 }}]
"""

# A child of this process would inherit its peak; a small process in between has a small one.
PEAK = """
import os, sys, time
start = time.perf_counter()
pid = os.spawnv(os.P_NOWAIT, sys.argv[1], sys.argv[1:])
_, status, used = os.wait4(pid, 0)
print("PEAK", used.ru_maxrss / 1024, used.ru_utime + used.ru_stime, time.perf_counter() - start, os.waitstatus_to_exitcode(status))
"""


def is_masked(path, image):
    """Whether the text of the last frame is gone and nothing but a flat rectangle is in its place."""
    data = pydicom.dcmread(path)
    last = int(data.NumberOfFrames) - 1
    if data.file_meta.TransferSyntaxUID == LITTLE:
        frame = np.frombuffer(data.PixelData[last * image.nbytes:], image.dtype, image.size).reshape(image.shape)
    else:
        coded = get_frame(data.PixelData, last, number_of_frames=last + 1)
        # Planes of grey are frames already.
        rle_coded = data.file_meta.TransferSyntaxUID == RLE
        frame = np.frombuffer(ic.dicomrle_decode(coded, image.dtype), image.dtype) if rle_coded else ic.jpeg8_decode(coded)
        frame = frame.reshape(image.shape)
    return bool(np.ptp(frame[:48, : image.shape[1] // 3].reshape(-1, 1 if image.ndim == 2 else 3), axis=0).max() == 0)


def whole_program(program, images, folder, threads):
    print(f"\n## Memory of the whole program: `tokumei run --mask-rules`, {threads} threads\n")
    print("| frames of | syntax | frames | file, MB | peak RSS, MiB | CPU s | wall s | exit | last frame masked |\n|---|---|--:|--:|--:|--:|--:|--:|---|")
    ct, us = images["CT 512² 16-bit"], images["US 1024×768 RGB"]
    us = np.ascontiguousarray(us[:384, :512])
    kinds = [
        ("native", LITTLE, ct, 16, lambda p: p.tobytes()),
        ("RLE", RLE, ct, 16, rle_encoder(ct)),
        ("JPEG .50", f"{TS}.4.50", us, 8, lambda p: ic.jpeg8_encode(p, 90, subsampling="422")),
    ]
    rules = folder / "rules.toml"
    for name, syntax, image, stored, encode in kinds:
        rules.write_text(RULES.format(width=image.shape[1] // 3))
        variants = [bytes(encode(np.roll(image, shift, 0))) for shift in range(8)]
        for count in (100, 400, 1600):
            source, release = folder / "in.dcm", folder / "release"
            make_instance(source, variants, image, syntax, stored, count)
            for left in (release, folder / "release.vault"):
                shutil.rmtree(left, ignore_errors=True)
            command = [program, "run", "--quiet", "--threads", str(threads), "--mask-rules", str(rules), "--out", str(release), str(source)]
            done = subprocess.run([sys.executable, "-S", "-c", PEAK, *command], capture_output=True, text=True)
            line = [line for line in done.stdout.splitlines() if line.startswith("PEAK")][0]
            peak, cpu, wall, code = line.split()[1:]
            released = next((release / "dicom").rglob("*.dcm"), None)
            hidden = released and is_masked(released, image)
            print(f"| {image.shape[1]}×{image.shape[0]} | {name} | {count} | {source.stat().st_size / 1e6:.0f} | {float(peak):.0f} | {float(cpu):.1f} "
                  f"| {float(wall):.1f} | {code} | {hidden} |", flush=True)
            if code != "0":
                print(done.stdout[-500:], done.stderr[-500:], file=sys.stderr)


def machine():
    cpu = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    load = " ".join(f"{value:.1f}" for value in os.getloadavg())
    return f"{os.cpu_count()} × {cpu}; load {load} (1, 5, 15 minutes) at {time.strftime('%Y-%m-%d %H:%M')}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mask-frames", required=True, help="the example mask_frames, a release build")
    parser.add_argument("--tokumei", help="the program, for the memory of whole runs")
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--only", default="", help="cases whose syntax or image holds this")
    parser.add_argument("--region", help="left,top,width,height, for the part frames; a text line else")
    parser.add_argument("--parts", default="frames,rle,native,memory")
    parser.add_argument("--scratch", default="/dev/shm", help="a folder in memory with 3 GB")
    options = parser.parse_args()
    images = make_images()
    with tempfile.TemporaryDirectory(dir=options.scratch) as folder:
        folder = Path(folder)
        print(f"Start: {machine()}\n")
        if "frames" in options.parts:
            print(HEAD, flush=True)
            for case in make_cases(images):
                if options.only in f"{case.name} {case.image}":
                    print(measure(case, images, options.mask_frames, folder, options.times, options.region), flush=True)
        if "rle" in options.parts:
            gdcm_rle(images, options.mask_frames, folder, options.times)
        if "native" in options.parts:
            native_file(options.mask_frames, folder, options.times)
        if "memory" in options.parts and options.tokumei:
            whole_program(options.tokumei, images, folder, options.threads)
        print(f"\nEnd: {machine()}")
        print(f"Libraries: imagecodecs {ic.__version__}, pydicom {pydicom.__version__}, gdcm {gdcm.Version.GetVersion()}")


if __name__ == "__main__":
    main()
