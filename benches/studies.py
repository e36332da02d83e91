#!/usr/bin/env python3
"""Invented studies to measure whole programs on: the same bytes for the same seed.

Needs numpy and pydicom; the tiled slide needs imagecodecs too.

    studies.py FOLDER [--only ct|small|frames|slide|cine] [--part 1.0]

- ct:     1,200 CT slices in three series, 512 x 512 x 16 bit, native, 80 attributes, Japanese names, private block
- small:  20,000 instances of 5 kB in ten studies
- frames: one enhanced CT of 2,400 frames, 1.26 GB
- slide:  one tiled whole-slide image, JPEG tiles, 320 MB
- cine:   20 ultrasound cines of 120 frames RGB, native

`--part 0.1` makes a tenth of the instances or frames. Nobody in them exists.
"""

import argparse
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate

SEED = 20261122
ROOT = "1.2.392.999999.77"
CT, ENHANCED_CT = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.2.1"
SLIDE, CINE = "1.2.840.10008.5.1.4.1.1.77.1.6", "1.2.840.10008.5.1.4.1.1.3.1"
LITTLE, JPEG = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.4.50"


def item(**values):
    dataset = Dataset()
    for name, value in values.items():
        setattr(dataset, name, value)
    return dataset


def instance(sop_class, uid, syntax=LITTLE):
    """A data set with its meta information and what every image here states of the patient."""
    dataset = item(
        SpecificCharacterSet=["", "ISO 2022 IR 87"], SOPClassUID=sop_class, SOPInstanceUID=uid,
        StudyDate="20240301", SeriesDate="20240301", AcquisitionDate="20240301", ContentDate="20240301",
        StudyTime="101112.000", SeriesTime="101112.000", ContentTime="101112.000", AccessionNumber="A20240301005",
        Manufacturer="KAKU", ManufacturerModelName="Kaku One", InstitutionName="架空市立試作病院",
        InstitutionAddress="架空県試作市見本町1-2-3", ReferringPhysicianName="Mihon^Ichirou=見本^一郎", StationName="CTROOM3",
        StudyDescription="頭部単純 CT", SeriesDescription="Head 5.0 Axial", InstitutionalDepartmentName="放射線科",
        PerformingPhysicianName="Mihon^Jirou=見本^二郎", OperatorsName="Mihon^Saburou=見本^三郎",
        PatientName="Shisaku^Hana=試作^花=しさく^はな", PatientID="47110815", PatientBirthDate="19580210", PatientSex="F",
        PatientAge="066Y", PatientSize="1.68", PatientWeight="61", PatientAddress="架空県試作市見本町1-2-3",
        PatientTelephoneNumbers="000-0000-0000", PatientComments="頭痛の精査", OtherPatientIDs="ZX5217652",
        StudyInstanceUID=f"{ROOT}.1", SeriesInstanceUID=f"{ROOT}.1.1", StudyID="5", SeriesNumber=1, InstanceNumber=1,
        FrameOfReferenceUID=f"{ROOT}.6", BodyPartExamined="HEAD", ProtocolName="頭部 ルーチン", DeviceSerialNumber="2CA1222334",
        SoftwareVersions="V8.3", RequestingPhysician="Mihon^Ichirou=見本^一郎", RequestedProcedureDescription="頭部CT",
        PerformedProcedureStepStartDate="20240301", PerformedProcedureStepID="1201", AdmissionID="55512",
        RequestAttributesSequence=[item(ScheduledProcedureStepID="77", RequestedProcedureID="9981")],
    )
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID, meta.TransferSyntaxUID = sop_class, uid, syntax
    dataset.file_meta = meta
    return dataset


def image(dataset, rows, columns, bits, samples, pixels, photometric="MONOCHROME2"):
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = samples, photometric
    if samples > 1:
        dataset.PlanarConfiguration = 0
    dataset.Rows, dataset.Columns, dataset.BitsAllocated = rows, columns, bits
    dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = bits, bits - 1, 0
    dataset.add_new(0x7FE00010, "OB" if bits == 8 else "OW", pixels)


def save(dataset, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    dataset.save_as(path, enforce_file_format=True)


def slice_of(series, number):
    """The header of a CT slice: geometry, dose and a private block, as scanners write them."""
    dataset = instance(CT, f"{ROOT}.{series}.{number}")
    values = dict(
        ImageType=["ORIGINAL", "PRIMARY", "AXIAL"], Modality="CT", SeriesInstanceUID=f"{ROOT}.{series}.0", SeriesNumber=series,
        AcquisitionNumber=1, InstanceNumber=number, ScanOptions="HELICAL_CT", SliceThickness="5.0", KVP="120",
        DataCollectionDiameter="240", ReconstructionDiameter="240", GantryDetectorTilt="0", TableHeight="83",
        RotationDirection="CW", ExposureTime="750", XRayTubeCurrent="250", Exposure="187", FilterType="LARGE",
        GeneratorPower="30", FocalSpots="1.6", ConvolutionKernel="FC26", PatientPosition="HFS", RevolutionTime=0.75,
        SpiralPitchFactor=0.5, CTDIvol=43.2, ImagePositionPatient=[-120, -120, number * 5],
        ImageOrientationPatient=[1, 0, 0, 0, 1, 0], PositionReferenceIndicator="", SliceLocation=str(number * 5),
        PixelSpacing=[0.468, 0.468], WindowCenter="40", WindowWidth="80", RescaleIntercept="-1024", RescaleSlope="1",
        RescaleType="HU", LossyImageCompression="00", ReferencedImageSequence=[
            item(ReferencedSOPClassUID=CT, ReferencedSOPInstanceUID=f"{ROOT}.{series}.9999.{k}") for k in range(2)],
    )
    for name, value in values.items():
        setattr(dataset, name, value)
    block = dataset.private_block(0x7005, "KAKU_PRIVATE_3", create=True)
    for k in range(0x20):
        block.add_new(k, "DS" if k % 3 else "SH", str(1.5 * k) if k % 3 else f"P{k}")
    return dataset


def ct(folder, part, random):
    pixels = [(random.normal(40, 20, (512, 512)) + 1000).astype("<u2").tobytes() for _ in range(4)]
    for series in range(1, 4):
        for number in range(1, round(400 * part) + 1):
            dataset = slice_of(series, number)
            image(dataset, 512, 512, 16, 1, pixels[number % 4])
            save(dataset, folder / f"s{series}/{number:04}.dcm")


def small(folder, part, random):
    pixels = random.integers(0, 4096, (16, 16)).astype("<u2").tobytes()
    for number in range(round(20000 * part)):
        study = number // 2000
        dataset = slice_of(10 + study, number)
        dataset.StudyInstanceUID, dataset.PatientID = f"{ROOT}.{10 + study}", f"P{study:05}"
        dataset.SeriesInstanceUID = f"{ROOT}.{10 + study}.0.{number // 200}"
        image(dataset, 16, 16, 16, 1, pixels)
        save(dataset, folder / f"{study}/{number}.dcm")


def frames(folder, part, random):
    count = round(2400 * part)
    dataset = instance(ENHANCED_CT, f"{ROOT}.40.1")
    dataset.ImageType, dataset.Modality, dataset.NumberOfFrames = ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"], "CT", count
    dataset.PerFrameFunctionalGroupsSequence = [
        item(FrameContentSequence=[item(StackID="1", InStackPositionNumber=k + 1)]) for k in range(count)]
    some = (random.normal(40, 20, (8, 512, 512)) + 1000).astype("<u2")
    image(dataset, 512, 512, 16, 1, b"".join(some[k % 8].tobytes() for k in range(count)))
    save(dataset, folder / "enhanced.dcm")


def slide(folder, part, random):
    import imagecodecs

    tiles = [imagecodecs.jpeg8_encode(random.integers(90, 250, (256, 256, 3)).astype(np.uint8), level=85) for _ in range(16)]
    count = round(320e6 * part / np.mean([len(tile) for tile in tiles]))
    dataset = instance(SLIDE, f"{ROOT}.50.1", JPEG)
    side = int(np.ceil(np.sqrt(count))) * 256
    dataset.ImageType, dataset.Modality, dataset.NumberOfFrames = ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"], "SM", count
    dataset.TotalPixelMatrixColumns = dataset.TotalPixelMatrixRows = side
    dataset.LossyImageCompression, dataset.BurnedInAnnotation = "01", "NO"
    image(dataset, 256, 256, 8, 3, encapsulate([tiles[k % 16] for k in range(count)], has_bot=False), "YBR_FULL_422")
    dataset["PixelData"].is_undefined_length = True
    save(dataset, folder / "slide.dcm")


def cine(folder, part, random):
    one = random.integers(0, 200, (480, 640, 3)).astype(np.uint8).tobytes()
    for number in range(1, max(1, round(20 * part)) + 1):
        dataset = instance(CINE, f"{ROOT}.60.{number}")
        dataset.ImageType, dataset.Modality, dataset.NumberOfFrames = ["ORIGINAL", "PRIMARY"], "US", 120
        dataset.FrameTime, dataset.InstanceNumber = "33.3", number
        image(dataset, 480, 640, 8, 3, one * 120, "RGB")
        save(dataset, folder / f"{number:02}.dcm")


KINDS = {"ct": ct, "small": small, "frames": frames, "slide": slide, "cine": cine}


def make(kind, folder, part=1.0):
    KINDS[kind](folder, part, np.random.default_rng(SEED))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", choices=KINDS)
    parser.add_argument("--part", type=float, default=1.0)
    args = parser.parse_args()
    for kind in [args.only] if args.only else KINDS:
        make(kind, args.folder / kind, args.part)
