//! OpenJPEG, called over memory.
//!
//! The only place that calls foreign code. What it gets is checked before: dimensions, numbers of tiles, precincts and
//! code blocks, the presence of all tiles; it reads raw code streams only, never JP2 boxes. It runs in strict mode.
#![allow(unsafe_code)]

use super::image::{Coding, Image, Shape};
use crate::Damage;
use openjpeg_sys as opj;
use std::ffi::{c_char, c_void};
use std::mem::MaybeUninit;
use std::ptr;

/// Decodes a code stream of a shape that was read from its header.
pub(super) fn decode(bytes: &[u8], shape: &Shape) -> Result<Vec<i32>, Damage> {
    let mut source = Source { bytes, at: 0 };
    let codec = Decoder::new()?;
    let stream = Stream::reading(&mut source)?;
    let mut image = Picture(ptr::null_mut());
    // SAFETY: codec and stream are valid and are dropped after this; the image pointer is written by the library and
    // freed once, by `Picture`.
    let decoded = unsafe {
        opj::opj_read_header(stream.0, codec.0, &mut image.0) != 0 && opj::opj_decode(codec.0, stream.0, image.0) != 0
    };
    if !decoded || image.0.is_null() {
        return Err(Damage::Malformed("a JPEG 2000 code stream"));
    }
    image.interleaved(shape)
}

/// Encodes an image reversibly, in one quality layer.
pub(super) fn encode(image: &Image, coding: &Coding) -> Result<Vec<u8>, Damage> {
    let failed = Damage::Unsupported("an image that cannot be written as JPEG 2000");
    let picture = Picture::of(image).ok_or(failed)?;
    let mut bytes = Vec::with_capacity(image.values.len());
    {
        // SAFETY: a fresh codec, freed once, by `Codec`.
        let codec = Handle(unsafe { opj::opj_create_compress(opj::CODEC_FORMAT::OPJ_CODEC_J2K) });
        if codec.0.is_null() {
            return Err(failed);
        }
        silence(codec.0);
        let mut parameters = parameters(coding);
        let stream = Stream::writing(&mut bytes).ok_or(failed)?;
        // SAFETY: all four are valid and live until the end of the block; the library copies the parameters.
        let written = unsafe {
            opj::opj_setup_encoder(codec.0, &mut parameters, picture.0) != 0
                && opj::opj_start_compress(codec.0, picture.0, stream.0) != 0
                && opj::opj_encode(codec.0, stream.0) != 0
                && opj::opj_end_compress(codec.0, stream.0) != 0
        };
        if !written {
            return Err(failed);
        }
    }
    Ok(bytes)
}

fn parameters(coding: &Coding) -> opj::opj_cparameters_t {
    let mut parameters = MaybeUninit::<opj::opj_cparameters_t>::zeroed();
    // SAFETY: the function sets every field of a structure whose fields may all be zero as well.
    let mut parameters = unsafe {
        opj::opj_set_default_encoder_parameters(parameters.as_mut_ptr());
        parameters.assume_init()
    };
    parameters.tcp_numlayers = 1;
    parameters.tcp_rates[0] = 0.0;
    parameters.cp_disto_alloc = 1;
    parameters.irreversible = 0;
    parameters.numresolution = i32::from(coding.levels) + 1;
    parameters.cblockw_init = 1 << coding.block[0];
    parameters.cblockh_init = 1 << coding.block[1];
    parameters.prog_order = match coding.progression {
        1 => opj::PROG_ORDER::OPJ_RLCP,
        2 => opj::PROG_ORDER::OPJ_RPCL,
        3 => opj::PROG_ORDER::OPJ_PCRL,
        4 => opj::PROG_ORDER::OPJ_CPRL,
        _ => opj::PROG_ORDER::OPJ_LRCP,
    };
    parameters.tcp_mct = c_char::from(coding.transform);
    parameters
}

/// Bytes that the library reads.
struct Source<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// A codec of the library, freed when dropped.
struct Handle(*mut opj::opj_codec_t);

impl Drop for Handle {
    fn drop(&mut self) {
        if !self.0.is_null() {
            // SAFETY: it was created by the library and is freed here alone.
            unsafe { opj::opj_destroy_codec(self.0) }
        }
    }
}

struct Decoder;

impl Decoder {
    #[allow(clippy::new_ret_no_self)]
    fn new() -> Result<Handle, Damage> {
        // SAFETY: a fresh codec, freed once, by `Handle`; the parameters are all written by the library, zero is valid
        // in each of them, and they are copied.
        unsafe {
            let codec = Handle(opj::opj_create_decompress(opj::CODEC_FORMAT::OPJ_CODEC_J2K));
            if codec.0.is_null() {
                return Err(Damage::TooLarge);
            }
            silence(codec.0);
            let mut parameters = MaybeUninit::<opj::opj_dparameters_t>::zeroed();
            opj::opj_set_default_decoder_parameters(parameters.as_mut_ptr());
            let set = opj::opj_setup_decoder(codec.0, parameters.as_mut_ptr()) != 0;
            if set && opj::opj_decoder_set_strict_mode(codec.0, 1) != 0 { Ok(codec) } else { Err(Damage::TooLarge) }
        }
    }
}

fn silence(codec: *mut opj::opj_codec_t) {
    // SAFETY: the codec is valid; the callback takes no data and touches nothing.
    unsafe {
        opj::opj_set_info_handler(codec, Some(ignore), ptr::null_mut());
        opj::opj_set_warning_handler(codec, Some(ignore), ptr::null_mut());
        opj::opj_set_error_handler(codec, Some(ignore), ptr::null_mut());
    }
}

unsafe extern "C" fn ignore(_: *const c_char, _: *mut c_void) {}

/// A stream of the library, freed when dropped. It must not outlive what it reads or writes.
struct Stream(*mut opj::opj_stream_t);

impl Stream {
    fn reading(source: &mut Source<'_>) -> Result<Stream, Damage> {
        // SAFETY: the stream is fresh; the user data is the source, which outlives the stream in the one caller and is
        // used through this pointer alone while it does; the functions below take it as what it is.
        unsafe {
            let stream = opj::opj_stream_create(source.bytes.len().clamp(64, 1 << 20), 1);
            if stream.is_null() {
                return Err(Damage::TooLarge);
            }
            opj::opj_stream_set_user_data_length(stream, source.bytes.len() as u64);
            opj::opj_stream_set_user_data(stream, ptr::from_mut(source).cast(), None);
            opj::opj_stream_set_read_function(stream, Some(read));
            opj::opj_stream_set_skip_function(stream, Some(skip));
            opj::opj_stream_set_seek_function(stream, Some(seek));
            Ok(Stream(stream))
        }
    }

    fn writing(target: &mut Vec<u8>) -> Option<Stream> {
        // SAFETY: as above, with the vector that `write` appends to.
        unsafe {
            let stream = opj::opj_stream_create(1 << 16, 0);
            if stream.is_null() {
                return None;
            }
            opj::opj_stream_set_user_data(stream, ptr::from_mut(target).cast(), None);
            opj::opj_stream_set_write_function(stream, Some(write));
            Some(Stream(stream))
        }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        // SAFETY: it was created by the library and is freed here alone.
        unsafe { opj::opj_stream_destroy(self.0) }
    }
}

unsafe extern "C" fn read(target: *mut c_void, length: usize, user: *mut c_void) -> usize {
    // SAFETY: `user` is the source given to the stream.
    let source = unsafe { &mut *user.cast::<Source<'_>>() };
    let rest = &source.bytes[source.at.min(source.bytes.len())..];
    let count = rest.len().min(length);
    if count == 0 {
        return usize::MAX;
    }
    // SAFETY: the library's buffer has `length` bytes, and `count` is no more; it is not part of ours.
    unsafe { ptr::copy_nonoverlapping(rest.as_ptr(), target.cast::<u8>(), count) };
    source.at += count;
    count
}

unsafe extern "C" fn skip(count: i64, user: *mut c_void) -> i64 {
    // SAFETY: `user` is the source given to the stream.
    let source = unsafe { &mut *user.cast::<Source<'_>>() };
    let Ok(wanted) = usize::try_from(count) else { return -1 };
    let skipped = wanted.min(source.bytes.len() - source.at.min(source.bytes.len()));
    source.at += skipped;
    if skipped == 0 && wanted > 0 { -1 } else { skipped as i64 }
}

unsafe extern "C" fn seek(to: i64, user: *mut c_void) -> i32 {
    // SAFETY: `user` is the source given to the stream.
    let source = unsafe { &mut *user.cast::<Source<'_>>() };
    match usize::try_from(to) {
        Ok(to) if to <= source.bytes.len() => {
            source.at = to;
            1
        }
        _ => 0,
    }
}

unsafe extern "C" fn write(from: *mut c_void, length: usize, user: *mut c_void) -> usize {
    // SAFETY: `user` is the vector given to the stream, and the library's buffer has `length` bytes.
    unsafe {
        let target = &mut *user.cast::<Vec<u8>>();
        target.extend_from_slice(std::slice::from_raw_parts(from.cast::<u8>(), length));
    }
    length
}

/// An image of the library, freed when dropped.
struct Picture(*mut opj::opj_image_t);

impl Drop for Picture {
    fn drop(&mut self) {
        if !self.0.is_null() {
            // SAFETY: it was created by the library and is freed here alone.
            unsafe { opj::opj_image_destroy(self.0) }
        }
    }
}

impl Picture {
    fn of(image: &Image) -> Option<Picture> {
        let shape = &image.shape;
        let mut components = vec![
            opj::opj_image_cmptparm_t {
                dx: 1,
                dy: 1,
                w: shape.columns,
                h: shape.rows,
                x0: 0,
                y0: 0,
                prec: shape.precision,
                bpp: shape.precision,
                sgnd: u32::from(shape.signed),
            };
            shape.components
        ];
        let space = opj::COLOR_SPACE::OPJ_CLRSPC_UNSPECIFIED;
        // SAFETY: the library reads as many parameters as there are and allocates columns × rows samples each.
        unsafe {
            let picture = Picture(opj::opj_image_create(components.len() as u32, components.as_mut_ptr(), space));
            if picture.0.is_null() {
                return None;
            }
            (*picture.0).x1 = shape.columns;
            (*picture.0).y1 = shape.rows;
            for component in 0..shape.components {
                let data = (*(*picture.0).comps.add(component)).data;
                let plane = std::slice::from_raw_parts_mut(data, shape.pixels());
                let samples = image.values.iter().skip(component).step_by(shape.components);
                plane.iter_mut().zip(samples).for_each(|(target, &value)| *target = value);
            }
            Some(picture)
        }
    }

    /// Returns the samples, interleaved by pixel.
    fn interleaved(&self, shape: &Shape) -> Result<Vec<i32>, Damage> {
        let other = Damage::Malformed("components that are not those of the header");
        let mut values = vec![0; shape.pixels() * shape.components];
        // SAFETY: the image is valid; a component of `w` × `h` has as many samples where its data are not null. The
        // fields are read one by one: no reference is made to the structures.
        unsafe {
            if (*self.0).numcomps as usize != shape.components {
                return Err(other);
            }
            for component in 0..shape.components {
                let part = (*self.0).comps.add(component);
                let (w, h, data) = ((*part).w, (*part).h, (*part).data);
                if (w, h) != (shape.columns, shape.rows) || data.is_null() {
                    return Err(other);
                }
                let plane = std::slice::from_raw_parts(data.cast_const(), shape.pixels());
                let targets = values.iter_mut().skip(component).step_by(shape.components);
                targets.zip(plane).for_each(|(target, &value)| *target = value);
            }
        }
        Ok(values)
    }
}
