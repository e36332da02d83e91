//! Paths as text that can be read back.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// Returns an absolute path as text: as it is where it is UTF-8, else as a `file:` URI with the bytes in percent.
///
/// The two never meet: an absolute path begins with a slash.
pub(crate) fn to_text(path: &Path) -> String {
    if let Some(text) = path.to_str() {
        return text.to_owned();
    }
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte);
    path.as_os_str().as_bytes().iter().fold(String::from(SCHEME), |mut text, byte| {
        if plain(*byte) {
            text.push(char::from(*byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
        text
    })
}

/// Returns a path as the execution log names it: absolute, as text.
pub(crate) fn absolute(path: &Path) -> String {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).display().to_string()
}

/// Returns the folders that the inputs are in, as [`below`] takes them.
pub(crate) fn around(inputs: &[PathBuf]) -> Vec<PathBuf> {
    inputs.iter().filter_map(|input| std::path::absolute(input).ok()?.parent().map(Path::to_owned)).collect()
}

/// Returns the parts of a path from the input on that led to it, that input's own name among them; what is no UTF-8 is left
/// out. `roots` are the folders [`around`] the inputs.
pub(crate) fn below(path: &Path, roots: &[PathBuf]) -> Vec<String> {
    let inner = roots.iter().filter_map(|root| path.strip_prefix(root).ok());
    let inner = inner.max_by_key(|inner| inner.as_os_str().len());
    let inner = inner.or_else(|| path.file_name().map(Path::new)).unwrap_or(path);
    inner.iter().filter_map(|part| part.to_str().map(str::to_owned)).collect()
}

/// Returns the path of a source as the vault's index states it.
pub fn path_from_index(text: &str) -> PathBuf {
    let Some(uri) = text.strip_prefix(SCHEME) else { return PathBuf::from(text) };
    let mut bytes = Vec::with_capacity(uri.len());
    let mut rest = uri.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let hex = after.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()).filter(|_| *first == b'%') {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    PathBuf::from(OsString::from_vec(bytes))
}

const SCHEME: &str = "file://";

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsStr;

    #[test]
    fn parts_begin_with_the_name_of_the_input() {
        let roots = around(&["/data/in".into(), "/data/in/K-1/x.dcm".into()]);
        let parts = below(Path::new("/data/in/K-1/x.dcm"), &roots);
        assert_eq!(parts, ["in", "K-1", "x.dcm"]);
        assert_eq!(below(Path::new("/other/y"), &roots), ["y"]);
    }

    #[test]
    fn any_path_comes_back_from_its_text() {
        for bytes in [&b"/a/b.dcm"[..], "/患者/50%".as_bytes(), b"/\xff%41 x", b"/new\nline"] {
            let path = Path::new(OsStr::from_bytes(bytes));
            assert_eq!(path_from_index(&to_text(path)), path);
        }
        assert_eq!(to_text(Path::new(OsStr::from_bytes(b"/\xff%"))), "file:///%FF%25");
    }
}
